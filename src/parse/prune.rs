//! What an API server answers, without what no check reads: the JSON text of a list, filtered as it stands.
//!
//! Nothing is built and nothing is spelled anew: members are left out, white space between tokens goes, every other
//! byte stays. What comes out is valid JSON whatever goes in, so that one odd object cannot make a list unreadable.

mod rules;

use super::json::token;
use crate::discover::{Page, Resource};

use rules::Rule::{self, Drop, Each, Members, Short};

/// How deep an object may be nested: with the list around it, it must keep to the limit of all documents.
const DEEPEST: usize = 96;

/// Takes a page of a list (or, when `single`, one object) apart.
///
/// # Errors
/// Why it is no JSON, or no such page.
pub fn page(resource: &Resource, bytes: &[u8], single: bool) -> Result<Page, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("not valid UTF-8 at byte {}", error.valid_up_to()))?;
    let mut walk = Walk { text, bytes, at: 0 };
    let mut page = Page::default();
    let rule = rules::of(resource);
    if single {
        walk.item(rule, &mut page)?;
    } else {
        let kind = walk.list(rule, &mut page)?;
        if resource.is_secret() && kind != "PartialObjectMetadataList" {
            return Err("it was asked for metadata alone and answered with whole Secrets, which were thrown away unread".to_owned());
        }
    }
    walk.space();
    if walk.at < bytes.len() {
        return Err(walk.wrong("nothing should follow"));
    }
    Ok(page)
}

