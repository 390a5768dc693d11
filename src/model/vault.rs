//! Vault and OpenBao: which pods are servers, and what their configuration says.
//!
//! The configuration is HCL, or JSON, in a ConfigMap that the server mounts. Blocks and their attributes are all that is read of it.

use crate::model::fault::Fault;
use crate::model::field::Field;
use crate::model::kinds;
use crate::model::pod::{Container, Pod};

/// The repositories of the servers, by their last parts.
const IMAGES: &[&str] = &["hashicorp/vault", "hashicorp/vault-enterprise", "openbao/openbao", "library/vault"];

/// The container of a pod that runs a server: an agent is of the same image.
#[must_use]
pub fn server<'a>(pod: &Pod<'a>) -> Option<Container<'a>> {
    pod.containers().find(|container| {
        let is_vault = || container.reference().is_ok_and(|image| IMAGES.iter().any(|known| image.ends_with(known)));
        let has_word = |wanted: &str| words(container).any(|word| word == wanted);
        // without a word, the image runs a server for developers
        is_vault() && (has_word("server") || words(container).next().is_none())
    })
}

/// The words of its command line, taken from lists and scripts alike.
fn words<'a>(container: &Container<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
    let lists = ["command", "args"].map(|list| container.at(list));
    lists.into_iter().flat_map(Field::items).filter_map(Field::text).flat_map(str::split_whitespace)
}

/// Where a server is told to keep all in memory, with a token that everybody knows.
#[must_use]
pub fn for_developers<'a>(server: &Container<'a>) -> Option<Field<'a>> {
    if words(server).next().is_none() {
        return Some(server.image());
    }
    let lists = ["command", "args"].map(|list| server.at(list));
    let dev = |word: &str| matches!(word, "-dev" | "--dev") || word.starts_with("-dev-") || word.starts_with("--dev-");
    lists.into_iter().flat_map(Field::items).find(|item| item.str().split_whitespace().any(dev))
}

/// A block: `seal "awskms" { … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// `seal`, `storage`, `listener`, …
    pub name: String,
    /// `awskms`, `raft`, `tcp`, …; "" for none.
    pub label: String,
    /// What is set in it, each with the text that sets it.
    pub attributes: Vec<(String, String, String)>,
    /// How it begins, as written.
    written: String,
}

/// What a server is configured to do, and where that stands.
#[derive(Debug)]
pub struct Config<'a> {
    /// The value of the ConfigMap.
    pub field: Field<'a>,
    /// Its blocks.
    pub blocks: Vec<Block>,
}

impl Config<'_> {
    /// The first block of these names.
    #[must_use]
    pub fn block(&self, names: &[&str]) -> Option<&Block> {
        self.blocks.iter().find(|block| names.contains(&block.name.as_str()))
    }

    /// A fault where a text of it stands, or on all of it where that is not found.
    #[must_use]
    pub fn fault(&self, written: &str, message: String) -> Fault {
        let mut fault = self.field.fault(message).observed(written.trim().to_owned()).of_its_object();
        let (start, end) = self.field.whole_span();
        let source = self.field.root().tree.source().get(start as usize..end as usize).unwrap_or_default();
        if let Some(at) = source.find(written).filter(|_| !written.is_empty()) {
            let span = (start + at as u32, start + (at + written.len()) as u32);
            (fault.place.span, fault.place.whole) = (span, span);
        }
        fault
    }
}

impl Block {
    /// Where it begins, as written.
    #[must_use]
    pub fn written(&self) -> &str {
        &self.written
    }

    /// The value of an attribute, with the text that sets it.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<(&str, &str)> {
        self.attributes.iter().find(|(known, ..)| known == name).map(|(_, value, written)| (value.as_str(), written.as_str()))
    }
}

/// The configurations that a server mounts from ConfigMaps that were seen.
#[must_use]
pub fn configs<'a>(pod: &Pod<'a>) -> Vec<Config<'a>> {
    let Some(namespace) = pod.scan().namespace(pod.object().world, pod.namespace()) else { return Vec::new() };
    let projected = |volume: Field<'a>| volume.at("projected.sources").items().map(|source| source.at("configMap.name"));
    let names: Vec<_> = pod
        .volumes()
        .flat_map(|volume| std::iter::once(volume.at("configMap.name")).chain(projected(volume)))
        .filter_map(Field::text)
        .collect();
    if names.is_empty() {
        return Vec::new();
    }
    let maps = namespace.objects().filter(|object| object.is(kinds::CONFIG_MAP) && names.contains(&object.name));
    let values = maps.flat_map(|map| map.at("data").entries()).map(|(_, value)| value);
    let configs = values.map(|field| Config { field, blocks: blocks(field.str()) });
    configs.filter(|config| config.block(&["listener", "storage", "backend", "ha_storage"]).is_some()).collect()
}

