//! Passwords in the files and headers that programs log in with: registries' `auth`, `.netrc`, `.pgpass`, `Authorization`.

use super::script::start;
use super::shape::{Found, run};
use super::text::{Held, password};
use super::{Judgement, decode, judge};

/// The first of them; one that is sure before one that is not.
pub(super) fn find(text: &str) -> Option<Held> {
    let mut doubt = None;
    for found in [registry, netrc, pgpass].into_iter().filter_map(|rule| rule(text)) {
        match found {
            Found { doubt: None, .. } => return Some(Held::Placed(found)),
            found => doubt = doubt.or(Some(Held::Placed(found))),
        }
    }
    match authorization(text) {
        Some(Held::Placed(Found { rule, doubt: Some(why) })) => doubt.or(Some(Held::Placed(Found { rule, doubt: Some(why) }))),
        found => found.or(doubt),
    }
}

/// As long as no name or password is.
const LONGEST: usize = 4096;

fn base64(text: &str) -> &str {
    run(text, LONGEST, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
}

/// `user:password`, encoded.
fn login(rule: &'static str, encoded: &str) -> Option<Found> {
    const SHORTEST: usize = 8;
    let decoded = Some(encoded).filter(|encoded| encoded.len() >= SHORTEST).and_then(decode)?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (user, value) = decoded.trim_end().split_once(':')?;
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if plain(user) && plain(value) { password(rule, value) } else { None }
}

/// `"auth": "…"` of Docker.
fn registry(text: &str) -> Option<Found> {
    let mut doubt = None;
    for at in memchr::memmem::find_iter(text.as_bytes(), b"auth") {
        let is_word = !text[..at].ends_with(|before: char| before.is_alphanumeric() || matches!(before, '_' | '-' | '.'));
        let after = text[at + 4..].trim_start_matches(['"', '\'', '\\']);
        // blanks, but not to the end of a text of blanks
        let after = run_over(after).strip_prefix(':').filter(|_| is_word).map(run_over);
        let Some(value) = after.map(|value| value.trim_start_matches(['"', '\'', '\\'])) else { continue };
        match login("the login to a registry", base64(value)) {
            Some(found) if found.doubt.is_none() => return Some(found),
            found => doubt = doubt.or(found),
        }
    }
    doubt
}

/// A text without the blanks before it, a few of them.
fn run_over(text: &str) -> &str {
    const BLANKS: usize = 64;
    &text[run(text, BLANKS, |byte| byte.is_ascii_whitespace()).len()..]
}

/// `machine host login user password …`, over several lines or in one.
fn netrc(text: &str) -> Option<Found> {
    memchr::memmem::find(text.as_bytes(), b"login")?;
    let mut doubt = None;
    let starts = memchr::memmem::find_iter(text.as_bytes(), b"machine").chain(memchr::memmem::find_iter(text.as_bytes(), b"default"));
    for at in starts.filter(|&at| text[..at].trim_end_matches([' ', '\t']).ends_with(['\n', '\r']) || text[..at].trim().is_empty()) {
        let mut words = text[at..].split_whitespace();
        let named = words.next() == Some("default") || words.next().is_some();
        if !named || words.next() != Some("login") || words.next().is_none() {
            continue;
        }
        let mut next = words.next();
        if next == Some("account") {
            next = words.nth(1);
        }
        let value = words.next().filter(|_| next == Some("password"));
        match value.and_then(|value| password("a password in a .netrc", value.trim_matches('"'))) {
            Some(found) if found.doubt.is_none() => return Some(found),
            found => doubt = doubt.or(found),
        }
    }
    doubt
}

/// `host:port:database:user:password`, a line each; only what is as random as a password, as other things have colons too.
fn pgpass(text: &str) -> Option<Found> {
    let is_login = |line: &str| {
        let mut parts = line.trim().splitn(5, ':');
        let mut next = || parts.next().filter(|part| !part.is_empty() && !part.contains(char::is_whitespace));
        let (Some(_), Some(port), Some(_), Some(user), Some(value)) = (next(), next(), next(), next(), next()) else { return false };
        let is_port = port == "*" || (2..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
        is_port
            && !line.trim_start().starts_with('#')
            && !value.contains("://")
            && !value.contains(['"', ':'])
            && user.bytes().any(|byte| byte.is_ascii_alphabetic())
            && judge("password", value) == Judgement::Secret
    };
    let bytes = text.as_bytes();
    let is_before_port = |at: &usize| {
        let rest = &text[at + 1..];
        let port = run(rest, 5, |byte| byte.is_ascii_digit());
        port.len() > 1 && rest[port.len()..].starts_with(':') || rest.starts_with("*:")
    };
    // each line is looked at once, however many ports it may have
    let mut looked = 0;
    let found = memchr::memchr_iter(b':', bytes).filter(is_before_port).any(|at| {
        if at < looked {
            return false;
        }
        let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |end| end + 1);
        looked = memchr::memchr(b'\n', &bytes[at..]).map_or(text.len(), |length| at + length);
        is_login(&text[start..looked])
    });
    found.then_some(Found { rule: "a password in a .pgpass", doubt: None })
}

/// `Authorization: Basic …`, `proxy_set_header Authorization "Bearer …";`
fn authorization(text: &str) -> Option<Held> {
    const NAME: &[u8] = b"uthorization";
    let mut doubt = None;
    for at in memchr::memmem::find_iter(text.as_bytes(), NAME) {
        if is_in_comment(text, at) {
            continue;
        }
        let after = &text[at + NAME.len()..];
        let between = run(after, 16, |byte| byte.is_ascii_whitespace() || b"\"'\\:=,".contains(&byte));
        let value = &after[between.len()..];
        if let Some(token) = value.strip_prefix("Basic ") {
            match login("a login in a header", base64(token)) {
                Some(found) if found.doubt.is_none() => return Some(Held::Placed(found)),
                found => doubt = doubt.or(found),
            }
        } else if let Some(token) = value.strip_prefix("Bearer ") {
            let token = start(token);
            let token = &token[..token.find(|end: char| end.is_whitespace() || "\"'\\`,;".contains(end)).unwrap_or(token.len())];
            if !token.contains(['(', '[', '{', '$', '<']) && judge("token", token) == Judgement::Secret {
                return Some(Held::Named("Authorization".to_owned()));
            }
        }
    }
    doubt.map(Held::Placed)
}

/// Whether the line so far is that of a comment.
fn is_in_comment(text: &str, at: usize) -> bool {
    const BACK: usize = 128;
    let near = &text.as_bytes()[at.saturating_sub(BACK)..at];
    let line = near.rsplit(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_start();
    [&b"#"[..], b"//", b"* ", b"-- "].iter().any(|comment| line.starts_with(comment))
}

#[cfg(test)]
mod tests {
    use super::find;
    use crate::model::credential::Held;

    fn is_sure(text: &str) -> Option<bool> {
        find(text).map(|held| !matches!(held, Held::Placed(found) if found.doubt.is_some()))
    }

    #[test]
    fn logins_are_found() {
        for text in [
            r#"{"auths":{"https://index.docker.io/v1/":{"auth":"b3JnYm90OlhrMjl2THE4WnBUcjQ0bVE="}}}"#,
            "{\"auths\": {\n  \"r\": {\n    \"auth\": \"b3JnYm90OlhrMjl2THE4WnBUcjQ0bVE=\"\n}}}",
            r#"{\"auths\":{\"r\":{\"auth\":\"b3JnYm90OlhrMjl2THE4WnBUcjQ0bVE=\"}}}"#,
            "r:\n  auth: b3JnYm90OlhrMjl2THE4WnBUcjQ0bVE=",
            "machine x.example.com\nlogin bob\npassword hunter22x",
            "# a\n  machine x login bob account c password hunter22x\n",
            "default login bob password hunter22x",
            "db:5432:app:app:Xk29vLq8ZpTr44",
            "*:*:*:app:Xk29vLq8ZpTr44\n",
            "proxy_set_header Authorization \"Basic dXNlcjpYazI5dkxxOFpwVHI0NA==\";",
            "{\"Authorization\": \"Bearer Xk29vLq8ZpTr44mQ\"}",
            "headers:\n  authorization: Bearer Xk29vLq8ZpTr44mQ\n",
        ] {
            assert_eq!(is_sure(text), Some(true), "{text}");
        }
        // user:changeme
        for text in [r#"{"auths":{"r":{"auth":"dXNlcjpjaGFuZ2VtZQ=="}}}"#, "Authorization: Basic dXNlcjpjaGFuZ2VtZQ=="] {
            assert_eq!(is_sure(text), Some(false), "{text}");
        }
        for text in [
            r#"{"auths":{"r":{}}}"#,
            r#"{"auths":{"r":{"auth":"${REGISTRY_AUTH}"}}}"#,
            r#"{"auth":"basicauthentication"}"#,
            "auth: username:password",
            "auth:\n  enabled: true",
            "oauth: b3JnYm90OlhrMjl2THE4WnBUcjQ0bVE=",
            "machine x login bob password $PASSWORD",
            "the machine has a login, and its password is hunter22x",
            "00:16:3e:aa:bb:cc",
            "2001:1234:5678:9abc:def0:1111:2222:3333",
            "a:80:b:c:d",
            "proxy_set_header Authorization $http_authorization;",
            "proxy_set_header Authorization \"Bearer ${TOKEN}\";",
            "Authorization: Bearer <token>",
            "# Authorization: Bearer Xk29vLq8ZpTr44mQ",
            "Authorization: Basic",
            "",
        ] {
            assert_eq!(is_sure(text), None, "{text}");
        }
    }
}
