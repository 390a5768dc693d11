//! What was good when it was built may be bad when it is deployed: something has to look again, and refuse.

use crate::checks::{Assurance, Check, Probe, Severity, Verdict};
use crate::model::admission::{by_control, refuses_anything};
use crate::model::{GroupKind, Namespace, Object, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "deploy-check-missing",
    title: "nothing is seen to check what is deployed",
    topic: "delivery",
    severity: Severity::Low,
    why: "An image that was clean when it was built, or an object that a reviewer passed, may be neither when it reaches the cluster.",
    fix: "Enforce admission policies or Pod Security levels, or let an analysis roll back what fails after it was deployed.",
    how: "Passes when in each namespace with workloads, those of the system aside, something refuses: a Pod Security level or an admission policy in force; or when an analysis of Argo Rollouts or Flagger may roll back. Where nothing of that is seen in a namespace, it is for review once all policies were to be seen, and not assessed before. Never fails. Does not apply where nothing is deployed.",
    unread: true,
    blind: "What policies and analyses ask for; hooks of Argo CD and tests of Helm; jobs of pipelines after a deployment, which are not read yet.",
    assurance: Assurance::Enforcement,
    needs: NEEDS,
    refs: &[
        "https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/",
        "https://argo-rollouts.readthedocs.io/en/stable/features/analysis/",
        "https://docs.flagger.app/usage/how-it-works",
    ],
    maps: &[("owasp_k8s_2022", &["K04"]), ("owasp_k8s_2025", &["K04"])],
    probe: Probe::Scan(probe),
    ..Check::BASE
};

const ROLLOUT: GroupKind = GroupKind::new("argoproj.io", "Rollout");
const CANARY: GroupKind = GroupKind::new("flagger.app", "Canary");
const NEEDS: &[GroupKind] = &[kinds::NAMESPACE, kinds::POD, ROLLOUT, CANARY];

fn probe(scan: &Scan<'_>) -> Verdict {
    let evidence = scan.evidence;
    let namespaces = evidence.namespaces().iter().map(|record| Namespace { scan, record });
    let used: Vec<_> = namespaces.filter(|namespace| !namespace.is_system() && namespace.pods().next().is_some()).collect();
    if used.is_empty() {
        return Verdict::Skip("nothing is deployed".into());
    }
    let rolls_back = [ROLLOUT, CANARY].iter().flat_map(|kind| evidence.of_kind(*kind)).any(analyses);
    let open: Vec<_> = used.iter().filter(|namespace| !is_guarded(namespace)).collect();
    let Some(first) = open.first().filter(|_| !rolls_back) else { return Verdict::Pass };
    let said = match open.len() {
        1 => format!("nothing is seen to refuse or roll back what is deployed to namespace {}", first.name()),
        count => format!("nothing is seen to refuse or roll back what is deployed to {count} namespaces, {} among them", first.name()),
    };
    scan.review_if_whole(&[kinds::NAMESPACE], said)
}

fn is_guarded(namespace: &Namespace<'_>) -> bool {
    by_control(namespace).any(|(_, answer)| !answer.by.is_empty()) || refuses_anything(namespace)
}

/// Whether what fails after it was deployed is taken back.
fn analyses(object: &Object<'_>) -> bool {
    let spec = object.at("spec");
    if object.is(CANARY) {
        let analysis = spec.key("analysis");
        return !analysis.key("metrics").is_empty() || !analysis.key("webhooks").is_empty();
    }
    let (canary, swap) = (spec.at("strategy.canary"), spec.at("strategy.blueGreen"));
    canary.key("analysis").exists()
        || canary.key("steps").items().any(|step| step.key("analysis").exists())
        || swap.key("prePromotionAnalysis").exists()
        || swap.key("postPromotionAnalysis").exists()
}
