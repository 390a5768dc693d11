//! Whether a text may be shown. Wider than what is reported: to hide too much costs a line, to show too much a credential.

use super::script::{in_script, start};
use super::shape::find;
use super::text::in_text;
use super::value::{Value, classify};
use super::{in_applied, password_argument, speaks_of_credential};

/// Whether a value under a name is not to be shown.
#[must_use]
pub fn is_hidden_under(name: &str, value: &str) -> bool {
    // `accessKey`, `restuserkey`
    let is_key = name.get(name.len().saturating_sub(3)..).is_some_and(|end| end.eq_ignore_ascii_case("key"));
    let speaks = speaks_of_credential(name);
    // most names say nothing, and are looked at sooner than values
    (is_key || speaks)
        && match classify(value) {
            Value::Harmless => false,
            Value::Strong => true,
            _ => speaks,
        }
}

/// Whether a text holds something that is not to be shown, by itself.
#[must_use]
pub fn reveals(text: &str) -> bool {
    if find(text).is_some() || assigns(text) {
        return true;
    }
    let never = |_: &str| false;
    let object = text.starts_with('{') && in_applied(text, &never).is_some();
    object || text.contains(char::is_whitespace) && (in_script(text, &never).is_some() || in_text(text, &never).is_some())
}

/// `name=value`, `"name": "value"`, `--name value`, wherever they stand.
fn assigns(text: &str) -> bool {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let mut marks = memchr::memchr3_iter(b'=', b':', b' ', text.as_bytes());
    marks.any(|at| {
        let before = text[..at].trim_end_matches(['"', '\'', '\\']);
        let from = before.bytes().rposition(|byte| !is_name(byte)).map_or(0, |other| other + 1);
        let name = &before[from..];
        let mark = text.as_bytes()[at];
        if !speaks_of_credential(name) || mark == b' ' && !name.starts_with('-') {
            return false;
        }
        let rest = start(text[at + 1..].trim_start_matches([' ', '"', '\'', '\\']));
        let end = rest.find(|end: char| end.is_whitespace() || "\"'\\,;&".contains(end)).unwrap_or(rest.len());
        // `the token: see there` is a sentence
        let sentence = mark == b':' && rest[end..].starts_with([' ', ',']) && classify(&rest[..end]) != Value::Strong;
        !(sentence || mark == b' ' && rest.starts_with('-')) && classify(&rest[..end]) != Value::Harmless
    })
}

/// Which words of a command are not to be shown: what follows a flag that speaks of a credential, or is short for one.
#[must_use]
pub fn hidden_words(words: &[&str]) -> Vec<usize> {
    const SHORT: [&str; 6] = ["-p", "-P", "-a", "-w", "-u", "-k"];
    let random = |word: &str| !word.contains(char::is_whitespace) && classify(word) == Value::Strong && !sets(word, |_| false);
    let after = |at: usize, word: &str| {
        let flag = if at == 0 { "" } else { words[at - 1] };
        flag.starts_with('-') && !flag.contains('=') && is_hidden_under(flag, word) && !word.starts_with('-')
            || SHORT.contains(&flag) && random(word)
    };
    // `-webhook-port=9443` is a flag of its own, and no `-w` with a password behind it
    let is_flag = |word: &str| sets(word, |value| matches!(classify(value), Value::Harmless | Value::Words));
    let glued = |word: &str| !is_flag(word) && SHORT.iter().any(|flag| word.strip_prefix(flag).is_some_and(random));
    let mut hidden: Vec<_> = (0..words.len()).filter(|&at| after(at, words[at]) || glued(words[at]) || reveals(words[at])).collect();
    hidden.extend(password_argument(words).map(|(at, _)| at));
    hidden
}

/// Whether a word sets something that has a name of several words to a number, or to what is harmless: `vm.max_map_count=262144`.
fn sets(word: &str, harmless: impl Fn(&str) -> bool) -> bool {
    let Some((name, value)) = word.split_once('=') else { return false };
    let parts: Vec<_> = name.trim_start_matches('-').split(['.', '_', '-']).collect();
    let is_word = |part: &&str| {
        let letters = part.trim_end_matches(|end: char| end.is_ascii_digit());
        let digits = part.len() - letters.len();
        letters.bytes().all(|byte| byte.is_ascii_lowercase()) && if letters.is_empty() { (1..=4).contains(&digits) } else { digits <= 2 }
    };
    let named = parts.len() > 1 && parts.iter().all(is_word) && parts.iter().any(|part| part.len() >= 3) && !speaks_of_credential(name);
    let number = value.len() <= 20 && !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    named && (number || harmless(value))
}

#[cfg(test)]
mod tests {
    use super::{hidden_words, reveals};

    #[test]
    fn what_may_be_a_credential_is_hidden() {
        for hidden in [
            "--password=hunter2",
            "DB_PASSWORD=k9vQ2mZx7pLw4t",
            "run --token k9vQ2mZx7pLw4t now",
            r#"{"password":"changeme"}"#,
            "password: hunter2",
            "https://u:k9vQ2mZx7pLw4t@registry.test/x",
            "X-Api-Key: k9vQ2mZx7pLw4t",
        ] {
            assert!(reveals(hidden), "{hidden}");
        }
        for shown in [
            "",
            "nginx:1.25",
            "the token: see there",
            "--token-file=/etc/token",
            "--automount-token=true",
            "TOKEN=$(cat /run/token)",
            "é=é: é",
            "{",
        ] {
            assert!(!reveals(shown), "{shown}");
        }
        assert_eq!(hidden_words(&["--password", "hunter2", "-p", "k9vQ2mZx7pLw4t", "-p", "8080:80", "-uk9vQ2mZx7pLw4t"]), [1, 3, 6]);
        assert_eq!(hidden_words(&["mysql", "-phunter2"]), [1]);
        assert!(hidden_words(&["--token", "--verbose", "-c", "echo a; echo B; exit 7"]).is_empty());
        assert_eq!(hidden_words(&["app", "-p", "k9vQ2mZx7p=262144", "-pk9vq2mzx7pl=1", "-p", "db.password=84519263"]), [2, 3, 5]);
        for shown in [
            &["sysctl", "-w", "vm.max_map_count=262144"][..],
            &["sysctl", "-w", "net.ipv4.ip_local_port_range=1024", "-w", "fs.inotify.max_user_instances=8192"],
            &["sysctl", "-wnet.core.somaxconn=65535"],
            &["manager", "-webhook-port=9443", "-publish-service=ingress/nginx-controller", "-election-id=ingress-controller-leader"],
        ] {
            assert!(hidden_words(shown).is_empty(), "{shown:?}");
        }
    }
}
