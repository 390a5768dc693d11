//! What the program itself ships, read by its own parser: in two thirds of the time of the one for what users write, whose
//! mistakes need words and places. A test holds one against the other.

use serde::de::value::{Error as Broken, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::Error;
use super::text::Text;
use crate::parse::scalar::{self, Value};
use crate::parse::{Kind, Limits, NodeId, Tree, yaml};

/// The content of a shipped file as a type.
pub(super) fn read<T: DeserializeOwned>(text: &Text) -> Result<T, Error> {
    parse(&text.body).map_err(|broken| Error::Mistake { file: text.name.clone(), line: 1, column: 1, what: broken.to_string() })
}

fn parse<T: DeserializeOwned>(body: &str) -> Result<T, Broken> {
    let parsed = yaml::parse(body.into(), "", &Limits::default());
    match (parsed.documents.as_slice(), parsed.gaps.first()) {
        ([document], None) => T::deserialize(Node { tree: &parsed.tree, id: document.root }),
        (_, gap) => Err(Broken::custom(gap.map_or("it is not one document", |gap| &gap.why))),
    }
}

/// A node, as serde takes it apart.
#[derive(Clone, Copy)]
struct Node<'t> {
    tree: &'t Tree,
    id: NodeId,
}

impl<'de> IntoDeserializer<'de> for Node<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = Broken;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Broken> {
        let Node { tree, id } = self;
        let node = |id| Node { tree, id: tree.target(id).unwrap_or(id) };
        match tree.kind(id) {
            Kind::Mapping => MapDeserializer::new(tree.entries(id).map(|(key, value)| (node(key), node(value)))).deserialize_any(visitor),
            Kind::Sequence => SeqDeserializer::new(tree.items(id).map(node)).deserialize_any(visitor),
            Kind::Scalar | Kind::Alias => match scalar::resolve(tree, id) {
                Value::Null => visitor.visit_unit(),
                Value::Bool(value) => visitor.visit_bool(value),
                Value::Int(value) => visitor.visit_i64(value),
                Value::Float(value) => visitor.visit_f64(value),
                Value::Str(text) => visitor.visit_str(&text),
                Value::Invalid => Err(Broken::custom("no value of JSON")),
            },
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Broken> {
        let is_null = self.tree.kind(self.id) == Kind::Scalar && scalar::resolve(self.tree, self.id) == Value::Null;
        if is_null { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Broken> {
        self.tree.text(self.id).into_deserializer().deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn what_is_shipped_reads_as_any_other_reader_has_it() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files: Vec<_> = std::fs::read_dir(root.join("controls")).expect("a folder").flatten().map(|file| file.path()).collect();
        files.push(root.join("profiles/builtin-exceptions.yaml"));
        assert!(files.len() > 11);
        for file in files {
            let body = std::fs::read_to_string(&file).expect("a text");
            let other: serde_json::Value = serde_saphyr::from_str(&body).expect("YAML");
            assert_eq!(parse::<serde_json::Value>(&body), Ok(other), "{}", file.display());
        }
    }

    #[test]
    fn what_is_broken_is_said() {
        for broken in ["a: [", "a: 1\n---\nb: 2\n", "a: .inf"] {
            assert!(parse::<serde_json::Value>(broken).is_err(), "{broken}");
        }
        assert_eq!(parse("a: ~\n"), Ok(serde_json::json!({"a": null})));
        assert_eq!(parse("a: &a [1]\nb: *a\n"), Ok(serde_json::json!({"a": [1], "b": [1]})));
    }
}
