//! A page as a browser's tokenizer sees it.

use std::collections::BTreeMap;

use html5gum::Tokenizer;
use html5gum::emitters::default::{DefaultEmitter, Token};

/// An element as written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Element {
    pub(crate) tag: String,
    pub(crate) attributes: BTreeMap<String, String>,
    /// The text up to the next tag.
    pub(crate) text: String,
}

impl Element {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// What of it may never come from the input.
    pub(crate) fn shape(&self) -> (&str, Vec<&str>) {
        (&self.tag, self.attributes.keys().map(String::as_str).collect())
    }
}

/// Every element in the order of the page.
///
/// # Panics
/// On what a page of ours may not hold: errors, comments, elements that are closed wrongly.
pub(crate) fn elements(page: &str) -> Vec<Element> {
    const EMPTY: [&str; 3] = ["meta", "input", "br"];
    let utf8 = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let mut emitter = DefaultEmitter::default();
    // script and style hold raw text
    emitter.naively_switch_states(true);
    let mut found: Vec<Element> = Vec::new();
    let mut open = Vec::new();
    for Ok(token) in Tokenizer::new_with_emitter(page, emitter) {
        match token {
            Token::StartTag(start) => {
                let tag = utf8(&start.name);
                if !EMPTY.contains(&tag.as_str()) {
                    open.push(tag.clone());
                }
                let attributes = start.attributes.iter().map(|(name, value)| (utf8(name), utf8(value))).collect();
                found.push(Element { tag, attributes, text: String::new() });
            }
            Token::EndTag(end) => assert_eq!(open.pop(), Some(utf8(&end.name)), "closes what is open"),
            Token::String(text) => found.last_mut().into_iter().for_each(|element| element.text += &utf8(&text)),
            Token::Doctype(_) => assert!(found.is_empty(), "the doctype stands first"),
            Token::Comment(comment) => panic!("a comment: {}", utf8(&comment)),
            Token::Error(error) => panic!("no HTML: {error:?}"),
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    found
}

/// All text, entities resolved, without style and script.
pub(crate) fn text(page: &str) -> String {
    elements(page)
        .iter()
        .filter(|element| !["style", "script"].contains(&element.tag.as_str()))
        .map(|element| element.text.as_str())
        .collect()
}
