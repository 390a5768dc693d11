//! A certificate that ends stops the cluster; one that does not serves whoever copied its key.

use crate::checks::{Check, Fault, Probe, Severity, Surface, Verdict};
use crate::model::component::seconds;
use crate::model::host_file::GROUP;
use crate::model::time::DAY;
use crate::model::{Field, GroupKind, Object, Scan, credential};
use crate::parse::host::certificate::{self, Certificate};
use crate::settings::{Default, Setting};

pub(super) static CHECK: Check = Check {
    id: "cert-control-plane-lifetime",
    title: "certificate of the control plane has ended, ends soon, or lives long",
    topic: "control_plane",
    severity: Severity::High,
    why: "When a certificate of the control plane ends nothing in the cluster can be changed any more; with a long one a copied key stays good.",
    fix: "Renew with `kubeadm certs renew all` or by an upgrade within the year; let leaf certificates live a year at most.",
    how: "Reads certificates below `--root`, those within kubeconfigs, and the periods of a kubeadm configuration. Fails when a certificate has ended, a leaf ends within the setting (30 days) or lives longer than 398 days, an authority ends within a year, an RSA key has less than 2048 bits, or the signature is made with SHA-1 or MD5. The time of the scan decides.",
    surfaces: &[Surface::Host, Surface::Manifest],
    settings: &[&SOON],
    blind: "Certificates that stand in one file with their key, such as the kubelet's rotated ones: that file is never opened.",
    refs: &["https://kubernetes.io/docs/tasks/administer-cluster/kubeadm/kubeadm-certs/"],
    maps: &[("owasp_k8s_2022", &["K09"]), ("owasp_k8s_2025", &["K07"]), ("cwe", &["CWE-298", "CWE-324"])],
    everywhere: true,
    probe: Probe::Object(&[CERTIFICATE, KUBECONFIG, KUBEADM], probe),
    ..Check::BASE
};

const CERTIFICATE: GroupKind = GroupKind::new(GROUP, "Certificate");
const KUBECONFIG: GroupKind = GroupKind::new("", "Config");
const KUBEADM: GroupKind = GroupKind::new("kubeadm.k8s.io", "ClusterConfiguration");
/// What browsers take at most.
const LONGEST: i64 = 398;

static SOON: Setting = Setting {
    key: "certificate_days_left",
    help: "Certificates of the control plane that end within so many days fail.",
    default: Default::Int(30),
};

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let judge = |field: Field<'_>, known: &Certificate| faults(field, known, scan.now.as_second(), scan.settings.int(&SOON));
    match object.kind {
        "Certificate" => judge(object.at("notAfter"), &read(object)).into(),
        "ClusterConfiguration" => periods(object),
        _ => {
            let users = object.at("users").items().map(|entry| entry.at("user.client-certificate-data"));
            let clusters = object.at("clusters").items().map(|entry| entry.at("cluster.certificate-authority-data"));
            let found = users.chain(clusters).filter_map(|field| Some((field, embedded(field)?)));
            let judged: Vec<_> = found.map(|(field, known)| judge(field, &known)).collect();
            if judged.is_empty() {
                Verdict::Skip("a kubeconfig without a certificate in it".into())
            } else {
                judged.into_iter().flatten().collect()
            }
        }
    }
}

/// A certificate as its file was read.
fn read(object: &Object<'_>) -> Certificate {
    let text = |key: &'static str| object.at(key).str();
    let weak = text("weakHash");
    Certificate {
        subject: text("subject").to_owned(),
        issuer: text("issuer").to_owned(),
        from: text("notBefore").parse().unwrap_or_default(),
        until: text("notAfter").parse().unwrap_or_default(),
        is_authority: text("authority") == "true",
        key: if text("key") == "RSA" { "RSA" } else { "" },
        bits: text("bits").parse().unwrap_or_default(),
        weak_hash: ["SHA-1", "MD5"].into_iter().find(|known| *known == weak),
        fingerprint: text("fingerprint").to_owned(),
    }
}

/// The first certificate of a PEM text in base64.
fn embedded(field: Field<'_>) -> Option<Certificate> {
    let pem = String::from_utf8(credential::decode(field.text().filter(|text| !text.is_empty())?)?).ok()?;
    certificate::in_pem(&pem).into_iter().next().map(|(_, known)| known)
}

fn faults(field: Field<'_>, known: &Certificate, now: i64, soon: i64) -> Vec<Fault> {
    let (left, life) = ((known.until - now).div_euclid(DAY), (known.until - known.from) / DAY);
    let date = |time: i64| {
        jiff::Timestamp::from_second(time).map_or_else(|_| "an unknown day".to_owned(), |time| time.strftime("%Y-%m-%d").to_string())
    };
    let who = &known.subject;
    let told = |said: String, observed: String, expected: String| field.fault(said).observed(observed).expected(expected);
    let mut faults = Vec::new();
    let until = || date(known.until);
    if known.until <= now {
        faults.push(told(format!("the certificate of {who} ended on {}", until()), until(), "a certificate in force".to_owned()));
    } else if known.is_authority && left < 365 {
        faults.push(told(format!("the authority {who} ends on {}, in {left} days", until()), until(), "a year or more".to_owned()));
    } else if !known.is_authority && left < soon {
        faults.push(told(format!("the certificate of {who} ends on {}, in {left} days", until()), until(), format!("{soon} days or more")));
    }
    if !known.is_authority && life > LONGEST {
        faults.push(
            told(format!("the certificate of {who} lives {life} days"), format!("{life} days"), format!("{LONGEST} days or less"))
                .severity(Severity::Medium),
        );
    }
    if known.key == "RSA" && known.bits < 2048 {
        faults.push(told(
            format!("the RSA key of {who} has {} bits", known.bits),
            format!("{} bits", known.bits),
            "2048 or more".to_owned(),
        ));
    }
    if let Some(hash) = known.weak_hash {
        faults.push(told(format!("the certificate of {who} is signed with {hash}"), hash.to_owned(), "SHA-256 or better".to_owned()));
    }
    faults
}

/// How long kubeadm lets certificates live.
fn periods(object: &Object<'_>) -> Verdict {
    let leaf = object.at("certificateValidityPeriod");
    let Some(life) = seconds(leaf.str()) else { return Verdict::Skip("kubeadm's own periods: a year, ten years for authorities".into()) };
    let long = life / DAY as f64 > LONGEST as f64;
    long.then(|| leaf.fault(format!("certificates live {}", leaf.str())).expected("9552h (398 days) or less").severity(Severity::Medium))
        .into()
}
