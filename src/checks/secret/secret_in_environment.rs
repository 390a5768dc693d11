//! The environment of a process is shown in more places than a file is.

use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::{Container, Field};

pub(super) static CHECK: Check = Check {
    id: "secret-in-environment",
    title: "container gets a Secret as environment variable",
    topic: "secret",
    severity: Severity::Low,
    why: "Child processes inherit the environment, crash dumps and debug pages show it, and a rotated value reaches it only with a restart.",
    fix: "Mount the Secret as a file with a narrow `defaultMode`, or fetch it at run time by the identity of the workload.",
    how: "Fails for each `secretKeyRef` under `env` and each `secretRef` under `envFrom` of a container, optional or not. Passes where the pod has volumes of Secrets alone (secret, projected, or the Secrets Store driver). Does not apply to containers that get none.",
    blind: "Some images take their credentials in no other way; what a process does with its environment does not show here.",
    refs: &["https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-environment-variables"],
    maps: &[
        ("cis", &["5.4.1"]),
        ("owasp_k8s_2022", &["K08"]),
        ("owasp_k8s_2025", &["K03"]),
        ("mitre", &["T1552.007"]),
        ("cwe", &["CWE-526", "CWE-214"]),
    ],
    probe: Probe::Container(probe),
    ..Check::BASE
};

fn probe(container: &Container<'_>) -> Verdict {
    let single = container.at("env").items().filter_map(|variable| {
        let reference = variable.at("valueFrom.secretKeyRef");
        let said = || {
            format!(
                "variable {} of container {} is from Secret {}",
                variable.key("name").str(),
                container.name(),
                reference.key("name").str()
            )
        };
        reference.exists().then(|| reference.key("name").fault(said()))
    });
    let whole = container.at("envFrom").items().filter_map(|source| {
        let reference = source.key("secretRef");
        let said = || format!("each key of Secret {} is a variable of container {}", reference.key("name").str(), container.name());
        reference.exists().then(|| reference.key("name").fault(said()))
    });
    let faults: Vec<_> = single.chain(whole).map(|fault| fault.expected("a file of a volume")).collect();
    if faults.is_empty() && !container.pod.volumes().any(holds_secret) {
        return Verdict::Skip("it gets no Secret".into());
    }
    faults.into()
}

fn holds_secret(volume: Field<'_>) -> bool {
    let projected = || volume.at("projected.sources").items().any(|source| source.key("secret").exists());
    volume.key("secret").exists() || projected() || volume.at("csi.driver").str() == "secrets-store.csi.k8s.io"
}
