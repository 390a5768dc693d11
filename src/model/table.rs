//! The tables of facts that the program ships, from `profiles/`.

use serde::de::DeserializeOwned;

/// Reads one.
///
/// # Panics
/// When this program was built with a broken one: every test that looks something up would tell.
pub(crate) fn shipped<T: DeserializeOwned>(what: &str, text: &str) -> T {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("this program was built with a broken {what}: {error}"))
}
