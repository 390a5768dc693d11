//! Values that are no credentials of anybody's own: placeholders, defaults that everybody knows, identifiers, hashes.

use super::base64;

/// The fewest characters of what is decoded.
const SHORTEST: usize = 8;

/// Parts of values that nobody uses as they are.
const PLACEHOLDERS: &[&str] = &[
    "changeme",
    "changeit",
    "change-me",
    "change_me",
    "change-it",
    "example",
    "placeholder",
    "replace",
    "redacted",
    "dummy",
    "sample",
    "your-",
    "your_",
    "yourpass",
    "yoursecret",
    "yourtoken",
    "xxxx",
    "****",
    "todo",
    "fixme",
    "insert",
    "notasecret",
    "not-a-secret",
    "fake",
    "p@ssw0rd",
    "passw0rd",
    "password",
    "default",
    "secret123",
    "12345",
    "qwerty",
    "letmein",
    "_val",
    "undefined",
];

/// Whether it waits to be replaced, or everybody knows it.
pub(super) fn is_placeholder(value: &str) -> bool {
    /// A longer one says more than that it waits.
    const LONGEST: usize = 64;
    let lower = value.to_ascii_lowercase();
    let one_letter = value.bytes().all(|byte| Some(byte) == value.bytes().next());
    let says_so = || value.len() <= LONGEST && !value.contains('"') && PLACEHOLDERS.iter().any(|part| lower.contains(part));
    one_letter || WELL_KNOWN.contains(&lower.as_str()) || says_so()
}

/// What programs are delivered with, as their documentation says, and what stands for a value that somebody is to give.
const WELL_KNOWN: [&str; 37] = [
    "admin",
    "admin123",
    "artifactory",
    "cassandra",
    "demo",
    "dev",
    "elastic",
    "grafana",
    "guest",
    "influxdb",
    "jenkins",
    "keycloak",
    "minio",
    "minio123",
    "minioadmin",
    "mongo",
    "mongodb",
    "mysql",
    "neo4j",
    "nexus",
    "nil",
    "none",
    "null",
    "pass",
    "postgres",
    "prom-operator",
    "rabbitmq",
    "redis",
    "root",
    "secret",
    "sonar",
    "test",
    "token",
    "toor",
    "user",
    "vagrant",
    "welcome",
];

/// Base64 of such a value.
pub(super) fn is_encoded_placeholder(value: &str) -> bool {
    const LONGEST: usize = 64;
    let fits = (SHORTEST..=LONGEST).contains(&value.len()) && value.len().is_multiple_of(4);
    let decoded = fits.then(|| base64::decode(value)).flatten().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.is_some_and(|text| text.len() >= 4 && text.bytes().all(|byte| byte.is_ascii_graphic()) && is_placeholder(&text))
}

/// `550e8400-e29b-41d4-a716-446655440000`
pub(super) fn is_uuid(value: &str) -> bool {
    let lengths = value.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && value.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// How hashes of passwords begin: of crypt(3), Argon2, scrypt, PBKDF2, PostgreSQL, LDAP.
const HASHES: [&str; 20] = [
    "$1$",
    "$2a$",
    "$2b$",
    "$2x$",
    "$2y$",
    "$5$",
    "$6$",
    "$7$",
    "$y$",
    "$apr1$",
    "$argon2",
    "$scrypt$",
    "$pbkdf2",
    "$bcrypt",
    "pbkdf2:",
    "pbkdf2_sha",
    "scrypt:",
    "SCRAM-SHA-",
    "{SSHA",
    "{CRYPT}",
];

/// A hash of a password, alone or behind the name of a user as in `htpasswd`.
pub(super) fn is_hash(value: &str) -> bool {
    const LEAST: usize = 20;
    let is_one =
        |text: &str| text.len() >= LEAST && !text.contains(char::is_whitespace) && HASHES.iter().any(|start| text.starts_with(start));
    is_one(value) || value.split_once(':').is_some_and(|(user, hash)| user.len() <= 64 && !user.contains(['/', '$']) && is_one(hash))
}
