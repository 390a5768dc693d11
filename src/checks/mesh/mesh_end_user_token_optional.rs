//! A token that is looked at when it is there, and not missed when it is not, keeps nobody out.

use crate::checks::{Assurance, Check, Fault, Probe, Severity, Verdict};
use crate::model::mesh::istio_rules::{Applied, DRY_RUN, applied, require_token};
use crate::model::mesh::{AUTHORIZATION_POLICY, ISTIO_OPERATOR, REQUEST_AUTHENTICATION, root_namespace};
use crate::model::selector::{Match, Selector};
use crate::model::{GroupKind, Object, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "mesh-end-user-token-optional",
    title: "token of the end user is not required",
    topic: "mesh",
    severity: Severity::Medium,
    why: "A RequestAuthentication refuses tokens that are wrong and lets requests without any pass, as if by a user whom nobody knows.",
    fix: "Put an AuthorizationPolicy beside it whose rules ask for `requestPrincipals`, name the audiences, and fetch keys by https.",
    how: "Fails a RequestAuthentication where the AuthorizationPolicies of its workloads let somebody in without a request principal (or a claim): none denies whoever has none, and not each that allows asks for one in each of its rules. Where a policy's selector rests on labels that do not show, it is for review. Fails too a rule of its tokens with keys fetched by plain http, or without audiences (low); and a SecurityPolicy of Envoy Gateway whose tokens are optional. Whether an application checks tokens itself does not show.",
    blind: "Identity that is handled inside of the application, or by a proxy before the mesh; whether the token is passed on to where it is needed.",
    assurance: Assurance::Enforcement,
    needs: &[AUTHORIZATION_POLICY, kinds::NAMESPACE, kinds::POD, kinds::CONFIG_MAP, kinds::SERVICE],
    beside: &[ISTIO_OPERATOR],
    refs: &["https://istio.io/latest/docs/reference/config/security/request_authentication/"],
    maps: &[("owasp_k8s_2022", &["K06"]), ("owasp_k8s_2025", &["K09"]), ("cwe", &["CWE-287"])],
    probe: Probe::Object(&[REQUEST_AUTHENTICATION, SECURITY_POLICY], probe),
    ..Check::BASE
};

const SECURITY_POLICY: GroupKind = GroupKind::new("gateway.envoyproxy.io", "SecurityPolicy");
const RESTS_ON: &[GroupKind] = &[AUTHORIZATION_POLICY];

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    if object.is(SECURITY_POLICY) {
        let jwt = object.at("spec.jwt");
        if !jwt.exists() {
            return Verdict::Skip("it is not about tokens".into());
        }
        let optional = jwt.key("optional");
        let fault = || optional.fault(format!("SecurityPolicy {} lets requests without a token pass", object.name)).expected("false");
        return optional.is_true().then(fault).into();
    }
    let rules: Vec<_> = object.at("spec.jwtRules").items().collect();
    if rules.is_empty() {
        return Verdict::Skip("it names no issuer of tokens".into());
    }
    let mut faults = Vec::new();
    for rule in rules {
        let keys = rule.key("jwksUri");
        if keys.str().starts_with("http://") {
            faults.push(keys.fault("the keys that tokens are verified with are fetched by plain http").expected("https"));
        }
        if rule.key("audiences").is_empty() {
            let said = format!("tokens of {} are taken whomever they are meant for", rule.key("issuer").str());
            faults.push(rule.key("audiences").fault(said).expected("the audiences that are meant").severity(Severity::Low));
        }
    }
    faults.extend(unpaired(object, scan));
    faults.into()
}

/// No policy asks for what it verifies.
fn unpaired<'a>(object: &Object<'a>, scan: &'a Scan<'a>) -> Option<Fault> {
    let evidence = scan.evidence;
    let own = object.namespace.unwrap_or(evidence.assumed_namespace());
    let of_root = own == root_namespace(evidence, object.world);
    let selector = Selector::or_all(object.at("spec.selector"));
    let places = evidence.namespaces().iter().filter(|record| record.world == object.world && (of_root || record.name() == own));
    let places: Vec<_> = places.filter_map(|record| scan.namespace(object.world, record.name())).collect();
    let targets = object.at("spec.targetRefs").items().chain(Some(object.at("spec.targetRef")).filter(|one| one.exists()));
    let targets: Vec<_> = targets.map(|target| target.key("name").str()).collect();
    let fault = || {
        let said = format!("no AuthorizationPolicy asks for the token that RequestAuthentication {} verifies", object.name);
        object.at("metadata.name").fault(said).expected("a policy with requestPrincipals").missing(RESTS_ON)
    };
    let mut selected = false;
    if targets.is_empty() {
        for namespace in &places {
            for pod in namespace.pods().filter(|pod| selector.matches_pod(pod) == Match::Yes) {
                selected = true;
                let policies = applied(namespace, &pod);
                if !require_token(&policies) {
                    let sure: Vec<_> = policies.into_iter().filter(|policy| policy.sure).collect();
                    return Some(if require_token(&sure) { fault().doubt() } else { fault() });
                }
            }
        }
    }
    if selected {
        return None;
    }
    // its workloads were not seen: a policy for the same ones will do
    let labels = |object: &Object<'a>| {
        let entries = object.at("spec.selector.matchLabels").entries();
        entries.into_iter().map(|(key, value)| (key, value.str())).collect::<Vec<_>>()
    };
    let mine = labels(object);
    let policies = evidence.of_kind_in(object.world, AUTHORIZATION_POLICY);
    let in_place = policies.filter(|policy| policy.annotation(DRY_RUN).str() != "true").filter(|policy| {
        let place = policy.namespace.unwrap_or(evidence.assumed_namespace());
        place == own || place == root_namespace(evidence, object.world)
    });
    let beside = in_place.filter(|policy| {
        let bound = policy.at("spec.targetRefs").items().chain(Some(policy.at("spec.targetRef")).filter(|one| one.exists()));
        let bound: Vec<_> = bound.map(|target| target.key("name").str()).collect();
        if targets.is_empty() {
            bound.is_empty() && labels(policy).iter().all(|label| mine.contains(label))
        } else {
            targets.iter().all(|name| bound.contains(name))
        }
    });
    let beside: Vec<_> = beside.map(|object| Applied { object, by_target: false, sure: true }).collect();
    (!require_token(&beside)).then(fault)
}
