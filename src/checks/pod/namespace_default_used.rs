//! What lives in `default` shares it with whatever is deployed by mistake.

use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::{GroupKind, Namespace, Object, Scan, UNSET_NAMESPACE, kinds};

pub(super) static CHECK: Check = Check {
    id: "namespace-default-used",
    title: "workload lives in the default namespace",
    topic: "pod",
    severity: Severity::Low,
    why: "Policies, quotas and roles are drawn around namespaces; `default` collects what nobody placed, so none of them fits it.",
    fix: "Give the object a namespace made for its purpose.",
    how: "Fails for each workload, Service (other than `kubernetes`), Secret and PersistentVolumeClaim in the namespace `default`; what a controller made is left to that controller. Objects that name no namespace are one question for review, as whoever applies them decides. Other kinds do not count.",
    blind: "Where a manifest names no namespace, the context of whoever applies it decides.",
    refs: &["https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/"],
    maps: &[("cis", &["5.6.4"]), ("cis_v1_9", &["5.7.4"])],
    needs: HOLDING,
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

/// What counts beside workloads.
const HOLDING: &[GroupKind] = &[kinds::SERVICE, kinds::SECRET, kinds::PERSISTENT_VOLUME_CLAIM];

fn probe(namespace: &Namespace<'_>) -> Verdict {
    let scan = namespace.scan();
    let mut placed = namespace.objects().filter(|object| is_placed(object, scan)).peekable();
    if placed.peek().is_none() {
        return Verdict::Skip("no workload, Service, Secret or claim".into());
    }
    match namespace.name() {
        "default" => placed
            .map(|object| {
                let said = format!("{} {} is in the namespace default", object.kind, object.name);
                object.at("metadata.namespace").fault(said).expected("another namespace").of_its_object()
            })
            .collect(),
        // one question, whatever number of objects leaves it open
        UNSET_NAMESPACE => {
            let objects = match placed.count() {
                1 => "1 object names".to_owned(),
                count => format!("{count} objects name"),
            };
            let said = format!("{objects} no namespace: the context of whoever applies them decides");
            namespace.field().fault(said).expected("a namespace").doubt().into()
        }
        _ => Verdict::Pass,
    }
}

/// Whether it matters where an object lives; the API server's own Service is where it has to be.
fn is_placed(object: &Object<'_>, scan: &Scan<'_>) -> bool {
    let holds_something = HOLDING.iter().any(|kind| object.is(*kind));
    let of_server = object.is(kinds::SERVICE) && object.name == "kubernetes";
    // what a controller made is where that is
    let is_top = scan.evidence.judged_at(object).id == object.id;
    !of_server && is_top && (holds_something || !scan.evidence.pods_in(object).is_empty())
}
