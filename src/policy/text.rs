//! A file as read, and values that know where in it they stood.

use std::ops::Deref;
use std::path::Path;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_saphyr::UserMessageFormatter;

use super::{Error, survey};

/// A file as read.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    /// As the user knows it.
    pub(crate) name: String,
    /// What stands in it.
    pub(crate) body: String,
}

impl Text {
    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let body = crate::trouble::text(path).map_err(|error| Error::read(path, &error))?;
        Ok(Text { name: path.display().to_string(), body })
    }

    /// Its content as a type; unknown keys and wrong types are errors with their place where the type says so.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_saphyr::from_str(&self.body).map_err(|error| self.broken(&error))
    }

    /// The same of what has a schema, by which all that is wrong is told.
    pub(crate) fn parse_as<T: DeserializeOwned>(&self, schema: impl FnOnce() -> serde_json::Value) -> Result<T, Error> {
        serde_saphyr::from_str(&self.body).map_err(|error| {
            let flaws = survey::text(&self.body, &schema());
            let mistake = |(line, column, what)| Error::Mistake { file: self.name.clone(), line, column, what };
            let mut mistakes: Vec<_> = flaws.into_iter().map(mistake).collect();
            match mistakes.len() {
                0 => self.broken(&error),
                1 => mistakes.remove(0),
                _ => Error::Mistakes(mistakes.iter().map(Error::to_string).collect()),
            }
        })
    }

    /// An error at the place of a value.
    pub(crate) fn mistake<T>(&self, at: &Located<T>, what: impl Into<String>) -> Error {
        at.mistake(&self.name, what)
    }

    /// Of its bytes.
    pub(crate) fn sha256(&self) -> String {
        crate::discover::sha256(&self.body)
    }

    fn broken(&self, error: &serde_saphyr::Error) -> Error {
        let (line, column) = error.location().map_or((1, 1), |place| (place.line().max(1), place.column().max(1)));
        let said = error.without_snippet().render_with_formatter(&UserMessageFormatter);
        let what = said.rsplit_once(" at line ").map_or(said.as_str(), |(what, _)| what);
        Error::Mistake { file: self.name.clone(), line, column, what: what.to_owned() }
    }
}

pub(crate) use crate::discover::hex;

/// A value with its place in the file that it was read from. It serves as the value itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// From 1; 0 when it was read from no file.
    pub line: u64,
    /// From 1; 0 when it was read from no file.
    pub column: u64,
}

impl<T> Located<T> {
    /// An error at its place in a file of this name.
    pub fn mistake(&self, file: &str, what: impl Into<String>) -> Error {
        Error::Mistake { file: file.to_owned(), line: self.line, column: self.column, what: what.into() }
    }
}

impl<T> Deref for Located<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Located<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let spanned = serde_saphyr::Spanned::<T>::deserialize(from)?;
        Ok(Located { line: spanned.referenced.line(), column: spanned.referenced.column(), value: spanned.value })
    }
}

impl<T: JsonSchema> JsonSchema for Located<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
