//! Backups of what a namespace stores: which tools are about, and what their schedules take in.

use jiff::Timestamp;

use crate::model::field::Field;
use crate::model::glob::glob;
use crate::model::namespace::Namespace;
use crate::model::object::Object;
use crate::model::{Evidence, GroupKind, kinds, time};

/// Velero's, of the whole cluster.
pub const SCHEDULE: GroupKind = GroupKind::new("velero.io", "Schedule");
/// One that was made.
pub const BACKUP: GroupKind = GroupKind::new("velero.io", "Backup");
/// Where Velero keeps them.
pub const LOCATION: GroupKind = GroupKind::new("velero.io", "BackupStorageLocation");
/// Where CloudNativePG keeps them, as an object of its own.
pub const OBJECT_STORE: GroupKind = GroupKind::new("barmancloud.cnpg.io", "ObjectStore");
/// A database of CloudNativePG, which may say so itself.
pub const POSTGRES: GroupKind = GroupKind::new("postgresql.cnpg.io", "Cluster");
/// Kasten's, which select by labels.
pub const POLICY: GroupKind = GroupKind::new("config.kio.kasten.io", "Policy");

/// What makes backups of its own namespace by a schedule, with the field that stops it.
const OWN: &[(GroupKind, &str)] = &[
    (K8UP, ""),
    (VOLSYNC, "paused"),
    (GroupKind::new("postgresql.cnpg.io", "ScheduledBackup"), "suspend"),
    (GroupKind::new("stash.appscode.com", "BackupConfiguration"), "paused"),
    (GroupKind::new("core.kubestash.com", "BackupConfiguration"), "paused"),
];
const K8UP: GroupKind = GroupKind::new("k8up.io", "Schedule");
const VOLSYNC: GroupKind = GroupKind::new("volsync.backube", "ReplicationSource");

/// Every kind that tells of backups.
pub const KINDS: &[GroupKind] = &[
    SCHEDULE,
    BACKUP,
    LOCATION,
    OBJECT_STORE,
    POSTGRES,
    POLICY,
    K8UP,
    VOLSYNC,
    GroupKind::new("postgresql.cnpg.io", "ScheduledBackup"),
    GroupKind::new("stash.appscode.com", "BackupConfiguration"),
    GroupKind::new("core.kubestash.com", "BackupConfiguration"),
];

/// Whether anything in a world makes backups.
#[must_use]
pub fn is_about(evidence: &Evidence<'_>, world: u16) -> bool {
    KINDS.iter().filter(|kind| **kind != POSTGRES).any(|kind| evidence.of_kind_in(world, *kind).next().is_some())
}

/// What is known of the backups of a namespace.
#[derive(Debug, Clone, Copy)]
pub enum Cover<'a> {
    /// All of it.
    Whole,
    /// Perhaps, as this takes in a part only, or what it takes in does not show.
    Perhaps(&'a Object<'a>),
    /// By nothing that was seen.
    None,
}

/// What takes in a namespace.
#[must_use]
pub fn cover<'a>(namespace: &Namespace<'a>) -> Cover<'a> {
    let (evidence, world) = (namespace.scan().evidence, namespace.world());
    let mut perhaps = None;
    for schedule in evidence.of_kind_in(world, SCHEDULE) {
        match takes_in(schedule, namespace.name()) {
            Some(true) => return Cover::Whole,
            Some(false) => perhaps = perhaps.or(Some(schedule)),
            None => {}
        }
    }
    if OWN.iter().any(|(kind, _)| evidence.has(*kind)) {
        let own: Vec<_> = namespace.objects().filter(|object| makes_own(object)).collect();
        let single = own.iter().filter(|object| !object.is(K8UP)).count();
        let is_whole = || own.iter().any(|object| is_of_all(object, namespace)) || single > 0 && single >= kept_apart(namespace);
        match own.first() {
            Some(_) if is_whole() => return Cover::Whole,
            // each of the others is for one claim, database or workload
            Some(first) => perhaps = perhaps.or(Some(first)),
            None => {}
        }
    }
    for policy in evidence.of_kind_in(world, POLICY) {
        match chooses(policy, namespace.name()) {
            Some(true) => return Cover::Whole,
            Some(false) => perhaps = perhaps.or(Some(policy)),
            None => {}
        }
    }
    perhaps.map_or(Cover::None, Cover::Perhaps)
}