struct Walk<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    fn wrong(&self, what: &str) -> String {
        if self.at >= self.bytes.len() {
            return "not valid JSON: it ends too early".to_owned();
        }
        format!("not valid JSON at byte {}: {what}", self.at)
    }

    fn space(&mut self) {
        self.at = token(self.bytes, self.at).0;
    }

    fn peek(&mut self) -> u8 {
        let (at, byte) = token(self.bytes, self.at);
        self.at = at;
        byte
    }

    fn take(&mut self, byte: u8) -> Result<(), String> {
        if self.peek() != byte {
            return Err(self.wrong(&format!("`{}` should stand here", char::from(byte))));
        }
        self.at += 1;
        Ok(())
    }

    /// Goes through an object or array (by its opening byte), with `each` standing before a key or an item.
    fn each(&mut self, open: u8, mut each: impl FnMut(&mut Self) -> Result<(), String>) -> Result<(), String> {
        let close = if open == b'{' { b'}' } else { b']' };
        self.take(open)?;
        if self.peek() == close {
            self.at += 1;
            return Ok(());
        }
        loop {
            each(self)?;
            if self.peek() != b',' {
                return self.take(close);
            }
            self.at += 1;
        }
    }

    /// A key with its colon: as it is written, in quotes.
    fn key(&mut self) -> Result<&'a str, String> {
        if self.peek() != b'"' {
            return Err(self.wrong("a key should stand here"));
        }
        let start = self.at;
        self.string()?;
        let key = &self.text[start..self.at];
        self.take(b':')?;
        self.space();
        Ok(key)
    }

    /// The list around the objects; its kind.
    fn list(&mut self, rule: Rule, page: &mut Page) -> Result<String, String> {
        let (mut kind, mut listed) = (String::new(), false);
        self.each(b'{', |walk| {
            match walk.key()? {
                "\"kind\"" => kind = unquoted(walk.value()?),
                "\"metadata\"" => walk.metadata(page)?,
                "\"items\"" if walk.peek() == b'[' => {
                    listed = true;
                    walk.each(b'[', |walk| walk.item(rule, page))?;
                }
                key => listed |= walk.value()? == "null" && key == "\"items\"",
            }
            Ok(())
        })?;
        if !listed && !kind.ends_with("List") {
            return Err(format!("it is no list but a `{}`", kind.chars().take(80).collect::<String>()));
        }
        Ok(kind)
    }

    fn metadata(&mut self, page: &mut Page) -> Result<(), String> {
        if self.peek() != b'{' {
            return self.value().map(|_| ());
        }
        self.each(b'{', |walk| {
            match walk.key()? {
                "\"continue\"" => page.next = Some(unquoted(walk.value()?)).filter(|token| !token.is_empty()),
                "\"remainingItemCount\"" => page.remaining = walk.value()?.parse().ok(),
                _ => _ = walk.value()?,
            }
            Ok(())
        })
    }

    /// One object of the list.
    fn item(&mut self, rule: Rule, page: &mut Page) -> Result<(), String> {
        if self.peek() != b'{' {
            return Err(self.wrong("an object should stand here"));
        }
        let (start, mark) = (self.at, page.text.len());
        if self.prune(rule, &mut page.text)? > DEEPEST {
            page.text.truncate(mark);
            let why = format!("nested deeper than {DEEPEST} levels");
            page.lost.push((name(&self.text[start..self.at]), why));
            return Ok(());
        }
        page.ends.push(page.text.len());
        Ok(())
    }

    /// Copies a value by its rule; how deep it is nested.
    fn prune(&mut self, rule: Rule, out: &mut String) -> Result<usize, String> {
        let open = self.peek();
        match (rule, open) {
            (Members(members, others), b'{') => self.object(members, *others, out),
            (Each(rule), b'[') => {
                let (mut first, mut deepest) = (true, 0);
                out.push('[');
                self.each(b'[', |walk| {
                    separate(&mut first, out);
                    deepest = deepest.max(walk.prune(*rule, out)?);
                    Ok(())
                })?;
                out.push(']');
                Ok(deepest + 1)
            }
            _ => {
                let (start, (spaced, depth)) = (self.at, self.skip()?);
                let text = &self.text[start..self.at];
                if spaced {
                    compact(text, out);
                } else {
                    out.push_str(text);
                }
                Ok(depth)
            }
        }
    }

    fn object(&mut self, members: &'static [(&'static str, Rule)], others: Rule, out: &mut String) -> Result<usize, String> {
        let (mut first, mut deepest) = (true, 0);
        out.push('{');
        self.each(b'{', |walk| {
            let key = walk.key()?;
            let rule = find(members, key).unwrap_or(others);
            let start = walk.at;
            let kept = match rule {
                Drop => false,
                Short(most) => {
                    walk.skip()?;
                    let short = walk.at - start <= most;
                    walk.at = start;
                    short
                }
                _ => true,
            };
            if !kept {
                return walk.skip().map(|_| ());
            }
            separate(&mut first, out);
            out.push_str(key);
            out.push(':');
            deepest = deepest.max(walk.prune(rule, out)?);
            Ok(())
        })?;
        out.push('}');
        Ok(deepest + 1)
    }

    /// The text of a value.
    fn value(&mut self) -> Result<&'a str, String> {
        self.space();
        let start = self.at;
        self.skip()?;
        Ok(&self.text[start..self.at])
    }

    /// Passes over a value, without recursion: whether white space stands in it, and how deep it is nested.
    fn skip(&mut self) -> Result<(bool, usize), String> {
        let mut open: Vec<u8> = Vec::new();
        let (mut spaced, mut deepest) = (false, 0);
        loop {
            match self.peek() {
                byte @ (b'{' | b'[') => {
                    open.push(byte);
                    deepest = deepest.max(open.len());
                    self.at += 1;
                    let before = self.at;
                    let empty = matches!((byte, self.peek()), (b'{', b'}') | (b'[', b']'));
                    spaced |= self.at > before;
                    if !empty {
                        spaced |= self.before_value(byte)?;
                        continue;
                    }
                }
                b'"' => self.string()?,
                _ => self.word()?,
            }
            // what follows a value: a comma, or the ends of collections
            loop {
                let Some(&collection) = open.last() else { return Ok((spaced, deepest)) };
                let before = self.at;
                let byte = self.peek();
                spaced |= self.at > before;
                self.at += 1;
                match (byte, collection) {
                    (b',', _) => {
                        let before = self.at;
                        self.space();
                        spaced |= self.at > before;
                        spaced |= self.before_value(collection)?;
                        break;
                    }
                    (b'}', b'{') | (b']', b'[') => _ = open.pop(),
                    _ => {
                        self.at -= 1;
                        return Err(self.wrong("`,` or an end should stand here"));
                    }
                }
            }
        }
    }

    /// The key before a value in an object; whether white space stands there.
    fn before_value(&mut self, collection: u8) -> Result<bool, String> {
        if collection == b'[' {
            return Ok(false);
        }
        let start = self.at;
        let key = self.key()?;
        Ok(self.at - start > key.len() + 1)
    }

    fn string(&mut self) -> Result<(), String> {
        self.at += 1;
        loop {
            match self.bytes.get(self.at) {
                Some(b'"') => break self.at += 1,
                Some(b'\\') => {
                    let hex = |at: usize| self.bytes.get(at..at + 4).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
                    self.at += match self.bytes.get(self.at + 1) {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
                        Some(b'u') if hex(self.at + 2) => 6,
                        _ => return Err(self.wrong("an unknown escape")),
                    };
                }
                Some(0..0x20) | None => return Err(self.wrong("a control character in a string")),
                Some(_) => self.at += 1,
            }
        }
        Ok(())
    }

    fn word(&mut self) -> Result<(), String> {
        let rest = &self.bytes[self.at.min(self.bytes.len())..];
        let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'-' | b'.');
        let length = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        let word = &rest[..length];
        if !(matches!(word, b"true" | b"false" | b"null") || super::json::is_number(word)) {
            return Err(self.wrong("a value should stand here"));
        }
        self.at += length;
        Ok(())
    }
}

