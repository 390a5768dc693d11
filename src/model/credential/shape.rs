//! Credentials known by their own shape: prefixes with the length and alphabet their issuer documents, key blocks,
//! connection strings.
//!
//! One pass over the text: what may start a credential is looked at only at the start of a word.

use super::base64;
use super::known::is_placeholder;
use super::speaks_of_credential;
use super::tokens::{self, GOOGLE, TOKENS, url_safe};
use super::value::{Value, classify, is_reference};

/// A credential, by the rule that it met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// What it is, for a message: `a GitHub token`.
    pub rule: &'static str,
    /// Why it may be none after all.
    pub doubt: Option<&'static str>,
}

impl Found {
    /// Whether only its checksum speaks against it: under a name that says so, it is as good as any random value.
    #[must_use]
    pub fn is_unfit(&self) -> bool {
        self.doubt == Some(UNFIT)
    }

    /// A doubt, where this may make it none.
    fn unless(self, may_be_none: bool, why: &'static str) -> Self {
        Found { doubt: self.doubt.or(may_be_none.then_some(why)), ..self }
    }

    fn sure(rule: &'static str) -> Option<Self> {
        Some(Found { rule, doubt: None })
    }
}

/// The doubt about a token whose last characters are not the checksum of the others: it is none of its issuer's, and may be a
/// password all the same.
pub(super) const UNFIT: &str = "its checksum does not fit";

/// The bytes that a credential may start with.
const FIRST: [bool; 256] = {
    let mut first = [false; 256];
    let mut at = 0;
    while at < TOKENS.len() {
        first[TOKENS[at].prefix.as_bytes()[0] as usize] = true;
        at += 1;
    }
    // JWT, base64 of a key block
    first[b'e' as usize] = true;
    first[b'L' as usize] = true;
    first
};

/// The bytes that may come second.
const SECOND: [bool; 256] = {
    let mut second = [false; 256];
    let mut at = 0;
    while at < TOKENS.len() {
        second[TOKENS[at].prefix.as_bytes()[1] as usize] = true;
        at += 1;
    }
    second[b'y' as usize] = true;
    second[b'S' as usize] = true;
    second
};

/// The bytes after which no word starts.
const INSIDE: [bool; 256] = {
    let mut inside = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        inside[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_';
        byte += 1;
    }
    inside
};

/// The longest parts of a signed token that are looked at, and the shortest signature; a token of a cluster has hardly
/// more than a thousand characters.
const LONGEST_HEADER: usize = 4096;
const LONGEST_PAYLOAD: usize = 65_536;
const SIGNATURE: usize = 20;

/// The shortest text that can hold one: `a://b:c@d`.
const SHORTEST: usize = 9;

/// The first credential in a text; one that is sure before one that is not.
#[must_use]
pub fn find(text: &str) -> Option<Found> {
    if text.len() < SHORTEST {
        return None;
    }
    let found = [words, key_blocks, urls, connection_strings].into_iter().filter_map(|rule| rule(text));
    let mut doubt = None;
    for found in found {
        if found.doubt.is_none() {
            return Some(found);
        }
        doubt = doubt.or(Some(found));
    }
    doubt
}

/// Tokens: all that starts at the start of a word.
fn words(text: &str) -> Option<Found> {
    let (mut inside, mut doubt) = (false, None);
    for (at, pair) in text.as_bytes().windows(2).enumerate() {
        let [first, second] = [pair[0], pair[1]].map(usize::from);
        if !inside && FIRST[first] && SECOND[second] {
            let found = text
                .get(at..)
                .and_then(at_word)
                .map(|found| found.unless(found.rule == GOOGLE && is_of_browsers(text), "Firebase hands it to browsers"));
            match found {
                Some(Found { doubt: None, .. }) => return found,
                found => doubt = doubt.or(found),
            }
        }
        inside = INSIDE[first];
    }
    doubt
}

/// Whether a text is of what every visitor of a web site gets.
fn is_of_browsers(text: &str) -> bool {
    ["firebaseapp.com", "authDomain"].iter().any(|mark| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some())
}

