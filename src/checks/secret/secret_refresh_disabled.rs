//! A value that was replaced at its source is not replaced before somebody fetches it again.

use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::component::seconds;
use crate::model::{Container, Field, GroupKind, Object, Pod, Scan, kinds, time};
use crate::settings::{Default, Setting};

pub(super) static CHECK: Check = Check {
    id: "secret-refresh-disabled",
    title: "synchronisation of secrets never refreshes, or too seldom",
    topic: "secret",
    severity: Severity::Medium,
    why: "A credential that was replaced or withdrawn at its source stays in use in the cluster, and one that has leaked is of use for as long.",
    fix: "Set `refreshInterval` or `refreshAfter` to a few hours at most, run the Secrets Store driver with `--enable-secret-rotation=true`, and restart what reads its secrets only once.",
    how: "Fails for an ExternalSecret whose policy is CreatedOnce or OnChange, whose interval is 0 or above the setting (24 hours), whose target is immutable, or that a cluster shows as not ready or not refreshed for two intervals; for a PushSecret, VaultStaticSecret or HCPVaultSecretsApp without refresh or above the setting, unless Vault tells of changes at once; and for the Secrets Store driver without rotation, which is its default. For review: values that a generator makes once. Does not apply to DaemonSets of other things.",
    settings: &[&HOURS],
    blind: "Whether the source ever replaces the value, and whether what reads it notices: variables and `subPath` mounts do not.",
    refs: &[
        "https://external-secrets.io/latest/api/externalsecret/",
        "https://secrets-store-csi-driver.sigs.k8s.io/topics/secret-auto-rotation",
        "https://developer.hashicorp.com/vault/docs/deploy/kubernetes/vso/api-reference",
    ],
    maps: &[("owasp_k8s_2022", &["K08"]), ("owasp_k8s_2025", &["K03"]), ("cwe", &["CWE-324"])],
    probe: Probe::Object(SUBJECTS, probe),
    ..Check::BASE
};

static HOURS: Setting = Setting {
    key: "secret_refresh_hours",
    help: "After how many hours at most secrets have to be fetched anew from their manager.",
    default: Default::Int(24),
};

const ESO: &str = "external-secrets.io";
const VSO: &str = "secrets.hashicorp.com";
const SUBJECTS: &[GroupKind] = &[
    GroupKind::new(ESO, "ExternalSecret"),
    GroupKind::new(ESO, "ClusterExternalSecret"),
    GroupKind::new(ESO, "PushSecret"),
    GroupKind::new(VSO, "VaultStaticSecret"),
    GroupKind::new(VSO, "HCPVaultSecretsApp"),
    kinds::DAEMON_SET,
];

/// What the interval of an External Secret is where none is set.
const HOUR: f64 = 3600.0;

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let spec = object.at("spec");
    let limit = scan.settings.int(&HOURS);
    match object.kind {
        "ExternalSecret" => external(spec, limit).into_iter().chain(seen(object, scan)).collect(),
        "ClusterExternalSecret" => external(spec.key("externalSecretSpec"), limit).into(),
        "PushSecret" => interval(spec.key("refreshInterval"), limit).into(),
        "HCPVaultSecretsApp" => interval(spec.key("refreshAfter"), limit).into(),
        "VaultStaticSecret" => {
            let after = spec.key("refreshAfter");
            match after.exists() {
                _ if spec.at("syncConfig.instantUpdates").is_true() => Verdict::Pass,
                true => interval(after, limit).into(),
                false => after.fault("without refreshAfter it is read again only when it is changed itself").expected("1h").into(),
            }
        }
        _ => driver(object, scan, limit),
    }
}

/// An interval that is switched off, or too long.
fn interval(field: Field<'_>, limit: i64) -> Option<Fault> {
    let length = seconds(field.as_string().text()?);
    let expected = format!("{limit}h or less");
    match length {
        None => Some(field.fault("no duration: what becomes of it is its controller's").expected(expected).doubt()),
        Some(length) if length <= 0.0 => Some(field.fault("an interval of 0 means that it is fetched once").expected(expected)),
        Some(length) if length > limit as f64 * HOUR => {
            Some(field.fault(format!("it is fetched every {}, which is more than {limit} hours", field.str())).expected(expected))
        }
        Some(_) => None,
    }
}

