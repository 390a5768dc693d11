//! Which profiles of the kernel hold a container.

use crate::model::field::Field;
use crate::model::pod::Container;

impl Container<'_> {
    /// Whether a profile of seccomp is named for it.
    #[must_use]
    pub fn has_seccomp_profile(&self) -> bool {
        matches!(self.inherited("seccompProfile").key("type").text(), Some("RuntimeDefault" | "Localhost"))
    }

    /// Whether a profile of AppArmor, or a label of SELinux, is named for it.
    #[must_use]
    pub fn has_access_profile(&self) -> bool {
        is_labelled(self.inherited("seLinuxOptions")) || is_profile(self.inherited("appArmorProfile")) || self.is_annotated()
    }

    /// How profiles were named before 1.30, and still are where a template has no field for them.
    fn is_annotated(&self) -> bool {
        let annotations = self.pod.metadata().key("annotations").entries();
        annotations.iter().any(|(key, value)| {
            let named = key.strip_prefix("container.apparmor.security.beta.kubernetes.io/") == Some(self.name());
            named && (value.str() == "runtime/default" || value.str().starts_with("localhost/"))
        })
    }
}

/// Whether options of SELinux name a label that confines.
#[must_use]
pub fn is_labelled(options: Field<'_>) -> bool {
    ["type", "level"].iter().any(|key| !options.key(key).is_empty()) && options.key("type").text() != Some("spc_t")
}

/// Whether a profile of AppArmor is named.
#[must_use]
pub fn is_profile(profile: Field<'_>) -> bool {
    matches!(profile.key("type").text(), Some("RuntimeDefault" | "Localhost"))
}