/// The blocks of a configuration; none where it is neither HCL nor JSON.
fn blocks(text: &str) -> Vec<Block> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map(|value: serde_json::Value| of_json(&value)).unwrap_or_default();
    }
    let tokens = tokens(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        at = block(text, &tokens, at, &mut found);
    }
    found
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'t> {
    Word(&'t str),
    Text(&'t str),
    Sign(char),
    End,
}

/// The tokens with their byte ranges: comments are left out, ends of lines are not.
fn tokens(text: &str) -> Vec<(Token<'_>, usize, usize)> {
    let (mut found, mut at) = (Vec::new(), 0);
    let bytes = text.as_bytes();
    let line = |at: usize| memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end);
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        let rest = &text[at..];
        if rest.starts_with('#') || rest.starts_with("//") {
            at = line(at);
        } else if rest.starts_with("/*") {
            at = rest.find("*/").map_or(bytes.len(), |end| at + end + 2);
        } else if byte == b'"' {
            at += 1;
            while bytes.get(at).is_some_and(|byte| !matches!(byte, b'"' | b'\n')) {
                at += if bytes[at] == b'\\' { 2 } else { 1 };
            }
            at = at.min(bytes.len());
            found.push((Token::Text(text.get(start + 1..at).unwrap_or_default()), start, (at + 1).min(bytes.len())));
            at += 1;
        } else if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.') {
            let end = |byte: &u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
            at = bytes[at..].iter().position(end).map_or(bytes.len(), |end| at + end);
            found.push((Token::Word(&text[start..at]), start, at));
        } else {
            let sign = rest.chars().next().unwrap_or_default();
            at += sign.len_utf8();
            if sign == '\n' {
                found.push((Token::End, start, at));
            } else if !sign.is_whitespace() {
                found.push((Token::Sign(sign), start, at));
            }
        }
        // an escape may have led into the middle of a letter
        while at < bytes.len() && !text.is_char_boundary(at) {
            at += 1;
        }
    }
    found
}

/// Reads what begins at a token: a block, or anything else, which is passed over. Where to go on.
fn block(text: &str, tokens: &[(Token<'_>, usize, usize)], at: usize, found: &mut Vec<Block>) -> usize {
    let token = |at: usize| tokens.get(at).map(|(token, ..)| *token);
    let Some(Token::Word(name)) = token(at) else { return at + 1 };
    let (label, open) = match token(at + 1) {
        Some(Token::Text(label) | Token::Word(label)) => (label, at + 2),
        _ => ("", at + 1),
    };
    if token(open) != Some(Token::Sign('{')) {
        return at + 1;
    }
    let written = text.get(tokens[at].1..tokens[open].1).unwrap_or_default().trim_end().to_owned();
    let mut block = Block { name: name.to_owned(), label: label.to_owned(), attributes: Vec::new(), written };
    let (mut at, mut depth) = (open + 1, 1);
    while depth > 0 && at < tokens.len() {
        match (token(at), token(at + 1), token(at + 2)) {
            (Some(Token::Sign('{')), ..) => depth += 1,
            (Some(Token::Sign('}')), ..) => depth -= 1,
            (Some(Token::Word(key)), Some(Token::Sign('=')), Some(Token::Word(value) | Token::Text(value))) if depth == 1 => {
                let written = text.get(tokens[at].1..tokens[at + 2].2).unwrap_or_default().to_owned();
                block.attributes.push((key.to_owned(), value.to_owned(), written));
                at += 2;
            }
            _ => {}
        }
        at += 1;
    }
    found.push(block);
    at
}

/// The same of JSON: `{"seal": {"awskms": {…}}}`, or lists of such.
fn of_json(value: &serde_json::Value) -> Vec<Block> {
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut found = Vec::new();
    for (name, value) in value.as_object().into_iter().flatten() {
        let list = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
        for (label, body) in list.iter().filter_map(serde_json::Value::as_object).flatten() {
            let attributes = body.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), text(value), format!("\"{key}\"")));
            let written = format!("\"{label}\"");
            found.push(Block { name: name.clone(), label: label.clone(), attributes: attributes.collect(), written });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::blocks;

    fn shown(text: &str) -> Vec<String> {
        let all = blocks(text).into_iter();
        all.map(|block| {
            let set: Vec<_> = block.attributes.iter().map(|(key, value, _)| format!("{key}={value}")).collect();
            format!("{} {} {}", block.name, block.label, set.join(","))
        })
        .collect()
    }

    #[test]
    fn blocks_are_read_from_hcl_and_json() {
        let hcl = "ui = true\nlistener \"tcp\" {\n  tls_disable = 1 # yes\n  address = \"[::]:8200\"\n  telemetry {\n    deep = 1\n  }\n  // tls_cert_file = \"x\"\n}\n/* seal \"pkcs11\" {} */\nstorage \"raft\" { path = \"/vault/data\" }\nservice_registration \"kubernetes\" {}";
        let expected =
            ["listener tcp tls_disable=1,address=[::]:8200", "storage raft path=/vault/data", "service_registration kubernetes "];
        assert_eq!(shown(hcl), expected);
        let json = r#"{"ui": true, "listener": [{"tcp": {"tls_disable": 1}}], "storage": {"file": {"path": "/x"}}}"#;
        assert_eq!(shown(json), ["listener tcp tls_disable=1", "storage file path=/x"]);
    }

    #[test]
    fn what_is_broken_ends() {
        for text in ["", "{", "seal \"", "seal \"a\" {", "}}}", "a = \"\\é", "seal \"é\\", "/*", "x {\n\"é\" = é\n"] {
            _ = blocks(text);
        }
        assert_eq!(blocks("seal \"awskms\" {")[0].label, "awskms");
    }
}
