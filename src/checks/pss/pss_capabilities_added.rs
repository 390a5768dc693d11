//! Capabilities beyond the runtime's usual set open parts of the kernel that isolation relies on.

use crate::checks::pss::standard;
use crate::checks::{Aspect, Check, Fault, Probe, Severity, Verdict};
use crate::model::standard::BASELINE_CAPABILITIES;
use crate::model::{Container, Field};

pub(super) static CHECK: Check = Check {
    id: "pss-capabilities-added",
    title: "capability added beyond the baseline set",
    topic: "pss",
    severity: Severity::High,
    why: "Each capability is a part of root's power over the kernel, and several of them are a way out of the container by themselves.",
    fix: "Remove the capability, or replace it by a narrower one.",
    how: "Fails for each word in `capabilities.add` of any container other than AUDIT_WRITE, CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, MKNOD, NET_BIND_SERVICE, SETFCAP, SETGID, SETPCAP, SETUID and SYS_CHROOT, spelt exactly so: NET_RAW, ALL, small letters and the prefix `CAP_` are all refused. ALL, SYS_ADMIN, SYS_MODULE, SYS_PTRACE, SYS_RAWIO, DAC_READ_SEARCH, BPF, and NET_ADMIN on the node's network, are critical.",
    refs: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    maps: &[
        ("cis", &["5.2.8"]),
        ("cis_v1_9", &["5.2.8", "5.2.9"]),
        ("pss", &["baseline"]),
        ("owasp_k8s_2022", &["K01"]),
        ("owasp_k8s_2025", &["K01"]),
        ("mitre", &["T1611"]),
        ("cwe", &["CWE-250"]),
    ],
    aspects: &[Aspect::every("container/NET_RAW")],
    probe: Probe::Container(probe),
    ..Check::BASE
};

/// Each a way to the node by itself.
const ESCAPES: [&str; 7] = ["ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO", "DAC_READ_SEARCH", "BPF"];

fn probe(container: &Container<'_>) -> Verdict {
    standard::judge(&container.pod, &standard::CAPABILITIES, |_| {
        let added = container.at("securityContext.capabilities.add").items();
        added.filter(|item| !BASELINE_CAPABILITIES.contains(&item.str())).map(|item| fault(container, item)).collect()
    })
}

fn fault(container: &Container<'_>, item: Field<'_>) -> Fault {
    let (name, word) = (container.name(), item.str());
    // runtimes take the name in any case, and some of them with its prefix
    let plain = word.to_ascii_uppercase();
    let plain = plain.strip_prefix("CAP_").unwrap_or(&plain);
    let said = match BASELINE_CAPABILITIES.contains(&plain) {
        true => format!("container {name} adds the capability {word}, which the standard knows as {plain} only"),
        false => format!("container {name} adds the capability {word}"),
    };
    let fault = item.fault(said).expected("a capability of the baseline set, or none");
    let fault = fault.about(&[if matches!(plain, "NET_RAW" | "ALL") { "NET_RAW" } else { "others" }]);
    let is_escape = ESCAPES.contains(&plain) || plain == "NET_ADMIN" && container.pod.at("hostNetwork").is_true();
    if is_escape { fault.severity(Severity::Critical) } else { fault }
}
