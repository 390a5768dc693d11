//! A tree in the making, for formats whose parsers are small enough to build it in one piece.

use crate::parse::tree::{Builder, NodeId};
use crate::parse::{Kind, Style, Tag};

/// The byte range of a thing in the text.
pub(super) type Span = (u32, u32);

/// A node with all that is below it.
#[derive(Debug, Clone)]
pub(super) enum Draft {
    /// A value as it is written.
    Written(Span),
    /// A value that is not its spelling, shown at a place.
    Told(Span, String),
    /// Keys and values.
    Mapping(Span, Vec<(Draft, Draft)>),
    /// Items.
    Sequence(Span, Vec<Draft>),
}

impl Draft {
    /// A key that stands nowhere in the text.
    pub(super) fn key(name: &str) -> Draft {
        Draft::Told((0, 0), name.to_owned())
    }

    /// What names an object in reports.
    pub(super) fn metadata(name: &str) -> (Draft, Draft) {
        (Draft::key("metadata"), Draft::Mapping((0, 0), vec![(Draft::key("name"), Draft::Told((0, 0), name.to_owned()))]))
    }

    /// Adds it to a tree; the node that it becomes.
    pub(super) fn build(self, builder: &mut Builder) -> NodeId {
        match self {
            Draft::Written(span) => builder.value(Style::Plain, span),
            // not plain: `true` in a told value is text
            Draft::Told(span, text) => builder.decoded_value(Style::Plain, span, text),
            Draft::Mapping(span, entries) => {
                let id = builder.open(Kind::Mapping, Style::Block, Tag::None, span.0);
                for (key, value) in entries {
                    key.build(builder);
                    value.build(builder);
                }
                builder.close(id, span.1);
                id
            }
            Draft::Sequence(span, items) => {
                let id = builder.open(Kind::Sequence, Style::Block, Tag::None, span.0);
                for item in items {
                    item.build(builder);
                }
                builder.close(id, span.1);
                id
            }
        }
    }
}
