//! The search for credentials among the values of an object: by their shape anywhere, by the name they stand under where
//! names mean something.

use crate::checks::{Fault, Severity};
use crate::model::credential::{self, Judgement};
use crate::model::{Container, Evidence, Field, GroupKind, Object};
use crate::parse::Kind;

const EXPECTED: &str = "a reference to a Secret";

/// The kinds that install Helm charts.
pub(super) const HELM: &[GroupKind] = &[
    GroupKind::new("argoproj.io", "Application"),
    GroupKind::new("helm.cattle.io", "HelmChart"),
    GroupKind::new("helm.cattle.io", "HelmChartConfig"),
    GroupKind::new("helm.toolkit.fluxcd.io", "HelmRelease"),
];

/// Where the kinds that install Helm charts keep their values.
pub(super) fn helm_values<'a>(object: &Object<'a>) -> Vec<Field<'a>> {
    match (object.group, object.kind) {
        ("helm.toolkit.fluxcd.io", "HelmRelease") => vec![object.at("spec.values")],
        ("helm.cattle.io", "HelmChart" | "HelmChartConfig") => vec![object.at("spec.valuesContent"), object.at("spec.set")],
        ("argoproj.io", "Application") => {
            let source = std::iter::once(object.at("spec.source")).chain(object.at("spec.sources").items());
            source
                .map(|source| source.key("helm"))
                .flat_map(|helm| ["parameters", "valuesObject", "values"].map(|key| helm.key(key)))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Collects what looks like a credential.
pub(super) struct Search<'s> {
    evidence: &'s Evidence<'s>,
    faults: Vec<Fault>,
    looked: bool,
}

impl<'s> Search<'s> {
    pub(super) fn new(evidence: &'s Evidence<'s>) -> Self {
        Search { evidence, faults: Vec::new(), looked: false }
    }

    /// Whether there was any value to look at.
    pub(super) fn looked(&self) -> bool {
        self.looked
    }

    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.faults
    }

    pub(super) fn container(&mut self, container: &Container<'_>) {
        for variable in container.at("env").items() {
            self.named(variable.key("name").str(), variable.key("value"));
        }
        for list in ["command", "args"] {
            let mut words = container.at(list).items().peekable();
            while let Some(word) = words.next() {
                match word.str().split_once('=') {
                    Some((flag, value)) if flag.starts_with('-') || is_variable(flag) => self.value(flag, value, word),
                    // `--flag value` in one word: only the flag may be said aloud
                    _ if word.str().starts_with("--") && word.str().contains(char::is_whitespace) => {
                        let (flag, value) = word.str().split_once(char::is_whitespace).unwrap_or_default();
                        self.value(flag, value.trim(), word);
                    }
                    _ if word.str().starts_with("--no-") => {}
                    _ if word.str().starts_with("--") => match words.next_if(|next| !next.str().starts_with('-')) {
                        Some(value) => self.named(word.str(), value),
                        None => _ = self.shape(word),
                    },
                    _ => _ = self.shape(word),
                }
            }
        }
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            for header in container.at(probe).at("httpGet.httpHeaders").items() {
                let value = header.key("value");
                let scheme = ["Basic ", "Bearer "].into_iter().find_map(|scheme| value.str().strip_prefix(scheme));
                match scheme {
                    Some(token) if header.key("name").str().eq_ignore_ascii_case("authorization") => {
                        self.value("Authorization token", token, value);
                    }
                    _ => self.named(header.key("name").str(), value),
                }
            }
        }
    }

    pub(super) fn config_map(&mut self, map: &Object<'_>) {
        for (key, value) in map.at("data").entries() {
            self.named(key, value);
        }
        for (_, value) in map.at("binaryData").entries() {
            self.looked = true;
            let text = credential::decode(value.str()).and_then(|bytes| String::from_utf8(bytes).ok());
            if let Some(found) = text.and_then(|text| credential::find(&text)) {
                self.found(found, value);
            }
        }
    }

    /// Annotations hold whole objects sometimes; their names are no guide, as many end in the name of a Secret.
    pub(super) fn annotations(&mut self, annotations: Field<'_>) {
        for (_, value) in annotations.entries() {
            self.shape(value);
        }
    }

    /// All values of a tree, each under its own key; `name`/`value` pairs by their name.
    pub(super) fn tree(&mut self, name: &str, place: Field<'_>) {
        match place.kind() {
            Some(Kind::Mapping) => {}
            Some(Kind::Sequence) => return place.items().for_each(|item| self.tree(name, item)),
            _ => return self.named(name, place),
        }
        let entries = place.entries();
        let pair = entries.iter().find(|(key, _)| *key == "name").map(|(_, name)| name.str());
        for (key, value) in &entries {
            let name = pair.filter(|_| *key == "value").unwrap_or(key);
            self.tree(name, *value);
        }
    }

    fn named(&mut self, name: &str, field: Field<'_>) {
        self.value(name, field.str(), field);
    }

    /// One finding a value: its shape says more than its name.
    fn value(&mut self, name: &str, value: &str, field: Field<'_>) {
        if value.is_empty() || self.shape(field) {
            return;
        }
        if let Some(key) = credential::secret_line(value) {
            let said = format!("the key {key} in this text holds a credential");
            self.faults.push(field.fault(said).expected(EXPECTED).severity(Severity::High).sensitive());
            return;
        }
        if value.contains('\n') {
            return;
        }
        let fault = match credential::judge(name, value) {
            Judgement::Nothing => return,
            _ if self.evidence.is_name(value) => return,
            Judgement::Secret => field.fault(format!("{name} holds a credential")).severity(Severity::High),
            Judgement::Doubt(why) => field.fault(format!("{name} may hold a credential: {why}")).severity(Severity::Medium).doubt(),
        };
        self.faults.push(fault.expected(EXPECTED).sensitive());
    }

    /// Whether a value is a credential by its shape.
    fn shape(&mut self, field: Field<'_>) -> bool {
        self.looked |= field.exists();
        match credential::find(field.str()) {
            Some(found) => self.found(found, field),
            None => false,
        }
    }

    fn found(&mut self, found: credential::Found, field: Field<'_>) -> bool {
        let fault = match found.doubt {
            None => field.fault(format!("the value holds {}", found.rule)),
            Some(why) => field.fault(format!("the value may hold {}: {why}", found.rule)).severity(Severity::Medium).doubt(),
        };
        self.faults.push(fault.expected(EXPECTED).sensitive());
        true
    }
}

/// A name such as shells give variables: `DB_PASSWORD` in `DB_PASSWORD=…`.
fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
