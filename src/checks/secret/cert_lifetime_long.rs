//! A certificate is as good as its key, and a key is the less its owner's alone the longer it is used.

use super::issued::{self, longer, said, too_long};
use crate::checks::{Check, Probe, Severity, Verdict};
use crate::model::component::seconds;
use crate::model::mesh::identity::CLUSTER_SPIFFE_ID;
use crate::model::time::DAY;
use crate::model::{Field, GroupKind, Object, Scan, credential, kinds};
use crate::parse::host::certificate;
use crate::settings::{Default, Setting};

pub(super) static CHECK: Check = Check {
    id: "cert-lifetime-long",
    title: "certificate lives too long, has ended, or keeps its key",
    topic: "secret",
    severity: Severity::Medium,
    why: "A key that was copied is of use until its certificate ends: most of those who use it have no means to hear that it was withdrawn.",
    fix: "Shorten `spec.duration`, set `privateKey.rotationPolicy: Always`, and let the certificate be renewed by itself.",
    how: "Fails for a Certificate of cert-manager that lives longer than its limit (90 days; 30 for one of clients alone; 24 hours for a SPIFFE identity; each a setting), keeps its key at renewal (as cert-manager does before 1.18 where nothing is said), has an RSA key below 2048 bits, or is shown to have ended or to be a day past its renewal; for the certificate in a TLS Secret in a file likewise; for a ClusterSPIFFEID and a request for a certificate of a client of the API server above their limits. For review: a `duration` that is none, `rotationPolicy` is not set and the version of cert-manager not known, and requests without a period. The period of authorities is not judged, nor Secrets that cert-manager fills.",
    needs: &[kinds::POD],
    settings: &[&SERVER, &CLIENT, &WORKLOAD],
    blind: "Certificates outside of the cluster, in volumes of cert-manager's driver, in Secrets of a running cluster (their data are never read) and in pipelines; the periods that meshes and SPIRE are configured to.",
    refs: &[
        "https://cert-manager.io/docs/usage/certificate/",
        "https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/",
        "https://spiffe.io/docs/latest/deploying/spire_server/",
    ],
    maps: &[("cwe", &["CWE-324"]), ("owasp_k8s_2022", &["K08"]), ("owasp_k8s_2025", &["K03"])],
    probe: Probe::Object(&[CERTIFICATE, REQUEST, CLUSTER_SPIFFE_ID, kinds::SECRET], probe),
    ..Check::BASE
};

const CERTIFICATE: GroupKind = GroupKind::new("cert-manager.io", "Certificate");
const REQUEST: GroupKind = GroupKind::new("certificates.k8s.io", "CertificateSigningRequest");

static SERVER: Setting =
    Setting { key: "certificate_days", help: "How many days a certificate of a server may live.", default: Default::Int(90) };
static CLIENT: Setting = Setting {
    key: "client_certificate_days",
    help: "How many days a certificate with which only clients prove who they are may live.",
    default: Default::Int(30),
};
static WORKLOAD: Setting = Setting {
    key: "workload_certificate_hours",
    help: "How many hours the certificate of a workload's identity (SPIFFE) may live.",
    default: Default::Int(24),
};

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    match object.kind {
        "Certificate" => {
            let days = |setting| scan.settings.int(setting).saturating_mul(DAY);
            issued::faults(object, scan, [days(&SERVER), days(&CLIENT), identity(scan)]).into()
        }
        "Secret" => secret(object, scan),
        "ClusterSPIFFEID" => {
            let ttl = object.at("spec.ttl");
            let length = ttl.text().and_then(seconds).unwrap_or_default() as i64;
            too_long(ttl, length, identity(scan), "identities by this object live").into()
        }
        _ => request(object, scan),
    }
}

/// How many seconds the certificate of an identity may live.
fn identity(scan: &Scan<'_>) -> i64 {
    scan.settings.int(&WORKLOAD).saturating_mul(3600)
}

/// A certificate that somebody put into a file.
fn secret(secret: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    if secret.live {
        return Verdict::Skip("data of Secrets in a cluster are never read".into());
    }
    if secret.annotation("cert-manager.io/certificate-name").exists() {
        return Verdict::Skip("filled by cert-manager: its Certificate is judged".into());
    }
    let field = secret.at("data").key("tls.crt");
    let plain = secret.at("stringData").key("tls.crt");
    let field = if plain.exists() { plain } else { field };
    let encoded = || credential::decode(field.str()).and_then(|bytes| String::from_utf8(bytes).ok());
    let pem = if plain.exists() { Some(plain.str().to_owned()) } else { encoded() };
    // the first is the server's own
    let Some((_, known)) = pem.and_then(|pem| certificate::in_pem(&pem).into_iter().next()) else {
        return Verdict::Skip("no certificate in it".into());
    };
    let (now, life) = (scan.now.as_second(), known.until - known.from);
    let fault = |said: String| field.fault(format!("the certificate in Secret {} {said}", secret.name)).observed("a certificate");
    let limit = scan.settings.int(&SERVER).saturating_mul(DAY);
    let ended = known.until <= now;
    let long = !known.is_authority && !ended && life > limit;
    let small = known.key == "RSA" && known.bits < 2048;
    let faults = [
        ended.then(|| fault(format!("ended {} ago", said(now - known.until))).expected("a certificate in force")),
        long.then(|| fault(format!("lives {}", longer(life, limit))).expected(format!("{} or less", said(limit)))),
        small.then(|| fault(format!("has an RSA key of {} bits", known.bits)).expected("2048 or more")),
    ];
    faults.into_iter().flatten().collect()
}

/// A certificate for a client of the API server, which nothing can withdraw.
fn request(request: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    if request.at("spec.signerName").str() != "kubernetes.io/kube-apiserver-client" {
        return Verdict::Skip("not for a client of the API server".into());
    }
    let refused = |one: Field<'_>| matches!(one.key("type").str(), "Denied" | "Failed");
    if request.at("status.conditions").items().any(refused) {
        return Verdict::Skip("it was refused".into());
    }
    let period = request.at("spec").key("expirationSeconds");
    let limit = scan.settings.int(&CLIENT).saturating_mul(DAY);
    match period.int() {
        Some(length) => too_long(period, length, limit, &format!("the certificate by request {} lives", request.name)).into(),
        None => {
            let said = format!("request {} leaves the period to the signer, which gives a year unless it is told otherwise", request.name);
            period.fault(said).expected(format!("{limit} or less")).doubt().into()
        }
    }
}
