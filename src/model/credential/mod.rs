//! What looks like a credential: by its shape ([`find`]), or by the name it stands under ([`judge`]).
//!
//! Nothing here keeps, prints or hashes a value: what is said is the rule that it met.

mod base64;
mod name;
mod shape;
#[cfg(test)]
mod tests;
mod value;

pub use base64::decode;
pub use name::speaks_of_credential;
pub use shape::{Found, find};
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
        Value::Placeholder => Judgement::Doubt("a placeholder, or a password that everybody knows"),
        Value::Words => Judgement::Doubt("plain words: it may be the name of something"),
        Value::Weak => Judgement::Doubt("too short or too regular to tell"),
        Value::Strong => Judgement::Secret,
    }
}

/// The first line of a text (`key=value`, `key: value`) that holds a credential under a name that says so.
#[must_use]
pub fn secret_line(text: &str) -> Option<&str> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once(['=', ':'])?;
        let value = value.split_once(" #").map_or(value, |(value, _)| value);
        let name = name.trim().trim_start_matches("export ").trim_start_matches("- ").trim_matches(['"', '\'']);
        let value = value.trim().trim_end_matches(',').trim_matches(['"', '\'']);
        let plain = !name.is_empty() && !name.contains(|byte: char| byte.is_whitespace() || "(){}[]<>$".contains(byte));
        let one_word = !value.contains(|byte: char| byte.is_whitespace() || "(){}[]".contains(byte));
        (plain && one_word && judge(name, value) == Judgement::Secret).then_some(name)
    })
}
