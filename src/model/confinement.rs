//! Which profiles of the kernel hold a container.

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
        let selinux = self.inherited("seLinuxOptions");
        let labelled = ["type", "level"].iter().any(|key| !selinux.key(key).is_empty()) && selinux.key("type").text() != Some("spc_t");
        let app_armor = self.inherited("appArmorProfile").key("type").text();
        labelled || matches!(app_armor, Some("RuntimeDefault" | "Localhost")) || self.is_annotated()
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
