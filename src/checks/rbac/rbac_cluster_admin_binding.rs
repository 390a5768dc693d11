//! `cluster-admin`, or a role that allows as much, is the whole cluster.

use super::danger::BINDINGS;
use super::owners::{self, ADMIN_ACCOUNTS, BREAK_GLASS};
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::rbac::{Binding, Identity, Subject};
use crate::model::{Object, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "rbac-cluster-admin-binding",
    title: "cluster-admin or its equivalent is granted",
    topic: "rbac",
    severity: Severity::Critical,
    why: "Whoever takes the account, or the machine of the person, has every object of the cluster and with them its nodes.",
    fix: "Bind a role made for the purpose; keep one group for emergencies, list it in `break_glass_subjects`, and audit its use.",
    how: "Fails for each subject of a binding, but for those that Kubernetes binds itself, whose role has a rule with `*` as groups, resources and verbs, aggregated roles included; rules that a file has beside an `aggregationRule` do not count, as Kubernetes writes over them, and are for review where not all roles were seen. In all of the cluster it is critical, or high for a group of people and for `admin_accounts`; in one namespace medium, high where that is a system namespace or everybody is bound, critical for who is not logged in. `break_glass_subjects` are notes; a role that was not seen is for review, and a note where it is known not to exist.",
    needs: &[kinds::ROLE, kinds::CLUSTER_ROLE],
    settings: &[&ADMIN_ACCOUNTS, &BREAK_GLASS],
    blind: "Who is in a group, and rights that an authorizer other than RBAC grants.",
    refs: &["https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles"],
    maps: &[
        ("cis", &["5.1.1"]),
        ("owasp_k8s_2022", &["K03"]),
        ("owasp_k8s_2025", &["K02"]),
        ("mitre", &["T1098.006", "T1078"]),
        ("nsa_cisa", &["authorization"]),
        ("cwe", &["CWE-269"]),
    ],
    probe: Probe::Object(BINDINGS, probe),
    ..Check::BASE
};

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let rbac = scan.evidence.rbac();
    let Some(binding) = rbac.binding(object.id) else { return Verdict::Pass };
    if binding.subjects.is_empty() {
        return Verdict::Skip("it binds nobody".into());
    }
    if !binding.is_resolved() {
        return unresolved(object, scan, binding);
    }
    if !rbac.gives_everything(binding) {
        return Verdict::Pass;
    }
    let others = binding.subjects.iter().filter(|subject| !subject.built_in && !subject.identity.is_built_in());
    let faults = others.map(|subject| fault(scan, binding, subject));
    if !rbac.gives_everything_until_overwritten(binding) {
        return faults.collect();
    }
    let doubt = "Kubernetes writes the rules of the roles that it selects over these, and not all of those were seen";
    faults.map(|fault| fault.reworded(|said| format!("{said}; {doubt}")).doubt()).collect()
}

fn fault(scan: &Scan<'_>, binding: &Binding<'_>, subject: &Subject<'_>) -> Fault {
    let Subject { identity, field, .. } = *subject;
    let role = binding.role;
    let said = match binding.namespace {
        None => format!("{identity} can do everything in the cluster through {role}"),
        Some(namespace) => format!("{identity} can do everything in namespace {namespace} through {role}"),
    };
    let fault = field.key("name").fault(said).expected("a role made for the purpose");
    if owners::lists(scan, identity, &[]) {
        return fault.reworded(|said| format!("{said}: the owner's settings list it")).severity(Severity::Info);
    }
    fault.severity(severity(scan, binding, identity))
}

fn severity(scan: &Scan<'_>, binding: &Binding<'_>, identity: Identity<'_>) -> Severity {
    match (binding.namespace, identity) {
        // `rbac-anonymous-binding` leaves this binding to this check
        (Some(_), _) if identity.is_anonymous() => Severity::Critical,
        (Some(_), _) if identity.is_everybody() => Severity::High,
        // the accounts of the control plane live in system namespaces
        (Some(namespace), _) if scan.is_system_namespace(namespace) => Severity::High,
        (Some(_), _) => Severity::Medium,
        (None, _) if owners::lists(scan, identity, &[&ADMIN_ACCOUNTS]) => Severity::High,
        (None, Identity::Group(_)) if identity.is_people() => Severity::High,
        (None, _) => Severity::Critical,
    }
}

fn unresolved(object: &Object<'_>, scan: &Scan<'_>, binding: &Binding<'_>) -> Verdict {
    let kind = if binding.to_cluster_role { kinds::CLUSTER_ROLE } else { kinds::ROLE };
    let field = object.at("roleRef.name");
    let fault = field.fault(format!("{} {} is not in the evidence: what it grants is not known", kind.kind, binding.role));
    match scan.is_whole(kind, object.namespace) {
        true => fault
            .reworded(|_| format!("{} {} does not exist: the binding grants nothing", kind.kind, binding.role))
            .severity(Severity::Info),
        false => fault.severity(Severity::Medium).doubt(),
    }
    .expected("a role that is seen")
    .into()
}
