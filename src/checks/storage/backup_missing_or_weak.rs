//! A backup is a second copy of all data: it has to be there when the first is lost, and be guarded as well as that.

use super::encryption::{self, AtRest};
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::backup::{self, BACKUP, Cover, LOCATION, OBJECT_STORE, POSTGRES, SCHEDULE};
use crate::model::time;
use crate::model::{Field, GroupKind, Namespace, Object, Scan, kinds, plain_http};

pub(super) static CHECK: Check = Check {
    id: "backup-missing-or-weak",
    title: "backups are missing, or weaker than what they are of",
    topic: "storage",
    severity: Severity::High,
    why: "Who cannot get at the data takes its backup; and without one, what was deleted or encrypted by an attacker is lost.",
    fix: "Take every namespace that stores something into a schedule, send backups over verified TLS, encrypt them with a key of your own, and lock what was written.",
    how: "For namespaces with claims, where any tool for backups is seen: fails as medium where no schedule that is not paused takes the namespace in (Velero, K8up, VolSync, CloudNativePG, Kasten, Stash). For what makes backups in a namespace: fails as medium where the last completed backup of a Velero schedule is older than two intervals, or its store cannot be reached; and, for the stores of Velero and CloudNativePG, for http (medium within a private network), for certificates that are not verified, and for stores of one's own without encryption where a storage class encrypts. For review: no tool was seen, a schedule takes in only a part, there are fewer sources for single claims or databases than the namespace stores, or whether the store encrypts does not show. System namespaces, and what stores nothing, are left out.",
    needs: &[kinds::PERSISTENT_VOLUME_CLAIM, kinds::STORAGE_CLASS],
    beside: backup::KINDS,
    settings: &[&crate::settings::SYSTEM_NAMESPACES],
    blind: "Backups made outside of the cluster, of etcd and of databases; policies, locks and default encryption of buckets; who may read the credentials; whether anything was ever restored.",
    refs: &[
        "https://velero.io/docs/main/api-types/backupstoragelocation/",
        "https://velero.io/docs/main/api-types/schedule/",
        "https://github.com/vmware-tanzu/velero-plugin-for-aws/blob/main/backupstoragelocation.md",
    ],
    maps: &[
        ("owasp_k8s_2022", &["K08", "K09"]),
        ("owasp_k8s_2025", &["K03", "K07"]),
        ("mitre", &["T1490", "T1530"]),
        ("cwe", &["CWE-311"]),
    ],
    probe: Probe::Namespace(probe),
    ..Check::BASE
};

/// Where a fault rests on none of them being there.
const MADE_BY: &[GroupKind] = backup::KINDS;
const MADE: &[GroupKind] = &[BACKUP];
const TOLD_BY: &[GroupKind] = &[LOCATION, OBJECT_STORE, POSTGRES, SCHEDULE];

fn probe(namespace: &Namespace<'_>) -> Verdict {
    let evidence = namespace.scan().evidence;
    let kept = TOLD_BY.iter().any(|kind| evidence.has(*kind));
    let mut faults = Vec::new();
    let mut is_kept_here = false;
    for object in namespace.objects().filter(|_| kept) {
        if let Some(place) = Place::of(object) {
            is_kept_here = true;
            faults.extend(place.faults(object, namespace.scan()));
        } else if object.is(SCHEDULE) && !object.at("spec.paused").is_true() {
            is_kept_here = true;
            faults.extend(late(object, namespace.scan()));
        }
    }
    let stored = [kinds::PERSISTENT_VOLUME_CLAIM, kinds::STATEFUL_SET].iter().any(|kind| evidence.has(*kind));
    let stored = if stored && !namespace.is_system() { backup::stored(namespace) } else { None };
    if let Some(claim) = stored {
        faults.extend(covered(namespace, claim));
    } else if !is_kept_here {
        return Verdict::Skip("nothing is stored in it".into());
    }
    faults.into()
}

