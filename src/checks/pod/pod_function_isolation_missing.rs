//! Functions are small, many, and written by many: what keeps them apart is not on by default.

use super::data_class::{self, CLASS_LABELS, DataClass, PUBLIC_CLASSES};
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{GroupKind, Namespace, Pod};
use crate::settings::{Default, Setting};

pub(super) static CHECK: Check = Check {
    id: "pod-function-isolation-missing",
    title: "serverless functions are not kept apart",
    topic: "pod",
    severity: Severity::Medium,
    why: "Functions that share a namespace share its secrets, quotas and rules; one that anybody can call from outside is as exposed as a web site, whoever it was made for.",
    fix: "Give each tenant and each class of data a namespace, sensitive functions a sandboxed RuntimeClass, and internal ones the label `networking.knative.dev/visibility: cluster-local`.",
    how: "For Knative Services: fails for one without the label `networking.knative.dev/visibility: cluster-local` whose data nobody declared public, for one of a sensitive class without `runtimeClassName`, and for functions of different tenants (`tenant_labels`) or different sensitive classes in one namespace. For review: several functions in a namespace of which one names no tenant, and functions of Fission, OpenFaaS, Nuclio, OpenFunction and Kubeless, which are not read. Does not apply to namespaces without functions.",
    settings: &[&TENANT_LABELS, &CLASS_LABELS, &PUBLIC_CLASSES],
    blind: "Functions of Fission, OpenFaaS, Nuclio and other platforms are named, not read; their accounts, resources and networks are judged like those of any pod.",
    refs: &["https://knative.dev/docs/serving/services/private-services/", "https://knative.dev/docs/serving/"],
    maps: &[("owasp_k8s_2022", &["K01", "K03"]), ("owasp_k8s_2025", &["K01", "K02"]), ("cwe", &["CWE-653"])],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

static TENANT_LABELS: Setting = Setting {
    key: "tenant_labels",
    help: "Labels on workloads whose value is the tenant that they belong to.",
    default: Default::Strings(&["tenant"]),
};

const SERVICE: GroupKind = GroupKind::new("serving.knative.dev", "Service");
const VISIBILITY: &str = "networking.knative.dev/visibility";

/// Other platforms: their group and the kind of a function.
const OTHERS: &[GroupKind] = &[
    GroupKind::new("fission.io", "Function"),
    GroupKind::new("openfaas.com", "Function"),
    GroupKind::new("nuclio.io", "NuclioFunction"),
    GroupKind::new("core.openfunction.io", "Function"),
    GroupKind::new("kubeless.io", "Function"),
];

fn probe(namespace: &Namespace<'_>) -> Verdict {
    let functions: Vec<_> = namespace.pods().filter(|pod| pod.object().is(SERVICE)).collect();
    let other = namespace.objects().find(|object| OTHERS.iter().any(|kind| object.is(*kind)));
    let unread = other.map(|object| {
        let said = format!("{} {}: how this platform keeps functions apart is not read", object.kind, object.name);
        object.at("metadata.name").fault(said).observed("").doubt()
    });
    if functions.is_empty() && unread.is_none() {
        return Verdict::Skip("no function in it".into());
    }
    let single = functions.iter().flat_map(|function| [visible(function), unsandboxed(function)]).flatten();
    single.chain(mixed(namespace, &functions)).chain(unread).collect()
}

/// Reachable from outside of the cluster, though nobody said that it is for everybody.
fn visible(function: &Pod<'_>) -> Option<Fault> {
    let label = function.object().label(VISIBILITY);
    if label.text() == Some("cluster-local") || matches!(data_class::of(function), DataClass::Public) {
        return None;
    }
    let said = format!("function {} can be called from outside of the cluster, and is not declared public", function.object().name);
    Some(label.fault(said).expected("cluster-local, or a public class of data"))
}

fn unsandboxed(function: &Pod<'_>) -> Option<Fault> {
    let DataClass::Sensitive(class) = data_class::of(function) else { return None };
    let runtime = function.at("runtimeClassName");
    let said = || format!("function {} of class {class} has no runtime of its own", function.object().name);
    runtime.is_empty().then(|| runtime.fault(said()).expected("a sandboxed RuntimeClass"))
}

/// Functions of several tenants, or of several classes, in one namespace; where no label says, the owner has to.
fn mixed(namespace: &Namespace<'_>, functions: &[Pod<'_>]) -> Vec<Fault> {
    let class = |function: &Pod<'_>| match data_class::of(function) {
        DataClass::Sensitive(class) => Some(class.to_owned()),
        _ => None,
    };
    let tenants: Vec<_> = functions.iter().map(tenant).collect();
    let classes: Vec<_> = functions.iter().map(class).collect();
    let mut faults = Vec::new();
    for (what, of) in [("tenant", &tenants), ("class", &classes)] {
        // by name, so that the order of the files says nothing
        let Some(first) = of.iter().flatten().min() else { continue };
        let others = functions.iter().zip(of).filter_map(|(function, own)| Some((function, own.as_ref().filter(|own| *own != first)?)));
        faults.extend(others.map(|(function, own)| {
            let object = function.object();
            let said = format!("function {} of {what} {own} shares its namespace with functions of {what} {first}", object.name);
            object.at("metadata.name").fault(said).expected("a namespace for each").of_its_object()
        }));
    }
    let unsaid = functions.len() > 1 && tenants.iter().any(Option::is_none);
    let said = || format!("nothing says whether the {} functions{} are one tenant's", functions.len(), namespace.after("of"));
    faults.extend(unsaid.then(|| namespace.field().fault(said()).observed("").expected("a label that names the tenant").doubt()));
    faults
}

fn tenant(function: &Pod<'_>) -> Option<String> {
    let labels = [function.object().at("metadata.labels"), function.metadata().key("labels")];
    let keys = function.scan().settings.strings(&TENANT_LABELS);
    let mut found = keys.flat_map(|key| labels.map(|labels| labels.key(key).text().unwrap_or_default().to_owned()));
    found.find(|tenant| !tenant.is_empty())
}
