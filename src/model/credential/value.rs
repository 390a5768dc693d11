//! What a value looks like, when its name speaks of a credential.

use super::known::{is_encoded_placeholder, is_hash, is_placeholder, is_uuid};

/// See [`classify`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// Nothing, a number, a switch, a path, a URL, a reference to something else.
    Harmless,
    /// It waits to be replaced, or everybody knows it.
    Placeholder,
    /// A UUID, which names things more often than it opens them.
    Identifier,
    /// What is kept of a password so that it can be checked, not the password.
    Hash,
    /// Words as in a name.
    Words,
    /// Too short, or too regular.
    Weak,
    /// As random as credentials are.
    Strong,
}

/// The fewest characters of a credential.
const SHORTEST: usize = 8;
/// From so many digits on, a number is a password of digits.
const LONG_NUMBER: usize = 6;
/// The least entropy, in bits a character, that is taken for random.
const RANDOM: f64 = 3.5;

/// Says what a value looks like.
#[must_use]
pub fn classify(value: &str) -> Value {
    let value = value.trim();
    if value.is_empty() || !is_hash(value) && is_reference(value) {
        return Value::Harmless;
    }
    // too long for a number of seconds or of anything else
    if value.len() >= LONG_NUMBER && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return if is_placeholder(value) { Value::Placeholder } else { Value::Weak };
    }
    if is_plain_datum(value) || is_path_or_url(value) {
        return Value::Harmless;
    }
    if is_hash(value) {
        return Value::Hash;
    }
    if is_placeholder(value) || is_encoded_placeholder(value) {
        return Value::Placeholder;
    }
    if is_uuid(value) {
        return Value::Identifier;
    }
    if value.len() < SHORTEST {
        return Value::Weak;
    }
    if is_words(value) {
        return Value::Words;
    }
    if entropy(value) >= RANDOM || is_password(value) { Value::Strong } else { Value::Weak }
}

/// Whether a short value is what a person makes a password of, few characters of it twice: letters, digits and a mark that no
/// name has; or, of some length, capitals, small letters and digits.
fn is_password(value: &str) -> bool {
    const REPEATED: f64 = 0.8;
    const LONG: usize = 12;
    let has = |test: fn(&u8) -> bool| value.bytes().any(|byte| test(&byte));
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    // what has parts is a path or a name: `Cluster01/Db02`
    let whole = !value.contains(['/', '-', '_', '.', ':']);
    let cased = whole && value.len() >= LONG && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && digits >= 2;
    let mixed = has(u8::is_ascii_alphabetic) && digits > 0 && (cased || value.contains(['!', '^', '&']));
    mixed && !value.contains(['=', ' ']) && entropy(value) >= REPEATED * (value.len() as f64).log2()
}

/// Whether it stands for a value that something else puts in its place.
#[must_use]
pub fn is_reference(value: &str) -> bool {
    const MARKS: [(&str, &str); 8] =
        [("<", ">"), ("%", "%"), ("[", "]"), ("{", "}"), ("__", "__"), ("@", "@"), ("#{", "}#"), ("ENC[", "]")];
    let enclosed = |(open, close): &(&str, &str)| value.starts_with(open) && value.ends_with(close) && !value.contains('"');
    ["$(", "${", "{{", "%("].iter().any(|mark| value.contains(mark))
        || is_variable(value)
        || matches!(value, "%s" | "%v")
        || is_encrypted(value)
        || is_member(value)
        || MARKS.iter().any(enclosed)
        || names_store(value)
}

/// Whether the whole of a value is one reference, with nothing of its own beside it.
#[must_use]
pub fn is_whole_reference(value: &str) -> bool {
    let once = |open: &str, close: &str| {
        let inner = value.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        inner.is_some_and(|inner| !inner.contains(open) && !inner.contains(close) && !inner.contains('\n'))
    };
    is_variable(value) || once("$(", ")") || once("${", "}") || once("{{", "}}") || once("<", ">") || once("%", "%") || names_store(value)
}

/// What Jasypt and Ansible make of a value before it is written down.
fn is_encrypted(value: &str) -> bool {
    value.starts_with("$ANSIBLE_VAULT;") || value.starts_with("ENC(") && value.ends_with(')')
}

