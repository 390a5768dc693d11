//! A web application firewall that only logs lets every attack through that it sees.

use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::{Field, GroupKind, Object, Scan, exposure, kinds};

pub(super) static CHECK: Check = Check {
    id: "network-ingress-inspection-missing",
    title: "requests from outside are not inspected",
    topic: "network",
    severity: Severity::Medium,
    why: "Injections and known exploits reach the workload as they are sent; an engine in detection mode writes them down and lets them pass.",
    fix: "Attach a web application firewall in blocking mode, with the OWASP Core Rule Set or one like it.",
    blind: "A firewall or CDN ahead of the cluster, and what the rules of an engine are, do not show in the objects.",
    needs: &[kinds::CONFIG_MAP],
    beside: OTHERS,
    refs: &[
        "https://kubernetes.github.io/ingress-nginx/user-guide/third-party-addons/modsecurity/",
        "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/",
    ],
    maps: &[("owasp_k8s_2022", &["K07"]), ("owasp_k8s_2025", &["K05"]), ("mitre", &["T1190"]), ("cwe", &["CWE-20"])],
    probe: Probe::Object(&[kinds::INGRESS, kinds::GATEWAY], probe),
    ..Check::BASE
};

const CONFIG: &[GroupKind] = &[kinds::CONFIG_MAP];

/// Annotations that attach an engine outside of the cluster, whose mode its owner sets.
const ATTACHED: &[&str] = &[
    "alb.ingress.kubernetes.io/wafv2-acl-arn",
    "alb.ingress.kubernetes.io/waf-acl-id",
    "alb.ingress.kubernetes.io/web-acl-id",
    "appgw.ingress.kubernetes.io/waf-policy-for-path",
];

/// Kinds, not read yet, that attach an engine to what stands in their namespace.
const OTHERS: &[GroupKind] = &[
    GroupKind::new("cloud.google.com", "BackendConfig"),
    GroupKind::new("networking.gke.io", "GCPBackendPolicy"),
    GroupKind::new("appprotect.f5.com", "APPolicy"),
    GroupKind::new("appprotectdos.f5.com", "APDosPolicy"),
    GroupKind::new("gateway.envoyproxy.io", "EnvoyExtensionPolicy"),
    GroupKind::new("extensions.istio.io", "WasmPlugin"),
    GroupKind::new("alb.networking.azure.io", "WebApplicationFirewallPolicy"),
];

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    if let Some(why) = exposure::closed(object) {
        return Verdict::Skip(why.into());
    }
    let speaks_http = |listener: Field<'_>| matches!(listener.key("protocol").str(), "HTTP" | "HTTPS");
    if object.is(kinds::GATEWAY) && !object.at("spec.listeners").items().any(speaks_http) {
        return Verdict::Skip("no listener for HTTP".into());
    }
    let annotations = object.at("metadata.annotations");
    if ATTACHED.iter().any(|key| !matches!(annotations.key(key).str(), "" | "none")) {
        return Verdict::Pass;
    }
    if annotations.key("haproxy-ingress.github.io/waf").str() == "modsecurity" {
        let mode = annotations.key("haproxy-ingress.github.io/waf-mode");
        let logs = || mode.fault("the firewall only logs what it finds").expected("deny");
        return (mode.str() == "detect").then(logs).into();
    }
    let nginx = annotations.key("nginx.ingress.kubernetes.io/enable-modsecurity");
    if nginx.str() == "true" { modsecurity(object, nginx, scan) } else { unknown(object, nginx, scan) }
}

/// ModSecurity in ingress-nginx: the snippet of the Ingress wins over the one of the controller, and without either the
/// engine only logs.
fn modsecurity(ingress: &Object<'_>, enabled: Field<'_>, scan: &Scan<'_>) -> Verdict {
    let snippet = ingress.annotation("nginx.ingress.kubernetes.io/modsecurity-snippet");
    let fault = |place: Field<'_>, mode: &str| {
        place
            .fault(format!("ModSecurity only logs what it finds (SecRuleEngine {mode})"))
            .observed(mode.to_owned())
            .expected("SecRuleEngine On")
    };
    match engine(snippet.str()) {
        Some(mode) if mode.eq_ignore_ascii_case("on") => return Verdict::Pass,
        Some(mode) => return fault(snippet, mode).into(),
        None => {}
    }
    let configured =
        scan.evidence.of_kind_in(ingress.world, kinds::CONFIG_MAP).find_map(|map| engine(map.at("data.modsecurity-snippet").str()));
    match configured {
        Some(mode) if mode.eq_ignore_ascii_case("on") => Verdict::Pass,
        Some(mode) => fault(enabled, mode).into(),
        None => fault(enabled, "DetectionOnly").missing(CONFIG).into(),
    }
}

/// The mode that the last `SecRuleEngine` of a snippet sets.
fn engine(snippet: &str) -> Option<&str> {
    let lines = snippet.lines().map(str::trim).filter(|line| line.to_ascii_lowercase().starts_with("secruleengine"));
    lines.filter_map(|line| line.split_whitespace().nth(1)).next_back().map(|mode| mode.trim_matches(['"', '\'', ';']))
}

fn unknown(object: &Object<'_>, switch: Field<'_>, scan: &Scan<'_>) -> Verdict {
    if switch.str() == "false" {
        return switch
            .fault("ModSecurity is switched off here; whether another firewall stands ahead is not seen")
            .expected("true")
            .doubt()
            .into();
    }
    let beside = |kind: &GroupKind| scan.evidence.of_kind_in(object.world, *kind).any(|other| other.namespace == object.namespace);
    Verdict::Review(match OTHERS.iter().find(|kind| beside(kind)) {
        Some(kind) => format!("{} is not read yet, and may attach a firewall", kind.kind).into(),
        None => "no firewall is attached here; whether one stands ahead of the cluster is not seen".into(),
    })
}