fn external(spec: Field<'_>, limit: i64) -> Vec<Fault> {
    let policy = spec.key("refreshPolicy");
    let once = matches!(policy.str(), "CreatedOnce" | "OnChange");
    let said =
        || policy.fault(format!("with policy {} it is not fetched again when the source changes", policy.str())).expected("Periodic");
    let refresh = if once { Some(said()) } else { interval(spec.key("refreshInterval"), limit) };
    // a value that is made rather than fetched may well be made once: whether it should ever change is its owner's
    let refresh = refresh.map(|fault| if is_generated(spec) { fault.doubt() } else { fault });
    let immutable = spec.at("target.immutable");
    let frozen = immutable.is_true().then(|| immutable.fault("its Secret is immutable: no later value gets into it").expected("false"));
    refresh.into_iter().chain(frozen).collect()
}

fn is_generated(spec: Field<'_>) -> bool {
    let mut sources = spec.key("dataFrom").items().peekable();
    sources.peek().is_some() && spec.key("data").is_empty() && sources.all(|source| source.at("sourceRef.generatorRef").exists())
}

/// What a cluster shows of it.
fn seen(object: &Object<'_>, scan: &Scan<'_>) -> Vec<Fault> {
    let (spec, status) = (object.at("spec"), object.at("status"));
    let failed = status.key("conditions").items().find(|one| one.key("type").str() == "Ready" && one.key("status").str() == "False");
    let failed = failed.map(|one| {
        let field = if one.key("reason").exists() { one.key("reason") } else { one.key("status") };
        field.fault(format!("{} was not fetched when it was last tried", object.name)).expected("Ready")
    });
    let refreshed = status.key("refreshTime");
    let every = spec.key("refreshInterval").text().map_or(Some(HOUR), seconds).unwrap_or_default();
    let periodic = matches!(spec.key("refreshPolicy").str(), "" | "Periodic") && every > 0.0;
    let old =
        refreshed.text().and_then(time::read).filter(|then| periodic && (scan.now.as_second() - then.as_second()) as f64 > 2.0 * every);
    let old = old.map(|_| {
        refreshed
            .fault(format!("{} was last fetched at {}, more than two intervals ago", object.name, refreshed.str()))
            .expected("refreshed in time")
    });
    failed.or(old).into_iter().collect()
}

/// The driver that puts secrets into volumes.
fn driver(object: &Object<'_>, scan: &Scan<'_>, limit: i64) -> Verdict {
    let mut containers = scan.evidence.pods_in(object).iter().flat_map(|record| Pod { scan, record }.containers());
    let is_driver = |container: &Container<'_>| {
        let image = container.reference();
        image.is_ok_and(|image| ["csi-secrets-store/driver", "secrets-store/driver"].iter().any(|known| image.ends_with(known)))
    };
    let Some(container) = containers.find(is_driver) else {
        return Verdict::Skip("no driver of secrets".into());
    };
    let flag = |name: &str| {
        let words = ["command", "args"].map(|list| container.at(list)).into_iter().flat_map(Field::items);
        let value = |word: Field<'_>| -> Option<String> {
            let rest = word.str().trim_start_matches('-').strip_prefix(name)?;
            if rest.is_empty() { Some("true".to_owned()) } else { rest.strip_prefix('=').map(str::to_owned) }
        };
        words.filter_map(move |word| Some((word, value(word)?))).last()
    };
    let expected = "--enable-secret-rotation=true";
    match flag("enable-secret-rotation") {
        None => container
            .at("args")
            .fault("rotation is off unless it is switched on: mounted secrets stay as they are")
            .expected(expected)
            .into(),
        Some((_, value)) if matches!(value.as_str(), "true" | "1" | "t" | "T" | "TRUE" | "True") => {
            let poll = flag("rotation-poll-interval").and_then(|(word, value)| Some((word, seconds(&value)?)));
            let slow = poll.filter(|(_, length)| *length > limit as f64 * HOUR);
            slow.map(|(word, _)| word.fault(format!("mounted secrets are looked at less often than every {limit} hours")).expected("2m"))
                .into()
        }
        Some((word, _)) => word.fault("rotation is switched off: mounted secrets stay as they are").expected(expected).into(),
    }
}