/// The rule of a key as written, in quotes and perhaps with escapes.
fn find(members: &'static [(&'static str, Rule)], key: &str) -> Option<Rule> {
    let plain = &key[1..key.len() - 1];
    let of = |plain: &str| members.iter().find(|(name, _)| *name == plain).map(|(_, rule)| *rule);
    if plain.contains('\\') { of(&unquoted(key)) } else { of(plain) }
}

/// The value of a string as written; "" for anything else.
fn unquoted(text: &str) -> String {
    serde_json::from_str(text).unwrap_or_default()
}

fn separate(first: &mut bool, out: &mut String) {
    if !std::mem::take(first) {
        out.push(',');
    }
}

/// Copies JSON without the white space between its tokens.
fn compact(text: &str, out: &mut String) {
    let bytes = text.as_bytes();
    let (mut at, mut copied) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at += 1;
                while !matches!(bytes.get(at), Some(b'"') | None) {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
            }
            b' ' | b'\n' | b'\r' | b'\t' => {
                out.push_str(&text[copied..at]);
                at += 1;
                copied = at;
            }
            _ => at += 1,
        }
    }
    out.push_str(&text[copied..]);
}

/// `shop/web`, from the text of an object.
fn name(text: &str) -> String {
    const META: Rule = Members(&[("metadata", Members(&[("name", Short(300)), ("namespace", Short(300))], &Drop))], &Drop);
    let mut walk = Walk { text, bytes: text.as_bytes(), at: 0 };
    let mut found = String::new();
    _ = walk.prune(META, &mut found);
    let value: serde_json::Value = serde_json::from_str(&found).unwrap_or_default();
    let part = |key: &str| value["metadata"][key].as_str().map(str::to_owned);
    let words = [part("namespace"), part("name")];
    // the API server takes no other characters: what else comes is not to reach a terminal
    let plain = |char: char| if char.is_ascii_alphanumeric() || matches!(char, '-' | '.' | ':') { char } else { '?' };
    words.into_iter().flatten().map(|word| word.chars().map(plain).collect()).collect::<Vec<String>>().join("/")
}

#[cfg(test)]
mod tests;
