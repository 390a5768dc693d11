//! Passwords in what cloud-init reads: of users, as they are or hashed, and those that `chpasswd` is told.

use super::known::is_hash;
use super::shape::Found;
use super::text;

/// How such a text begins.
const HEAD: &str = "#cloud-config";
/// The keys under which the password of a user stands, or a hash of it.
const KEYS: [&str; 6] = ["password", "passwd", "plain_text_passwd", "plain-text-passwd", "hashed_passwd", "hashed-passwd"];
const RULE: &str = "a password for cloud-init";

/// The first password in a text for cloud-init; one that is sure before one that is not.
pub(super) fn find(text: &str) -> Option<Found> {
    if !text.trim_start().starts_with(HEAD) {
        return None;
    }
    let mut doubt = None;
    // where the list of `chpasswd` stands, while it lasts
    let (mut within, mut list): (Option<usize>, Option<usize>) = (None, None);
    for line in text.lines() {
        let content = line.trim_start();
        let depth = line.len() - content.len();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        within = within.filter(|above| depth > *above);
        list = list.filter(|above| depth > *above || depth == *above && content.starts_with("- "));
        let found = if list.is_some() {
            let entry = unquoted(content.trim_start_matches("- "));
            entry.split_once(':').and_then(|(_, value)| password(RULE, value.trim()))
        } else {
            pairs(content).find_map(|value| password(RULE, value))
        };
        match found {
            Some(Found { doubt: None, .. }) => return found,
            found => doubt = doubt.or(found),
        }
        if content.starts_with("chpasswd:") {
            within = Some(depth);
        } else if within.is_some() && content.starts_with("list:") {
            list = Some(depth);
        }
    }
    doubt
}

/// The passwords in a line: `passwd: …`, `- {name: web, password: …}`.
fn pairs(line: &str) -> impl Iterator<Item = &str> {
    let flow = line.contains('{');
    let parts = line.split(move |part: char| flow && matches!(part, '{' | '}' | ','));
    parts.filter_map(|part| {
        let (name, value) = part.trim().trim_start_matches("- ").split_once(':')?;
        let value = value.split_once(" #").map_or(value, |(value, _)| value);
        KEYS.contains(&unquoted(name)).then(|| unquoted(value))
    })
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

/// What stands where only a password can, or a hash of one. `R` and `RANDOM` have one made.
pub(super) fn password(rule: &'static str, value: &str) -> Option<Found> {
    if is_hash(value) {
        return Some(Found { rule, doubt: Some("a hash of a password, which can be guessed at leisure") });
    }
    if matches!(value, "R" | "RANDOM") { None } else { text::password(rule, value) }
}

#[cfg(test)]
mod tests {
    use super::{HEAD, find};

    #[test]
    fn passwords_of_users_are_found() {
        let found = |body: &str| find(&format!("{HEAD}\n{body}\n")).map(|found| found.doubt.is_none());
        for sure in [
            "password: hunter22x",
            "chpasswd:\n  expire: false\n  list: |\n    # comment\n    root:hunter22x\n    web:RANDOM",
            "chpasswd:\n  list:\n  - root:hunter22x",
            "chpasswd:\n  list:\n    - 'root:hunter22x'",
            "chpasswd:\n  users:\n  - {name: root, password: hunter22x, type: text}",
            "users:\n- name: web\n  plain_text_passwd: \"hunter22x\" # for now",
        ] {
            assert_eq!(found(sure), Some(true), "{sure}");
        }
        let hash = "$6$rounds=4096$k9vQ2mZx7pLw$9f86d081884c7d659a2feaa0c55ad015";
        assert_eq!(found(&format!("users:\n- name: web\n  passwd: {hash}")), Some(false));
        assert_eq!(found(&format!("chpasswd:\n  list: |\n    root:{hash}\n    web:hunter22x")), Some(true), "what is sure comes first");
        for nothing in [
            "chpasswd:\n  list: |\n    root:R\n    web:RANDOM\n",
            "chpasswd: {expire: false}\nssh_pwauth: true\nusers:\n- {name: web, lock_passwd: true}",
            "password: ${PASSWORD}",
            "chpasswd:\n  list: |\n    root:$ROOT_PASSWORD\nruncmd:\n- echo a:b",
            "write_files:\n- path: /etc/app\n  content: a",
        ] {
            assert_eq!(found(nothing), None, "{nothing}");
        }
        assert_eq!(find("password: hunter22x"), None, "not for cloud-init");
    }
}
