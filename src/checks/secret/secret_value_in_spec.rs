//! A credential written into a workload or a ConfigMap is read by all who may read the object, and by all who have the repository.

use super::search::{Search, WITH_PARAMETERS, parameters};
use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::{Object, Pod, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "secret-value-in-spec",
    title: "credential is written into a workload or ConfigMap",
    topic: "secret",
    severity: Severity::Critical,
    why: "Whoever reads the object has it: by the API with mere reading rights, in Git with all of its history, in logs and backups.",
    fix: "Keep it in a store for secrets, refer to it from here, and replace the value, which counts as known from now on.",
    how: "Looks at variables, commands, arguments, probes' commands and headers, annotations, ConfigMaps, values for Helm charts, parameters of Argo and Tekton, and what sets up machines of KubeVirt. Fails, critical, for what is a credential by its shape (key blocks, tokens with a known prefix and length, URLs and connection strings with a password, addresses with one in their query) or stands where a program, cloud-init, a registry's login, a .netrc, a .pgpass or a header takes a password; high where, by itself or anywhere in a text of configuration, the name ends in password, token, secret, apikey, encryption or signing key or the like, the stage behind it (`_PROD`) left aside, and the value is 8 or more characters as random as credentials are, or 12 or more of capitals, small letters and digits as a person makes a password of them. A token whose checksum does not fit is judged by that name, and for review where there is none. For review: such a name with a value that is a placeholder, a default that everybody knows, an identifier, a hash of a password, plain words, short or regular; references, names and ids of keys, paths, URLs, numbers and names of objects pass.",
    blind: "A credential without a known shape, under a name that says nothing, looks like any other value.",
    refs: &["https://kubernetes.io/docs/concepts/security/secrets-good-practices/"],
    maps: &[
        ("owasp_k8s_2022", &["K08"]),
        ("owasp_k8s_2025", &["K03"]),
        ("mitre", &["T1552.007", "T1552.001"]),
        ("cwe", &["CWE-798", "CWE-522"]),
    ],
    needs: &[kinds::CONFIG_MAP, kinds::SECRET],
    beside: WITH_PARAMETERS,
    probe: Probe::Any(probe),
    ..Check::BASE
};

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let mut search = Search::new(scan.evidence);
    search.annotations(object.at("metadata.annotations"), object.is(kinds::SECRET));
    for pod in scan.evidence.pods_in(object).iter().map(|record| Pod { scan, record }) {
        if pod.metadata().node() != object.at("metadata").node() {
            search.annotations(pod.metadata().key("annotations"), false);
        }
        search.variables(pod.shared_variables());
        pod.containers().for_each(|container| search.container(&container));
    }
    if object.is(kinds::CONFIG_MAP) {
        search.config_map(object);
    }
    for values in parameters(object) {
        search.tree("", values);
    }
    if search.looked() { search.into_faults().into() } else { Verdict::Skip("no field that holds values".into()) }
}
