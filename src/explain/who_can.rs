//! Who may do something, through which bindings, groups and roles.

use std::fmt::Write as _;

use serde::Serialize;

use super::place::{Place, place};
use crate::model::rbac::{self, Binding, Identity, Role, Rule};
use crate::model::{Object, Scan, kinds};

/// The verbs that Kubernetes itself asks about, those of paths included.
const VERBS: [&str; 21] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "approve",
    "attest",
    "bind",
    "escalate",
    "impersonate",
    "sign",
    "use",
    "nominate-node-name",
    "head",
    "options",
    "post",
    "put",
    "*",
];

/// The question.
#[derive(Debug, Clone)]
pub struct Question {
    /// `get`, `create`, …
    pub verb: String,
    /// `secrets`, `deployments.apps`, `pods/exec`, or a path: `/metrics`.
    pub resource: String,
    /// In which namespace; anywhere when `None`.
    pub namespace: Option<String>,
    /// The object of this name.
    pub name: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// The question in words: `get secrets in the namespace shop`.
    pub question: String,
    /// Who may, each once a way.
    pub grants: Vec<Grant>,
    /// What else there is to know.
    pub notes: Vec<String>,
}

/// A way in which somebody may.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// Who: `service account shop/web`, `group devs`.
    pub who: String,
    /// Whom a group of Kubernetes stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands_for: Option<String>,
    /// Where: a namespace; everywhere when `None`.
    pub namespace: Option<String>,
    /// Only objects of these names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// The binding.
    pub binding: String,
    /// Where it names him.
    pub binding_place: Place,
    /// The role that it binds.
    pub role: String,
    /// The role whose rule it is, where the bound one takes that in by aggregation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<String>,
    /// Where the rule stands; `None` for a role that Kubernetes makes.
    pub rule_place: Option<Place>,
    /// What the rule says, in short.
    pub rule: String,
}

/// What is asked of a rule.
struct Request<'q> {
    verb: &'q str,
    group: &'q str,
    resource: &'q str,
    name: Option<&'q str>,
}

/// Answers it; or says why it cannot be asked.
///
/// # Errors
/// A resource whose API group is not known; a verb that nobody knows.
pub fn answer(question: &Question, scan: &Scan<'_>) -> Result<Answer, String> {
    let (resource, group) = resource(&question.resource)?;
    let request = Request { verb: &question.verb, group: &group, resource: &resource, name: question.name.as_deref() };
    let scoped = !resource.starts_with('/') && kinds::is_namespaced_resource(&group, &resource) != Some(false);
    let within = rbac::is_asked_within(&group, &resource, &question.verb);
    let is_namespace = resource.split('/').next() == Some("namespaces");
    let evidence = scan.evidence;
    let rbac = evidence.rbac();
    // others may be what an operator asks for by its own word
    let mut rules = rbac.bindings().iter().flat_map(|binding| rbac.rules_of(binding));
    if !VERBS.contains(&request.verb) && !rules.any(|(_, rule)| rule.verbs.contains(&request.verb)) {
        return Err(crate::policy::unknown("verb", request.verb, VERBS.iter().copied()));
    }
    let (mut grants, mut notes) = (Vec::new(), Vec::new());
    for binding in rbac.bindings() {
        let applies = match (binding.namespace, question.namespace.as_deref()) {
            (None, _) => true,
            (Some(_), _) if !scoped && !within => false,
            // the request for one namespace is one in it
            (Some(own), _) if !scoped && is_namespace && request.name.is_some_and(|name| name != own) => false,
            (Some(own), Some(asked)) => own == asked,
            (Some(_), None) => true,
        };
        if !applies {
            continue;
        }
        let object = evidence.object(binding.object);
        if !binding.is_resolved() && !binding.subjects.is_empty() {
            let place = place(object.at("roleRef.name"), object, scan);
            notes.push(format!(
                "{} {} binds the role {}, which was not seen: what it gives is not known ({place})",
                object.kind, object.name, binding.role
            ));
        }
        for (role, rule) in rbac.rules_of(binding) {
            if let Some(names) = request.allowed(rule) {
                grants.extend(
                    binding
                        .subjects
                        .iter()
                        .map(|subject| grant(subject.identity, subject.field, binding, object, (role, rule, &names), scan)),
                );
            }
        }
    }
    // copies of a role or binding say the same
    let mut kept: Vec<Grant> = Vec::with_capacity(grants.len());
    for one in grants {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept.sort_by(|one, other| {
        (one.namespace.is_some(), &one.namespace, &one.who).cmp(&(other.namespace.is_some(), &other.namespace, &other.who))
    });
    notes.push("the group system:masters may do anything, whatever RBAC says; what Kubernetes itself binds to its own parts is told only where the input has it".to_owned());
    if !scan.is_whole(kinds::CLUSTER_ROLE_BINDING, None) {
        notes.push("what was given may be a part of what the cluster has: bindings that were not seen are not told".to_owned());
    }
    Ok(Answer { question: words(question, &resource, &group), grants: kept, notes })
}

impl Request<'_> {
    /// Whether a rule allows it, and the names that it is limited to.
    fn allowed(&self, rule: &Rule<'_>) -> Option<Vec<String>> {
        if self.resource.starts_with('/') {
            return rule.allows_url(self.verb, self.resource).then(Vec::new);
        }
        match self.name {
            Some(name) => rule.allows(self.verb, self.group, self.resource, name).then(Vec::new),
            None if rule.names.is_empty() => rule.allows(self.verb, self.group, self.resource, "").then(Vec::new),
            None => {
                // one of certain names may be created by none of them: a request to create has no name
                let named = rule.names.iter().filter(|name| rule.allows(self.verb, self.group, self.resource, name));
                let names: Vec<_> = named.map(|name| (*name).to_owned()).collect();
                (!names.is_empty() && !matches!(self.verb, "create" | "deletecollection")).then_some(names)
            }
        }
    }
}

