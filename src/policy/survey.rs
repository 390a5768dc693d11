//! A YAML file held against the schema of what it is to be: everything that is wrong with it, not only the first, in words
//! that need no knowledge of the program.

use serde_json::Value as Json;

use super::error;
use crate::parse::{Kind, Limits, Lines, NodeId, Tree, yaml};

/// Something wrong, at a byte of the text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) at: u32,
    pub(crate) why: String,
}

/// What is wrong with a text, at lines and columns; nothing where that is not a matter of the schema.
pub(crate) fn text(body: &str, schema: &Json) -> Vec<(u64, u64, String)> {
    let parsed = yaml::parse(body.into(), "", &Limits::default());
    let ([document], true) = (parsed.documents.as_slice(), parsed.gaps.is_empty()) else { return Vec::new() };
    let lines = Lines::new(body);
    let placed = flaws(&parsed.tree, document.root, schema).into_iter().map(|flaw| {
        let (line, column) = lines.position(flaw.at);
        (line.into(), column.into(), flaw.why)
    });
    placed.collect()
}

/// What is wrong with a document, in the order of the text.
pub(crate) fn flaws(tree: &Tree, root: NodeId, schema: &Json) -> Vec<Flaw> {
    let mut survey = Survey { tree, schema, flaws: Vec::new() };
    survey.node(root, schema, "");
    survey.flaws.sort_by_key(|flaw| flaw.at);
    survey.flaws
}

struct Survey<'a> {
    tree: &'a Tree,
    schema: &'a Json,
    flaws: Vec<Flaw>,
}

impl<'a> Survey<'a> {
    fn node(&mut self, node: NodeId, part: &'a Json, name: &str) {
        let node = self.tree.target(node).unwrap_or(node);
        let part = self.resolved(part);
        if let Some(branches) = part["anyOf"].as_array() {
            return self.any(node, branches, name);
        }
        let (kind, said) = (self.tree.kind(node), self.tree.text(node));
        let types = types(part);
        let is_null = kind == Kind::Scalar && matches!(said, "" | "~" | "null");
        let fits = match types.first().copied() {
            _ if is_null && types.contains(&"null") => true,
            Some("object") if kind == Kind::Mapping => return self.mapping(node, part),
            Some("array") if kind == Kind::Sequence => {
                return self.tree.items(node).for_each(|item| self.node(item, &part["items"], name));
            }
            Some("object" | "array" | "null") => false,
            _ if kind != Kind::Scalar => false,
            _ if !words(part).is_empty() => words(part).contains(&said),
            Some("boolean") => ["true", "false", "yes", "no", "on", "off"].iter().any(|word| said.eq_ignore_ascii_case(word)),
            Some("integer") => {
                let number = said.parse::<i64>().ok();
                number.is_some_and(|number| {
                    part["minimum"].as_i64().is_none_or(|least| number >= least)
                        && part["maximum"].as_i64().is_none_or(|most| number <= most)
                })
            }
            _ => true,
        };
        if !fits {
            self.unfit(node, name, &described(part));
        }
    }

    fn any(&mut self, node: NodeId, branches: &'a [Json], name: &str) {
        let mut own = Vec::new();
        for branch in branches {
            let mut tried = Survey { tree: self.tree, schema: self.schema, flaws: Vec::new() };
            tried.node(node, branch, name);
            if tried.flaws.is_empty() {
                return;
            }
            own.push((self.resolved(branch), tried.flaws));
        }
        own.retain(|(branch, _)| branch["type"] != "null");
        match own.as_mut_slice() {
            // what may be absent is as it is where it is there
            [(_, flaws)] => self.flaws.append(flaws),
            several => {
                let told: Vec<_> = several.iter().map(|(branch, _)| described(branch)).collect();
                self.unfit(node, name, &told.join(", or "));
            }
        }
    }

