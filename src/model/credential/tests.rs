//! Credentials are made up at run time, so that no token stands in the source, not even a false one.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::shape::{Found, crc32};
use super::{Judgement, applied_data, find, in_applied, in_script, in_text, judge, password_argument};

/// `length` characters in no order that anybody would call random.
fn body(alphabet: &str, length: usize) -> String {
    alphabet.chars().cycle().step_by(7).take(length).collect()
}

const ALPHANUMERIC: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A body of 30 characters with its checksum in base 62.
fn checked() -> String {
    let random = body(ALPHANUMERIC, 30);
    let mut rest = u64::from(crc32(random.as_bytes()));
    let digits = (0..6).map(|_| {
        let digit = ALPHANUMERIC.as_bytes()[(rest % 62) as usize];
        rest /= 62;
        char::from(digit)
    });
    let sum: Vec<_> = digits.collect();
    random + &sum.into_iter().rev().collect::<String>()
}

fn sure(text: &str) -> Option<&'static str> {
    find(text).and_then(|found| found.doubt.is_none().then_some(found.rule))
}

#[test]
fn tokens_are_known_by_prefix_length_and_checksum() {
    let alphanumeric = |length| body(ALPHANUMERIC, length);
    let cases = [
        ("an AWS access key", "AKIA".to_owned() + &body("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)),
        ("a GitHub token", "ghp_".to_owned() + &checked()),
        ("a GitHub token", "github_pat_".to_owned() + &alphanumeric(82)),
        ("a GitLab token", "glpat-".to_owned() + &alphanumeric(20)),
        ("a Slack token", "xoxb-".to_owned() + &body("0123456789", 12) + "-" + &alphanumeric(24)),
        ("a Stripe live key", "sk_live_".to_owned() + &alphanumeric(24)),
        ("an npm token", "npm_".to_owned() + &checked()),
        ("a Google API key", "AIza".to_owned() + &alphanumeric(35)),
        ("an age private key", "AGE-SECRET-KEY-1".to_owned() + &body("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)),
        ("a Slack web hook", format!("https://hooks.slack.com/services/T{}/B{}/{}", alphanumeric(8), alphanumeric(8), alphanumeric(24))),
    ];
    for (rule, token) in &cases {
        assert_eq!(sure(token), Some(*rule), "{token}");
        assert_eq!(sure(&format!("args: --token={token} # é")), Some(*rule), "inside of a text: {token}");
        assert_eq!(find(&format!("x{token}")).filter(|_| !token.starts_with("http")), None, "inside of a word: {token}");
        assert_eq!(find(&token[..token.len() / 2]), None, "cut short: {token}");
    }
    let broken = format!("ghp_{}{}", body(ALPHANUMERIC, 30), "000000");
    assert_eq!(find(&broken), Some(Found { rule: "a GitHub token", doubt: Some("its checksum does not fit") }));
    for nothing in [
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "AKIAIOSFODNN7EXAMPLE",
        "AKIAXXXXXXXXXXXXXXXX",
        "xoxb-your-token-goes-here-please",
        "SG.",
        "eyJ",
        "é",
    ] {
        assert_eq!(find(nothing), None, "{nothing}");
    }
}

#[test]
fn checksums_are_those_of_zip() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
}

#[test]
fn key_blocks_need_a_body() {
    let (dashes, lines) = ("-----", "bm90IGEga2V5IGJ1dCBub25zZW5zZQ\nc2Vjb25kIGxpbmU=");
    let block = |label: &str, body: &str| format!("{dashes}BEGIN {label}{dashes}{body}{dashes}END {label}{dashes}");
    for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY"] {
        assert_eq!(sure(&block(label, &format!("\n{lines}\n"))), Some("a private key"), "{label}");
    }
    assert_eq!(sure(&block("PRIVATE KEY", "\\nbm90IGEga2V5IGJ1dCBub25zZW5zZQ\\n")), Some("a private key"), "JSON");
    assert_eq!(sure(&block("PGP PRIVATE KEY BLOCK", "\nVersion: 1\n\nx\n")), Some("a private key"));
    for label in ["CERTIFICATE", "PUBLIC KEY", "DH PARAMETERS", "CERTIFICATE REQUEST"] {
        assert_eq!(find(&block(label, &format!("\n{lines}\n"))), None, "{label}");
    }
    assert_eq!(find(&block("PRIVATE KEY", "\n...\n")), None);
    assert_eq!(find(&format!("a key begins with {dashes}BEGIN PRIVATE KEY{dashes}")), None);
}

#[test]
fn passwords_in_urls_and_connection_strings() {
    for url in [
        "postgres://shop:Xk29vLq8@db:5432/shop",
        "redis://:Xk29vLq8@cache",
        "see https://bot:Xk29vLq8@git.shop.test/repo.git",
        "shop:Xk29vLq8@tcp(db:3306)/shop",
        "Server=db;Database=shop;User Id=sa;Password=Xk29vLq8;",
        "host=db dbname=shop user=shop password=Xk29vLq8",
        "jdbc:postgresql://db/shop?user=shop&password=Xk29vLq8",
    ] {
        assert!(sure(url).is_some(), "{url}");
    }
    for url in
        ["postgres://user:password@db/shop", "https://user:Xk29vLq8@example.com", "amqp://guest:guest@mq:5672", "mysql://shop:shop@db/shop"]
    {
        assert!(find(url).is_some_and(|found| found.doubt.is_some()), "{url}");
    }
    for nothing in [
        "postgres://shop:$(DB_PASSWORD)@db/shop",
        "postgres://shop:${DB_PASSWORD}@db/shop",
        "postgres://shop:<password>@db/shop",
        "postgres://shop:%s@db/shop",
        "https://registry.example.com:5000/shop/web@sha256:0123",
        "ssh://git@github.com/shop/web",
        "https://medium.com/@somebody:else",
        "http://prometheus:9090/graph?g0.expr=up&g0.tab=1",
        "password=Xk29vLq8",
        "Server=db;Password={0};",
    ] {
        assert_eq!(find(nothing), None, "{nothing}");
    }
}

#[test]
fn names_and_values_together() {
    assert_eq!(judge("DB_PASSWORD", "k9!vQ2#mZx7pLw4t"), Judgement::Secret);
    assert_eq!(judge("DB_HOST", "k9!vQ2#mZx7pLw4t"), Judgement::Nothing);
    assert!(matches!(judge("DB_PASSWORD", "hunter2"), Judgement::Doubt(_)));
    assert_eq!(judge("DB_PASSWORD", "$(FROM_VAULT)"), Judgement::Nothing);
}

/// Pieces that shells, XML, JSON and SQL are made of, and what breaks them.
const PIECES: &[&str] = &[
    "'",
    "\"",
    "\\",
    "\\\n",
    "$",
    "$(",
    "${",
    "`",
    "(",
    ")",
    "}",
    "#",
    ";",
    "\n",
    " ",
    "=",
    ":",
    "://",
    "@",
    "<",
    ">",
    "</",
    "password",
    "<password>",
    "\"token\":\"",
    "IDENTIFIED BY ",
    "CREATE USER a PASSWORD '",
    "curl -u ",
    "mysql -p",
    "login -p ",
    "a:b",
    "k9vQ2mZx7pLw4tYb",
    "é",
    "\u{1f600}",
    "-----BEGIN ",
    "eyJ",
];

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_the_search(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        let text = pieces.concat();
        let nothing = |_: &str| false;
        let _ = (find(&text), in_text(&text, &nothing), in_script(&text, &nothing), in_applied(&text, &nothing), applied_data(&text));
        let words: Vec<_> = text.split(' ').collect();
        prop_assert!(password_argument(&words).is_none_or(|(at, _)| at < words.len()));
    }
}

#[test]
fn long_texts_take_no_time() {
    let nothing = |_: &str| false;
    let pieces =
        ["$(", "'\"", "=\"", "<a ", "\"token\":\"", "mysql -p ", "CREATE USER a PASSWORD '", "a=", "token=", "<token>", "token: ", "\\"];
    let time = |piece: &str, times: usize| {
        let text = piece.repeat(times);
        let start = std::time::Instant::now();
        let _ = (in_text(&text, &nothing), in_script(&text, &nothing));
        start.elapsed()
    };
    for piece in pieces {
        // ten times the text takes about ten times as long; a hundred times would be the square
        let (short, long) = (time(piece, 2_000), time(piece, 20_000));
        assert!(long < short * 40 + std::time::Duration::from_millis(200), "{piece}: {short:?}, {long:?}");
    }
}
