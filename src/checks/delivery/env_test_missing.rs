//! What is tested nowhere else is tested in production.

use crate::checks::{Assurance, Check, Probe, Severity, Verdict};
use crate::model::environment::{self, APPLICATION, Environment};
use crate::model::{Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "env-test-missing",
    title: "no environment for tests is named",
    topic: "delivery",
    severity: Severity::Low,
    why: "Changes that are tried nowhere else fail where users are.",
    fix: "Add a target for tests on a cluster of its own, and name it, or make a cluster for each change.",
    how: "Passes when an application of Argo CD that is not the target of production, or a namespace, is of an environment for tests by its label (`environment`, `env`) or by a word in its name or folder. Where something is deployed and none is, it is for review once all of both was to be seen, and not assessed before: names elsewhere may say it. Never fails.",
    unread: true,
    blind: "Whether the target is apart from others: env-boundary-shared judges that. Overlays, values of Helm, pipelines and environments of a forge are not read yet.",
    assurance: Assurance::Observation,
    settings: &[&environment::PRODUCTION_NAMES, &environment::TEST_NAMES],
    needs: &[APPLICATION, kinds::NAMESPACE, kinds::POD],
    refs: &["https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/", "https://docs.gitlab.com/ci/environments/"],
    probe: Probe::Scan(probe),
    ..Check::BASE
};

fn probe(scan: &Scan<'_>) -> Verdict {
    if !environment::is_deployed(scan) {
        return Verdict::Skip("nothing is deployed".into());
    }
    let deployed: Vec<_> = environment::applications(scan).collect();
    let of = |wanted: Environment| deployed.iter().filter(move |one| one.environment == wanted);
    let is_apart = |target| of(Environment::Production).all(|one| one.target != target);
    let by_application = of(Environment::Test).any(|one| is_apart(one.target));
    if by_application || environment::namespaces(scan).any(|(_, environment, _)| environment == Environment::Test) {
        return Verdict::Pass;
    }
    let said = "no namespace or application here is named for tests";
    scan.review_if_whole(&[APPLICATION, kinds::NAMESPACE], said)
}