/// `deployments.apps/scale` is the resource `deployments/scale` of the group `apps`.
fn resource(text: &str) -> Result<(String, String), String> {
    if text.starts_with('/') {
        return Ok((text.to_owned(), String::new()));
    }
    let (whole, below) = text.split_once('/').map_or((text, None), |(whole, below)| (whole, Some(below)));
    let (name, group) = match whole.split_once('.') {
        Some((name, group)) => (name, group.to_owned()),
        None if whole == "*" => (whole, "*".to_owned()),
        None => (whole, kinds::group_of_resource(whole).ok_or_else(|| unknown(whole))?.to_owned()),
    };
    Ok((below.map_or_else(|| name.to_owned(), |below| format!("{name}/{below}")), group))
}

fn unknown(name: &str) -> String {
    let known: Vec<_> = kinds::resources().collect();
    let near = crate::policy::unknown("resource", name, known.iter().map(String::as_str));
    format!("{near} (of a custom resource give the group as well: `{name}.example.com`)")
}

fn grant(
    identity: Identity<'_>,
    at: crate::model::Field<'_>,
    binding: &Binding<'_>,
    object: &Object<'_>,
    found: (&Role<'_>, &Rule<'_>, &Vec<String>),
    scan: &Scan<'_>,
) -> Grant {
    let (role, rule, names) = found;
    let kind = if binding.to_cluster_role { "ClusterRole" } else { "Role" };
    let bound = binding.role == role.name && binding.to_cluster_role == role.namespace.is_none();
    let rule_place = role.object.zip(rule.place("verbs", "")).map(|(id, field)| place(field, scan.evidence.object(id), scan));
    Grant {
        who: identity.to_string(),
        stands_for: stands_for(identity),
        namespace: binding.namespace.map(str::to_owned),
        names: names.clone(),
        binding: format!("{} {}", object.kind, object.name),
        binding_place: place(at, object, scan),
        role: format!("{kind} {}", binding.role),
        through: (!bound).then(|| format!("ClusterRole {}", role.name)),
        rule_place,
        rule: rule_words(rule),
    }
}

fn stands_for(identity: Identity<'_>) -> Option<String> {
    match identity {
        Identity::Group("system:authenticated") => Some("everybody who is known, each service account too".to_owned()),
        Identity::Group("system:unauthenticated") | Identity::User("system:anonymous") => Some("everybody who is not known".to_owned()),
        Identity::Group("system:serviceaccounts") => Some("each service account of the cluster".to_owned()),
        Identity::Group("system:nodes") => Some("each node".to_owned()),
        other => other.namespace_group().map(|space| format!("each service account of the namespace {space}")),
    }
}

fn rule_words(rule: &Rule<'_>) -> String {
    if !rule.urls.is_empty() {
        return format!("{} on {}", rule.verbs.join(", "), rule.urls.join(", "));
    }
    let groups = rule.groups.iter().map(|group| if group.is_empty() { "core" } else { group }).collect::<Vec<_>>();
    format!("{} on {} of {}", rule.verbs.join(", "), rule.resources.join(", "), groups.join(", "))
}

fn words(question: &Question, resource: &str, group: &str) -> String {
    let of = if group.is_empty() || resource.starts_with('/') { String::new() } else { format!(" of {group}") };
    let name = question.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
    let place = question.namespace.as_ref().map_or(" anywhere".to_owned(), |space| format!(" in the namespace {space}"));
    format!("{} {resource}{of}{name}{place}", question.verb)
}

/// The answer for people.
#[must_use]
pub fn page(answer: &Answer) -> String {
    let mut page = format!("# Who may {}\n\n", answer.question);
    match answer.grants.len() {
        0 => page.push_str("Nobody, by the bindings that were seen.\n"),
        1 => page.push_str("One way:\n"),
        count => _ = writeln!(page, "{count} ways:"),
    }
    for grant in &answer.grants {
        let place = grant.namespace.as_ref().map_or("everywhere".to_owned(), |space| format!("in {space}"));
        let names = if grant.names.is_empty() { String::new() } else { format!(", only {}", grant.names.join(", ")) };
        let stands = grant.stands_for.as_ref().map(|whom| format!(" ({whom})")).unwrap_or_default();
        _ = writeln!(page, "\n- **{}**{stands}, {place}{names}", grant.who);
        _ = writeln!(page, "  - by {}, {}", grant.binding, grant.binding_place);
        let through = grant.through.as_ref().map(|role| format!(", which takes in {role}")).unwrap_or_default();
        let rule = grant.rule_place.as_ref().map_or("made by Kubernetes".to_owned(), ToString::to_string);
        _ = writeln!(page, "  - which gives {}{through}: {}, {rule}", grant.role, grant.rule);
    }
    page.push_str("\n## To know\n\n");
    answer.notes.iter().for_each(|note| _ = writeln!(page, "- {note}"));
    page
}
