//! Nothing in the input can spoil the page: no address, no text, no secret.

use std::collections::BTreeSet;

use cnscan::assess::*;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::Value;

use super::dom::{Element, elements, text};
use super::sample::{check, full};
use super::{page, sample};

#[test]
fn only_plain_addresses_become_links() {
    let mut all = full();
    let wrong = [
        "javascript:alert(1)",
        "http://plain.example.com/",
        "https://",
        "https:///x",
        "data:text/html,x",
        "https://a.example.com/\"onclick=x",
        "//x.example.com",
    ];
    all.checks = vec![CheckInfo {
        refs: wrong.iter().map(ToString::to_string).chain(["https://kubernetes.io/docs/a/".to_owned()]).collect(),
        ..check("pss-privileged-container", Severity::High, CheckVerdict::Fail)
    }];
    let page = page(&all);
    let links: BTreeSet<_> =
        elements(&page).iter().filter_map(|element| element.get("href").filter(|link| !link.starts_with('#')).map(str::to_owned)).collect();
    assert_eq!(links, BTreeSet::from(["https://kubernetes.io/docs/a/".to_owned()]));
    for address in wrong {
        assert!(text(&page).contains(address), "{address} as text");
    }
}

/// The page follows from the JSON alone, and what is secret in the files is in neither.
#[test]
fn a_scan_and_its_converted_result_give_the_same_page_without_secrets() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let run = |arguments: &[&str]| {
        let mut command = assert_cmd::Command::cargo_bin("cnscan").expect("the program");
        command.current_dir(folder.path()).env("SOURCE_DATE_EPOCH", "1790000000").args(arguments).output().expect("it runs")
    };
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\nstringData:\n  password: hunter2-correct-horse\n";
    let text = format!(
        "{secret}---\napiVersion: v1\nkind: Pod\nmetadata: {{name: a, namespace: shop}}\nspec:\n  containers:\n  - name: a\n    image: a:1\n    env: [{{name: DB_PASSWORD, value: hunter3-correct-horse}}]\n"
    );
    std::fs::write(folder.path().join("all.yaml"), text).expect("a file");
    run(&["scan", "all.yaml", "--no-config", "-o", "json=result.json", "-o", "html=page.html"]);
    let scanned = std::fs::read_to_string(folder.path().join("page.html")).expect("a page");
    let converted = run(&["convert", "result.json", "-f", "html"]).stdout;
    assert_eq!(scanned.as_bytes(), converted);
    assert!(scanned.contains("holds a credential") && !scanned.contains("correct-horse"), "masked");
}

/// Every text of a result replaced, each by one of its own; what has a fixed set of values stays.
fn replaced(value: &mut Value, key: &str, number: &mut usize, text: &dyn Fn(usize) -> String) {
    const FIXED: [&str; 10] =
        ["schema", "status", "verdict", "severity", "quality", "coverage", "baseline", "fail_on", "sha256", "line_hash"];
    match value {
        Value::String(own) if !FIXED.contains(&key) => {
            *number += 1;
            *own = text(*number);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replaced(item, key, number, text)),
        Value::Object(fields) => fields.iter_mut().for_each(|(key, field)| replaced(field, key, number, text)),
        _ => {}
    }
}

pub(super) fn spoiled(text: &dyn Fn(usize) -> String) -> Assessment {
    let mut value = serde_json::to_value(sample()).expect("JSON");
    replaced(&mut value, "", &mut 0, text);
    serde_json::from_value(value).expect("a result")
}

/// The elements with their attributes' names, sorted; but for code in sentences, which backticks may make.
fn shapes(page: &str) -> Vec<String> {
    let mut shapes: Vec<_> =
        elements(page).iter().map(Element::shape).filter(|shape| *shape != ("code", vec![])).map(|shape| format!("{shape:?}")).collect();
    shapes.sort_unstable();
    shapes
}

pub(super) const PIECES: [&str; 26] = [
    "</script>",
    "<script>alert(1)</script>",
    "<!--",
    "-->",
    "]]>",
    "</style>",
    "</title>",
    "<img src=x onerror=alert(1)>",
    "\"",
    "'",
    "\" onmouseover=\"x",
    "' autofocus onfocus='x",
    "&",
    "&lt;",
    "&#60;",
    "&quot;",
    "\u{202e}",
    "\u{200b}",
    "\u{0}",
    "\u{1b}[31m",
    "\n",
    "\r\n",
    "\t",
    "javascript:",
    "\u{2028}",
    "<svg><a href=",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, rng_seed: RngSeed::Fixed(19), failure_persistence: None, ..ProptestConfig::default() })]

    /// No element and no attribute comes from the input, whatever stands in it.
    #[test]
    fn no_text_makes_an_element(pieces in prop::collection::vec(prop_oneof![3 => prop::sample::select(&PIECES[..]).prop_map(str::to_owned), 1 => any::<String>()], 1..6)) {
        let harmless = page(&spoiled(&|number| format!("x{number}")));
        let payload = pieces.concat();
        let page = page(&spoiled(&|number| format!("x{payload}{number}")));
        prop_assert_eq!(shapes(&page), shapes(&harmless));
        // what a browser would act upon, or what hides what a text says, is written out
        let odd = page.chars().find(|char| (char.is_control() && *char != '\n') || ('\u{202a}'..='\u{202e}').contains(char) || *char == '\u{200b}');
        prop_assert_eq!(odd, None);
    }
}

#[test]
fn texts_that_begin_badly_or_have_no_end_make_no_element_either() {
    let harmless = shapes(&page(&spoiled(&|number| format!("x{number}"))));
    let long = "x<b>\"'".repeat(2_000);
    for payload in PIECES.iter().copied().filter(|piece| !piece.starts_with(['\n', '\r', '\t'])).chain([long.as_str()]) {
        let spoiled = page(&spoiled(&|number| format!("{payload}{number}")));
        assert_eq!(shapes(&spoiled), harmless, "{payload}");
        assert!(spoiled.len() < 2_000_000, "long texts are cut: {}", spoiled.len());
    }
}
