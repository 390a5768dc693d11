//! Credentials are made up at run time, so that no token stands in the source, not even a false one.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::shape::Found;
use super::tokens::crc32;
use super::{Judgement, applied_data, find, in_applied, in_script, in_text, judge, password_argument};

/// `length` characters in no order that anybody would call random.
fn body(alphabet: &str, length: usize) -> String {
    alphabet.chars().cycle().step_by(7).take(length).collect()
}

const ALPHANUMERIC: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// What keys of OpenAI have in their middle.
const MARK: &str = concat!("T3Blb", "kFJ");

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
        ("an npm token", "npm_".to_owned() + &checked()),
        ("an Anthropic key", format!("sk-ant-{}03-{}AA", "api", alphanumeric(93))),
        ("an Anthropic key", format!("sk-ant-{}01-{}AA", "admin", alphanumeric(93))),
        ("an OpenAI key", format!("sk-{}{}{}", alphanumeric(20), MARK, alphanumeric(20))),
        ("an OpenAI key", format!("sk-{}-{}_-{}{}", "proj", alphanumeric(72), MARK, alphanumeric(74))),
        ("an OpenAI key", format!("sk-{}-{}{}{}", "svcacct", alphanumeric(58), MARK, alphanumeric(58))),
        ("an OpenAI key", format!("sk-{}-{}{}{}", "admin", alphanumeric(58), MARK, alphanumeric(58))),
        ("a Hugging Face token", "hf_".to_owned() + &alphanumeric(34)),
        ("a GitLab token", "glagent-".to_owned() + &alphanumeric(50)),
        ("a GitLab token", format!("glcbt-64_{}", alphanumeric(20))),
        ("a GitLab token", format!("glpat-{}.01.{}", alphanumeric(27), alphanumeric(9))),
        ("a Slack token", format!("xoxe-1-{}", alphanumeric(30))),
        ("a secret that web hooks are signed with", "whsec_".to_owned() + &alphanumeric(32)),
        ("a DigitalOcean token", "doo_v1_".to_owned() + &body("0123456789abcdef", 64)),
        ("a SendGrid key", format!("SG.{}.{}", alphanumeric(22), alphanumeric(43))),
        ("a PyPI token", "pypi-AgENdGVzdC5weXBpLm9yZw".to_owned() + &alphanumeric(120)),
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
    assert_eq!(sure(&format!("xoxe.xoxp-1-{}", alphanumeric(30))), Some("a Slack token"), "one that is renewed");
    let broken = format!("ghp_{}{}", body(ALPHANUMERIC, 30), "000000");
    assert_eq!(find(&broken), Some(Found { rule: "a GitHub token", doubt: Some("its checksum does not fit") }));
    for nothing in [
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "AKIAIOSFODNN7EXAMPLE",
        "AKIAXXXXXXXXXXXXXXXX",
        "xoxb-your-token-goes-here-please",
        "sk-learn-is-a-library-of-python-for-machine-learning-with-many-algorithms-in-it",
        "task-proj-0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdef",
        "hf_transfer_enables_fast_downloads_1",
        "glft-",
        // an account, not what opens it
        "SK0123456789abcdef0123456789abcdef",
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
        "https://hooks.shop.test/in?room=7&token=k9vQ2mZx7pLw4tYb",
        "wss://feed.shop.test/v1?api_key=k9vQ2mZx7pLw4tYb#x",
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
        "https://hooks.shop.test/in?token=$(TOKEN)",
        "https://hooks.shop.test/in?token={token}&x=1",
        "https://hooks.shop.test/in?token=your-token-here",
        "https://hooks.shop.test/in?page_token=2&sort=name",
        "https://hooks.shop.test/token?next=k9vQ2mZx7pLw4tYb",
        "https://bucket.s3.amazonaws.com/a?X-Amz-Security-Token=k9vQ2mZx7pLw4tYb",
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
    assert_eq!(judge("DB_PASSWORD_PROD", "k9!vQ2#mZx7pLw4t"), Judgement::Secret);
    assert_eq!(judge("DB_PASSWORD", "$Qx7kP9vLw2mZ4t"), Judgement::Secret, "a dollar makes no variable of it");
    // a key of its own is one; its name and its id are none
    assert_eq!(judge("ENCRYPTION_KEY", "k9!vQ2#mZx7pLw4t"), Judgement::Secret);
    assert_eq!(judge("jwtSigningKey", "9f86d081884c7d659a2feaa0c55ad015"), Judgement::Secret);
    for named in ["projects-eu-ring-signing", "550e8400-e29b-41d4-a716-446655440000", "RS256", "alias/shop", "/etc/keys/a.pem"] {
        assert_eq!(judge("SIGNING_KEY", named), Judgement::Nothing, "{named}");
    }
    // names of something under a name that means its place
    for words in ["ProdKeyVault01", "JwtSecret02", "AzureAD-Group-S1-R2", "Page01Size20"] {
        assert!(matches!(judge("NEXT_TOKEN", words), Judgement::Doubt(_)), "{words}");
    }
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
