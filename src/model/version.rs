//! The Kubernetes minor version that a scan judges by.

use std::str::FromStr;

/// `1.N`; the major version has been 1 since 2015.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KubernetesVersion(pub u16);

impl KubernetesVersion {
    /// The newest minor version known to this release.
    pub const LATEST: KubernetesVersion = KubernetesVersion(37);
    /// The oldest minor version that serves what manifests are written in today: `CronJob` came to `batch/v1` with it.
    pub const OLDEST_SERVING: KubernetesVersion = KubernetesVersion(21);
    /// The oldest minor version that may be asked for: the first that the Pod Security Standards tell from those before it.
    pub const OLDEST_JUDGED: KubernetesVersion = KubernetesVersion(8);
    /// The oldest minor version that the Kubernetes project still supports at this release.
    pub const OLDEST_SUPPORTED: KubernetesVersion = KubernetesVersion(35);
}

impl KubernetesVersion {
    /// A version that somebody asks to judge by. What is newer than this release knows is judged by the latest, which a notice says.
    ///
    /// # Errors
    /// When it is none, or older than anything is judged by: then with what is.
    pub fn asked(text: &str) -> Result<Self, String> {
        let version: Self = text.parse()?;
        let (oldest, latest) = (Self::OLDEST_JUDGED, Self::LATEST);
        if version >= oldest {
            return Ok(version);
        }
        // a number of YAML loses its last nought
        let meant = KubernetesVersion(version.0 * 10);
        let meant = if (Self::OLDEST_SERVING..=latest).contains(&meant) { format!("; is {meant} meant?") } else { String::new() };
        Err(format!("this release judges by Kubernetes {oldest} to {latest} (`latest`), not by {version}{meant}"))
    }
}

impl std::fmt::Display for KubernetesVersion {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "1.{}", self.0)
    }
}

impl FromStr for KubernetesVersion {
    type Err = String;

    /// `latest`, `1.34`, `v1.34`, `1.34.2`, `v1.34.2-gke.1`.
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "latest" {
            return Ok(Self::LATEST);
        }
        let minor = text.strip_prefix('v').unwrap_or(text).strip_prefix("1.").and_then(|rest| {
            let digits = rest.split(['.', '-', '+']).next().unwrap_or_default();
            digits.parse().ok()
        });
        minor.map(KubernetesVersion).ok_or_else(|| format!("`{text}` is no Kubernetes version such as 1.34"))
    }
}

#[cfg(test)]
mod tests {
    use super::KubernetesVersion;

    #[test]
    fn versions_are_read_as_people_write_them() {
        for text in ["1.34", "v1.34", "1.34.2", "v1.34.2-gke.100", "1.34+"] {
            assert_eq!(text.parse(), Ok(KubernetesVersion(34)), "{text}");
        }
        for (text, fits) in [("1.7", false), ("1.8", true), ("1.37.1", true), ("1.38", true), ("latest", true), ("1.0", false)] {
            let asked = KubernetesVersion::asked(text);
            assert_eq!(asked.is_ok(), fits, "{text}");
            assert!(asked.err().is_none_or(|why| why.contains("1.8 to 1.37")), "{text}");
        }
        assert_eq!("latest".parse(), Ok(KubernetesVersion::LATEST));
        for text in ["", "34", "2.1", "1.x", "v"] {
            assert!(text.parse::<KubernetesVersion>().is_err(), "{text}");
        }
    }
}
