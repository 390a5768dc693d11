//! Encryption at rest: which provider writes the Secrets.

use crate::model::{Field, Object};

/// What an EncryptionConfiguration does to Secrets.
#[derive(Debug, Clone, Copy)]
pub enum Coverage<'a> {
    /// No entry speaks of them.
    None,
    /// They are written as they are, by this provider.
    Plain(Field<'a>),
    /// They are encrypted.
    Encrypted {
        /// The provider that writes: `kms`, `aescbc`, …
        name: &'a str,
        /// Its settings.
        provider: Field<'a>,
        /// A later one that reads what is not encrypted.
        identity: Option<Field<'a>>,
    },
}

/// What a file does to Secrets: the first entry that matches counts, and in it the first provider writes.
#[must_use]
pub fn of_secrets<'a>(file: &Object<'a>) -> Coverage<'a> {
    let matches = |entry: &Field<'a>| entry.key("resources").items().any(|resource| matches!(resource.str(), "secrets" | "*." | "*.*"));
    let Some(entry) = file.at("resources").items().find(matches) else { return Coverage::None };
    let providers = || entry.key("providers").items().filter_map(|provider| provider.entries().into_iter().next());
    match providers().next() {
        None => Coverage::None,
        Some(("identity", field)) => Coverage::Plain(field),
        Some((name, provider)) => {
            let identity = providers().skip(1).find(|(name, _)| *name == "identity").map(|(_, field)| field);
            Coverage::Encrypted { name, provider, identity }
        }
    }
}
