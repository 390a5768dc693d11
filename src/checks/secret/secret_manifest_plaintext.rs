//! Base64 is no encryption: a Secret in a file is there for all who have the file.

use crate::checks::{Check, Fault, Probe, Severity, Surface, Verdict};
use crate::model::credential::{self, Held, Value, is_key_file, speaks_of_credential};
use crate::model::{Field, Object, Scan, kinds};

pub(super) static CHECK: Check = Check {
    id: "secret-manifest-plaintext",
    title: "Secret lies in a file with its data in the clear",
    topic: "secret",
    severity: Severity::Critical,
    why: "Whoever clones the repository, or finds a copy or a backup of it, has the value; taking it out later leaves it in the history.",
    fix: "Keep it in a store for secrets (External Secrets), or encrypt it in the file (SOPS, Sealed Secrets), and replace the value.",
    how: "Fails for a key of a Secret in a file, under `data`, `stringData` or in what kubectl keeps of them, whose value is a credential by its shape or by what stands around it in a text, or whose name speaks of one (or is that of the credential in the Secret's type) with a value of 8 bytes or more; values encrypted by SOPS and references to elsewhere pass. A token whose checksum does not fit is judged by its key alone, and for review where that says nothing. For review: placeholders and passwords that everybody knows, values too short to tell, what is no base64, a Secret that only looks like configuration, and all that came by standard input. Does not apply to releases kept by Helm; Secrets of a live cluster are not looked at.",
    blind: "A file that never left the machine, or is made anew for each installation, looks the same.",
    surfaces: &[Surface::Manifest],
    refs: &["https://kubernetes.io/docs/concepts/configuration/secret/"],
    maps: &[("owasp_k8s_2022", &["K08"]), ("owasp_k8s_2025", &["K03"]), ("mitre", &["T1552.001"]), ("cwe", &["CWE-312", "CWE-798"])],
    probe: Probe::Object(&[kinds::SECRET], probe),
    ..Check::BASE
};

/// The keys that hold the credential in Secrets of known types.
const TYPES: &[(&str, &[&str])] = &[
    ("kubernetes.io/basic-auth", &["password"]),
    ("kubernetes.io/ssh-auth", &["ssh-privatekey"]),
    ("kubernetes.io/dockerconfigjson", &[".dockerconfigjson"]),
    ("kubernetes.io/dockercfg", &[".dockercfg"]),
    ("kubernetes.io/service-account-token", &["token"]),
    ("bootstrap.kubernetes.io/token", &["token-secret"]),
    ("kubernetes.io/tls", &["tls.key"]),
];

/// The shortest value that is taken for a credential by the name of its key.
const SHORTEST: usize = 8;

fn probe(secret: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    if secret.at("type").str() == "helm.sh/release.v1" {
        return Verdict::Skip("a release kept by Helm".into());
    }
    let encoded = secret.at("data").entries().into_iter().map(|(key, field)| (key, field.as_string(), credential::decode(field.str())));
    let plain =
        secret.at("stringData").entries().into_iter().map(|(key, field)| (key, field.as_string(), Some(field.str().as_bytes().to_vec())));
    let all: Vec<_> = encoded.chain(plain).collect();
    let mut said: Vec<_> = all.iter().map(|(key, field, bytes)| judge(secret, key, *field, bytes.as_deref())).collect();
    said.extend(applied(secret));
    let rendered = scan.evidence.files().get(secret.root.file as usize).is_some_and(|file| file.uri.is_none());
    let faults: Vec<_> =
        said.iter().filter_map(|said| if let Said::Fault(fault) = said { Some((**fault).clone()) } else { None }).collect();
    if !faults.is_empty() {
        // what comes by a pipe may have been made just now, and never lain in a file
        let unsure =
            |fault: Fault| fault.reworded(|said| format!("{said}; it came by standard input, and may never have lain in a file")).doubt();
        return if rendered { faults.into_iter().map(unsure).collect() } else { faults.into() };
    }
    // nothing in it is a credential: a person should see that it is none
    let open = all.iter().zip(&said).find(|(_, said)| matches!(said, Said::Open));
    open.map(|((key, field, _), _)| {
        field.fault(format!("key {key} looks like configuration: is there a credential in it")).severity(Severity::Low).sensitive().doubt()
    })
    .into()
}

