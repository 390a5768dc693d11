//! Names that speak of credentials.

/// What such a name ends in, written without separators and in lower case.
const ENDINGS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "requirepass",
    "masterauth",
    "apikey",
    "credential",
    "credentials",
    "secretkey",
    "secretkeybase",
    "secretaccesskey",
    "privatekey",
];

/// Endings of the names of keys that are written down now and then, and named by what stands there mostly.
const KEYS: &[&str] = &["encryptionkey", "signingkey", "hmackey", "jwtkey", "masterkey", "accountkey"];

/// Where something runs, behind the name: `DB_PASSWORD_PROD`.
const STAGES: &[&str] = &["prod", "prd", "production", "dev", "staging", "stage", "stg", "test", "qa", "uat", "live", "old", "new"];

/// Endings that count only as a word of their own: `DB_PASS`, not `bypass`.
const WORDS: &[&str] = &["pass", "pwd"];

/// Names that end like one, and mean the name of an object that holds it, or a sum over it: `checksum/secret`.
const REFERENCES: &[&str] = &["existing", "imagepull", "tlssecret", "secretname", "checksum"];

/// Whether what stands under a name is a credential if the name is to be believed: `DB_PASSWORD`, `clientSecret`,
/// `spring.datasource.password`, `--api-key`.
#[must_use]
pub fn speaks_of_credential(name: &str) -> bool {
    if !may_speak(name) {
        return false;
    }
    let name = unstaged(name);
    // the longest ending has 15 letters; separators come on top
    const ENOUGH: usize = 64;
    const LONGEST_NUMBER: usize = 3;
    let (mut flat, mut starts) = ([0u8; ENOUGH], [false; ENOUGH]);
    let bytes = name.as_bytes();
    let tail = &bytes[bytes.len().saturating_sub(ENOUGH)..];
    let (mut length, mut boundary, mut before) = (0, true, b' ');
    for &byte in tail {
        if byte.is_ascii_alphanumeric() {
            flat[length] = byte.to_ascii_lowercase();
            starts[length] = boundary || byte.is_ascii_uppercase() && before.is_ascii_lowercase();
            length += 1;
            boundary = false;
        } else if byte.is_ascii() {
            boundary = true;
        } else {
            return false;
        }
        before = byte;
    }
    // `DB_PASSWORD_1`, `password2`
    let digits = flat[..length].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    length -= if digits <= LONGEST_NUMBER { digits } else { 0 };
    let flat = &flat[..length];
    let word = |word: &&str| flat.ends_with(word.as_bytes()) && starts[length - word.len()];
    let ends = |ending: &&str| flat.ends_with(ending.as_bytes());
    let named = ENDINGS.iter().chain(KEYS).any(ends) || WORDS.iter().any(word);
    named && !REFERENCES.iter().any(|part| memchr::memmem::find(flat, part.as_bytes()).is_some())
}

/// A name without the stage behind it.
fn unstaged(name: &str) -> &str {
    let is_mark = |byte: u8| matches!(byte, b'_' | b'-' | b'.');
    // no stage is longer
    const LONGEST: usize = 11;
    let from = name.len().saturating_sub(LONGEST);
    let Some(mark) = name.as_bytes()[from..].iter().rposition(|byte| is_mark(*byte)).map(|at| from + at) else { return name };
    let stage = &name[mark + 1..];
    if STAGES.iter().any(|known| known.eq_ignore_ascii_case(stage)) { &name[..mark] } else { name }
}

/// Whether a name that speaks of a credential is that of a key.
pub(super) fn is_key(name: &str) -> bool {
    let name = unstaged(name).trim_end_matches(|end: char| end.is_ascii_digit());
    let flat: String = name.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    KEYS.iter().any(|ending| flat.ends_with(ending))
}

/// Whether a name may speak of one, by its last two letters: what most names do not.
pub(super) fn may_speak(name: &str) -> bool {
    let mut letters = unstaged(name).bytes().rev().filter(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii());
    let (Some(last), Some(before)) = (letters.next(), letters.next()) else { return false };
    let pair = [before, last].map(|letter| letter.to_ascii_lowercase());
    // letters beyond ASCII may yet be trimmed
    matches!(&pair, b"rd" | b"wd" | b"se" | b"et" | b"en" | b"ss" | b"th" | b"ey" | b"al" | b"ls") || !pair.is_ascii()
}

/// Keys of Secrets that hold credentials beyond those whose last word says so.
const FILES: &[&str] =
    &["id_rsa", "id_ed25519", "pgpass", ".pgpass", ".netrc", "kubeconfig", "htpasswd", "auth", "key", "private.key", "secret_key_base"];

/// Whether a key of a Secret is the name of a file that holds credentials.
#[must_use]
pub fn is_key_file(key: &str) -> bool {
    FILES.contains(&key) || [".jks", ".p12", ".pfx", ".keystore", ".keytab"].iter().any(|end| key.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::{ENDINGS, KEYS, WORDS, is_key, may_speak, speaks_of_credential};

    #[test]
    fn the_last_letters_of_each_ending_are_known() {
        for ending in ENDINGS.iter().chain(KEYS).chain(WORDS) {
            assert!(may_speak(ending) && may_speak(&format!("{}_1", ending.to_ascii_uppercase())), "{ending}");
            assert!(may_speak(&format!("{ending}-prod")), "{ending}");
        }
        assert!(!may_speak("replicas") && !may_speak("1234") && !may_speak("") && !may_speak("y"));
    }

    #[test]
    fn names_are_known_by_their_last_word() {
        for name in [
            "DB_PASSWORD",
            "password",
            "dbPassword",
            "spring.datasource.password",
            "--api-key",
            "X-Api-Key",
            "APIKEY",
            "AWS_SECRET_ACCESS_KEY",
            "SECRET_KEY",
            "clientSecret",
            "DB_PASS",
            "dbPass",
            "MYSQL_PWD",
            "GITHUB_TOKEN",
            "service-credentials",
            "rootpassword",
            "DB_PASSWORD_1",
            "PASSWORD2",
            "--requirepass",
            "masterauth",
            "DB_PASSWORD_PROD",
            "db.password.staging",
            "API_KEY_2_TEST",
            "ENCRYPTION_KEY",
            "app.jwtSigningKey",
            "SIGNING_KEY_OLD",
        ] {
            assert!(speaks_of_credential(name), "{name}");
        }
        for name in [
            "",
            "PASSWORD_FILE",
            "PASSWORD_MIN_LENGTH",
            "TOKEN_AUDIENCE",
            "bypass",
            "BYPASS",
            "compass",
            "TOKENIZER",
            "checksum/secret",
            "SECRET_NAME",
            "existingSecret",
            "existingSecretPassword",
            "imagePullSecret",
            "tls-secret",
            "KEY",
            "MONKEY",
            "PASSWORD_MIN_8",
            "BYPASS2",
            "BYPASS_PROD",
            "PASSWORD_PRODUCT",
            "PROD",
            "_prod",
            "PUBLIC_KEY",
            "PARTITION_KEY",
            "1234",
            "пароль",
        ] {
            assert!(!speaks_of_credential(name), "{name}");
        }
        assert!(is_key("ENCRYPTION_KEY_1") && is_key("jwtSigningKey") && is_key("SIGNING_KEY_PROD") && !is_key("API_KEY"));
    }
}
