//! A release that reaches everyone at once fails for everyone at once.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::{GroupKind, Object, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "deploy-progressive-missing",
    title: "releases reach everyone at once",
    topic: "delivery",
    severity: Severity::Low,
    why: "Without a part of the users that gets a release first, its faults, or what somebody put into it, reach all of them.",
    fix: "Use Argo Rollouts or Flagger with steps and an analysis for what users see, and the strategy RollingUpdate for the rest.",
    how: "Looks at Deployments outside of the system's namespaces and at Rollouts. Fails for a Deployment of several replicas with the strategy Recreate, and for a Rollout with a canary strategy without steps, which is a rolling update. A Deployment is released progressively when a Canary of Flagger or a Rollout names it; where others are not, it is for review, said once, as soon as all Canaries and Rollouts were to be seen, and not assessed before. Passes when all are. Does not apply where there is neither.",
    unread: true,
    blind: "Weights of routes (Istio, Gateway API, Knative), feature flags, and pipelines that release in steps, which are not read yet; which services users see.",
    needs: NEEDS,
    refs: &["https://argo-rollouts.readthedocs.io/en/stable/features/canary/", "https://docs.flagger.app/usage/deployment-strategies"],
    probe: Probe::Scan(probe),
    ..Check::BASE
};

const ROLLOUT: GroupKind = GroupKind::new("argoproj.io", "Rollout");
const CANARY: GroupKind = GroupKind::new("flagger.app", "Canary");
const NEEDS: &[GroupKind] = &[kinds::DEPLOYMENT, ROLLOUT, CANARY];

fn probe(scan: &Scan<'_>) -> Verdict {
    let evidence = scan.evidence;
    let of_users = |object: &&Object<'_>| !scan.is_system_namespace(object.namespace.unwrap_or(evidence.assumed_namespace()));
    let deployments: Vec<_> = evidence.of_kind(kinds::DEPLOYMENT).filter(of_users).collect();
    let rollouts: Vec<_> = evidence.of_kind(ROLLOUT).filter(of_users).collect();
    if deployments.is_empty() && rollouts.is_empty() {
        return Verdict::Skip("neither a Deployment nor a Rollout".into());
    }
    let faults: Vec<_> =
        deployments.iter().filter_map(|one| replaced(one)).chain(rollouts.iter().filter_map(|one| stepless(one))).collect();
    if !faults.is_empty() {
        return faults.into_iter().map(Fault::of_its_object).collect();
    }
    let canaries: Vec<_> = evidence.of_kind(CANARY).collect();
    let names = |one: &&&Object<'_>, owner: &Object<'_>, path| {
        let target = owner.at(path);
        target.key("kind").str() == "Deployment"
            && target.key("name").str() == one.name
            && owner.namespace == one.namespace
            && owner.world == one.world
    };
    let is_progressive = |one: &&&Object<'_>| {
        canaries.iter().any(|canary| names(one, canary, "spec.targetRef"))
            || rollouts.iter().any(|rollout| names(one, rollout, "spec.workloadRef"))
    };
    let plain: Vec<_> = deployments.iter().filter(|one| !is_progressive(one)).collect();
    let Some(first) = plain.first() else { return Verdict::Pass };
    let said = match plain.len() {
        1 => format!("Deployment {} is released to everyone by a rolling update", first.name),
        count => format!("{count} Deployments, {} among them, are released to everyone by rolling updates", first.name),
    };
    scan.review_if_whole(&[ROLLOUT, CANARY], said)
}

fn replaced(deployment: &Object<'_>) -> Option<Fault> {
    let (strategy, replicas) = (deployment.at("spec.strategy.type"), deployment.at("spec.replicas").int());
    let count = replicas.filter(|count| *count > 1 && strategy.str() == "Recreate")?;
    Some(
        strategy
            .fault(format!("all {count} replicas of Deployment {} are stopped before new ones start", deployment.name))
            .expected("RollingUpdate, or a canary"),
    )
}

/// Without steps a canary goes by the limits of a rolling update.
fn stepless(rollout: &Object<'_>) -> Option<Fault> {
    let canary = rollout.at("spec.strategy.canary");
    let steps = canary.key("steps");
    (canary.exists() && steps.is_empty()).then(|| {
        steps.fault(format!("the canary of Rollout {} has no steps, so that it is a rolling update", rollout.name)).expected("steps")
    })
}
