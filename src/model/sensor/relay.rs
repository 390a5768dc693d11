//! Falcosidekick: whether any of its outputs is switched on.

use crate::model::fault::Fault;
use crate::model::kinds;
use crate::model::object::Object;
use crate::model::scan::Scan;
use crate::model::sensor::{Agent, Role, agents, config, relay_outputs};

/// A Falcosidekick.
#[derive(Debug, Clone, Copy)]
pub struct Relay<'a>(Agent<'a>);

/// Each that is seen.
#[must_use]
pub fn all<'a>(scan: &'a Scan<'a>) -> Vec<Relay<'a>> {
    agents(scan, Role::Relay).into_iter().map(Relay).collect()
}

impl Relay<'_> {
    /// What is wrong with it.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        let container = &self.0.container;
        let is_output = |name: &str| relay_outputs().iter().any(|known| known == name);
        let by_variable = container.at("env").items().any(|variable| {
            is_output(variable.key("name").str()) && (!variable.key("value").is_empty() || variable.key("valueFrom").exists())
        });
        if by_variable {
            return None;
        }
        let expected = "an output of Falcosidekick";
        let secrets: Vec<&Object<'_>> = config::taken_in(container, kinds::SECRET).collect();
        let named = container.at("envFrom").items().any(|source| source.key("secretRef").exists());
        if secrets.iter().any(|secret| secret.live) || secrets.is_empty() && named {
            let said = "which outputs Falcosidekick has stands in a Secret, which is not read";
            return Some(container.image().fault(said).expected(expected).doubt());
        }
        let is_set = |object: &Object<'_>| {
            let data = ["data", "stringData"].into_iter().flat_map(|part| object.at(part).entries());
            data.into_iter().any(|(key, value)| is_output(key) && !value.is_empty())
        };
        let maps = config::taken_in(container, kinds::CONFIG_MAP);
        if secrets.iter().any(|secret| is_set(secret)) || maps.into_iter().any(is_set) {
            return None;
        }
        let is_file = container.at("args").items().any(|argument| matches!(argument.str(), "-c" | "--config-file"));
        let said = "Falcosidekick has no output that is seen: alerts end in it";
        let fault = container.image().fault(said).expected(expected);
        Some(if is_file { fault.doubt() } else { fault })
    }
}
