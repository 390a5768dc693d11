//! The owner's lists of who is to hold what.

use crate::model::Scan;
use crate::model::glob::glob;
use crate::model::rbac::Identity;
use crate::settings::{Default, Setting};

macro_rules! owners {
    ($($name:ident = $key:literal, $help:literal;)*) => {
        $(pub(super) static $name: Setting = Setting {
            key: $key,
            help: concat!($help, " Each is `group:NAME`, `user:NAME` or `serviceaccount:NAMESPACE/NAME`; `*` stands for anything."),
            default: Default::Strings(&[]),
        };)*
    };
}

owners! {
    ADMIN_ACCOUNTS = "admin_accounts", "Accounts that are to have all of the cluster: GitOps controllers, backup, installers.";
    BREAK_GLASS = "break_glass_subjects", "Who holds rights for emergencies only, under audit.";
    DEPLOYERS = "deployer_subjects", "Who is to create workloads.";
    SECURITY = "security_subjects", "The platform's security identities, who are to write policies.";
    OBSERVERS = "observability_subjects", "Identities of monitoring, logging and backup, who own evidence and alerts.";
    SECRET_OPERATORS = "secret_operators", "Operators that are to read Secrets and make tokens for others.";
    STORAGE_OPERATORS = "storage_operators", "Provisioners, autoscalers and node agents, who are to write PersistentVolumes and nodes.";
    PROXIES = "impersonating_proxies", "Authenticating proxies, who are to act as their users.";
    APPROVERS = "certificate_approvers", "Who is to approve or sign certificates.";
}

/// Whether one of the lists, or that for emergencies, holds somebody.
pub(super) fn lists(scan: &Scan<'_>, identity: Identity<'_>, settings: &[&'static Setting]) -> bool {
    let all = settings.iter().copied().chain([&BREAK_GLASS]);
    all.flat_map(|setting| scan.settings.strings(setting)).any(|pattern| matches(pattern, identity))
}

/// Whether one of the lists, or that for emergencies, holds anybody at all.
pub(super) fn any(scan: &Scan<'_>, settings: &[&'static Setting]) -> bool {
    settings.iter().copied().chain([&BREAK_GLASS]).any(|setting| !is_unset(scan, setting))
}

/// Whether a list is empty, so that the owner has not said who it is.
pub(super) fn is_unset(scan: &Scan<'_>, setting: &'static Setting) -> bool {
    scan.settings.strings(setting).next().is_none()
}

fn matches(pattern: &str, identity: Identity<'_>) -> bool {
    match (pattern.split_once(':'), identity) {
        (Some(("user", pattern)), Identity::User(name)) | (Some(("group", pattern)), Identity::Group(name)) => glob(pattern, name),
        (Some(("user", pattern)), Identity::Account { namespace, name }) => {
            glob(pattern, &format!("system:serviceaccount:{namespace}:{name}"))
        }
        (Some(("serviceaccount", pattern)), Identity::Account { namespace, name }) => {
            pattern.split_once('/').is_some_and(|(of, own)| glob(of, namespace) && glob(own, name))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Identity, matches};

    #[test]
    fn kinds_are_told_apart() {
        let account = Identity::Account { namespace: "flux-system", name: "kustomize-controller" };
        assert!(matches("serviceaccount:flux-system/*", account) && !matches("user:*flux*", Identity::Group("flux")));
        assert!(!matches("serviceaccount:flux-system", account) && !matches("flux-system/*", account));
    }
}
