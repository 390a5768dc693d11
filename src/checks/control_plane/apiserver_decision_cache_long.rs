//! Rights that were taken away hold until caches forget them.

use crate::checks::{Aspect, Check, Fault, Probe, Severity, Surface, Verdict};
use crate::model::component::{AUTHORIZATION, Held, Joined, seconds};
use crate::model::{Component, Object, Role};
use crate::settings::{Default, Setting};

pub(super) static CHECK: Check = Check {
    id: "apiserver-decision-cache-long",
    title: "decisions about access are cached long, or a webhook fails open",
    topic: "control_plane",
    severity: Severity::Medium,
    why: "A token or right that was revoked is good until the cached answer ends; an authorizer that fails open is no authorizer while it is down.",
    fix: "Keep the lifetimes of cached answers at 5 minutes or less and `--service-account-lookup` on; let webhooks that deny fail closed (`failurePolicy: Deny`).",
    how: "Fails when a lifetime of allowed or authenticated answers is longer than the setting (5 minutes), in flags, in an AuthorizationConfiguration or in a kubelet's settings; when `--service-account-lookup` is false; and when a webhook with failurePolicy NoOpinion is followed by AlwaysAllow. Lifetimes count where a webhook is in use. An authorization file that is missing, and a lifetime of a flag that is no duration, are left for review.",
    surfaces: &[Surface::Host, Surface::Cluster],
    settings: &[&LONGEST],
    blind: "Caches within applications, and files mounted by subPath, which are never refreshed.",
    refs: &[
        "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",
        "https://kubernetes.io/docs/reference/access-authn-authz/webhook/",
    ],
    maps: &[("cis", &["1.2.21"]), ("cwe", &["CWE-613"]), ("owasp_k8s_2022", &["K09"]), ("owasp_k8s_2025", &["K07"])],
    aspects: &[Aspect::roles(&[Role::ApiServer], "kube-apiserver/service-account-lookup")],
    probe: Probe::Component(&[Role::ApiServer, Role::Authorization, Role::Kubelet], probe),
    ..Check::BASE
};

static LONGEST: Setting = Setting {
    key: "decision_cache_seconds",
    help: "How long answers about access may be cached, in seconds: longer ones fail.",
    default: Default::Int(300),
};

fn probe(component: &Component<'_>) -> Verdict {
    let longest = component.scan().settings.int(&LONGEST) as f64;
    let long = |held: Held<'_>| {
        if !held.is_empty() && held.seconds().is_none() {
            let said = format!("{} is no duration: with it the program would not start", held.str());
            return Some(held.fault(said).expected(format!("{longest} seconds or less")).doubt());
        }
        let is_long = held.seconds().is_some_and(|seconds| seconds > longest);
        is_long.then(|| held.fault(format!("answers are cached for {}", held.str())).expected(format!("{longest} seconds or less")))
    };
    if component.role() == Role::Kubelet {
        let held = [
            component.setting("authorization.webhook.cacheAuthorizedTTL", Some("authorization-webhook-cache-authorized-ttl")),
            component.setting("authentication.webhook.cacheTTL", Some("authentication-token-webhook-cache-ttl")),
        ];
        return held.into_iter().filter_map(long).collect();
    }
    let mut faults = Vec::new();
    match component.joined("authorization-config", AUTHORIZATION) {
        Joined::Found(file) => faults.extend(by_file(file, longest)),
        Joined::Lost(path) => {
            return component.flag("authorization-config").doubt(format!("{path} is not among the files: what it caches is not known"));
        }
        Joined::Unset if component.list("authorization-mode").contains(&"Webhook") => {
            faults.extend(long(component.flag("authorization-webhook-cache-authorized-ttl")));
        }
        Joined::Unset => {}
    }
    if component.flag("authentication-token-webhook-config-file").is_set() {
        faults.extend(long(component.flag("authentication-token-webhook-cache-ttl")));
    }
    let lookup = component.flag("service-account-lookup");
    faults.extend((lookup.bool() == Some(false)).then(|| lookup.fault("tokens of deleted service accounts stay good").expected("true")));
    faults.into()
}

fn by_file(file: &Object<'_>, longest: f64) -> Vec<Fault> {
    let authorizers: Vec<_> = file.at("authorizers").items().collect();
    let open_after = |at: usize| authorizers[at + 1..].iter().any(|next| next.key("type").str() == "AlwaysAllow");
    let mut faults = Vec::new();
    for (at, authorizer) in authorizers.iter().enumerate() {
        let lifetime = authorizer.at("webhook.authorizedTTL");
        if seconds(lifetime.str()).is_some_and(|seconds| seconds > longest) {
            faults
                .push(lifetime.fault(format!("answers are cached for {}", lifetime.str())).expected(format!("{longest} seconds or less")));
        }
        let policy = authorizer.at("webhook.failurePolicy");
        if policy.str() == "NoOpinion" && open_after(at) {
            faults.push(policy.fault("while the webhook is down everything is allowed, by AlwaysAllow after it").expected("Deny"));
        }
    }
    faults
}
