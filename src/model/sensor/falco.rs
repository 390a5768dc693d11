//! Falco as it is configured: what it loads, what it sends where.

use crate::model::fault::Fault;
use crate::model::field::unnoticed;
use crate::model::kinds;
use crate::model::scan::Scan;
use crate::model::sensor::inner::Inner;
use crate::model::sensor::watch::Watched;
use crate::model::sensor::{Agent, Role, agents, config};
use crate::model::{Field, image};

/// Falco's levels, the gravest first.
const LEVELS: &[&[&str]] =
    &[&["emergency"], &["alert"], &["critical"], &["error"], &["warning"], &["notice"], &["info", "informational"], &["debug"]];

/// The level from which the rules that come with it would be left out.
const NOTICE: usize = 5;

/// Rules of the stable set that come with Falco since 0.36, by what they watch, with their level.
const STABLE: &[(&str, Watched, usize)] = &[
    ("Drop and execute new binary in container", Watched::NewBinaries, 2),
    ("Fileless execution via memfd_create", Watched::NewBinaries, 2),
    ("Run shell untrusted", Watched::Processes, 5),
    ("Terminal shell in container", Watched::Processes, 5),
    ("Netcat Remote Code Execution in Container", Watched::Network, 4),
    ("Contact K8S API Server From Container", Watched::Network, 5),
    ("Redirect STDOUT/STDIN to Network Connection in Container", Watched::Network, 5),
];

/// Falco with what its pod takes in.
#[derive(Debug)]
pub struct Falco<'a> {
    /// Where it runs.
    pub agent: Agent<'a>,
    /// `falco.yaml`, when it is seen.
    pub config: Option<Inner<'a>>,
    /// Files of rules.
    pub rules: Vec<Inner<'a>>,
    /// Rules that are fetched at run time beside the stable ones.
    pub fetched: Vec<String>,
    /// A file that could not be read.
    pub broken: Option<Field<'a>>,
}

/// Each Falco.
#[must_use]
pub fn all<'a>(scan: &'a Scan<'a>) -> Vec<Falco<'a>> {
    let mut found: Vec<Falco<'a>> = Vec::new();
    for agent in agents(scan, Role::Detection).into_iter().filter(|agent| agent.name == "Falco") {
        if !found.iter().any(|other| other.agent.object().id == agent.object().id) {
            found.push(read(agent));
        }
    }
    found
}

