//! A place in a document that may or may not exist.
//!
//! A field knows where it stands even when it is absent, so that a fault can be built from it in any case.
//! It is cheap to make and to copy: the path is rendered only when a fault is made.

mod place;
mod typed;

use crate::model::fault::Fault;
use crate::parse::scalar::{self, Value};
use crate::parse::tree::Quick;
use crate::parse::{Kind, NodeId, Tree, is_merge};

pub(crate) use typed::{take_mistyped, unnoticed};

/// How many aliases and merge keys a look-up follows one into another. No honest manifest comes near it.
const BUDGET: usize = 32;

/// The document that fields belong to.
#[derive(Debug, Clone, Copy)]
pub struct Root<'a> {
    pub(crate) tree: &'a Tree,
    /// Which file of the scan.
    pub(crate) file: u32,
    /// The top node of the object: a document, or an item of a `List`.
    pub(crate) node: NodeId,
}

/// See the module's page.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    root: Root<'a>,
    /// The node itself, or the nearest ancestor that exists.
    node: NodeId,
    /// What is missing below `node`: nothing when the first is empty. What a third look-up would add is left out.
    missing: [&'a str; 2],
    /// Whether each of these is one key, with dots perhaps, rather than a path.
    is_key: [bool; 2],
    /// The crossings from a place to the anchored node that stands there by alias or merge key, outermost first.
    via: [(NodeId, NodeId); 2],
}

const NOWHERE: (NodeId, NodeId) = (NodeId::MAX, NodeId::MAX);

impl<'a> Field<'a> {
    /// The top of an object.
    #[must_use]
    pub fn top(root: Root<'a>) -> Self {
        let field = Field { root, node: root.node, missing: [""; 2], is_key: [false; 2], via: [NOWHERE; 2] };
        field.resolved()
    }

    /// The field at a dotted path of plain keys below this one: `at("securityContext.privileged")`.
    #[must_use]
    pub fn at(self, path: &'a str) -> Self {
        if self.is_missing() {
            return self.without(path, false);
        }
        let (mut field, mut rest) = (self, path);
        loop {
            let (key, below) = match rest.bytes().position(|byte| byte == b'.') {
                Some(dot) => (&rest[..dot], Some(&rest[dot + 1..])),
                None => (rest, None),
            };
            match field.root.tree.quick_get(field.node, key) {
                Quick::Found(value) => field.node = value,
                Quick::Absent => return field.without(rest, false),
                Quick::Unsure => match field.child(key) {
                    Some(child) => field = child,
                    None => return field.without(rest, false),
                },
            }
            match below {
                Some(below) => rest = below,
                None => return field,
            }
        }
    }

    /// The field of one key, whatever is in its name: `key("pod-security.kubernetes.io/enforce")`.
    #[must_use]
    pub fn key(self, key: &'a str) -> Self {
        if self.is_missing() {
            return self.without(key, true);
        }
        match self.root.tree.quick_get(self.node, key) {
            Quick::Found(node) => Field { node, ..self },
            Quick::Absent => self.without(key, true),
            Quick::Unsure => self.child(key).unwrap_or_else(|| self.without(key, true)),
        }
    }

    /// [`Field::key`], for a place that may be anything.
    #[must_use]
    pub fn key_if_mapping(self, key: &'a str) -> Self {
        if self.kind() == Some(Kind::Mapping) { self.key(key) } else { self.without(key, true) }
    }