fn at_word(text: &str) -> Option<Found> {
    if text.starts_with("eyJ") {
        return jwt(text);
    }
    if text.starts_with("LS0tLS1CRUdJTi") {
        let head = text.get(..64).and_then(base64::decode)?;
        return memchr::memmem::find(&head, b"PRIVATE KEY-----").and_then(|_| Found::sure("a private key in base64"));
    }
    let (rule, fits) = tokens::at(text)?;
    Some(Found { rule, doubt: (!fits).then_some(UNFIT) })
}

fn jwt(text: &str) -> Option<Found> {
    // each part up to its end alone: what is no token must not be read to the end of the text at every word in it
    let header = run(text, LONGEST_HEADER, url_safe);
    let rest = text[header.len()..].strip_prefix('.')?;
    let payload = run(rest, LONGEST_PAYLOAD, url_safe);
    let signature = run(rest[payload.len()..].strip_prefix('.')?, SIGNATURE, url_safe);
    let header = String::from_utf8(base64::decode(header)?).ok()?;
    let claims = String::from_utf8(base64::decode(payload)?).ok()?;
    let signed = header.contains("\"alg\"") && !header.contains("\"none\"") && signature.len() == SIGNATURE;
    // the token that the documentation of JWT shows everywhere
    let shown = claims.contains("1234567890");
    // what Supabase hands to browsers
    let public = claims.contains("\"role\":\"anon\"");
    let found = Found { rule: "a signed token (JWT)", doubt: None }.unless(public, "a token for everybody, as its claims say");
    (signed && claims.starts_with('{') && !shown).then_some(found)
}

