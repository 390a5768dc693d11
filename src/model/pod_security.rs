//! The levels and versions of the Pod Security Standards, and how a namespace and a cluster's configuration choose them.

use crate::model::field::Field;
use crate::model::kinds;
use crate::model::scan::Scan;
use crate::model::version::KubernetesVersion;

/// How much a namespace asks of its pods, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing is refused.
    Privileged,
    /// The known ways out of a container are refused.
    Baseline,
    /// Hardening is required as well.
    Restricted,
}

impl Level {
    /// The level of a label's or a setting's word; `None` for any other word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "privileged" => Some(Level::Privileged),
            "baseline" => Some(Level::Baseline),
            "restricted" => Some(Level::Restricted),
            _ => None,
        }
    }

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Privileged => "privileged",
            Level::Baseline => "baseline",
            Level::Restricted => "restricted",
        }
    }
}

/// A version of the standard as labels write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StandardVersion {
    /// That of the cluster, whichever it is.
    Latest,
    /// A version of its own.
    Pinned(KubernetesVersion),
}

impl StandardVersion {
    /// `latest` or `v1.N`, nothing else; admission takes any other text for `latest`, with a warning.
    #[must_use]
    pub fn from_label(text: &str) -> Option<Self> {
        if text == "latest" {
            return Some(StandardVersion::Latest);
        }
        let minor = text.strip_prefix("v1.")?;
        let plain = minor.bytes().all(|byte| byte.is_ascii_digit()) && (minor.len() == 1 || !minor.starts_with('0'));
        if !plain {
            return None;
        }
        minor.parse().ok().map(|minor| StandardVersion::Pinned(KubernetesVersion(minor)))
    }

    /// The oldest and the latest version that it may stand for.
    pub(crate) fn span(self) -> (KubernetesVersion, KubernetesVersion) {
        match self {
            StandardVersion::Latest => (KubernetesVersion::OLDEST_SUPPORTED, KubernetesVersion::LATEST),
            StandardVersion::Pinned(version) => (version, version),
        }
    }
}

/// A cluster's configuration of Pod Security admission, as the API server is started with it.
#[derive(Debug, Clone, Copy)]
pub enum AdmissionConfiguration<'a> {
    /// The `PodSecurityConfiguration`; where an `AdmissionConfiguration` has none for the plug-in, an empty place in it.
    Given(Field<'a>),
    /// The `path` of a file that is not among the input.
    Elsewhere(Field<'a>),
}

impl<'a> AdmissionConfiguration<'a> {
    /// Those of one world, and those on nodes; several when the input holds copies.
    #[must_use]
    pub fn all(scan: &'a Scan<'a>, world: u16) -> Vec<Self> {
        let evidence = scan.evidence;
        let of_kind = |kind| evidence.of_kind(kind).filter(|object| object.world == world || evidence.is_of_node(object));
        let alone = of_kind(kinds::POD_SECURITY_CONFIGURATION).map(|object| object.field());
        let mut found: Vec<_> = alone.map(AdmissionConfiguration::Given).collect();
        let has_file = !found.is_empty();
        let groups = [kinds::ADMISSION_CONFIGURATION, kinds::OLD_ADMISSION_CONFIGURATION];
        for object in groups.into_iter().flat_map(of_kind) {
            let plugins = object.at("plugins");
            let plugin = plugins.items().find(|plugin| plugin.key("name").text() == Some("PodSecurity"));
            match plugin {
                Some(plugin) if plugin.key("configuration").exists() => found.push(Self::Given(plugin.key("configuration"))),
                Some(plugin) if !plugin.key("path").is_empty() => {
                    if !has_file {
                        found.push(Self::Elsewhere(plugin.key("path")));
                    }
                }
                Some(plugin) => found.push(Self::Given(plugin.key("configuration"))),
                None => found.push(Self::Given(plugins)),
            }
        }
        found
    }

    /// Where it exempts a namespace from Pod Security admission altogether.
    #[must_use]
    pub fn exemption(self, namespace: &str) -> Option<Field<'a>> {
        match self {
            Self::Given(field) => field.at("exemptions.namespaces").items().find(|item| item.text() == Some(namespace)),
            Self::Elsewhere(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::StandardVersion;
    use crate::model::version::KubernetesVersion;

    #[test]
    fn versions_are_read_as_admission_reads_them() {
        assert_eq!(StandardVersion::from_label("latest"), Some(StandardVersion::Latest));
        assert_eq!(StandardVersion::from_label("v1.0"), Some(StandardVersion::Pinned(KubernetesVersion(0))));
        assert_eq!(StandardVersion::from_label("v1.34"), Some(StandardVersion::Pinned(KubernetesVersion(34))));
        for text in ["", "1.34", "v1.034", "v1.34.2", "v2.0", "v1.", "Latest", "v1.+4"] {
            assert_eq!(StandardVersion::from_label(text), None, "{text}");
        }
    }
}
