//! An assessment whose every name and sentence is a text that means harm.

use cnscan::assess::Assessment;
use serde_json::Value;

/// What breaks reports that trust names.
pub(crate) const TEXTS: [&str; 22] = [
    "]]>",
    "<script>alert(1)</script>",
    "\"onmouseover=\"x",
    "' & \" < > ]]> -->",
    "\u{1b}[31mred",
    "a\r\nb\nc",
    "\u{0}\u{1}\u{b}\u{fffe}\u{ffff}",
    "\u{202e}gnp",
    "=HYPERLINK(\"http://example.com\",\"x\")",
    "+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(1)",
    " \t=1+1",
    "＝1",
    "{{ .Values.x }} ${x} %s",
    "--- - ? : ! & * # | > %",
    "~",
    "yes",
    "# EOF",
    "a\\b\\",
    "",
    "\u{2028}\u{2029}\u{85}\u{feff}",
];

/// Keys of a result whose values are free text; what names something else is changed alike everywhere.
const FREE: [&str; 44] = [
    "title",
    "message",
    "name",
    "namespace",
    "kind",
    "apiVersion",
    "container",
    "path",
    "uri",
    "observed",
    "expected",
    "fix",
    "reason",
    "owner",
    "approver",
    "by",
    "snippet",
    "what",
    "why",
    "help",
    "group",
    "framework",
    "topic",
    "check",
    "id",
    "controls",
    "supports",
    "refs",
    "notices",
    "arguments",
    "namespaces",
    "expires",
    "version",
    "sha256",
    "surface",
    "fingerprint",
    "line_hash",
    "cwe",
    "statement",
    "assessed_by",
    "approved_by",
    "collected",
    "link",
    "control",
];

/// The assessment with the text in every such place.
pub(crate) fn made(assessment: &Assessment, text: &str) -> Assessment {
    let mut value = serde_json::to_value(assessment).expect("a result is JSON");
    walk(&mut value, "", &mut |_| text.to_owned());
    serde_json::from_value(value).expect("still a result")
}

/// The assessment with the text before what stood there, so that names that differed still differ.
pub(crate) fn prefixed(assessment: &Assessment, text: &str) -> Assessment {
    let mut value = serde_json::to_value(assessment).expect("a result is JSON");
    walk(&mut value, "", &mut |old| format!("{text}{old}"));
    serde_json::from_value(value).expect("still a result")
}

fn walk(value: &mut Value, key: &str, change: &mut dyn FnMut(&str) -> String) {
    match value {
        Value::String(text) if FREE.contains(&key) => *text = change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, key, change)),
        Value::Object(map) => map.iter_mut().for_each(|(key, item)| walk(item, key, change)),
        _ => {}
    }
}
