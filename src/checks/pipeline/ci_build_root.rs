//! A build runs code that nobody has reviewed yet; it should not do so as root.

use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::{Container, Field, Image, User};

pub(super) static CHECK: Check = Check {
    id: "ci-build-root",
    title: "in-cluster image build runs as root",
    topic: "pipeline",
    severity: Severity::Medium,
    why: "Each instruction of a Dockerfile is somebody's code; as root in the build's container it is a small step from the node and from the other builds.",
    fix: "Build with rootless BuildKit, with Buildah in a user namespace (`hostUsers: false`), or with ko, buildpacks or apko.",
    how: "For containers that build images, known by image or command (BuildKit, Buildah, Kaniko and its successors, img): fails where the effective `runAsUser` is 0 and the pod has no `hostUsers: false`; where neither container nor pod names a user, it is for review. Passes as another user, with `runAsNonRoot: true`, or with BuildKit's rootless image. Privileged builds are left to pss-privileged-container; does not apply to other containers.",
    blind: "Builders under an image of one's own are known by their command only, and the user that an image sets is not seen.",
    refs: &["https://docs.docker.com/build/buildkit/", "https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/"],
    maps: &[("owasp_k8s_2022", &["K02"]), ("mitre", &["T1610"]), ("cwe", &["CWE-250"])],
    probe: Probe::Container(probe),
    ..Check::BASE
};

/// The repositories of builders, wherever they are mirrored.
const BUILDERS: &[&str] = &[
    "moby/buildkit",
    "buildah/stable",
    "buildah/upstream",
    "buildah/testing",
    "containers/buildah",
    "kaniko-project/executor",
    "chainguard/kaniko",
    "osscontainertools/kaniko",
    "genuinetools/img",
    "jess/img",
];

const COMMANDS: &[&str] = &["buildkitd", "buildctl-daemonless.sh", "buildah"];

fn probe(container: &Container<'_>) -> Verdict {
    if !is_builder(container) {
        return Verdict::Skip("no image build that is recognised".into());
    }
    if container.at("securityContext.privileged").is_true() {
        return Verdict::Skip("a privileged build: pss-privileged-container reports it".into());
    }
    let name = container.name();
    match container.user() {
        _ if container.pod.has_user_namespace() || is_rootless(container) => Verdict::Pass,
        User::Other => Verdict::Pass,
        User::Root(uid) => uid.fault(format!("build container {name} runs as root")).expected("another user, or hostUsers: false").into(),
        User::Image => {
            let said = format!("build container {name} runs as whoever its image says, which for builders is root as a rule");
            container.at("securityContext.runAsUser").fault(said).expected("another user, or hostUsers: false").doubt().into()
        }
    }
}

fn is_builder(container: &Container<'_>) -> bool {
    let known = |image: &Image<'_>| BUILDERS.iter().any(|builder| image.ends_with(builder));
    container.reference().is_ok_and(|image| known(&image)) || runs_builder(container)
}

fn runs_builder(container: &Container<'_>) -> bool {
    let Some(command) = container.at("command").items().next().and_then(Field::text) else { return false };
    let program = command.rsplit('/').next().unwrap_or_default();
    COMMANDS.contains(&program) || command == "/kaniko/executor"
}

/// BuildKit's rootless variant has a user of its own.
fn is_rootless(container: &Container<'_>) -> bool {
    let rootless = |image: &Image<'_>| image.ends_with("moby/buildkit") && image.tag.is_some_and(|tag| tag.contains("rootless"));
    container.reference().is_ok_and(|image| rootless(&image)) && !matches!(container.user(), User::Root(_))
}