    /// The items of a sequence; none when it is absent or something else.
    pub fn items(self) -> impl Iterator<Item = Field<'a>> + Clone {
        let exists = self.is_of(Kind::Sequence, "a list");
        exists.then(|| self.root.tree.items(self.node)).into_iter().flatten().map(move |node| Field { node, ..self }.resolved())
    }

    /// The items of a list; of anything else, itself.
    pub fn items_or_self(self) -> impl Iterator<Item = Field<'a>> {
        let is_list = self.kind() == Some(Kind::Sequence);
        let list = is_list.then(|| self.items()).into_iter().flatten();
        list.chain((!is_list).then_some(self))
    }

    /// The keys and values of a mapping as decoded: merged keys included, overridden ones left out.
    #[must_use]
    pub fn entries(self) -> Vec<(&'a str, Field<'a>)> {
        let mut entries = Vec::new();
        if self.is_of(Kind::Mapping, "a mapping") {
            self.collect(self.node, &mut entries, BUDGET);
        }
        entries
    }

    /// Whether it is there, and not null.
    #[must_use]
    pub fn exists(self) -> bool {
        !self.is_missing() && !self.is_null()
    }

    /// Whether it is absent, null, or an empty string or collection.
    #[must_use]
    pub fn is_empty(self) -> bool {
        if !self.exists() {
            return true;
        }
        let tree = self.root.tree;
        match tree.kind(self.node) {
            Kind::Scalar => tree.text(self.node).is_empty(),
            _ => tree.next(self.node) == self.node + 1,
        }
    }

    /// What it is; `None` when it is absent or null.
    #[must_use]
    pub fn kind(self) -> Option<Kind> {
        self.exists().then(|| self.root.tree.kind(self.node))
    }

    /// The text of a scalar of any type, as written without quotes.
    #[must_use]
    pub fn text(self) -> Option<&'a str> {
        (self.kind() == Some(Kind::Scalar)).then(|| self.root.tree.text(self.node))
    }

    /// The text, or "" where there is none.
    #[must_use]
    pub fn str(self) -> &'a str {
        self.text().unwrap_or_default()
    }

    /// The value as Kubernetes resolves it; `None` when it is absent, null or no scalar.
    #[must_use]
    pub fn value(self) -> Option<Value<'a>> {
        self.text()?;
        Some(scalar::resolve(self.root.tree, self.node))
    }

    /// Every scalar at or below this field, each written one once: aliases are not followed, as what they point at is met by itself.
    pub fn scalars(self) -> impl Iterator<Item = Field<'a>> + Clone {
        let end = if self.is_missing() { self.node } else { self.root.tree.next(self.node) };
        let tree = self.root.tree;
        let is_scalar = move |&node: &NodeId| match tree.kind(node) {
            Kind::Scalar => true,
            Kind::Alias => {
                tree.note(self.root.node);
                false
            }
            _ => false,
        };
        (self.node..end).filter(is_scalar).map(move |node| Field { node, ..self })
    }

    /// A fault on what is here (or, when the field is absent, on its absence where the API's default decides).
    #[must_use]
    pub fn fault(self, message: impl Into<std::borrow::Cow<'static, str>>) -> Fault {
        Fault::new(self.place(), self.observed(), message.into())
    }

    /// A fault on this mapping entry's name rather than on its value.
    #[must_use]
    pub fn fault_at_key(self, message: impl Into<std::borrow::Cow<'static, str>>) -> Fault {
        let mut place = self.place();
        if let Some(key) = self.key_node() {
            place.span = self.root.tree.span(key);
        }
        Fault::new(place, self.observed(), message.into())
    }

    /// What is seen here, for a person: the scalar as written, `absent`, or the shape of a collection.
    #[must_use]
    pub fn observed(self) -> std::borrow::Cow<'static, str> {
        if self.is_missing() {
            return "absent".into();
        }
        let tree = self.root.tree;
        match tree.kind(self.node) {
            _ if self.is_null() => "null".into(),
            Kind::Scalar => shorten(self.source()).into(),
            Kind::Mapping if self.is_empty() => "{}".into(),
            Kind::Sequence if self.is_empty() => "[]".into(),
            Kind::Mapping => {
                let keys: Vec<_> = tree.entries(self.node).map(|(key, _)| tree.text(key)).collect();
                shorten(&format!("{{{}}}", keys.join(", "))).into()
            }
            Kind::Sequence => {
                let items: Vec<_> = tree.items(self.node).map(|item| tree.text(item)).collect();
                let plain = items.iter().all(|item| !item.is_empty());
                if plain { shorten(&format!("[{}]", items.join(", "))).into() } else { format!("{} items", items.len()).into() }
            }
            Kind::Alias => "alias".into(),
        }
    }

    /// The path alone, list items by number.
    #[must_use]
    pub fn path(self) -> Box<str> {
        self.place().path
    }

    pub(crate) fn node(self) -> NodeId {
        self.node
    }

    /// The document it belongs to.
    #[must_use]
    pub fn root(self) -> Root<'a> {
        self.root
    }

    fn source(self) -> &'a str {
        let (start, end) = self.root.tree.span(self.node);
        &self.root.tree.source()[start as usize..end as usize]
    }

    fn is_null(self) -> bool {
        let tree = self.root.tree;
        if tree.kind(self.node) == Kind::Alias {
            // every alias was followed: here a shard left something out
            tree.note(self.root.node);
            return false;
        }
        tree.may_be_null(self.node) && scalar::is_null(tree, self.node)
    }

    /// Whether it is not there at all (null is there).
    fn is_missing(self) -> bool {
        !self.missing[0].is_empty()
    }

    fn child(self, key: &str) -> Option<Field<'a>> {
        if self.is_of(Kind::Mapping, "a mapping") { self.lookup(self.node, key, BUDGET) } else { None }
    }

    /// Whether it is there and of a shape. Another shape is remembered as mistyped: what stands in it is seen by nobody.
    fn is_of(self, kind: Kind, wanted: &'static str) -> bool {
        match self.kind() {
            Some(own) if own == kind => true,
            Some(Kind::Alias) | None => false,
            Some(_) => {
                self.mistyped::<()>(wanted);
                false
            }
        }
    }

    fn without(mut self, what: &'a str, is_key: bool) -> Self {
        let slot = usize::from(self.is_missing());
        if self.missing[slot].is_empty() {
            self.missing[slot] = what;
            self.is_key[slot] = is_key;
        }
        self
    }

    /// The node with aliases followed.
    fn resolved(mut self) -> Self {
        for _ in 0..BUDGET {
            let Some(target) = self.root.tree.target(self.node) else { break };
            self = self.crossing(self.node, target);
        }
        self
    }

    /// Goes on at `to`, which stands in the place of `from`.
    fn crossing(mut self, from: NodeId, to: NodeId) -> Self {
        let slot = usize::from(self.via[0] != NOWHERE);
        self.via[slot] = (from, to);
        self.node = to;
        self
    }

    fn lookup(self, mapping: NodeId, key: &str, budget: usize) -> Option<Field<'a>> {
        let tree = self.root.tree;
        if !tree.merges(mapping) {
            return tree.get(mapping, key).map(|(_, value)| Field { node: value, ..self }.resolved());
        }
        if budget == 0 {
            return None;
        }
        // a merge key overrides what is written before it, and is overridden by what is written after it
        let mut found = None;
        for (name, value) in tree.entries(mapping) {
            if is_merge(tree, name) {
                let merged = self.merged(mapping, value).into_iter();
                found = merged.filter_map(|source| source.lookup(source.node, key, budget - 1)).next().or(found);
            } else if tree.text(name) == key {
                found = Some(Field { node: value, ..self }.resolved());
            }
        }
        found
    }

    /// The mappings that the value of a merge key brings into `mapping`, the strongest first.
    fn merged(self, mapping: NodeId, value: NodeId) -> Vec<Field<'a>> {
        let tree = self.root.tree;
        let value = Field { node: value, ..self }.resolved();
        let list: Vec<_> = match tree.kind(value.node) {
            Kind::Sequence => tree.items(value.node).collect(),
            _ => vec![value.node],
        };
        let source = |node| {
            let inner = Field { node, ..self }.resolved();
            Field { node: mapping, ..self }.crossing(mapping, inner.node)
        };
        list.into_iter().map(source).collect()
    }

    fn collect(self, mapping: NodeId, entries: &mut Vec<(&'a str, Field<'a>)>, budget: usize) {
        let tree = self.root.tree;
        let merges = tree.merges(mapping);
        for (key, value) in tree.entries(mapping) {
            if merges && is_merge(tree, key) {
                if budget > 0 {
                    // of a list of mappings the first wins, so it is laid on top of the others
                    for source in self.merged(mapping, value).into_iter().rev() {
                        source.collect(source.node, entries, budget - 1);
                    }
                }
                continue;
            }
            let field = Field { node: value, ..self }.resolved();
            let name = tree.text(key);
            let known = (merges || budget < BUDGET || tree.is_duplicate(key)).then(|| entries.iter_mut().find(|(known, _)| *known == name));
            match known.flatten() {
                Some(known) => known.1 = field,
                None => entries.push((name, field)),
            }
        }
    }
}

/// Cuts what would not fit a line of a report.
fn shorten(text: &str) -> String {
    const MOST: usize = 120;
    let line = text.lines().next().unwrap_or_default();
    if line.len() == text.len() && text.chars().count() <= MOST {
        return text.to_owned();
    }
    line.chars().take(MOST).chain(['…']).collect()
}

#[cfg(test)]
mod tests;