/// A member of something in a program: `process.env.DB_PASSWORD1`, `aws_secretsmanager_secret.db.arn1`.
fn is_member(value: &str) -> bool {
    let is_name = |part: &str| {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        let cased = |upper: bool| part.bytes().any(|byte| if upper { byte.is_ascii_uppercase() } else { byte.is_ascii_lowercase() });
        let word = !(cased(true) && cased(false)) || is_camel_case(unnumbered(part));
        let plain = part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        part.len() >= 2 && digits <= 2 && part.as_bytes()[0].is_ascii_alphabetic() && plain && word
    };
    let parts = value.split('.');
    parts.clone().count() >= 3 && parts.clone().all(is_name) && parts.clone().any(|part| part.len() >= 6)
}

/// `$NAME`, and what Argo CD makes of it: `$secret:some.key`. What is no name, `$Qx7kP9vLw`, is a value that begins with a dollar.
fn is_variable(value: &str) -> bool {
    let is_mark = |part: char| matches!(part, '_' | '.' | ':' | '-');
    value.strip_prefix('$').is_some_and(|name| name.split(is_mark).all(|part| part.is_empty() || is_name(part)))
}

/// Whether a part of a name is written as people write them: digits in one place at most, capitals where words begin.
fn is_name(part: &str) -> bool {
    const GIVEN: usize = 10;
    let runs = |test: fn(&u8) -> bool| part.as_bytes().chunk_by(move |a, b| test(a) == test(b)).filter(move |run| test(&run[0]));
    let digits = runs(u8::is_ascii_digit).count();
    let one_case = !part.bytes().any(|byte| byte.is_ascii_uppercase()) || !part.bytes().any(|byte| byte.is_ascii_lowercase());
    // `eMail`
    let words =
        runs(u8::is_ascii_lowercase).enumerate().all(|(number, run)| run.len() >= 2 || number == 0 && part.starts_with(char::from(run[0])));
    // what Kubernetes puts behind a name
    let given = one_case && part.len() <= GIVEN && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    part.bytes().all(|byte| byte.is_ascii_alphanumeric()) && (digits <= 1 && (one_case || words) || given)
}

/// Whether it says where a store keeps the value.
fn names_store(value: &str) -> bool {
    const SCHEMES: [&str; 14] = [
        "vault:",
        "ref+",
        "op://",
        "secretref:",
        "secretref+",
        "awssm://",
        "env:",
        "arn:",
        "sm://",
        "ssm:",
        "akv:",
        "file:",
        "#{",
        "@Microsoft.KeyVault(",
    ];
    SCHEMES.iter().any(|scheme| value.starts_with(scheme)) && !value.contains('\n')
}

