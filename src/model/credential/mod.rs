//! What looks like a credential: by its shape ([`find`]), by the name it stands under ([`judge`]), or by what stands
//! around it in a text ([`in_text`]) or a script ([`in_script`]).
//!
//! Nothing here keeps, prints or hashes a value: what is said is the rule that it met.

mod applied;
mod cloud_config;
mod known;
mod login;
mod name;
mod pairs;
mod reveal;
mod script;
mod shape;
#[cfg(test)]
mod tests;
mod text;
mod tokens;
mod value;

use crate::parse::base64;
pub use crate::parse::base64::decode;
pub use applied::{LAST_APPLIED, applied_data, in_applied};
pub use name::{is_key_file, speaks_of_credential};
pub use reveal::{hidden_words, is_hidden_under, reveals};
pub use script::{in_script, password_argument};
pub use shape::{Found, find};
pub use text::{Held, in_text};
pub use value::{Value, classify, is_reference, is_whole_reference};

/// What a name and the value under it come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// Nothing to say.
    Nothing,
    /// Perhaps a credential: why it is not sure.
    Doubt(&'static str),
    /// A credential.
    Secret,
}

/// Judges a value by the name it stands under.
#[must_use]
pub fn judge(name: &str, value: &str) -> Judgement {
    if !speaks_of_credential(name) {
        return Judgement::Nothing;
    }
    match classify(value) {
        Value::Harmless => Judgement::Nothing,
        // a key goes by its name, or its id, more often than it is written down
        Value::Words | Value::Identifier | Value::Weak if name::is_key(name) => Judgement::Nothing,
        Value::Placeholder => Judgement::Doubt("a placeholder, or a password that everybody knows"),
        Value::Identifier => Judgement::Doubt("an identifier (UUID): some of them open something"),
        Value::Hash => Judgement::Doubt("a hash of a password, which can be guessed at leisure"),
        Value::Words => Judgement::Doubt("plain words: it may be the name of something"),
        Value::Weak => Judgement::Doubt("too short or too regular to tell"),
        Value::Strong => Judgement::Secret,
    }
}