/// How many things a namespace stores by themselves: claims, templates of them, databases. The claims that a StatefulSet or a
/// database has made are of it.
fn kept_apart(namespace: &Namespace<'_>) -> usize {
    let sets: Vec<_> = namespace.objects().filter(|object| object.is(kinds::STATEFUL_SET)).collect();
    let is_made = |claim: &Object<'_>| {
        let by_set = sets.iter().any(|set| {
            let templates = set.at("spec.volumeClaimTemplates").items().map(|template| template.at("metadata.name").str());
            templates.into_iter().any(|template| claim.name.starts_with(&format!("{template}-{}-", set.name)))
        });
        by_set || claim.label("cnpg.io/cluster").exists()
    };
    let claims = namespace.objects().filter(|object| object.is(kinds::PERSISTENT_VOLUME_CLAIM) && !is_made(object)).count();
    let templates: usize = sets.iter().map(|set| set.at("spec.volumeClaimTemplates").items().count()).sum();
    claims + templates + namespace.objects().filter(|object| object.is(POSTGRES)).count()
}

fn makes_own(object: &Object<'_>) -> bool {
    let Some((_, stop)) = OWN.iter().find(|(kind, _)| object.is(*kind)) else { return false };
    let spec = object.at("spec");
    let stopped = !stop.is_empty() && spec.key(stop).is_true();
    let by_session = |session: Field<'_>| session.at("scheduler.schedule").exists() && !session.at("scheduler.suspend").is_true();
    let runs = match object.kind {
        "ReplicationSource" => spec.at("trigger.schedule").exists(),
        // of K8up, which else checks and prunes alone
        "Schedule" => !spec.at("backup.schedule").is_empty(),
        "BackupConfiguration" if object.group == "core.kubestash.com" => spec.key("sessions").items().any(by_session),
        "BackupConfiguration" => !spec.key("schedule").is_empty(),
        _ => true,
    };
    runs && !stopped
}

/// Whether it takes in every claim of its namespace, as K8up does with those that nothing leaves out.
fn is_of_all(object: &Object<'_>, namespace: &Namespace<'_>) -> bool {
    let left_out = |claim: &Object<'_>| claim.annotation("k8up.io/backup").text() == Some("false");
    let mut claims = namespace.objects().filter(|claim| claim.is(kinds::PERSISTENT_VOLUME_CLAIM));
    object.is(K8UP) && object.at("spec.backup.labelSelectors").is_empty() && !claims.any(left_out)
}

/// Whether a policy of Kasten takes in all of a namespace, or perhaps a part of it.
fn chooses(policy: &Object<'_>, namespace: &str) -> Option<bool> {
    const KEY: &str = "k10.kasten.io/appNamespace";
    let spec = policy.at("spec");
    let action = spec.key("actions").items().find(|action| action.key("action").str() == "backup")?;
    // without a frequency a preset has it, or each run is asked for
    let runs = match spec.key("frequency").text() {
        Some(frequency) => frequency != "@onDemand",
        None => !spec.key("presetRef").is_empty(),
    };
    if spec.key("paused").is_true() || !runs {
        return None;
    }
    let by_label =
        spec.at("selector.matchLabels").entries().into_iter().map(|(key, value)| (key == KEY).then(|| glob(value.str(), namespace)));
    let by_expression = spec.at("selector.matchExpressions").items().map(|expression| {
        let mut values = expression.key("values").items();
        let (key, operator) = (expression.key("key").str(), expression.key("operator").str());
        match operator {
            "In" if key == KEY => Some(values.any(|value| glob(value.str(), namespace))),
            "NotIn" if key == KEY => Some(values.all(|value| !glob(value.str(), namespace))),
            _ => None,
        }
    });
    let terms: Vec<Option<bool>> = by_label.chain(by_expression).collect();
    if terms.contains(&Some(false)) {
        return None;
    }
    let whole = !terms.is_empty() && terms.iter().all(Option::is_some) && action.at("backupParameters.filters").is_empty();
    Some(whole)
}