    fn mapping(&mut self, node: NodeId, part: &'a Json) {
        let known = || part["properties"].as_object().into_iter().flatten().map(|(key, _)| key.as_str());
        let mut seen = Vec::new();
        for (key, value) in self.tree.entries(node) {
            let name = self.tree.text(key);
            match (part["properties"].get(name), &part["additionalProperties"]) {
                (Some(own), _) => self.node(value, own, name),
                (None, Json::Bool(false)) => self.flaw(key, error::unknown("key", name, known())),
                (None, others) => self.node(value, others, name),
            }
            seen.push(name);
        }
        let required = part["required"].as_array().into_iter().flatten().filter_map(Json::as_str);
        for missing in required.filter(|name| !seen.contains(name)) {
            self.flaw(node, format!("`{missing}` is missing"));
        }
    }

    fn resolved(&self, part: &'a Json) -> &'a Json {
        let name = part["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/"));
        name.map_or(part, |name| &self.schema["$defs"][name])
    }

    fn unfit(&mut self, node: NodeId, name: &str, wanted: &str) {
        let subject = if name.is_empty() { "it".to_owned() } else { format!("`{name}`") };
        let said = if self.tree.kind(node) == Kind::Scalar { format!(", not `{}`", self.tree.text(node)) } else { String::new() };
        self.flaw(node, format!("{subject} is to be {wanted}{said}"));
    }

    fn flaw(&mut self, node: NodeId, why: String) {
        self.flaws.push(Flaw { at: self.tree.span(node).0, why });
    }
}

/// The types of a part, `null` last.
fn types(part: &Json) -> Vec<&str> {
    let mut types: Vec<_> =
        part["type"].as_str().into_iter().chain(part["type"].as_array().into_iter().flatten().filter_map(Json::as_str)).collect();
    types.sort_by_key(|name| *name == "null");
    types
}

/// The words that a part takes; none where it takes others.
fn words(part: &Json) -> Vec<&str> {
    let listed = part["enum"].as_array().into_iter().flatten().filter_map(Json::as_str);
    let documented = part["oneOf"].as_array().into_iter().flatten().filter_map(|word| word["const"].as_str());
    listed.chain(documented).collect()
}

fn described(part: &Json) -> String {
    let words = words(part);
    if let Some((last, rest)) = words.split_last() {
        return if rest.is_empty() { (*last).to_owned() } else { format!("{} or {last}", rest.join(", ")) };
    }
    let bounds = match (part["minimum"].as_i64(), part["maximum"].as_i64()) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(" of at least {least}"),
        _ => String::new(),
    };
    match types(part).first().copied() {
        Some("object") => "a mapping".to_owned(),
        Some("array") => "a list".to_owned(),
        Some("boolean") => "true or false".to_owned(),
        Some("integer") => format!("a whole number{bounds}"),
        _ => "a text".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::policy::Config;

    #[test]
    fn each_fault_has_its_place_and_plain_words() {
        let said = |body: &str| {
            text(body, &Config::schema()).into_iter().map(|(line, column, why)| format!("{line}:{column}: {why}")).collect::<Vec<_>>()
        };
        for (body, expected) in [
            (
                "fail_onn: high\nfail_on: [high]\n",
                &[
                    "1:1: there is no key `fail_onn`; did you mean `fail_on`?",
                    "2:10: `fail_on` is to be critical, high, medium, low, info or none",
                ][..],
            ),
            ("- a\n", &["1:1: it is to be a mapping"]),
            (
                "checks: pss-host-port\nquiet: maybe\n",
                &["1:9: `checks` is to be a list, not `pss-host-port`", "2:8: `quiet` is to be true or false, not `maybe`"],
            ),
            ("verbose: 300\n", &["1:10: `verbose` is to be a whole number from 0 to 255, not `300`"]),
            ("complete: maybe\n", &["1:11: `complete` is to be true or false, or a list, not `maybe`"]),
            (
                "exceptions:\n- {check: a, match: {pod: a}}\n- b\n",
                &["2:3: `reason` is missing", "2:22: there is no key `pod`", "3:3: `exceptions` is to be a mapping, not `b`"],
            ),
            ("profile: null\ncolor:\nfail_on: high\ncomplete: [cluster]\n", &[]),
            ("a: [\n", &[]),
        ] {
            assert_eq!(said(body), expected, "{body}");
        }
    }
}
