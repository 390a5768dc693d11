//! Credentials in texts, known by what stands around them: names with their values, pairs of JSON, elements of XML, SQL.

use super::pairs::{LONGEST_NAME, pairs};
use super::shape::Found;
use super::value::{Value, classify, is_reference};
use super::{Judgement, cloud_config, judge, login, speaks_of_credential};

/// A credential in a text, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// Under a name that says so.
    Named(String),
    /// Where only a password can stand.
    Placed(Found),
}

/// The first credential in a text; what `known` knows is the name of something.
#[must_use]
pub fn in_text(text: &str, known: &dyn Fn(&str) -> bool) -> Option<Held> {
    // what has blanks or brackets is a sentence or an expression more often than a credential
    let one_word = |value: &str| !value.contains(|byte: char| byte.is_whitespace() || "(){}[]".contains(byte));
    let named = |(name, value): (&str, &str)| {
        let secret = one_word(value) && judge(name, value) == Judgement::Secret && !known(value);
        secret.then(|| Held::Named(name.to_owned()))
    };
    let placed = placed(text);
    if matches!(placed, Some(Held::Named(_) | Held::Placed(Found { doubt: None, .. }))) {
        return placed;
    }
    pairs(text).find_map(named).or_else(|| json(text).find_map(named)).or_else(|| xml(text).find_map(named)).or(placed)
}

/// What stands where only a password can; what is sure before what is not.
fn placed(text: &str) -> Option<Held> {
    let rules: [fn(&str) -> Option<Held>; 3] =
        [|text: &str| sql(text).map(Held::Placed), login::find, |text: &str| cloud_config::find(text).map(Held::Placed)];
    let mut doubt = None;
    for found in rules.into_iter().filter_map(|rule| rule(text)) {
        match found {
            Held::Placed(Found { doubt: Some(_), .. }) => doubt = doubt.or(Some(found)),
            sure => return Some(sure),
        }
    }
    doubt
}

/// `"name": "value"`, wherever it stands.
fn json(text: &str) -> impl Iterator<Item = (&str, &str)> {
    memchr::memchr_iter(b':', text.as_bytes()).filter_map(|at| {
        let before = text[..at].trim_end().strip_suffix('"')?;
        let name = &before[near_quote(before)?..];
        let value = text[at + 1..].trim_start().strip_prefix('"').filter(|_| speaks_of_credential(name))?;
        Some((name, &value[..value.find('"')?]))
    })
}

/// Where the last quoted thing in a text begins, if it is short enough for a name.
fn near_quote(text: &str) -> Option<usize> {
    let from = text.len().saturating_sub(LONGEST_NAME);
    memchr::memrchr(b'"', &text.as_bytes()[from..]).map(|quote| from + quote + 1)
}

/// `<name>value</name>`, and `name="value"` inside of a tag.
fn xml(text: &str) -> impl Iterator<Item = (&str, &str)> {
    memchr::memchr_iter(b'<', text.as_bytes()).flat_map(|at| {
        let tag = &text[at + 1..];
        let end = memchr::memchr2(b'>', b'<', tag.as_bytes()).filter(|&end| tag.as_bytes()[end] == b'>');
        let inside = end.map(|end| &tag[..end]).filter(|inside| inside.starts_with(|first: char| first.is_ascii_alphabetic()));
        let name = inside.and_then(|inside| inside.split(char::is_whitespace).next()).unwrap_or_default();
        let content = end.filter(|_| speaks_of_credential(name)).and_then(|end| {
            let rest = &tag[end + 1..];
            let value = &rest[..memchr::memchr(b'<', rest.as_bytes())?];
            rest[value.len()..].strip_prefix("</").filter(|close| close.starts_with(name)).map(|_| (name, value.trim()))
        });
        content.into_iter().chain(inside.into_iter().flat_map(attributes))
    })
}

fn attributes(inside: &str) -> impl Iterator<Item = (&str, &str)> {
    memchr::memmem::find_iter(inside.as_bytes(), b"=\"").filter_map(|at| {
        let name = inside[..at].rsplit(char::is_whitespace).next().filter(|name| name.len() <= LONGEST_NAME)?;
        let value = &inside[at + 2..];
        Some((name, &value[..value.find('"')?]))
    })
}

/// `IDENTIFIED BY '…'` of MySQL and Oracle, `PASSWORD '…'` of PostgreSQL and SQL Server.
fn sql(text: &str) -> Option<Found> {
    let mut doubt = None;
    let mut at = 0;
    while let Some(open) = memchr::memchr2(b'\'', b'"', &text.as_bytes()[at..]).map(|quote| at + quote) {
        let quote = text.as_bytes()[open] as char;
        at = open + 1;
        if !sets_password(&text[..open], quote) {
            continue;
        }
        let Some(length) = text[at..].find(quote) else { break };
        let value = &text[at..at + length];
        match password("a password in a statement of SQL", value) {
            Some(Found { doubt: None, rule }) => return Some(Found { rule, doubt: None }),
            found => doubt = doubt.or(found),
        }
        at += length + 1;
    }
    doubt
}

