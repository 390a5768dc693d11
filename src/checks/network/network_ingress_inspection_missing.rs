//! A web application firewall that only logs lets every attack through that it sees.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::ingress_nginx::{self, DEFAULT_MODE};
use crate::model::{Field, GroupKind, Namespace, Object, exposure, kinds};

pub(super) static CHECK: Check = Check {
    id: "network-ingress-inspection-missing",
    title: "requests from outside are not inspected",
    topic: "network",
    severity: Severity::Medium,
    why: "Injections and known exploits reach the workload as they are sent; an engine in detection mode writes them down and lets them pass.",
    fix: "Attach a web application firewall in blocking mode, with the OWASP Core Rule Set or one like it.",
    how: "Fails for an Ingress or Gateway whose firewall only logs: ingress-nginx with ModSecurity but without `SecRuleEngine On` in its snippet or its controller's ConfigMap, or HAProxy's with `waf-mode: detect`. Passes where one of these blocks, or an annotation attaches a firewall of AWS or Azure. No firewall, or one switched off, is for review, once a namespace, as one may stand ahead of the cluster; does not apply to internal load balancers and what speaks no HTTP.",
    blind: "A firewall or CDN ahead of the cluster, and what the rules of an engine are, do not show in the objects.",
    needs: &[kinds::INGRESS, kinds::GATEWAY, kinds::CONFIG_MAP],
    beside: OTHERS,
    refs: &[
        "https://kubernetes.github.io/ingress-nginx/user-guide/third-party-addons/modsecurity/",
        "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/",
    ],
    maps: &[("owasp_k8s_2022", &["K07"]), ("owasp_k8s_2025", &["K05"]), ("mitre", &["T1190"]), ("cwe", &["CWE-20"])],
    probe: Probe::Namespace(probe),
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

fn probe(namespace: &Namespace<'_>) -> Verdict {
    let scan = namespace.scan();
    let by_controllers = ingress_nginx::mode_of_controllers(scan, namespace.world());
    let (mut faults, mut open, mut passed, mut skipped) = (Vec::new(), Vec::new(), false, None);
    for object in namespace.objects().filter(|object| object.is(kinds::INGRESS) || object.is(kinds::GATEWAY)) {
        match judge(object, by_controllers) {
            Verdict::Fail(found) => faults.extend(found),
            Verdict::Review(_) => open.push(object),
            Verdict::Skip(why) => skipped = Some(why),
            _ => passed = true,
        }
    }
    faults.extend((!open.is_empty()).then(|| unknown(namespace, &open)));
    match skipped {
        _ if !faults.is_empty() || passed => faults.into(),
        Some(why) => Verdict::Skip(why),
        None => Verdict::Skip("no Ingress or Gateway in it".into()),
    }
}

fn judge(object: &Object<'_>, by_controllers: Option<&str>) -> Verdict {
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
    let switch = annotations.key("nginx.ingress.kubernetes.io/enable-modsecurity");
    let said = "ModSecurity is switched off here; whether another firewall stands ahead is not seen";
    match switch.str() {
        "true" => modsecurity(object, switch, by_controllers),
        "false" => switch.fault(said).expected("true").doubt().into(),
        _ if is_of_nginx(object) && by_controllers.is_some_and(ingress_nginx::blocks) => Verdict::Pass,
        _ => Verdict::Review("no firewall is attached".into()),
    }
}

/// Whether the controllers of ingress-nginx serve it, by the usual name of their class or by being the default.
fn is_of_nginx(object: &Object<'_>) -> bool {
    object.is(kinds::INGRESS) && matches!(exposure::class(object), "" | "nginx")
}

/// The snippet of the Ingress wins over that of its controller, and without either the engine only logs.
fn modsecurity(ingress: &Object<'_>, enabled: Field<'_>, by_controllers: Option<&str>) -> Verdict {
    let snippet = ingress.annotation("nginx.ingress.kubernetes.io/modsecurity-snippet");
    let snippet_mode = ingress_nginx::engine(snippet.str());
    let (place, mode) = match (snippet_mode, by_controllers) {
        (Some(mode), _) => (snippet, mode),
        (None, Some(mode)) => (enabled, mode),
        (None, None) => (enabled, DEFAULT_MODE),
    };
    let said = || format!("ModSecurity only logs what it finds (SecRuleEngine {mode})");
    let fault = || place.fault(said()).observed(mode.to_owned()).expected("SecRuleEngine On");
    match (ingress_nginx::blocks(mode), by_controllers) {
        (true, _) => Verdict::Pass,
        (false, None) if snippet_mode.is_none() => fault().missing(CONFIG).into(),
        (false, _) => fault().into(),
    }
}

/// What stands ahead of the cluster is asked once, whatever number of entry points leaves it open.
fn unknown(namespace: &Namespace<'_>, open: &[&Object<'_>]) -> Fault {
    let evidence = namespace.scan().evidence;
    let beside = |kind: &GroupKind| evidence.of_kind_in(namespace.world(), *kind).any(|other| other.namespace == open[0].namespace);
    let at = match open {
        [only] => format!("{} {}", only.kind, only.name),
        [first, ..] => {
            format!("{} entry points{}, {} {} among them", open.len(), namespace.after("of"), first.kind, first.name)
        }
        [] => String::new(),
    };
    let said = match OTHERS.iter().find(|kind| beside(kind)) {
        Some(kind) => format!("no firewall is attached at {at}; {} is not read yet, and may attach one", kind.kind),
        None => format!("no firewall is attached at {at}; whether one stands ahead of the cluster is not seen"),
    };
    namespace.field().fault(said).observed("").doubt()
}
