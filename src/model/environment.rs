//! Which environment a name speaks of: production, a test, or development.

use crate::model::{Field, GroupKind, Object, Scan, kinds};
use crate::settings::{Default, Setting};

/// Names of production.
pub static PRODUCTION_NAMES: Setting = Setting {
    key: "production_names",
    help: "Words in names and labels that stand for production.",
    default: Default::Strings(&["prod", "production", "prd"]),
};

/// Names of environments for tests.
pub static TEST_NAMES: Setting = Setting {
    key: "test_names",
    help: "Words in names and labels that stand for an environment for tests.",
    default: Default::Strings(&["test", "testing", "qa", "staging", "stage", "stg", "preprod", "uat"]),
};

/// Words for where people develop.
const DEVELOPMENT: &[&str] = &["dev", "develop", "development", "sandbox"];

/// The labels that name an environment.
const LABELS: &[&str] = &["environment", "env", "app.kubernetes.io/environment", "tier.environment"];

/// An environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Environment {
    /// What users use.
    Production,
    /// For tests.
    Test,
    /// For development.
    Development,
}

impl Environment {
    /// For a person.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Environment::Production => "production",
            Environment::Test => "test",
            Environment::Development => "development",
        }
    }
}

/// The environment that a name speaks of, by its words; `None` where it names none, or several.
#[must_use]
pub fn of_name(name: &str, scan: &Scan<'_>) -> Option<Environment> {
    let lower = name.to_ascii_lowercase();
    // what is before production is not production
    let lower = lower.replace("pre-prod", "preprod").replace("non-prod", "dev").replace("nonprod", "dev");
    let words = || lower.split(|char: char| !char.is_ascii_alphanumeric());
    let has = |known: &str| words().any(|word| word == known);
    let found = [
        (Environment::Production, scan.settings.strings(&PRODUCTION_NAMES).any(has)),
        (Environment::Test, scan.settings.strings(&TEST_NAMES).any(has)),
        (Environment::Development, DEVELOPMENT.iter().copied().any(has)),
    ];
    let mut named = found.into_iter().filter(|(_, is)| *is).map(|(environment, _)| environment);
    named.next().filter(|_| named.next().is_none())
}

/// The environment of an object, by a label or else by its name, with the place that says so.
#[must_use]
pub fn of_object<'a>(object: &Object<'a>, scan: &Scan<'_>) -> Option<(Environment, Field<'a>)> {
    let labels = LABELS.iter().map(|key| object.label(key));
    let named = labels.chain([object.at("metadata.name")]);
    named.into_iter().find_map(|field| Some((of_name(field.str(), scan)?, field)))
}

/// Applications of Argo CD.
pub const APPLICATION: GroupKind = GroupKind::new("argoproj.io", "Application");

/// What is deployed to: a cluster with a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target<'a> {
    /// Its address, or its name in Argo CD.
    pub cluster: &'a str,
    /// The namespace.
    pub namespace: &'a str,
}

/// The cluster that Argo CD itself runs in, as its applications name it.
const OWN: &str = "https://kubernetes.default.svc";

/// An application with its environment and where it goes.
#[derive(Debug, Clone, Copy)]
pub struct Deployed<'s, 'a> {
    /// The application.
    pub application: &'s Object<'a>,
    /// Its environment.
    pub environment: Environment,
    /// Where it goes.
    pub target: Target<'a>,
    /// The place that says so.
    pub destination: Field<'a>,
}

/// Each application whose environment is known, by its label, its name, or the folder that it is made from. Those that make
/// other applications, which go where they are themselves, are left out.
pub fn applications<'s, 'a>(scan: &'s Scan<'a>) -> impl Iterator<Item = Deployed<'s, 'a>> {
    let all = scan.evidence.of_kind(APPLICATION);
    all.filter_map(|application| {
        let destination = application.at("spec.destination");
        let (server, name) = (destination.key("server").str(), destination.key("name").str());
        let cluster = if server.is_empty() { name } else { server };
        let cluster = if cluster == "in-cluster" { OWN } else { cluster.trim_end_matches('/') };
        let target = Target { cluster, namespace: destination.key("namespace").str() };
        if cluster.is_empty() || target.namespace.is_empty() || Some(target.namespace) == application.namespace {
            return None;
        }
        let by_folder = || of_name(application.at("spec.source.path").str(), scan);
        let environment = of_object(application, scan).map(|(environment, _)| environment).or_else(by_folder)?;
        Some(Deployed { application, environment, target, destination })
    })
}

/// Each namespace with a document whose environment is known, and the place that says so.
pub fn namespaces<'s, 'a>(scan: &'s Scan<'a>) -> impl Iterator<Item = (&'s Object<'a>, Environment, Field<'a>)> {
    let all = scan.evidence.of_kind(kinds::NAMESPACE);
    all.filter_map(|namespace| of_object(namespace, scan).map(|(environment, field)| (namespace, environment, field)))
}

/// Whether anything runs, or is told to.
#[must_use]
pub fn is_deployed(scan: &Scan<'_>) -> bool {
    scan.evidence.has(APPLICATION) || !scan.evidence.pods().is_empty()
}
