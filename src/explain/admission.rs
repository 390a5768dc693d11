//! What is refused in each namespace, and by what: a list for people, the rules one by one for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::discover::few;
use crate::model::admission::image::{self, How};
use crate::model::admission::registries::{self, Limit};
use crate::model::admission::{self, Answer};
use crate::model::{Image, Namespace, Scan};

/// What is refused in a namespace.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Its name.
    pub namespace: String,
    /// A rule each.
    pub rules: Vec<Rule>,
}

/// Whether what breaks a rule is refused.
#[derive(Debug, Serialize)]
pub struct Rule {
    /// The control of the Pod Security Standards, or `imageRegistries`, `imageSignatures`.
    pub rule: &'static str,
    /// The level of the standard that asks for it.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub level: &'static str,
    /// `yes`, `no`, `partly`, `unknown`
    pub refused: &'static str,
    /// What refuses it.
    pub by: Vec<String>,
    /// What is let in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<String>,
    /// What may refuse it, and why that is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unsure: Vec<String>,
}

/// Every namespace that is asked for, in the order of the input; all of them where none is named.
#[must_use]
pub fn matrix(scan: &Scan<'_>, wanted: &[String]) -> Vec<Row> {
    let records = scan.evidence.namespaces().iter();
    let records = records.filter(|record| wanted.is_empty() || wanted.iter().any(|name| name == record.name()));
    records.filter_map(|record| scan.namespace(record.world, record.name())).map(|namespace| row(&namespace)).collect()
}

fn row(namespace: &Namespace<'_>) -> Row {
    let controls = admission::by_control(namespace).map(|(control, answer)| rule(control.name, control.level.as_str(), answer.clone()));
    let rules = controls.chain([of_registries(namespace)]).chain(of_signatures(namespace)).collect();
    Row { namespace: namespace.name().to_owned(), rules }
}

fn rule(rule: &'static str, level: &'static str, answer: Answer) -> Rule {
    let refused = match (answer.is_refused(), answer.is_open(), answer.by.is_empty()) {
        (true, ..) => "yes",
        (false, true, true) => "no",
        (false, true, false) => "partly",
        (false, false, _) => "unknown",
    };
    Rule { rule, level, refused, by: answer.by, open: answer.open.into_iter().map(Into::into).collect(), unsure: answer.unsure }
}

fn of_registries(namespace: &Namespace<'_>) -> Rule {
    let mut answer = Answer::default();
    match registries::limit(namespace) {
        Limit::Kept => answer.by.push("a list of registries".to_owned()),
        Limit::Open(_) => {
            answer.by.push("a list of registries".to_owned());
            answer.open.push("names that only begin like those listed".into());
        }
        Limit::Unread(policy) => answer.unsure.push(format!("{} {}: what it says of images is not read", policy.kind, policy.name)),
        Limit::None => answer.open.push("any registry".into()),
    }
    rule("imageRegistries", "", answer)
}

/// Nothing for a namespace without images.
fn of_signatures(namespace: &Namespace<'_>) -> Option<Rule> {
    let images = namespace.images();
    let mut answer = Answer::default();
    for text in images.keys() {
        let Ok(image) = Image::parse(text) else { continue };
        let rules = image::rules(namespace, &image);
        let named = |how: &dyn Fn(&How<'_>) -> bool| {
            rules.iter().find(|rule| how(&rule.how)).map(|rule| format!("{} {}", rule.policy.kind, rule.policy.name))
        };
        if let Some(policy) = named(&|how| matches!(how, How::Verified)) {
            if !answer.by.contains(&policy) {
                answer.by.push(policy);
            }
        } else if let Some(policy) = named(&|how| matches!(how, How::Unread(_))) {
            answer.unsure.push(format!("{text}: {policy}"));
        } else {
            answer.open.push((*text).to_owned().into());
        }
    }
    (!images.is_empty()).then(|| rule("imageSignatures", "", answer))
}

/// Rules by level, in the order of the standard.
type Levels<'r> = BTreeMap<(usize, &'r str), Vec<&'r str>>;

/// The rows as Markdown: a list a namespace, rules of which the same is to be said together, by level.
#[must_use]
pub fn page(rows: &[Row]) -> String {
    let mut page = String::from("# Admission in force\n");
    for row in rows {
        _ = write!(page, "\n## {}\n\n", row.namespace);
        let mut said: BTreeMap<(usize, String), Levels<'_>> = BTreeMap::new();
        for (at, rule) in row.rules.iter().enumerate() {
            // in the order of the rules, but what belongs to no level last
            let place = if rule.level.is_empty() { usize::MAX } else { 0 };
            let levels = said.entry(told(rule)).or_default();
            let first = levels.keys().find(|(_, level)| *level == rule.level).map_or(at.max(place), |(first, _)| *first);
            levels.entry((first, rule.level)).or_default().push(rule.rule);
        }
        for ((_, told), levels) in said {
            _ = writeln!(page, "- {told}");
            for ((_, level), rules) in levels {
                let level = if level.is_empty() { String::new() } else { format!("{level}: ") };
                _ = writeln!(page, "  - {level}{}", rules.join(", "));
            }
        }
    }
    page
}

/// What is said of a rule, and where in the list it stands: what is refused first.
fn told(rule: &Rule) -> (usize, String) {
    let by = rule.by.join(", ");
    let unsure = if rule.unsure.is_empty() { String::new() } else { format!("; perhaps {}", rule.unsure.join("; ")) };
    match rule.refused {
        "yes" => (0, format!("**refused** by {by}")),
        "partly" => (1, format!("**refused in part** by {by}; not: {}{unsure}", few(&rule.open))),
        "unknown" if by.is_empty() => (2, format!("**not known**: {}", rule.unsure.join("; "))),
        "unknown" => (2, format!("**not known** whether all is refused: some by {by}{unsure}")),
        _ => (3, format!("**not refused** by anything that was read{unsure}")),
    }
}