/// PEM and OpenPGP private keys: the head, and something of the body, so that mere mention is none.
fn key_blocks(text: &str) -> Option<Found> {
    let begin = "-----BEGIN ";
    // sought by its first letter: most texts are so short that a searcher for all of it costs more to make than to use
    let letters = memchr::memchr_iter(b'B', text.as_bytes()).filter_map(|at| at.checked_sub(5));
    let mut starts = letters.filter(|&at| text.as_bytes()[at..].starts_with(begin.as_bytes()));
    starts.find_map(|at| {
        let (label, body) = text[at + begin.len()..].split_once("-----")?;
        if !matches!(
            label.strip_suffix(" BLOCK").unwrap_or(label),
            "PRIVATE KEY"
                | "ENCRYPTED PRIVATE KEY"
                | "RSA PRIVATE KEY"
                | "EC PRIVATE KEY"
                | "DSA PRIVATE KEY"
                | "OPENSSH PRIVATE KEY"
                | "PGP PRIVATE KEY"
        ) {
            return None;
        }
        // a line break may be written as `\n` inside of JSON
        let body = body.trim_start_matches(|byte: char| byte.is_whitespace() || matches!(byte, '\\' | 'n' | 'r'));
        let header = ["Proc-Type:", "Version:", "Comment:"].iter().any(|header| body.starts_with(header));
        let base64 = run(body, LONGEST_PAYLOAD, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
        (header || base64.len() >= 16 && is_varied(base64)).then_some(Found { rule: "a private key", doubt: None })
    })
}

/// A password before the host of a URL, and the web hooks whose path is the credential.
fn urls(text: &str) -> Option<Found> {
    let mut doubt = None;
    for at in memchr::memchr_iter(b':', text.as_bytes()) {
        let Some(rest) = text[at + 1..].strip_prefix("//") else { continue };
        if let Some(hook) = rest.strip_prefix("hooks.slack.com/services/T") {
            let path = run(hook, 256, |byte| byte.is_ascii_alphanumeric() || byte == b'/');
            if path.split('/').count() == 3 && path.len() >= 40 && is_varied(path) {
                return Found::sure("a Slack web hook");
            }
        }
        if let Some(found) = query(rest) {
            return Some(found);
        }
        let end = rest.find(|byte: char| byte.is_whitespace() || "/?#\"'`,;\\|".contains(byte)).unwrap_or(rest.len());
        let Some((user, host)) = rest[..end].rsplit_once('@') else { continue };
        let Some((name, password)) = user.split_once(':') else { continue };
        let found =
            password_in("a URL with a password", password, host).map(|found| found.unless(name == password, "it is the name of its user"));
        match found {
            Some(Found { doubt: None, .. }) => return found,
            found => doubt = doubt.or(found),
        }
    }
    doubt
}

/// `?token=…` in an address: a name that speaks of a credential, and what is as random as one. Signatures of AWS end with the
/// hour, and are none to keep.
fn query(address: &str) -> Option<Found> {
    const LONGEST: usize = 2048;
    let address = run(address, LONGEST, |byte| !byte.is_ascii_whitespace() && !b"\"'`<>\\|".contains(&byte));
    let (_, query) = address.split_once('?')?;
    let query = query.split('#').next().unwrap_or_default();
    let is_credential = |(name, value): (&str, &str)| {
        let names = speaks_of_credential(name) && !name.starts_with("X-Amz-");
        names && !value.contains(['{', '(', '$', '%']) && classify(value) == Value::Strong
    };
    query
        .split(['&', ';'])
        .filter_map(|pair| pair.split_once('='))
        .any(is_credential)
        .then_some(Found { rule: "an address with a credential in its query", doubt: None })
}

/// `user:password@tcp(host)` of Go, `Server=…;Password=…` of .NET, `host=… password=…` of libpq, keys of Azure storage.
fn connection_strings(text: &str) -> Option<Found> {
    // most texts have neither
    memchr::memchr2(b'=', b'@', text.as_bytes())?;
    let go = ["@tcp(", "@unix("].iter().find_map(|mark| {
        let before = &text[..memchr::memmem::find(text.as_bytes(), mark.as_bytes())?];
        let start = before.rfind(|byte: char| byte.is_whitespace() || "\"'`=".contains(byte)).map_or(0, |at| at + 1);
        password_in("a connection string with a password", before.get(start..)?.split_once(':')?.1, "")
    });
    go.or_else(|| text.lines().filter(|line| line.contains('=')).find_map(pairs))
}

fn pairs(line: &str) -> Option<Found> {
    if let Some((_, key)) = line.split_once("AccountKey=") {
        let key = run(key, 128, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
        return if key.len() == 86 && is_varied(key) { Found::sure("an Azure storage key") } else { None };
    }
    let ends = |at: usize, name: &str| at >= name.len() && line.as_bytes()[at - name.len()..at].eq_ignore_ascii_case(name.as_bytes());
    if !memchr::memchr_iter(b'=', line.as_bytes()).any(|at| ends(at, "password") || ends(at, "pwd")) {
        return None;
    }
    let lower = line.to_ascii_lowercase();
    let (at, key) = ["password=", "pwd="].iter().find_map(|key| lower.find(key).map(|at| (at, key)))?;
    let connects = ["server=", "data source=", "host=", "jdbc:"].iter().any(|part| lower.contains(part));
    if !connects || lower[..at].ends_with(|before: char| before.is_ascii_alphanumeric() || matches!(before, '_' | '-' | '.')) {
        return None;
    }
    let value = line.get(at + key.len()..)?;
    let end = value.find(|byte: char| byte.is_whitespace() || ";&\"'`,".contains(byte)).unwrap_or(value.len());
    password_in("a connection string with a password", &value[..end], "")
}

fn password_in(rule: &'static str, password: &str, host: &str) -> Option<Found> {
    let formatted = password.contains(['%', '<', '{']) && !password.contains(|byte: char| byte.is_ascii_digit())
        || password.starts_with(['*', '[', '$']);
    if password.is_empty() || is_reference(password) || formatted {
        return None;
    }
    let known = is_placeholder(password) || matches!(password, "pass" | "pw" | "pwd" | "passwd");
    let shown = ["example.com", "example.org", "example.net"].iter().any(|shown| host.split(':').next() == Some(*shown));
    let doubt = if known { Some("a placeholder, or a password that everybody knows") } else { shown.then_some("a host of documentation") };
    Some(Found { rule, doubt })
}

/// The longest start of a text that an alphabet has, up to `most` characters.
pub(super) fn run(text: &str, most: usize, alphabet: impl Fn(u8) -> bool) -> &str {
    let end = text.bytes().take(most).position(|byte| !alphabet(byte)).unwrap_or(most.min(text.len()));
    &text[..end]
}

/// Whether it has so many different characters that somebody's `xxxx` is none.
pub(super) fn is_varied(text: &str) -> bool {
    let mut seen = [false; 256];
    text.bytes().for_each(|byte| seen[usize::from(byte)] = true);
    seen.iter().filter(|seen| **seen).count() >= 8
}