/// What `kubectl` keeps of the Secret as it was applied, long after the data itself went elsewhere.
fn applied(secret: &Object<'_>) -> Option<Said> {
    let annotation = secret.annotation(credential::LAST_APPLIED);
    let kept = credential::applied_data(annotation.str());
    let said = kept.iter().map(|(key, bytes)| judge(secret, key, annotation, Some(bytes)));
    let worst = said.filter_map(|said| if let Said::Fault(fault) = said { Some(fault) } else { None }).min_by_key(|fault| fault.doubt)?;
    Some(Said::Fault(Box::new(worst.reworded(|said| format!("the annotation of kubectl apply: {said}")))))
}

enum Said {
    /// It holds nothing, or nothing yet.
    Closed,
    /// It holds something that does not look like a credential.
    Open,
    Fault(Box<Fault>),
}

fn judge(secret: &Object<'_>, key: &str, field: Field<'_>, bytes: Option<&[u8]>) -> Said {
    let fault = |said: String| field.fault(said).expected("an encrypted value, or a reference to a store").sensitive();
    let sops = secret.field().key("sops").exists() && field.str().starts_with("ENC[");
    let Some(bytes) = bytes.filter(|_| !sops) else {
        if sops || field.is_empty() || credential::is_whole_reference(field.str()) {
            return Said::Closed;
        }
        if credential::is_reference(field.str()) {
            return Said::Open;
        }
        let said = format!("key {key} is no base64, so the API server would refuse the Secret: is it a credential in the clear");
        return Said::Fault(Box::new(fault(said).severity(Severity::Medium).doubt()));
    };
    let text = std::str::from_utf8(bytes).ok();
    if bytes.is_empty() || text.is_some_and(|text| text.trim().is_empty() || credential::is_whole_reference(text.trim())) {
        return Said::Closed;
    }
    // what is no token by its checksum is judged by its key, as any other value is
    let by_name = speaks_of_credential(key) || is_key_file(key);
    if let Some(found) = text.and_then(credential::find).filter(|found| !(by_name && found.is_unfit())) {
        let fault = match found.doubt {
            None => fault(format!("key {key} holds {}", found.rule)),
            Some(why) => fault(format!("key {key} may hold {}: {why}", found.rule)).severity(Severity::Medium).doubt(),
        };
        return Said::Fault(Box::new(fault));
    }
    match text.and_then(|text| credential::in_text(text, &|_| false)) {
        Some(Held::Named(name)) => return Said::Fault(Box::new(fault(format!("key {key} holds a credential in the clear, under {name}")))),
        Some(Held::Placed(found)) if found.doubt.is_none() => {
            return Said::Fault(Box::new(fault(format!("key {key} holds {}", found.rule))));
        }
        _ => {}
    }
    let kind = secret.at("type").str();
    // a list of registries without a login to any of them holds nothing
    let empty = key.starts_with(".docker")
        && text.is_some_and(|text| !["auth", "password", "identitytoken"].iter().any(|part| text.contains(&format!("\"{part}\""))));
    let by_type = !empty && TYPES.iter().any(|(name, keys)| *name == kind && keys.contains(&key));
    // a piece of it comes from elsewhere: a person should see whether the rest is secret
    if !by_type && text.is_some_and(credential::is_reference) {
        return Said::Open;
    }
    if !by_type && !by_name {
        return Said::Open;
    }
    match text.map_or(Value::Strong, |text| credential::classify(text.trim())) {
        Value::Placeholder => Said::Fault(Box::new(
            fault(format!("key {key} holds a placeholder, or a password that everybody knows")).severity(Severity::Medium).doubt(),
        )),
        Value::Hash => Said::Fault(Box::new(
            fault(format!("key {key} holds a hash of a password, which can be guessed at leisure")).severity(Severity::Medium).doubt(),
        )),
        // a path, a URL, a number: of a password it says nothing, of a file that holds one it does
        Value::Harmless if !by_type && (!speaks_of_credential(key) || bytes.len() < SHORTEST) => Said::Open,
        _ if bytes.len() < SHORTEST => {
            Said::Fault(Box::new(fault(format!("key {key} holds a value too short to tell")).severity(Severity::Medium).doubt()))
        }
        _ => Said::Fault(Box::new(fault(format!("key {key} holds a credential in the clear")))),
    }
}
