//! A component as it is put together.

use crate::model::component::line::{Flag, Word, flags};
use crate::model::component::{ComponentRecord, Role};
use crate::model::field::Field;
use crate::model::object::Object;

impl<'a> ComponentRecord<'a> {
    /// A component without a command line.
    pub(super) fn new(role: Role, object: &Object<'a>, list: Field<'a>) -> Self {
        Self::at(role, object.id, list)
    }

    /// The same by the number of its object.
    pub(super) fn at(role: Role, object: u32, list: Field<'a>) -> Self {
        ComponentRecord {
            role,
            object,
            container: "",
            list,
            flags: Vec::new(),
            has_line: false,
            distribution: None,
            version: None,
            unseen: None,
            mounts: Vec::new(),
            configs: Vec::new(),
            nodes: Vec::new(),
        }
    }

    /// The same with a command line.
    pub(super) fn with_line(mut self, words: &[Word<'a>]) -> Self {
        self.flags = flags(self.role.program(), words);
        self.has_line = true;
        self
    }

    /// The same with flags by name and value, as installers take them.
    pub(super) fn with_flags(mut self, pairs: impl IntoIterator<Item = (&'a str, Field<'a>)>) -> Self {
        let flag = |(name, field): (&'a str, Field<'a>)| Flag { name: name.into(), value: field.str().into(), field, span: None };
        self.flags = pairs.into_iter().map(flag).collect();
        self
    }
}
