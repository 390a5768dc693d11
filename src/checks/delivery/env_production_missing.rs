//! Where nothing is called production, nothing says what must not break.

use crate::checks::{Assurance, Check, Probe, Severity, Verdict};
use crate::model::environment::{self, APPLICATION, Environment};
use crate::model::{Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "env-production-missing",
    title: "no production environment is named",
    topic: "delivery",
    severity: Severity::Medium,
    why: "Who cannot tell production from the rest cannot protect it more than the rest.",
    fix: "Give production a target of its own, and name it: a label `environment: production` on its namespaces, an application of its own.",
    how: "Passes when an application of Argo CD, or a namespace, is of production by its label (`environment`, `env`) or by a word in its name or folder. Where something is deployed and none is, it is for review once all of both was to be seen, and not assessed before: names elsewhere may say it. Never fails.",
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
    let by_application = || environment::applications(scan).any(|one| one.environment == Environment::Production);
    let by_namespace = || environment::namespaces(scan).any(|(_, environment, _)| environment == Environment::Production);
    if !environment::is_deployed(scan) {
        return Verdict::Skip("nothing is deployed".into());
    }
    if by_application() || by_namespace() {
        return Verdict::Pass;
    }
    let said = "no namespace or application here is named for production";
    scan.review_if_whole(&[APPLICATION, kinds::NAMESPACE], said)
}
