//! Policies that limit the registries of images: what is recognised of them.

use crate::model::admission::{self, kinds::OF_PODS};
use crate::model::fault::Fault;
use crate::model::{Field, GroupKind, Namespace, Object};

/// OpenShift's own list, which its nodes keep to.
pub const CLUSTER_IMAGE: GroupKind = GroupKind::new("config.openshift.io", "Image");

/// What policies do about registries in a namespace.
#[derive(Debug)]
pub enum Limit<'a> {
    /// One of them lets in what it lists, for every container.
    Kept,
    /// One lists what lets in more than it says.
    Open(Vec<Fault>),
    /// One speaks of images, in a way that is not read.
    Unread(&'a Object<'a>),
    /// None speaks of them.
    None,
}

/// The best that any policy which refuses pods in a namespace does.
#[must_use]
pub fn limit<'a>(namespace: &Namespace<'a>) -> Limit<'a> {
    let evidence = namespace.scan().evidence;
    let mut own = evidence.of_kind_in(namespace.world(), CLUSTER_IMAGE);
    if own.any(|image| !image.at("spec.registrySources.allowedRegistries").is_empty()) {
        return Limit::Kept;
    }
    let (mut open, mut unread) = (None, None);
    for rule in admission::refusing(namespace) {
        match of_rule(rule.object, rule.index) {
            Limit::Kept if rule.of_all => return Limit::Kept,
            Limit::Kept => unread = unread.or(Some(rule.object)),
            Limit::Open(faults) => open = open.or(Some(faults)),
            Limit::Unread(policy) => unread = unread.or(Some(policy)),
            Limit::None => {}
        }
    }
    open.map(Limit::Open).or(unread.map(Limit::Unread)).unwrap_or(Limit::None)
}

/// Whether nothing in a world limits registries anywhere, so that its namespaces are all alike.
#[must_use]
pub fn are_unlimited(namespace: &Namespace<'_>) -> bool {
    let (evidence, world) = (namespace.scan().evidence, namespace.world());
    let is_policy = |group: &str, kind: &str| OF_PODS.iter().any(|of| of.group == group && (of.kind == "*" || of.kind == kind));
    let seen = evidence.kinds().filter(|(group, kind)| is_policy(group, kind));
    let mut policies = seen.flat_map(|(group, kind)| evidence.named(group, kind)).chain(evidence.of_kind(CLUSTER_IMAGE));
    !policies.any(|object| object.world == world)
}

fn of_rule<'a>(policy: &'a Object<'a>, index: usize) -> Limit<'a> {
    match (policy.group, policy.kind) {
        ("constraints.gatekeeper.sh", "K8sAllowedRepos") => by_prefix(policy.at("spec.parameters.repos")),
        ("constraints.gatekeeper.sh", "K8sAllowedReposv2") => by_pattern(policy.at("spec.parameters.allowedImages").items()),
        ("kyverno.io", _) => policy.at("spec.rules").items().nth(index).map_or(Limit::None, |rule| by_rule(policy, rule)),
        _ if policy.at("spec").scalars().any(|field| field.str().contains("image")) => Limit::Unread(policy),
        _ => Limit::None,
    }
}

/// Gatekeeper compares how references begin.
fn by_prefix<'a>(repos: Field<'a>) -> Limit<'a> {
    let wide = repos.items().filter(|repo| !repo.str().ends_with('/') && !repo.str().contains('@'));
    settled(wide.map(|repo| too_wide(repo, format!("{}/", repo.str()))).collect(), !repos.is_empty())
}

fn by_pattern<'a>(patterns: impl Iterator<Item = Field<'a>>) -> Limit<'a> {
    let patterns: Vec<_> = patterns.collect();
    let wide = patterns.iter().filter(|pattern| is_wide(pattern.str()));
    settled(wide.map(|pattern| too_wide(*pattern, "a pattern that ends in /*".to_owned())).collect(), !patterns.is_empty())
}

fn settled<'a>(faults: Vec<Fault>, lists_any: bool) -> Limit<'a> {
    match (faults.is_empty(), lists_any) {
        (false, _) => Limit::Open(faults),
        (true, true) => Limit::Kept,
        (true, false) => Limit::None,
    }
}

fn too_wide(field: Field<'_>, expected: String) -> Fault {
    let said = format!("`{}` lets in other registries and repositories whose names begin so", field.str());
    field.fault(said).expected(expected)
}

/// Whether a star does not begin behind a slash, or stands where the registry should.
fn is_wide(pattern: &str) -> bool {
    pattern.split_once('*').is_some_and(|(before, _)| !before.ends_with(['/', ':', '@']))
}

/// The lists of containers in Kyverno's patterns: optional ones are written so.
const LISTS: &[&[&str]] = &[&["containers"], &["=(initContainers)", "initContainers"], &["=(ephemeralContainers)", "ephemeralContainers"]];

/// A rule without preconditions with a pattern for the images of each list of containers is understood.
fn by_rule<'a>(policy: &'a Object<'a>, rule: Field<'a>) -> Limit<'a> {
    let validate = rule.key("validate");
    let images = |names: &&[&'static str]| {
        let list = names.iter().map(|name| validate.at("pattern.spec").key(name)).find(|list| list.exists())?;
        list.items().flat_map(|item| ["image", "=(image)"].map(|key| item.key(key))).find(|image| image.exists())
    };
    let found: Vec<_> = LISTS.iter().map(images).collect();
    let for_all = rule.key("preconditions").is_empty();
    let is_list = |image: &Field<'_>| image.str().split('|').all(|one| one.contains(['/', '.']) && !one.trim().starts_with(['!', '*']));
    match found.iter().copied().collect::<Option<Vec<_>>>() {
        Some(images) if for_all && images.iter().all(is_list) => {
            let wide = images.iter().filter(|image| image.str().split('|').any(|one| is_wide(one.trim())));
            settled(wide.map(|image| too_wide(*image, "patterns that end in /*".to_owned())).collect(), true)
        }
        _ if validate.scalars().any(|field| field.str().contains("image")) || found.iter().flatten().any(is_list) => Limit::Unread(policy),
        _ => Limit::None,
    }
}
