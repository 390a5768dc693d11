//! A real browser shows the page, and filters it.

use std::collections::BTreeMap;
use std::sync::Arc;

use cnscan::assess::*;

use super::browser::{self, Browser};
use super::dom::{Element, elements};
use super::hostile::{PIECES, spoiled};
use super::{page, sample};

/// A page with enough to filter.
fn shop() -> Assessment {
    let mut all = sample();
    for (number, finding) in all.findings.iter_mut().enumerate() {
        finding.subject = sample::subject("Deployment", if number % 2 == 0 { "shop" } else { "data" }, &format!("web-{number}"), "app");
    }
    all.findings[1].controls = Arc::from(["CNSC-33".into()]);
    all
}

/// How many findings are not hidden.
fn unhidden(dom: &str) -> usize {
    elements_of_browser(dom).iter().filter(|element| element.get("data-s").is_some() && element.get("hidden").is_none()).count()
}

/// A browser writes its own HTML: void elements and entities differ, elements do not.
fn elements_of_browser(dom: &str) -> Vec<Element> {
    elements(dom.trim_end())
}

#[test]
fn a_browser_filters_by_the_address_and_has_nothing_to_say() {
    let Some(browser) = Browser::find() else { return };
    let page = page(&shop());
    let rows = [
        ("", 9, "9 findings"),
        ("#severity=high", 8, "8 of 9 findings shown"),
        ("#namespace=shop", 5, "5 of 9 findings shown"),
        ("#state=review", 1, "1 of 9 findings shown"),
        ("#state=excused&namespace=shop", 1, "1 of 9 findings shown"),
        ("#q=WEB-3+privileged", 1, "1 of 9 findings shown"),
        ("#q=nowhere", 0, "0 of 9 findings shown"),
        ("#arrange=namespace&namespace=data", 4, "4 of 9 findings shown"),
        ("#control=CNSC-32", 9, "9 findings"),
        ("#g1", 9, "9 findings"),
    ];
    for (fragment, count, words) in rows {
        let shown = browser.show(&page, fragment);
        assert_eq!(shown.console, Vec::<String>::new(), "{fragment}");
        assert_eq!(unhidden(&shown.dom), count, "{fragment}");
        let output = elements_of_browser(&shown.dom).into_iter().find(|element| element.get("id") == Some("count")).expect("the count");
        assert_eq!(output.text.trim(), words, "{fragment}");
        let bar = elements_of_browser(&shown.dom).into_iter().find(|element| element.get("id") == Some("filter")).expect("the bar");
        assert_eq!(bar.get("hidden"), None, "the script ran");
    }
    let open = browser.show(&page, "#g1");
    assert!(
        elements_of_browser(&open.dom).iter().any(|element| element.get("id") == Some("g1") && element.get("open").is_some()),
        "a link unfolds"
    );
}

#[test]
fn a_browser_would_tell_of_a_broken_policy() {
    let Some(browser) = Browser::find() else { return };
    let broken = page(&shop()).replacen("\"use strict\";", "\"use strict\"; ", 1);
    let shown = browser.show(&broken, "");
    assert!(shown.console.iter().any(|line| line.contains("Content Security Policy")), "{:?}", shown.console);
    let fetching = page(&shop()).replacen("<header", "<img src=\"https://example.com/x.png\"><header", 1);
    let shown = browser.show(&fetching, "");
    assert!(shown.console.iter().any(|line| line.contains("Content Security Policy")), "{:?}", shown.console);
}

#[test]
fn a_browser_makes_no_element_of_hostile_texts() {
    let Some(browser) = Browser::find() else { return };
    let payload = PIECES.concat();
    let spoiled = page(&spoiled(&|number| format!("x{payload}{number}")));
    let harmless = browser.show(&page(&self::spoiled(&|number| format!("x{number}"))), "");
    let shown = browser.show(&spoiled, "#q=alert");
    assert_eq!(shown.console, Vec::<String>::new());
    let count = |dom: &str| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        elements_of_browser(dom)
            .iter()
            .filter(|element| element.tag != "code")
            .for_each(|element| *counts.entry(element.tag.clone()).or_default() += 1);
        counts
    };
    assert_eq!(count(&shown.dom), count(&harmless.dom));
}

#[test]
fn a_browser_draws_and_prints_it() {
    let Some(browser) = Browser::find() else { return };
    let page = page(&shop());
    for wanted in [(1440, 1000), (500, 900)] {
        let picture = browser.picture(&page, wanted);
        assert_eq!(browser::size(&picture), wanted);
        assert!(picture.len() > 10_000, "an empty picture");
    }
    let paper = browser.paper(&page);
    assert!(paper.starts_with(b"%PDF") && paper.len() > 20_000);
}