fn read(agent: Agent<'_>) -> Falco<'_> {
    let mut falco = Falco { agent, config: None, rules: Vec::new(), fetched: Vec::new(), broken: None };
    for map in config::taken_in(&agent.container, kinds::CONFIG_MAP) {
        for (key, text) in map.at("data").entries() {
            let is_yaml = [".yaml", ".yml"].iter().any(|end| key.ends_with(end));
            let is_rules = is_yaml && ["- rule:", "- macro:", "- list:"].iter().any(|mark| text.str().contains(mark));
            if !is_rules && !matches!(key, "falco.yaml" | "falcoctl.yaml") {
                continue;
            }
            match (key, Inner::read(text)) {
                ("falco.yaml", Some(inner)) if inner.is_mapping() => falco.config = Some(inner),
                ("falco.yaml", _) => falco.broken = Some(text),
                ("falcoctl.yaml", Some(inner)) => {
                    let refs = inner.at("artifact.install.refs");
                    let refs = unnoticed(|| refs.items().map(|one| one.str().to_owned()).collect::<Vec<_>>());
                    falco.fetched = refs.into_iter().filter(|name| !is_stable(name)).collect();
                }
                (_, Some(inner)) => falco.rules.push(inner),
                (_, None) => falco.broken = Some(text),
            }
        }
    }
    falco
}

/// Whether what falcoctl fetches is the set that comes with Falco anyway, or no rules.
fn is_stable(artifact: &str) -> bool {
    let name = artifact.rsplit('/').next().unwrap_or(artifact).split([':', '@']).next().unwrap_or_default();
    name == "falco-rules" || !name.contains("rules")
}

/// A word of the configuration that switches a rule, or several by a pattern or tag, off or on.
fn switches(rule: &str, tags: &[&str], command: Field<'_>) -> Option<bool> {
    for (key, enabled) in [("disable", false), ("enable", true)] {
        let asked = command.key(key);
        let by_name = asked.key("rule").text().is_some_and(|pattern| image::matches(pattern, rule));
        let by_tag = asked.key("tag").text().is_some_and(|own| tags.contains(&own));
        if by_name || by_tag {
            return Some(enabled);
        }
    }
    None
}

impl<'a> Falco<'a> {
    /// Without a driver it sees nothing of its node: then it only reads what others send.
    #[must_use]
    pub fn without_driver(&self) -> Option<Fault> {
        let config = self.config.as_ref()?;
        let kind = config.at("engine.kind");
        let off = kind.str() == "nodriver" && self.agent.is_of_nodes();
        off.then(|| {
            config.fault(kind, "Falco runs without a driver and sees no system call".to_owned()).expected("modern_ebpf").of_its_object()
        })
    }

    /// The level below which no rule is loaded, where that is above those of the rules that come with it.
    #[must_use]
    pub fn high_priority(&self) -> Option<Field<'_>> {
        let priority = self.config.as_ref()?.at("priority");
        (level(priority.str())? < NOTICE).then_some(priority)
    }

    /// What is said that keeps the rules that come with it from being loaded.
    #[must_use]
    pub fn without_default(&self) -> Option<Field<'_>> {
        unnoticed(|| {
            let top = self.config.as_ref()?.top();
            let files = ["rules_files", "rules_file"].into_iter().map(|key| top.key(key)).find(|field| field.exists());
            let has_default = |files: &Field<'_>| {
                let mut all = files.items_or_self();
                all.any(|file| file.str().ends_with("falco_rules.yaml") || file.str().trim_end_matches('/') == "/etc/falco")
            };
            if let Some(files) = files.filter(|files| !has_default(files)) {
                return Some(files);
            }
            let off = STABLE.iter().all(|(rule, ..)| !self.is_on(rule, &["maturity_stable"]));
            off.then(|| top.key("rules")).filter(|rules| rules.exists())
        })
    }

    fn is_on(&self, rule: &str, tags: &[&str]) -> bool {
        let told = |inner: &Inner<'a>| {
            let own =
                inner.top().items().filter(|item| item.key("rule").text() == Some(rule)).filter_map(|item| item.key("enabled").bool());
            own.last()
        };
        let by_files = self.rules.iter().filter_map(told).next_back().unwrap_or(true);
        let commands = self.config.iter().flat_map(|config| config.top().key("rules").items().collect::<Vec<_>>());
        commands.filter_map(|command| switches(rule, tags, command)).next_back().unwrap_or(by_files)
    }

    /// What the rules that are loaded watch.
    #[must_use]
    pub fn watched(&self) -> Vec<Watched> {
        unnoticed(|| {
            let least = self.config.as_ref().and_then(|config| level(config.top().key("priority").str())).unwrap_or(LEVELS.len());
            let mut found = Vec::new();
            if self.without_default().is_none() {
                let on = STABLE.iter().filter(|(rule, _, own)| *own <= least && self.is_on(rule, &["maturity_stable"]));
                found.extend(on.map(|(_, watched, _)| *watched));
            }
            let macros: Vec<(String, String)> = self.rules.iter().flat_map(macros).collect();
            for inner in &self.rules {
                for item in inner.top().items().filter(|item| item.key("rule").exists() && !appends(*item)) {
                    let loaded = level(item.key("priority").str()).is_none_or(|own| own <= least);
                    let tags: Vec<_> = item.key("tags").items().map(Field::str).collect();
                    if loaded && self.is_on(item.key("rule").str(), &tags) {
                        found.extend(of_condition(&expanded(item.key("condition").str(), &macros)));
                    }
                }
            }
            found
        })
    }

    /// The rules that are switched off, each with the file that says so.
    #[must_use]
    pub fn disabled(&self) -> Vec<(&Inner<'a>, Field<'_>)> {
        unnoticed(|| {
            let config = self.config.iter().flat_map(|inner| {
                let named = |item: Field<'_>| item.at("disable.rule").text().is_some_and(|name| !name.contains('*'));
                inner.top().key("rules").items().filter(move |item| named(*item)).map(move |item| (inner, item.at("disable.rule")))
            });
            let files = self.rules.iter().flat_map(|inner| {
                let off = |item: &Field<'_>| item.key("rule").exists() && item.key("enabled").bool() == Some(false);
                inner.top().items().filter(off).map(move |item| (inner, item.key("enabled")))
            });
            config.chain(files).collect()
        })
    }

    /// Whether a rule of its files has exceptions, or more of its condition appended.
    #[must_use]
    pub fn exception(&self) -> Option<(&Inner<'a>, Field<'_>)> {
        unnoticed(|| {
            self.rules.iter().find_map(|inner| {
                let item = inner.top().items().find(|item| item.key("exceptions").exists())?;
                Some((inner, item.key("exceptions")))
            })
        })
    }

    /// What it sends alerts to that is not on its node: a program, another server.
    #[must_use]
    pub fn sends(&self) -> bool {
        unnoticed(|| {
            let Some(config) = &self.config else { return false };
            let on = |key: &'static str| config.top().key(key).key("enabled").is_true();
            on("http_output") && !config.top().at("http_output.url").is_empty() || on("program_output") || on("grpc_output")
        })
    }
}

