//! Tokens whose issuers document a prefix, with what follows it. A few more prefixes name what opens nothing by itself, such as the
//! SIDs of Twilio, and stand in no table.

use super::shape::{is_varied, run};

/// A token: a prefix and what must follow it.
pub(super) struct Token {
    pub(super) prefix: &'static str,
    rule: &'static str,
    alphabet: fn(u8) -> bool,
    /// How many characters follow.
    length: (usize, usize),
    extra: Extra,
}

/// What a token must meet beyond its alphabet and length.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extra {
    None,
    /// The last six characters are the CRC-32 of those before, in base 62.
    Checksum,
    /// A digit comes first.
    Digit,
    /// It has the mark of OpenAI in it: `OpenAI` in base64.
    Mark,
}

const fn token(prefix: &'static str, rule: &'static str, alphabet: fn(u8) -> bool, length: (usize, usize), extra: Extra) -> Token {
    Token { prefix, rule, alphabet, length, extra }
}

const AWS: &str = "an AWS access key";
pub(super) const GOOGLE: &str = "a Google API key";
const GITHUB: &str = "a GitHub token";
const GITLAB: &str = "a GitLab token";
const SLACK: &str = "a Slack token";
const STRIPE: &str = "a Stripe live key";
const OPENAI: &str = "an OpenAI key";
const DIGITALOCEAN: &str = "a DigitalOcean token";

pub(super) const TOKENS: &[Token] = &[
    token("AKIA", AWS, base32, (16, 16), Extra::None),
    token("ASIA", AWS, base32, (16, 16), Extra::None),
    token("ABIA", AWS, base32, (16, 16), Extra::None),
    token("ACCA", AWS, base32, (16, 16), Extra::None),
    token("AIza", GOOGLE, url_safe, (35, 35), Extra::None),
    token("ghp_", GITHUB, alphanumeric, (36, 36), Extra::Checksum),
    token("gho_", GITHUB, alphanumeric, (36, 36), Extra::Checksum),
    token("ghu_", GITHUB, alphanumeric, (36, 36), Extra::Checksum),
    token("ghs_", GITHUB, alphanumeric, (36, 36), Extra::Checksum),
    token("ghr_", GITHUB, alphanumeric, (36, 36), Extra::Checksum),
    token("github_pat_", GITHUB, word, (82, 82), Extra::None),
    token("glpat-", GITLAB, dotted, (20, 320), Extra::None),
    token("gldt-", GITLAB, dotted, (20, 320), Extra::None),
    token("glrt-", GITLAB, dotted, (20, 320), Extra::None),
    token("glptt-", GITLAB, hex, (40, 40), Extra::None),
    token("glcbt-", GITLAB, dotted, (20, 4096), Extra::None),
    token("glft-", GITLAB, dotted, (20, 320), Extra::None),
    token("glimt-", GITLAB, dotted, (20, 320), Extra::None),
    token("glagent-", GITLAB, dotted, (50, 320), Extra::None),
    token("gloas-", GITLAB, dotted, (64, 320), Extra::None),
    token("glsoat-", GITLAB, dotted, (20, 320), Extra::None),
    token("glffct-", GITLAB, dotted, (20, 320), Extra::None),
    token("npm_", "an npm token", alphanumeric, (36, 36), Extra::Checksum),
    token("xoxb-", SLACK, dashed, (24, 255), Extra::Digit),
    token("xoxp-", SLACK, dashed, (24, 255), Extra::Digit),
    token("xoxa-", SLACK, dashed, (24, 255), Extra::Digit),
    token("xoxr-", SLACK, dashed, (24, 255), Extra::Digit),
    token("xoxe-", SLACK, dashed, (24, 255), Extra::Digit),
    token("xoxs-", SLACK, dashed, (24, 255), Extra::Digit),
    token("xapp-", SLACK, dashed, (24, 255), Extra::Digit),
    token("sk_live_", STRIPE, alphanumeric, (24, 247), Extra::None),
    token("rk_live_", STRIPE, alphanumeric, (24, 247), Extra::None),
    token("whsec_", "a secret that web hooks are signed with", base64, (32, 88), Extra::None),
    token("sk-ant-", "an Anthropic key", url_safe, (80, 140), Extra::None),
    token("sk-proj-", OPENAI, url_safe, (40, 200), Extra::Mark),
    token("sk-svcacct-", OPENAI, url_safe, (40, 200), Extra::Mark),
    token("sk-admin-", OPENAI, url_safe, (40, 200), Extra::Mark),
    // the longer ones come first
    token("sk-", OPENAI, alphanumeric, (48, 48), Extra::Mark),
    token("hf_", "a Hugging Face token", alphanumeric, (34, 34), Extra::None),
    token("SG.", "a SendGrid key", dotted, (66, 66), Extra::None),
    token("hvs.", "a Vault token", url_safe, (24, 255), Extra::None),
    token("dop_v1_", DIGITALOCEAN, hex, (64, 64), Extra::None),
    token("doo_v1_", DIGITALOCEAN, hex, (64, 64), Extra::None),
    token("dor_v1_", DIGITALOCEAN, hex, (64, 64), Extra::None),
    token("dckr_pat_", "a Docker Hub token", url_safe, (27, 27), Extra::None),
    token("glsa_", "a Grafana token", word, (41, 41), Extra::None),
    token("pypi-AgEIcHlwaS5vcmc", "a PyPI token", url_safe, (50, 1000), Extra::None),
    token("pypi-AgENdGVzdC5weXBpLm9yZ", "a PyPI token", url_safe, (50, 1000), Extra::None),
    token("AGE-SECRET-KEY-1", "an age private key", uppercase, (58, 58), Extra::None),
];

/// The token at the start of a text: what it is, and whether its checksum fits where it has one.
pub(super) fn at(text: &str) -> Option<(&'static str, bool)> {
    let token = TOKENS.iter().find(|token| text.starts_with(token.prefix))?;
    let body = run(&text[token.prefix.len()..], token.length.1 + 1, token.alphabet);
    let ends = !text[token.prefix.len() + body.len()..].starts_with(|next: char| next.is_ascii_alphanumeric());
    let extra = match token.extra {
        Extra::None | Extra::Checksum => true,
        Extra::Digit => body.starts_with(|first: char| first.is_ascii_digit()),
        Extra::Mark => body.contains("T3BlbkFJ"),
    };
    let fits = ends && extra && (token.length.0..=token.length.1).contains(&body.len());
    // what documentation shows is no credential
    let shown = !is_varied(body) || body.to_ascii_lowercase().contains("example");
    (fits && !shown).then(|| (token.rule, token.extra != Extra::Checksum || checksum_fits(body)))
}

fn checksum_fits(body: &str) -> bool {
    let Some((random, sum)) = body.split_at_checked(body.len() - 6) else { return false };
    let stated = sum.bytes().try_fold(0u64, |sum, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'A'..=b'Z' => digit - b'A' + 10,
            b'a'..=b'z' => digit - b'a' + 36,
            _ => return None,
        };
        Some(sum * 62 + u64::from(value))
    });
    stated == Some(u64::from(crc32(random.as_bytes())))
}

/// The CRC-32 of Ethernet and zip.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    !bytes
        .iter()
        .fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg())))
}

fn alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn base32(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'2'..=b'7')
}

fn uppercase(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

fn hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn dashed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

pub(super) fn url_safe(byte: u8) -> bool {
    word(byte) || byte == b'-'
}

fn dotted(byte: u8) -> bool {
    url_safe(byte) || byte == b'.'
}

fn base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}
