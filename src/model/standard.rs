//! The Pod Security Standards as one table.

use std::borrow::Cow;

use crate::model::pod::Pod;
use crate::model::pod_security::Level;
use crate::model::version::KubernetesVersion;

/// A control of the standard.
#[derive(Debug)]
pub struct Control {
    /// Its name in the admission plug-in of Kubernetes.
    pub name: &'static str,
    /// The level that asks for it; `restricted` asks for all of `baseline` as well.
    pub level: Level,
    /// The minor versions in which it came and in which its meaning changed.
    pub revisions: &'static [u16],
    /// The minor version from which pods that say they are for Windows are exempt.
    pub windows_exempt: Option<u16>,
    /// The minor version from which pods in a user namespace of their own are exempt.
    pub user_namespace_exempt: Option<u16>,
    /// The ids under which it is reported: its own first, then those of the baseline controls that it includes.
    pub checks: &'static [&'static str],
}

impl Control {
    const BASE: Control =
        Control { name: "", level: Level::Baseline, revisions: &[0], windows_exempt: None, user_namespace_exempt: None, checks: &[] };
}

macro_rules! controls {
    ($($key:ident { $($field:ident: $value:expr),* })*) => {
        $(#[doc = concat!("Its control `", stringify!($key), "`.")] pub static $key: Control = Control { $($field: $value,)* ..Control::BASE };)*

        /// Every control, baseline first.
        pub static TABLE: &[&Control] = &[$(&$key),*];
    };
}

use Level::Restricted;

/// The capabilities that the baseline lets a container add: exactly these words.
pub const BASELINE_CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

controls! {
    APP_ARMOR { name: "appArmorProfile", checks: &["pss-apparmor-unconfined"] }
    CAPABILITIES { name: "capabilities_baseline", checks: &["pss-capabilities-added"] }
    HOST_NAMESPACES { name: "hostNamespaces", checks: &["pss-host-namespaces"] }
    HOST_PATH { name: "hostPathVolumes", checks: &["pss-host-path-volume"] }
    HOST_PORTS { name: "hostPorts", checks: &["pss-host-port"] }
    HOST_PROBES { name: "hostProbesAndHostLifecycle", revisions: &[34], checks: &["pss-probe-host-set"] }
    PRIVILEGED { name: "privileged", checks: &["pss-privileged-container"] }
    PROC_MOUNT { name: "procMount", revisions: &[0, 35], user_namespace_exempt: Some(35), checks: &["pss-proc-mount-unmasked"] }
    SECCOMP { name: "seccompProfile_baseline", revisions: &[0, 19], checks: &["pss-seccomp-unconfined"] }
    SELINUX { name: "seLinuxOptions", revisions: &[0, 31], checks: &["pss-selinux-options"] }
    SYSCTLS { name: "sysctls", revisions: &[0, 27, 29, 32, 37], checks: &["pss-unsafe-sysctl"] }
    HOST_PROCESS { name: "windowsHostProcess", checks: &["pss-windows-host-process"] }
    PRIVILEGE_ESCALATION {
        name: "allowPrivilegeEscalation", level: Restricted, revisions: &[8, 25], windows_exempt: Some(25),
        checks: &["pss-allow-privilege-escalation"]
    }
    CAPABILITIES_DROPPED {
        name: "capabilities_restricted", level: Restricted, revisions: &[22, 25], windows_exempt: Some(25),
        checks: &["pss-capabilities-not-dropped", "pss-capabilities-added"]
    }
    PROC_MOUNT_RESTRICTED {
        name: "procMount_restricted", level: Restricted, revisions: &[35],
        checks: &["pss-proc-mount-restricted", "pss-proc-mount-unmasked"]
    }
    VOLUMES {
        name: "restrictedVolumes", level: Restricted,
        checks: &["pss-restricted-volume-types", "pss-host-path-volume"]
    }
    RUN_AS_NON_ROOT {
        name: "runAsNonRoot", level: Restricted, revisions: &[0, 35], user_namespace_exempt: Some(35),
        checks: &["pss-run-as-non-root"]
    }
    RUN_AS_USER {
        name: "runAsUser", level: Restricted, revisions: &[23, 35], user_namespace_exempt: Some(35),
        checks: &["pss-run-as-root-uid"]
    }
    SECCOMP_REQUIRED {
        name: "seccompProfile_restricted", level: Restricted, revisions: &[19, 25], windows_exempt: Some(25),
        checks: &["pss-seccomp-missing", "pss-seccomp-unconfined"]
    }
}

impl Control {
    /// The minor version in which it came.
    #[must_use]
    pub fn since(&self) -> u16 {
        self.revisions.first().copied().unwrap_or_default()
    }

    /// How many of its revisions a version has.
    pub(crate) fn revision(&self, version: KubernetesVersion) -> usize {
        self.revisions.iter().take_while(|since| **since <= version.0).count()
    }

    /// Why a version of it says nothing of a pod.
    pub(crate) fn spares(&self, pod: &Pod<'_>, version: KubernetesVersion) -> Option<Cow<'static, str>> {
        if version.0 < self.since() {
            return Some(format!("the standard has this only from version 1.{}", self.since()).into());
        }
        let is_windows = self.windows_exempt.is_some_and(|since| version.0 >= since) && pod.is_windows();
        is_windows.then_some("a Windows pod".into())
    }

    /// Whether a version of it lets a pod pass whatever it sets, as its root is nobody on the node.
    pub(crate) fn relaxes(&self, pod: &Pod<'_>, version: KubernetesVersion) -> bool {
        self.user_namespace_exempt.is_some_and(|since| version.0 >= since) && pod.has_user_namespace()
    }
}