/// Whether a schedule takes in all of a namespace, or a part of it.
fn takes_in(schedule: &Object<'_>, namespace: &str) -> Option<bool> {
    let spec = schedule.at("spec");
    let template = spec.key("template");
    let lists = |key: &'static str| template.key(key).items().any(|pattern| glob(pattern.str(), namespace));
    let included = template.key("includedNamespaces").is_empty() || lists("includedNamespaces");
    if spec.key("paused").is_true() || !included || lists("excludedNamespaces") {
        return None;
    }
    let chosen = ["labelSelector", "orLabelSelectors", "includedResources", "includedNamespaceScopedResources"];
    let partly = chosen.iter().any(|key| !template.key(key).is_empty() && !lists_all(template.key(key)));
    let kept_out = |list: &'static str| template.key(list).items().any(|item| is_of_volumes(item.str()));
    let partly =
        partly || ["excludedResources", "excludedNamespaceScopedResources", "excludedClusterScopedResources"].into_iter().any(kept_out);
    // without snapshots, files are copied only of what says so
    let objects_alone = template.key("snapshotVolumes").bool() == Some(false) && !template.key("defaultVolumesToFsBackup").is_true();
    Some(!partly && !objects_alone)
}

/// Whether a resource, by any of its names, is one that volumes are kept by.
fn is_of_volumes(resource: &str) -> bool {
    matches!(resource, "*" | "pv" | "pvc" | "persistentvolumes" | "persistentvolume" | "persistentvolumeclaims" | "persistentvolumeclaim")
}

fn lists_all(list: Field<'_>) -> bool {
    list.items_or_self().any(|item| item.text() == Some("*"))
}

/// The last backup that a schedule of a cluster has made: when it was completed.
#[must_use]
pub fn last<'a>(evidence: &'a Evidence<'a>, schedule: &Object<'a>) -> Option<(Timestamp, Field<'a>)> {
    let own = |backup: &&Object<'_>| {
        backup.label("velero.io/schedule-name").text() == Some(schedule.name)
            && backup.namespace == schedule.namespace
            && backup.at("status.phase").text() == Some("Completed")
    };
    let completed = evidence.of_kind_in(schedule.world, BACKUP).filter(own).map(|backup| backup.at("status.completionTimestamp"));
    completed.filter_map(|field| Some((time::read(field.text()?)?, field))).max_by_key(|(then, _)| *then)
}

/// How many seconds lie at most between two times of a cron expression; `None` for what is none.
#[must_use]
pub fn longest_gap(cron: &str) -> Option<i64> {
    let cron = cron.trim();
    let cron =
        cron.strip_prefix("CRON_TZ=").or(cron.strip_prefix("TZ=")).map_or(cron, |rest| rest.split_once(' ').map_or("", |(_, rest)| rest));
    match cron {
        "@yearly" | "@annually" => return Some(366 * time::DAY),
        "@monthly" => return Some(31 * time::DAY),
        "@weekly" => return Some(7 * time::DAY),
        "@daily" | "@midnight" => return Some(time::DAY),
        "@hourly" => return Some(3600),
        _ => {}
    }
    if let Some(every) = cron.strip_prefix("@every ") {
        return crate::model::component::seconds(every).map(|seconds| seconds as i64);
    }
    let fields: Vec<_> = cron.split_whitespace().collect();
    let [_, hour, day, month, weekday] = fields[..] else { return None };
    let any = |field: &str| field == "*" || field == "?";
    Some(match () {
        () if !any(month) => 366 * time::DAY,
        () if !any(day) => 31 * time::DAY,
        () if !any(weekday) => 7 * time::DAY,
        () if !any(hour) => time::DAY,
        () => 3600,
    })
}

/// Whether a namespace stores anything: the first claim, or template of one.
#[must_use]
pub fn stored<'a>(namespace: &Namespace<'a>) -> Option<Field<'a>> {
    namespace.objects().find_map(|object| {
        if object.is(kinds::PERSISTENT_VOLUME_CLAIM) {
            return Some(object.at("metadata.name"));
        }
        let template = || object.at("spec.volumeClaimTemplates").items().next();
        if object.is(kinds::STATEFUL_SET) { template() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::longest_gap;

    #[test]
    fn how_far_apart_backups_are() {
        let hours = |cron: &str| longest_gap(cron).map(|seconds| seconds / 3600);
        assert_eq!((hours("0 2 * * *"), hours("@every 6h"), hours("*/5 * * * *")), (Some(24), Some(6), Some(1)));
        assert_eq!((hours("0 0 * * 0"), hours("0 0 1 * *"), hours("CRON_TZ=Europe/Berlin 0 2 * * *")), (Some(168), Some(744), Some(24)));
        assert_eq!((hours("@daily"), hours("never"), hours(""), hours("@every x")), (Some(24), None, None, None));
    }
}