/// Whether it only narrows a rule of another file.
fn appends(item: Field<'_>) -> bool {
    item.key("append").is_true() || item.at("override.condition").str() == "append"
}

fn level(word: &str) -> Option<usize> {
    let lower = word.to_ascii_lowercase();
    LEVELS.iter().position(|names| names.contains(&lower.as_str()))
}

fn macros(inner: &Inner<'_>) -> Vec<(String, String)> {
    let named = inner.top().items().filter(|item| item.key("macro").exists());
    named.map(|item| (item.key("macro").str().to_owned(), item.key("condition").str().to_owned())).collect()
}

/// A condition with those of the macros that it names.
fn expanded(condition: &str, macros: &[(String, String)]) -> String {
    const DEPTH: usize = 3;
    const LONGEST: usize = 64 << 10;
    let mut text = condition.to_owned();
    for _ in 0..DEPTH {
        let named = |name: &str| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == name);
        let more: String = macros.iter().filter(|(name, _)| named(name)).map(|(_, own)| format!(" {own}")).collect();
        if more.is_empty() || text.len() + more.len() > LONGEST {
            break;
        }
        text.push_str(&more);
    }
    text
}

/// What a condition looks at.
fn of_condition(condition: &str) -> Vec<Watched> {
    let text: String = condition.chars().filter(|c| !c.is_whitespace()).collect();
    let has = |marks: &[&str]| marks.iter().any(|mark| text.contains(mark));
    let table: &[(Watched, &[&str])] = &[
        (Watched::Files, &["open_write", "is_open_write", "rename", "unlink", "evt.type=creat"]),
        (Watched::Mounts, &["evt.type=mount", "evt.typein(mount", ",mount", "proc.name=mount", "proc.namein(mount"]),
        (Watched::NewBinaries, &["is_exe_upper_layer", "is_exe_from_memfd", "memfd"]),
        (Watched::Processes, &["spawned_process", "execve"]),
        (Watched::Network, &["outbound", "inbound", "connect", "fd.sip", "fd.rip", "fd.sport", "fd.rport", "fd.snet", "fd.rnet"]),
    ];
    table.iter().filter(|(_, marks)| has(marks)).map(|(watched, _)| *watched).collect()
}

#[cfg(test)]
mod tests {
    use super::{Watched, expanded, is_stable, of_condition};

    #[test]
    fn conditions_tell_what_they_watch() {
        assert_eq!(of_condition("open_write and fd.name startswith /etc"), [Watched::Files]);
        assert_eq!(of_condition("evt.type = mount and container"), [Watched::Mounts]);
        assert_eq!(of_condition("spawned_process and proc.is_exe_upper_layer=true"), [Watched::NewBinaries, Watched::Processes]);
        assert_eq!(of_condition("k8s.ns.name = shop"), []);
        let macros = [("write_etc".to_owned(), "open_write and etc".to_owned())];
        assert_eq!(of_condition(&expanded("write_etc and container", &macros)), [Watched::Files]);
        assert_eq!(of_condition(&expanded("not_write_etc2 and container", &macros)), []);
    }

    #[test]
    fn only_rules_beside_the_stable_ones_count_as_fetched() {
        assert!(is_stable("falco-rules:3") && is_stable("ghcr.io/falcosecurity/rules/falco-rules:latest") && is_stable("k8saudit:0.11"));
        assert!(!is_stable("falco-sandbox-rules:3") && !is_stable("registry.example.com/rules/shop-rules:1"));
    }
}
