//! When the store of secrets is away, nothing that needs one can start; when its only disk is lost, they are gone.

use super::store::{CLUSTER_SECRET_STORE, SECRET_STORE, provider};
use crate::checks::{Check, Fault, Probe, Severity, Verdict};
use crate::model::address::is_private;
use crate::model::secret_manager::{Part, part};
use crate::model::selector::{Match, Selector};
use crate::model::vault::Config;
use crate::model::{Field, GroupKind, Object, Pod, Scan, kinds, vault};

pub(super) static CHECK: Check = Check {
    id: "secret-manager-not-ha",
    title: "secret manager in the cluster does not survive the loss of a node",
    topic: "secret",
    severity: Severity::Medium,
    why: "While the one server is away, pods that need a secret do not start, and nothing is renewed; what only it has kept may be lost with its disk.",
    fix: "Run three replicas with raft or another store that several share, spread over nodes, with a PodDisruptionBudget.",
    how: "Takes the servers of Vault, OpenBao, Conjur and Infisical by their images. Fails where one runs for developers, keeps all in memory or in files of one replica, has fewer than three replicas with raft (two otherwise), or has neither a PodDisruptionBudget nor a rule that spreads it. For review: Vault's configuration was not seen; controllers that bring secrets and have one replica (low); stores outside of the cluster. Does not apply to other workloads, nor to a store whose server is in the cluster.",
    needs: &[kinds::CONFIG_MAP, kinds::POD_DISRUPTION_BUDGET],
    blind: "On which nodes the replicas run, whether what they keep is backed up, and managers whose images are not known.",
    refs: &[
        "https://developer.hashicorp.com/vault/docs/deploy/kubernetes/helm/run",
        "https://developer.hashicorp.com/vault/docs/configuration/storage",
    ],
    maps: &[("owasp_k8s_2022", &["K08"]), ("owasp_k8s_2025", &["K03"])],
    probe: Probe::Object(&[kinds::STATEFUL_SET, kinds::DEPLOYMENT, SECRET_STORE, CLUSTER_SECRET_STORE], probe),
    ..Check::BASE
};

const BUDGETS: &[GroupKind] = &[kinds::POD_DISRUPTION_BUDGET];
/// Stores that only one server can use.
const SINGLE: &[&str] = &["file", "inmem", "filesystem"];

fn probe(object: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    if object.is(SECRET_STORE) || object.is(CLUSTER_SECRET_STORE) {
        return store(object, scan);
    }
    let mut pods = scan.evidence.pods_in(object).iter().map(|record| Pod { scan, record });
    let Some((pod, part)) = pods.find_map(|pod| Some((pod, part(&pod)?))) else {
        return Verdict::Skip("no secret manager".into());
    };
    let replicas = object.at("spec").key("replicas");
    let count = replicas.int().unwrap_or(1);
    if count == 0 {
        return Verdict::Skip("scaled to nothing".into());
    }
    let few = |who: &str, wanted: i64| {
        let servers = if count == 1 { "one replica".to_owned() } else { format!("{count} replicas") };
        (count < wanted).then(|| replicas.fault(format!("{who} has {servers}")).expected(format!("{wanted} or more")))
    };
    match part {
        Part::Brings(who) => few(who, 2).map(|fault| fault.severity(Severity::Low).doubt()).into(),
        Part::Keeps(who) => few(who, 2).or_else(|| bunched(&pod, who)).into(),
        Part::Vault(server) => {
            if let Some(field) = vault::for_developers(&server) {
                return field
                    .fault("Vault runs for developers: all that it keeps is lost with its pod")
                    .expected("a server with a store")
                    .into();
            }
            let configs = vault::configs(&pod);
            let stored =
                configs.iter().find_map(|config| Some((config, config.block(&["ha_storage"]).or(config.block(&["storage", "backend"]))?)));
            match stored {
                Some((config, block)) if SINGLE.contains(&block.label.as_str()) => single(config, block, count).into(),
                Some((_, block)) if block.label == "raft" => few("Vault, with raft,", 3).or_else(|| bunched(&pod, "Vault")).into(),
                Some(_) => few("Vault", 2).or_else(|| bunched(&pod, "Vault")).into(),
                None => few("Vault", 2).or_else(|| bunched(&pod, "Vault")).unwrap_or_else(|| unseen(object)).into(),
            }
        }
    }
}

fn single(config: &Config<'_>, block: &vault::Block, count: i64) -> Fault {
    let said = format!("Vault keeps its secrets by `{}`, which one server alone can use", block.label);
    let said = if count > 1 { format!("{said}: its {count} replicas do not stand in for each other") } else { said };
    config.fault(block.written(), said).expected("raft")
}

fn unseen(object: &Object<'_>) -> Fault {
    object.at("spec").key("template").fault_at_key("whether Vault's replicas share a store is in a configuration that was not seen").doubt()
}

/// Neither a budget for disruptions nor a rule that spreads the replicas.
fn bunched(pod: &Pod<'_>, who: &str) -> Option<Fault> {
    let spec = pod.spec();
    let spread = !spec.key("topologySpreadConstraints").is_empty() || !spec.at("affinity.podAntiAffinity").is_empty();
    let namespace = pod.scan().namespace(pod.object().world, pod.namespace())?;
    let selects = |budget: &&Object<'_>| {
        let selector = Selector::given(budget.at("spec.selector"));
        selector.is_some_and(|selector| selector.matches_pod(pod) != Match::No)
    };
    let budget = namespace.objects().filter(|object| object.is(kinds::POD_DISRUPTION_BUDGET)).find(selects).is_some();
    let said = format!("nothing keeps the replicas of {who} from one node, or from being taken down at once");
    let fault = || spec.key("affinity").fault(said).expected("podAntiAffinity, or a PodDisruptionBudget").missing(BUDGETS);
    (!spread && !budget).then(fault)
}

/// A store that the cluster only speaks to: asked once, however many objects name it.
fn store(store: &Object<'_>, scan: &Scan<'_>) -> Verdict {
    let Some((name, provider)) = provider(store) else { return Verdict::Skip("it names no provider".into()) };
    let address = address(provider);
    let host = address.map(|address| {
        let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default()
    });
    if matches!(name, "fake" | "kubernetes") || host.is_some_and(|host| host.contains(".svc") || !host.contains('.') && is_private(host)) {
        return Verdict::Skip("its server is in a cluster, where it is judged".into());
    }
    let is_same =
        |other: &&Object<'_>| super::store::provider(other).is_some_and(|(own, theirs)| own == name && self::address(theirs) == address);
    let mut all = [CLUSTER_SECRET_STORE, SECRET_STORE].into_iter().flat_map(|kind| scan.evidence.of_kind_in(store.world, kind));
    if all.find(is_same).is_some_and(|first| first.id != store.id) {
        return Verdict::Skip("another object of the same store is asked about".into());
    }
    let said = format!("store {} is outside of the cluster: how available it is, its operator tells ({name})", store.name);
    provider.fault_at_key(said).severity(Severity::Low).doubt().into()
}

fn address(provider: Field<'_>) -> Option<&str> {
    ["server", "url", "connectHost", "hostAPI", "vaultUrl"].map(|key| provider.key(key)).into_iter().find_map(Field::text)
}