/// Whether a statement so far is about to say a password.
fn sets_password(before: &str, quote: char) -> bool {
    const BACK: usize = 240;
    let from = (before.len().saturating_sub(BACK)..before.len()).find(|&at| before.is_char_boundary(at)).unwrap_or(before.len());
    let near = before[from..].trim_end();
    // most quotes have nothing to do with it
    let ends = |word: &str| near.len() >= word.len() && near.as_bytes()[near.len() - word.len()..].eq_ignore_ascii_case(word.as_bytes());
    if !(ends(" by") || ends("password") || ends("=")) {
        return false;
    }
    let line = near.lines().next_back().unwrap_or_default().trim_start();
    if ["#", "--", "//", "*"].iter().any(|comment| line.starts_with(comment)) {
        return false;
    }
    let statement = near.rsplit(';').next().unwrap_or(near).to_ascii_lowercase();
    let mut words = statement.split_whitespace().rev().skip_while(|word| *word == "=");
    match words.next().map(|last| last.trim_end_matches('=')) {
        Some("by") => words.take(3).any(|word| word == "identified"),
        // only Oracle puts passwords into double quotes
        Some("password") if quote == '\'' => {
            let rest: Vec<_> = words.collect();
            let has = |any: &[&str]| rest.iter().any(|word| any.contains(word));
            has(&["create", "alter"]) && has(&["user", "role", "login", "group"])
        }
        _ => false,
    }
}

/// What stands where only a password can: not a reference, not a hash.
pub(super) fn password(rule: &'static str, value: &str) -> Option<Found> {
    let hash = value.starts_with("md5") && value.len() == 35 || value.starts_with("SCRAM-SHA-") || value.starts_with('*');
    let filled_in = is_reference(value) || value.starts_with(['$', ':', '@', '?', '%', '<', '{', '&', '-']) || value.contains(['$', '`']);
    if hash || filled_in || value.contains(char::is_control) {
        return None;
    }
    match classify(value) {
        Value::Harmless => None,
        Value::Placeholder => Some(Found { rule, doubt: Some("a placeholder, or a password that everybody knows") }),
        Value::Hash => Some(Found { rule, doubt: Some("a hash of a password, which can be guessed at leisure") }),
        Value::Identifier | Value::Words | Value::Weak | Value::Strong => Some(Found { rule, doubt: None }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Held, in_text};

    fn found(text: &str) -> Option<Held> {
        in_text(text, &|value| value == "shop-db-7c9f4d2b8x")
    }

    #[test]
    fn names_are_found_in_lines_json_and_xml() {
        for (name, text) in [
            ("spring.datasource.password", "a.b=1\nspring.datasource.password=k9vQ2mZx7pLw4tY\n"),
            ("adminPassword", "auth:\n  adminPassword: \"k9!vQ2#mZx7pLw4t\"\n"),
            ("password", r#"{"user":"a","password":"k9!vQ2#mZx7pLw4t","x":1}"#),
            ("client_secret", r#"curl -d '{"client_secret" : "k9vQ2mZx7pLw4tYb"}'"#),
            ("password", "<server>\n <password>k9!vQ2#mZx7pLw4t</password></server>"),
            ("ssl.keystore.password", r#"<p ssl.keystore.password="k9!vQ2#mZx7pLw4t"/>"#),
            ("dbPassword", "<dbPassword type=\"s\"> k9!vQ2#mZx7pLw4t\n</dbPassword>"),
        ] {
            assert_eq!(found(text), Some(Held::Named(name.to_owned())), "{text}");
        }
        for nothing in [
            "expr: sum(rate(token[5m])) by (x)\n// token: see the docs at length",
            r#"{"password":"${DB_PASSWORD}"}"#,
            r#"{"password":"changeme"}"#,
            r#"{"secretName":"k9vQ2mZx7pLw4tYb"}"#,
            r#"{"secret":"shop-db-7c9f4d2b8x"}"#,
            "<password>{{ .Values.password }}</password>",
            "<password>${env.DB_PASSWORD}</password>",
            "<password>changeit</password>",
            "<password/><other>k9vQ2mZx7pLw4tYb</other>",
            "a < b and password > k9vQ2mZx7pLw4tYb",
            "<user password=\"\"/>",
            "<passphrase>optional; leave empty, if not used</passphrase>",
            r#"{"output_token": "StreamDescription.Shards[-1].ShardId"}"#,
            "é<é\"é:é'é",
        ] {
            assert_eq!(found(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn passwords_are_found_in_sql() {
        let sure = |text: &str| matches!(found(text), Some(Held::Placed(found)) if found.doubt.is_none());
        for text in [
            "CREATE USER 'shop'@'%' IDENTIFIED BY 'Xk29vLq8';",
            "create user shop identified with caching_sha2_password by 'tr0ub4dor&3'",
            "ALTER ROLE shop WITH LOGIN ENCRYPTED PASSWORD 'Xk29vLq8';",
            "CREATE LOGIN shop WITH PASSWORD = 'Xk29vLq8!'",
            "CREATE USER é IDENTIFIED BY \"Xk29vLq8\"",
        ] {
            assert!(sure(text), "{text}");
        }
        assert!(matches!(found("CREATE USER a IDENTIFIED BY 'changeme'"), Some(Held::Placed(found)) if found.doubt.is_some()));
        for nothing in [
            "CREATE USER shop IDENTIFIED BY '${DB_PASSWORD}';",
            "CREATE USER shop IDENTIFIED BY '$DB_PASSWORD';",
            "CREATE USER shop PASSWORD :'password';",
            "CREATE USER shop PASSWORD 'md50123456789abcdef0123456789abcdef';",
            "CREATE USER shop IDENTIFIED BY PASSWORD '*0123456789ABCDEF0123456789ABCDEF01234567';",
            "CREATE USER shop; -- its password 'Xk29vLq8'",
            "the user's password is 'Xk29vLq8'",
            "SELECT password FROM users WHERE name = 'Xk29vLq8'",
            "GROUP BY 'Xk29vLq8'",
            "IDENTIFIED BY 'Xk29vLq8",
            "# create a user called \"shop\" with password \"Xk29vLq8\"",
            "create a user called \"shop\" with password \"Xk29vLq8\"",
            "-- CREATE USER shop IDENTIFIED BY 'Xk29vLq8'",
        ] {
            assert_eq!(found(nothing), None, "{nothing}");
        }
    }
}
