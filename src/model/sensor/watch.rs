//! What sensors look for, as far as their rules are seen.

use crate::model::GroupKind;
use crate::model::field::Field;
use crate::model::object::Object;
use crate::model::scan::Scan;

/// Something that a rule may watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Watched {
    /// Writes to files that matter.
    Files,
    /// Mounts.
    Mounts,
    /// Binaries that no image brought.
    NewBinaries,
    /// Processes that nobody expects.
    Processes,
    /// Connections that nobody expects.
    Network,
}

impl Watched {
    /// All.
    pub const ALL: [Watched; 5] = [Watched::Files, Watched::Mounts, Watched::NewBinaries, Watched::Processes, Watched::Network];

    /// For a person.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Watched::Files => "writes to critical files",
            Watched::Mounts => "mounts",
            Watched::NewBinaries => "new binaries",
            Watched::Processes => "unexpected processes",
            Watched::Network => "unexpected connections",
        }
    }
}

/// What Tetragon traces, for all namespaces and for one.
pub const TRACING_POLICY: GroupKind = GroupKind::new("cilium.io", "TracingPolicy");
/// See [`TRACING_POLICY`].
pub const NAMESPACED_TRACING_POLICY: GroupKind = GroupKind::new("cilium.io", "TracingPolicyNamespaced");
/// KubeArmor's policies for a namespace, for several, and for nodes.
pub const ARMOR_POLICY: GroupKind = GroupKind::new("security.kubearmor.com", "KubeArmorPolicy");
/// See [`ARMOR_POLICY`].
pub const ARMOR_CLUSTER_POLICY: GroupKind = GroupKind::new("security.kubearmor.com", "KubeArmorClusterPolicy");
/// See [`ARMOR_POLICY`].
pub const ARMOR_HOST_POLICY: GroupKind = GroupKind::new("security.kubearmor.com", "KubeArmorHostPolicy");

/// The kinds by which sensors are told what to look for.
pub const RULES: &[GroupKind] = &[TRACING_POLICY, NAMESPACED_TRACING_POLICY, ARMOR_POLICY, ARMOR_CLUSTER_POLICY, ARMOR_HOST_POLICY];

/// Parts of the names of kernel functions and hooks, by what is seen there.
const HOOKS: &[(Watched, &[&str])] = &[
    (
        Watched::Files,
        &[
            "file_permission",
            "file_open",
            "path_truncate",
            "path_rename",
            "path_unlink",
            "fd_install",
            "sys_write",
            "sys_open",
            "vfs_write",
        ],
    ),
    (Watched::Mounts, &["mount"]),
    (Watched::NewBinaries, &["bprm", "memfd"]),
    (Watched::Network, &["connect", "sendmsg", "socket_create", "inet_csk_listen", "tcp_", "udp_", "bind"]),
];

/// What Tetragon's policies trace, beside each process that starts.
#[must_use]
pub fn by_tracing(scan: &Scan<'_>) -> Option<Vec<Watched>> {
    let policies = [TRACING_POLICY, NAMESPACED_TRACING_POLICY].into_iter().flat_map(|kind| scan.evidence.of_kind(kind));
    let mut found: Option<Vec<Watched>> = None;
    for policy in policies {
        let known = found.get_or_insert_with(|| vec![Watched::Processes]);
        let hooks = [("kprobes", "call"), ("lsmhooks", "hook"), ("tracepoints", "event"), ("uprobes", "symbols")];
        let names = hooks.into_iter().flat_map(|(list, key)| policy.at("spec").key(list).items().map(move |hook| hook.key(key).str()));
        for name in names {
            let of_name = HOOKS.iter().filter(|(_, parts)| parts.iter().any(|part| name.contains(part)));
            known.extend(of_name.map(|(watched, _)| *watched));
        }
    }
    found
}

/// What KubeArmor's policies look at.
#[must_use]
pub fn by_armor(scan: &Scan<'_>) -> Option<Vec<Watched>> {
    let policies = [ARMOR_POLICY, ARMOR_CLUSTER_POLICY, ARMOR_HOST_POLICY].into_iter().flat_map(|kind| scan.evidence.of_kind(kind));
    let mut found: Option<Vec<Watched>> = None;
    for policy in policies {
        found.get_or_insert_with(Vec::new).extend(of_armor(policy));
    }
    found
}

fn of_armor(policy: &Object<'_>) -> Vec<Watched> {
    let spec = policy.at("spec");
    let parts = [("file", Watched::Files), ("process", Watched::Processes), ("network", Watched::Network)];
    let mut found: Vec<_> = parts.into_iter().filter(|(key, _)| !spec.key(key).is_empty()).map(|(_, watched)| watched).collect();
    let mut calls = spec.at("syscalls.matchSyscalls").items().flat_map(|one| one.key("syscall").items().collect::<Vec<_>>());
    if calls.any(|call: Field<'_>| call.str().contains("mount")) {
        found.push(Watched::Mounts);
    }
    found
}