/// Whether what a namespace stores is in a backup.
fn covered(namespace: &Namespace<'_>, claim: Field<'_>) -> Option<Fault> {
    let (scan, expected) = (namespace.scan(), "a schedule that takes it in");
    let of = namespace.after("of");
    let fault = |field: Field<'_>, said: String| field.fault(said).expected(expected).severity(Severity::Medium).of_its_object();
    match backup::cover(namespace) {
        Cover::Whole => None,
        Cover::Perhaps(by) => {
            let said = format!("whether {} {} takes in all that the workloads{of} store does not show", by.kind, by.name);
            Some(fault(claim, said).doubt())
        }
        Cover::None if backup::is_about(scan.evidence, namespace.world()) => {
            Some(fault(claim, format!("no schedule takes in what the workloads{of} store")).missing(MADE_BY))
        }
        Cover::None => {
            let said = format!("nothing was seen that makes backups of what the workloads{of} store: are they made outside of the cluster");
            Some(fault(claim, said).doubt())
        }
    }
}

/// A schedule as a cluster shows it, whose last backup is too old.
fn late(schedule: &Object<'_>, scan: &Scan<'_>) -> Option<Fault> {
    let cron = schedule.at("spec.schedule");
    let limit = backup::longest_gap(cron.str())?.saturating_mul(2);
    let is_over = |then: jiff::Timestamp| scan.now.as_second() - then.as_second() > limit;
    let fault = |said: String| cron.fault(said).expected("a backup in time").severity(Severity::Medium).of_its_object();
    if let Some((then, field)) = backup::last(scan.evidence, schedule) {
        return is_over(then).then(|| fault(format!("the last backup by schedule {} was completed at {}", schedule.name, field.str())));
    }
    // files say nothing of backups that were made
    let made = schedule.at("metadata.creationTimestamp").text().and_then(time::read).filter(|_| schedule.at("metadata.uid").exists())?;
    let said = || format!("no completed backup by schedule {} was seen", schedule.name);
    is_over(made).then(|| fault(said()).missing(MADE))
}

/// Where backups are kept.
struct Place<'a> {
    address: Field<'a>,
    skips_verification: Option<Field<'a>>,
    /// What says that they are encrypted, any of them.
    encrypted: Vec<Field<'a>>,
    /// Where it is missing.
    at: Field<'a>,
}

impl<'a> Place<'a> {
    fn of(object: &Object<'a>) -> Option<Self> {
        let spec = object.at("spec");
        let barman = |store: Field<'a>| Place {
            address: store.key("endpointURL"),
            skips_verification: None,
            encrypted: vec![store.at("data").key("encryption")],
            at: store.at("data").key("encryption"),
        };
        if object.is(LOCATION) {
            let config = spec.key("config");
            return Some(Place {
                address: config.key("s3Url"),
                skips_verification: Some(config.key("insecureSkipTLSVerify").as_string()),
                encrypted: ["kmsKeyId", "serverSideEncryption", "customerKeyEncryptionFile"].map(|key| config.key(key)).to_vec(),
                at: config.key("serverSideEncryption"),
            });
        }
        if object.is(OBJECT_STORE) {
            return Some(barman(spec.key("configuration")));
        }
        let store = spec.at("backup.barmanObjectStore");
        (object.is(POSTGRES) && store.exists()).then(|| barman(store))
    }

    fn faults(&self, object: &Object<'_>, scan: &Scan<'_>) -> Vec<Fault> {
        let plain = plain_http::fault(self.address, "backups are sent to their store");
        let open = self.skips_verification.filter(|field| matches!(field.str(), "true" | "True" | "TRUE" | "1" | "t" | "T"));
        let open = open.map(|field| field.fault("the certificate of the store of backups is not verified").expected("false"));
        // the large providers encrypt whatever is stored with them
        let is_own = self.address.exists() && !self.address.str().contains(".amazonaws.com");
        let bare = is_own && self.encrypted.iter().all(|field| field.is_empty());
        let encrypts = || {
            let mut classes = scan.evidence.of_kind_in(object.world, kinds::STORAGE_CLASS);
            classes.any(|class| matches!(encryption::judge(class.at("provisioner").str(), class.at("parameters")), AtRest::Encrypted))
        };
        let bare = bare.then(|| match encrypts() {
            true => self.at.fault("volumes are encrypted, and their backups are not").expected("encryption by the store, or before it"),
            false => {
                self.at.fault("whether the store of backups encrypts them does not show").expected("encryption that is stated").doubt()
            }
        });
        let unavailable = object.at("status").key("phase");
        let away = (unavailable.text() == Some("Unavailable"))
            .then(|| unavailable.fault("the store of backups cannot be reached").expected("Available").severity(Severity::Medium));
        [plain, open, bare, away].into_iter().flatten().map(Fault::of_its_object).collect()
    }
}
