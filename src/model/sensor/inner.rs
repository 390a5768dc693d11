//! YAML that stands in a text: the configuration of a program in a ConfigMap, read with its places.
//!
//! What is of a wrong type in it is no concern of the API server: who reads it does so within `unnoticed`.

use std::sync::Arc;

use crate::model::fault::Fault;
use crate::model::field::{Field, Root, unnoticed};
use crate::parse::{Kind, Limits, Style, Tree, yaml};

/// A document in a text.
#[derive(Debug)]
pub struct Inner<'a> {
    /// The text.
    pub field: Field<'a>,
    tree: Tree,
    tops: Vec<u32>,
}

impl<'a> Inner<'a> {
    /// Reads a text; `None` when it is no sound YAML.
    #[must_use]
    pub fn read(field: Field<'a>) -> Option<Self> {
        Self::of(field, field.text()?)
    }

    /// The same for a text that is kept in another form, as that of a Secret.
    #[must_use]
    pub fn of(field: Field<'a>, text: &str) -> Option<Self> {
        let parsed = yaml::parse(Arc::from(text), "", &Limits::default());
        let tops: Vec<_> = parsed.documents.iter().map(|document| document.root).collect();
        (parsed.gaps.is_empty() && !tops.is_empty()).then_some(Inner { field, tree: parsed.tree, tops })
    }

    /// The top of its first document.
    #[must_use]
    pub fn top(&self) -> Field<'_> {
        Field::top(Root { tree: &self.tree, file: self.field.root().file, node: self.tops[0] })
    }

    /// A field of its first document.
    #[must_use]
    pub fn at<'f>(&'f self, path: &'f str) -> Field<'f> {
        unnoticed(|| self.top().at(path))
    }

    /// Whether its first document is a mapping.
    #[must_use]
    pub fn is_mapping(&self) -> bool {
        self.top().kind() == Some(Kind::Mapping)
    }

    /// A fault on a field of it: at the line where that is written, when the text stands in the file line by line.
    #[must_use]
    pub fn fault(&self, at: Field<'_>, message: String) -> Fault {
        let inner = at.place();
        let mut fault = self.field.fault(message).observed(at.observed().into_owned());
        if let Some(span) = self.outer(inner.span) {
            fault.place.span = span;
            fault.place.whole = span;
        }
        fault.place.stable = format!("{}/{}", fault.place.stable, inner.stable).into();
        fault
    }

    /// Whether a comment stands behind a field, or on the line before it.
    #[must_use]
    pub fn is_commented(&self, at: Field<'_>) -> bool {
        let source = self.tree.source();
        let (start, end) = at.whole_span();
        let first = source[..start as usize].rfind('\n').map_or(0, |newline| newline + 1);
        let before = source[..first].trim_end_matches('\n').rsplit('\n').next().unwrap_or_default();
        let within = source[first..end as usize].lines().any(|line| line.contains(" #") || line.trim_start().starts_with('#'));
        let behind = source[end as usize..].lines().next().unwrap_or_default().contains('#');
        within || behind || before.trim_start().starts_with('#')
    }

    /// Where a part of the text stands in the file.
    fn outer(&self, (start, end): (u32, u32)) -> Option<(u32, u32)> {
        let tree = self.field.root().tree;
        if tree.style(self.field.node()) != Style::Literal {
            return None;
        }
        let text = self.tree.source();
        let part = text.get(start as usize..end as usize)?.lines().next()?;
        let before = &text[..start as usize];
        let line = before.matches('\n').count();
        let column = start as usize - before.rfind('\n').map_or(0, |newline| newline + 1);
        let own = text.lines().nth(line)?;
        let (from, to) = self.field.whole_span();
        let source = tree.source().get(from as usize..to as usize)?;
        // the first line of the block is its mark
        let mut at = from as usize;
        for (number, written) in source.split_inclusive('\n').enumerate() {
            if number == line + 1 {
                let indent = written.trim_end_matches(['\n', '\r']).len().checked_sub(own.len())?;
                let place = at + indent + column;
                let is_it = tree.source().get(place..place + part.len()) == Some(part);
                return is_it.then_some((place as u32, (place + part.len()) as u32));
            }
            at += written.len();
        }
        None
    }
}