/// A number, a switch, a duration, a size, a version.
fn is_plain_datum(value: &str) -> bool {
    const SWITCHES: [&str; 10] = ["true", "false", "yes", "no", "on", "off", "enabled", "disabled", "required", "optional"];
    let digits = value.trim_start_matches(['-', '+', 'v']).trim_end_matches(|end: char| end.is_ascii_alphabetic());
    let unit = value.len() - value.trim_end_matches(|end: char| end.is_ascii_alphabetic()).len();
    SWITCHES.iter().any(|switch| value.eq_ignore_ascii_case(switch))
        || !digits.is_empty() && unit <= 2 && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

fn is_path_or_url(value: &str) -> bool {
    let starts = ["/", "./", "../", "~/"].iter().any(|start| value.starts_with(start));
    // a path in a store of secrets, a name with its folder: credentials with a slash are base64, and mix their letters
    let mixed = value.bytes().any(|byte| byte.is_ascii_uppercase() || matches!(byte, b'+' | b'='));
    let file = ["crt", "pem", "key", "txt", "json", "yaml", "yml", "conf"]
        .iter()
        .any(|end| value.rsplit_once('.').is_some_and(|(_, last)| last == *end));
    starts && !value.contains(char::is_whitespace) || value.contains("://") || value.contains('/') && !mixed || file
}

/// Words as in a name: letters joined by `-`, `_`, `.`, `:` or blanks, `camelCase`, a number among them.
fn is_words(value: &str) -> bool {
    let joined = |byte: u8| matches!(byte, b'-' | b'_' | b'.' | b':' | b' ');
    let parts = || value.split(|part: char| part.is_ascii() && joined(part as u8));
    let letters = value.bytes().all(|byte| byte.is_ascii_alphabetic() || joined(byte));
    let same_case = value.bytes().all(|byte| !byte.is_ascii_uppercase()) || value.bytes().all(|byte| !byte.is_ascii_lowercase());
    // `web-token-2`, `db1-credentials`
    let numbered = |part: &str| {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        let plain = part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        !part.is_empty() && plain && (digits <= 2 || digits == part.len() && digits <= 4)
    };
    let is_word = |part: &str| part.len() >= 4 && part.bytes().all(|byte| byte.is_ascii_lowercase());
    // one run of letters is a word when it is short enough for one
    letters && (value.bytes().any(joined) || same_case && value.len() <= 14)
        || is_camel_case(unnumbered(value))
        || ["sha256:", "sha512:"].iter().any(|hash| value.starts_with(hash))
        || value.contains('-') && parts().all(numbered) && parts().any(is_word)
        || is_generated(value)
        || is_numbered_words(value)
}

/// Words with a capital each, short for something or numbered, as places and groups are called: `ProdKeyVault01`,
/// `AzureAD-Group-S1-R2`, `Page01Size20`.
fn is_numbered_words(value: &str) -> bool {
    let kind = |byte: &u8| (byte.is_ascii_digit(), byte.is_ascii_alphabetic());
    let is_word = |letters: &[u8]| {
        let (first, rest) = letters.split_at(1);
        let spoken = letters.iter().any(|letter| b"aeiouyAEIOUY".contains(letter));
        first[0].is_ascii_uppercase() && rest.len() >= 2 && rest.iter().all(u8::is_ascii_lowercase) && (spoken || rest.len() < 3)
    };
    let mut words = 0;
    let mut all = value.split(['-', '_', '.', ' ']).flat_map(|part| {
        let runs: Vec<_> =
            part.as_bytes().chunk_by(|a, b| kind(a) == kind(b) && !(a.is_ascii_lowercase() && b.is_ascii_uppercase())).collect();
        let alone = runs.len() <= 2;
        runs.into_iter().map(move |run| (run, alone))
    });
    let fits = all.all(|(run, alone)| match run[0] {
        b'0'..=b'9' => run.len() <= 2,
        _ if is_word(run) => {
            words += 1;
            true
        }
        // `S1`, and what is short for something: `AD`
        b'A'..=b'Z' => run.iter().all(u8::is_ascii_uppercase) && (2..=4).contains(&run.len()) || alone && run.len() == 1,
        _ => false,
    });
    fits && words >= 2
}

/// Words of a name with an ending that Kubernetes or a person gave it: `shop-db-7f9c6d5b8`, `my-app-token-2024a`.
fn is_generated(value: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let Some((words, end)) = value.rsplit_once('-') else { return false };
    let words: Vec<_> = words.split('-').collect();
    let short = end.len() <= 10 && end.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    short && words.len() >= 2 && words.iter().all(|word| plain(word)) && words.iter().any(|word| word.len() >= 4)
}

/// A name without the one or two digits behind it.
fn unnumbered(value: &str) -> &str {
    let name = value.trim_end_matches(|end: char| end.is_ascii_digit());
    if value.len() - name.len() <= 2 { name } else { value }
}

/// Each capital begins a word of three letters or more.
fn is_camel_case(value: &str) -> bool {
    let mut words = value.split(|letter: char| letter.is_ascii_uppercase());
    let first = words.next().unwrap_or_default();
    let mut rest = words.peekable();
    value.bytes().all(|byte| byte.is_ascii_alphabetic())
        && rest.peek().is_some()
        && (first.is_empty() || first.len() >= 2)
        && rest.all(|word| word.len() >= 2)
}

/// Shannon's entropy, in bits a character.
fn entropy(value: &str) -> f64 {
    let mut counts = [0u32; 256];
    for byte in value.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let total = value.len() as f64;
    let bits = counts.iter().filter(|count| **count > 0).map(|&count| f64::from(count) / total);
    -bits.map(|share| share * share.log2()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::{Value, classify, is_password};

    #[test]
    fn values_are_told_apart() {
        let cases: &[(Value, &[&str])] = &[
            (
                Value::Harmless,
                &[
                    "",
                    "true",
                    "off",
                    "30",
                    "1.5",
                    "30s",
                    "512Mi",
                    "v1.2",
                    "$(DB_PASSWORD)",
                    "${DB_PASSWORD}",
                    "$DB_PASSWORD",
                    "$dbPassword2",
                    "$OAUTH2_CLIENT_SECRET",
                    "$DBPassword",
                    "$argocd-secret:oidc.azure.clientSecret",
                    "$shop-db-7f9c6d5b8:password",
                    "$1",
                    "<password>",
                    "{{ .Values.password }}",
                    "/etc/creds/password",
                    "./token",
                    "https://example.com/token",
                    "secret/data/payments",
                    "vault:secret/data/db#password",
                    "ref+vault://db#password",
                    "tls.key",
                    "prefix-${VAR}",
                    "arn:aws:secretsmanager:eu-central-1:000000000000:secret:shop/db-AbCdEf",
                    "__TOKEN__",
                    "$.access_token",
                    "%(password)s",
                    "{0}",
                    "<path:secret/db#pw>",
                    "ENC(k9vQ2mZx7pLw4tAbc==)",
                    "$ANSIBLE_VAULT;1.1;AES256",
                    "aws_secretsmanager_secret.db.arn1",
                    "process.env.DB_PASSWORD1",
                    "config.get.jwtSecret2",
                ],
            ),
            (
                Value::Placeholder,
                &[
                    "changeme",
                    "ChangeMe123",
                    "password",
                    "xxxxxxxxxxxx",
                    "your-token-here",
                    "GOOGLE_API_KEY_VAL",
                    "admin",
                    "aaaaaaaaaaaa",
                    "guest",
                    "postgres",
                    "toor",
                    "Y2hhbmdlbWU=",
                    "123456",
                    "REPLACE_ME",
                ],
            ),
            (
                Value::Words,
                &[
                    "payments-api",
                    "web-tls-creds",
                    "argocd-initial-admin-secret",
                    "SOME_OTHER_NAME",
                    "shop-db-7f9c6d5b8",
                    "my-app-token-2024a",
                    "getTokenFromHeader2",
                    "sha256:0123abcdef",
                    "db1-credentials",
                    "correct horse battery staple",
                    "X-Csrf-Token",
                    "kubernetesDashboardToken",
                    "ProdKeyVault01",
                    "JwtSecret02",
                    "AzureAD-Group-S1-R2",
                    "Page01Size20",
                ],
            ),
            (Value::Identifier, &["550e8400-e29b-41d4-a716-446655440000", "F47AC10B-58CC-4372-A567-0E02B2C3D479"]),
            (
                Value::Hash,
                &[
                    "$2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
                    "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub",
                    "admin:$apr1$qJ8X2v0r$8oZ4aS3yK1w5cN7bM6tH0/",
                    "pbkdf2:sha256:260000$k9vQ2mZx$7pLw4tYb8Rn",
                ],
            ),
            (Value::Weak, &["hunter2", "s3cr3t", "Aa1!Aa1!Aa1!", "pa55word", "739102"]),
            (
                Value::Strong,
                &[
                    "k9!vQ2#mZx7pLw4t",
                    "Vd8#rTq1yLz6NcWb",
                    "9f86d081884c7d659a2feaa0c55ad015",
                    "mQ4/t8Zr+YpW2sKd1XvB6nHc3LgJ7fEa",
                    "qjzhwkxvbnmtrplsdfgc",
                    "Tr0ub4dor&3",
                    "Winter24!",
                    "Sup3rS3cretPw99",
                    "$Qx7kP9vLw2mZ4t",
                    "$k9vq2mzx7plw4tyb",
                    "KbTrv-Qxzp-Wmnl-9",
                    "Ab1Cd2Ef3Gh4Ij5",
                ],
            ),
        ];
        // the rule for passwords that people make is not for names in parts
        assert!(is_password("Sup3rS3cretPw99") && !is_password("Cluster01/Secret02") && !is_password("MyApp-Prod01-Db02"));
        for (expected, values) in cases {
            for value in *values {
                assert_eq!(classify(value), *expected, "{value}");
            }
        }
    }
}
