//! The search for credentials among the values of an object: by their shape anywhere, by the name they stand under where
//! names mean something.

use crate::checks::{Fault, Severity};
use crate::model::credential::{self, Held, Judgement};
use crate::model::{Container, Evidence, Field, GroupKind, Object};
use crate::parse::Kind;

const EXPECTED: &str = "a reference to a Secret";

/// The kinds that install Helm charts, hand parameters to tasks, or set up machines, other than those with pods of their own.
pub(super) const WITH_PARAMETERS: &[GroupKind] = &[
    GroupKind::new("argoproj.io", "Application"),
    GroupKind::new("helm.cattle.io", "HelmChart"),
    GroupKind::new("helm.cattle.io", "HelmChartConfig"),
    GroupKind::new("helm.toolkit.fluxcd.io", "HelmRelease"),
    GroupKind::new("kubevirt.io", "VirtualMachine"),
    GroupKind::new("kubevirt.io", "VirtualMachineInstance"),
];

/// Where the kinds that install Helm charts keep their values, those that run tasks their parameters, and machines what sets them up.
pub(super) fn parameters<'a>(object: &Object<'a>) -> Vec<Field<'a>> {
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
        ("kubevirt.io", kind) => {
            let disks = object.at(if kind == "VirtualMachine" { "spec.template.spec.volumes" } else { "spec.volumes" });
            disks
                .items()
                .flat_map(|disk| ["cloudInitNoCloud", "cloudInitConfigDrive"].map(|source| disk.key(source).key("userData")))
                .collect()
        }
        ("tekton.dev", _) => vec![object.at("spec.params")],
        ("argoproj.io", "CronWorkflow") => vec![object.at("spec.workflowSpec.arguments.parameters")],
        ("argoproj.io", _) => vec![object.at("spec.arguments.parameters")],
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
        self.variables(container.at("env").items());
        let words: Vec<_> = ["command", "args"].into_iter().flat_map(|list| container.at(list).items()).map(Field::as_string).collect();
        self.command(&words);
        // what Tekton and Argo hand to an interpreter
        for script in ["script", "source"] {
            self.script(container.at(script));
        }
        for handler in ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle.postStart", "lifecycle.preStop"] {
            let handler = container.at(handler);
            if !handler.exists() {
                continue;
            }
            let words: Vec<_> = handler.at("exec.command").items().collect();
            self.command(&words);
            for header in handler.at("httpGet.httpHeaders").items() {
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

    pub(super) fn variables<'f>(&mut self, variables: impl Iterator<Item = Field<'f>>) {
        variables.for_each(|variable| self.named(variable.key("name").str(), variable.key("value").as_string()));
    }

    /// The words of a command: flags with their values, scripts among them, what its program takes for a password.
    fn command(&mut self, words: &[Field<'_>]) {
        let before = self.faults.len();
        let mut rest = words.iter().copied().peekable();
        while let Some(word) = rest.next() {
            let text = word.str();
            match text.split_once('=') {
                Some((flag, value)) if flag.starts_with('-') && !flag.contains(char::is_whitespace) || is_variable(flag) => {
                    self.value(flag, value, word);
                }
                // `--flag value` in one word: only the flag may be said aloud
                _ if text.starts_with("--") && text.contains(char::is_whitespace) => {
                    let (flag, value) = text.split_once(char::is_whitespace).unwrap_or_default();
                    self.value(flag, value.trim(), word);
                }
                _ if text.starts_with("--no-") => {}
                // Go and Java take one dash
                _ if text.starts_with("--") || text.starts_with('-') && text.len() > 2 && credential::speaks_of_credential(text) => {
                    match rest.next_if(|next| !next.str().starts_with('-')) {
                        Some(value) => self.named(text, value),
                        None => _ = self.shape(word),
                    }
                }
                _ => self.script(word),
            }
        }
        if self.faults.len() == before {
            let texts: Vec<_> = words.iter().map(|word| word.str()).collect();
            if let Some((at, found)) = credential::password_argument(&texts) {
                self.found(found, words[at]);
            }
        }
    }

    /// A text that a shell may read, or a word of a command.
    fn script(&mut self, field: Field<'_>) {
        let (text, evidence) = (field.str(), self.evidence);
        let known = |value: &str| evidence.is_name(value);
        let held = || credential::in_script(text, &known).or_else(|| credential::in_text(text, &known));
        self.best(field, || if text.contains(char::is_whitespace) { held() } else { None });
    }

    /// What the shape of a value says, or what stands around a part of it: what is certain before what is in doubt.
    fn best(&mut self, field: Field<'_>, around: impl FnOnce() -> Option<Held>) -> bool {
        self.looked |= field.exists();
        let shaped = credential::find(field.str());
        if let Some(found) = shaped.filter(|found| found.doubt.is_none()) {
            return self.found(found, field);
        }
        let held = around();
        let is_certain = match &held {
            None => false,
            Some(Held::Placed(found)) => found.doubt.is_none(),
            Some(Held::Named(_)) => true,
        };
        match shaped {
            Some(found) if !is_certain => self.found(found, field),
            _ => self.held(held, field),
        }
    }

    /// The object as somebody applied it, which `kubectl` keeps: its values under their own names.
    fn applied(&mut self, annotation: Field<'_>) {
        if let Some(name) = credential::in_applied(annotation.str(), &|value| self.evidence.is_name(value)) {
            let said = format!("what kubectl keeps of the applied object holds a credential, under {name}");
            self.faults.push(annotation.fault(said).expected(EXPECTED).severity(Severity::High).sensitive());
        }
    }

    pub(super) fn config_map(&mut self, map: &Object<'_>) {
        for (key, value) in map.at("data").entries().into_iter().map(|(key, value)| (key, value.as_string())) {
            if is_script(key, value.str()) { self.script(value) } else { self.named(key, value) }
        }
        for (_, value) in map.at("binaryData").entries().into_iter().map(|(key, value)| (key, value.as_string())) {
            self.looked = true;
            let text = credential::decode(value.str()).and_then(|bytes| String::from_utf8(bytes).ok());
            let Some(text) = text else { continue };
            match credential::find(&text) {
                Some(found) => _ = self.found(found, value),
                None => _ = self.held(credential::in_text(&text, &|value| self.evidence.is_name(value)), value),
            }
        }
    }

    /// Annotations hold whole objects sometimes; their names are no guide, as many end in the name of a Secret.
    pub(super) fn annotations(&mut self, annotations: Field<'_>, of_secret: bool) {
        for (key, value) in annotations.entries().into_iter().map(|(key, value)| (key, value.as_string())) {
            match key {
                // secret-manifest-plaintext tells what it keeps of a Secret
                credential::LAST_APPLIED if of_secret => self.looked = true,
                credential::LAST_APPLIED if !self.shape(value) => self.applied(value),
                credential::LAST_APPLIED => {}
                _ => _ = self.shape(value),
            }
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
            let name = pair.filter(|_| matches!(*key, "value" | "default")).unwrap_or(key);
            self.tree(name, *value);
        }
    }

    fn named(&mut self, name: &str, field: Field<'_>) {
        self.value(name, field.str(), field);
    }

    /// One finding a value: its shape says more than its name.
    fn value(&mut self, name: &str, value: &str, field: Field<'_>) {
        let evidence = self.evidence;
        self.looked |= field.exists();
        // what is no token by its checksum is judged by its name, as any other value is
        let is_unfit = || credential::find(value).is_some_and(|found| found.is_unfit());
        let by_name = credential::judge(name, value) == Judgement::Secret && is_unfit();
        if value.is_empty() || !by_name && self.best(field, || credential::in_text(value, &|value| evidence.is_name(value))) {
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

    /// Whether a text holds a credential, by what stands around it.
    fn held(&mut self, held: Option<Held>, field: Field<'_>) -> bool {
        match held {
            None => false,
            Some(Held::Placed(found)) => self.found(found, field),
            Some(Held::Named(name)) => {
                let said = format!("the key {name} in this text holds a credential");
                self.faults.push(field.fault(said).expected(EXPECTED).severity(Severity::High).sensitive());
                true
            }
        }
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

/// Whether a value of a ConfigMap is a script.
fn is_script(key: &str, text: &str) -> bool {
    text.starts_with("#!") || [".sh", ".bash", ".ash"].iter().any(|end| key.ends_with(end))
}
