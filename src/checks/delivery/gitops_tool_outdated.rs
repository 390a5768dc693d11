//! What deploys everything has the rights to everything: a flaw in it is one in every cluster that it serves.

use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::{Container, delivery_tool};

pub(super) static CHECK: Check = Check {
    id: "gitops-tool-outdated",
    title: "GitOps tool runs a release that gets no fixes",
    topic: "delivery",
    severity: Severity::High,
    why: "Flaws that are found in a release after its end are mended in later ones only, and this tool may write to the whole cluster.",
    fix: "Upgrade to a release that gets fixes, one minor release at a time, and let an update bot follow the tool's releases.",
    how: "For containers of Argo CD and of the controllers of Flux, known by the end of their image's name: fails when the minor release, by the tag or else by the label `app.kubernetes.io/version`, is older than the oldest one that gets fixes, as a dated table has it (the last three of each). Is for review where the version cannot be told (a digest alone, `latest`), and once the table is older than six months. Does not apply to other containers.",
    unread: true,
    blind: "Patch releases within a minor one; builds of vendors under names of their own; Tekton, Jenkins, Gitea and other tools; charts, Dockerfiles and pipelines in repositories, which are not read yet.",
    refs: &[
        "https://argo-cd.readthedocs.io/en/stable/operator-manual/upgrading/overview/",
        "https://fluxcd.io/flux/releases/",
        "https://github.com/argoproj/argo-cd/security/advisories",
    ],
    maps: &[("owasp_k8s_2022", &["K10"]), ("owasp_k8s_2025", &["K07"]), ("cwe", &["CWE-1104", "CWE-1395"])],
    probe: Probe::Container(probe),
    ..Check::BASE
};

fn probe(container: &Container<'_>) -> Verdict {
    let field = container.image();
    let Ok(image) = container.reference() else { return Verdict::Skip(OTHER.into()) };
    let Some(tool) = delivery_tool::of(&image) else { return Verdict::Skip(OTHER.into()) };
    let label = container.pod.metadata().key("labels").key("app.kubernetes.io/version");
    let version = image.tag.filter(|tag| delivery_tool::minor(tag).is_some()).unwrap_or(label.str());
    let Some(minor) = delivery_tool::minor(version) else {
        let said = format!("container {} runs {}, and its version cannot be told from here", container.name(), tool.name);
        return field.fault(said).expected("a tag with the version").severity(Severity::Low).doubt().into();
    };
    let (major, least) = tool.oldest;
    if minor < tool.oldest {
        let said = format!(
            "container {} runs {} {version}, which gets no fixes since {major}.{least} is the oldest that does",
            container.name(),
            tool.name
        );
        return field.fault(said).expected(format!("{major}.{least} or later")).into();
    }
    if delivery_tool::is_stale(container.pod.scan().today()) {
        let said = format!(
            "container {} runs {} {version}: the table of its releases, of {}, is older than six months",
            container.name(),
            tool.name,
            delivery_tool::read()
        );
        return field.fault(said).severity(Severity::Low).doubt().into();
    }
    Verdict::Pass
}

const OTHER: &str = "no GitOps tool that is known";
