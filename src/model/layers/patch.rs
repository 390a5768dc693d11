//! `podSpecPatch` of Argo: a text that is laid over a pod once all else has made it.

use super::Layout;
use crate::model::fault::{Fault, Quality, Verdict};
use crate::model::field::{Field, Root, unnoticed};
use crate::model::pod::{Container, ContainerKind, Pod};
use crate::parse::{self, Kind, Limits, NodeId, Tree};

/// What only says where a patch goes on.
const WAYS: [&str; 4] = ["containers", "initContainers", "name", "securityContext"];

/// What a patch may take back a fault by that stands elsewhere in the pod.
const FAR: [&str; 7] =
    ["hostUsers", "runtimeClassName", "os", "automountServiceAccountToken", "serviceAccountName", "serviceAccount", "runAsUser"];

/// What nothing takes back but the same field.
const FIRM: [&str; 5] = ["privileged", "hostNetwork", "hostPID", "hostIPC", "procMount"];

impl<'a> Pod<'a> {
    /// What may change the pod after all that is written, what has the last word first: that of the template, or of the
    /// defaults of templates, and that of the workflow.
    fn patches(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let layers = self.record.layers.as_ref().filter(|layers| layers.layout == Layout::Argo);
        let of = |level: Field<'a>| Some(level.key_if_mapping("podSpecPatch")).filter(|patch| !patch.is_empty());
        let found = layers.map(|layers| {
            let own = of(self.record.spec).or_else(|| layers.outer.first().copied().and_then(of));
            [own, layers.outer.get(1).copied().and_then(of)]
        });
        found.into_iter().flatten().flatten()
    }

    /// The first of them.
    #[must_use]
    pub fn patch(&self) -> Option<Field<'a>> {
        self.patches().next()
    }

    /// The patch by which a field of the pod is true, by its dotted path.
    #[must_use]
    pub fn patched_on(&self, path: &str) -> Option<Field<'a>> {
        self.patched(|top| top.at(path).bool())
    }

    /// The patch that makes of something what is looked for; none where a stronger one says otherwise.
    fn patched(&self, find: impl Fn(Field<'_>) -> Option<bool>) -> Option<Field<'a>> {
        let mut said = self.patches().map(|patch| (patch, read(patch.str()).and_then(|tree| unnoticed(|| find(top(&tree))))));
        said.find_map(|(patch, is_on)| Some((patch, is_on?))).filter(|(_, is_on)| *is_on).map(|(patch, _)| patch)
    }

    /// The verdict of a check, where a patch says more than what the scheduler and the runtime share out.
    pub(super) fn settle_patched(&self, verdict: Verdict) -> Result<Verdict, Verdict> {
        let patches: Vec<_> = self.patches().filter(|patch| changes_security(patch.str())).collect();
        let Some(first) = patches.first() else { return Err(verdict) };
        Ok(match verdict {
            Verdict::Pass | Verdict::PassIfNone(_) => {
                let said = "podSpecPatch changes the pod after this: look at what it makes of it";
                first.fault(said).observed("a patch").doubt().into()
            }
            Verdict::Fail(faults) => {
                let keys: Vec<_> = patches.iter().map(|patch| keys(patch.str())).collect();
                let stands = |fault: &Fault| patches.iter().any(|patch| patch.is_at(&fault.place)) || !may_undo(&keys, fault);
                let doubted = |fault: Fault| fault.reworded(|said| format!("{said}; podSpecPatch may change it")).doubt();
                Verdict::Fail(faults.into_iter().map(|fault| if stands(&fault) { fault } else { doubted(fault) }).collect())
            }
            verdict => verdict,
        })
    }
}

impl<'a> Container<'a> {
    /// The patch by which a field of the container is true, by its dotted path.
    #[must_use]
    pub fn patched_on(&self, path: &str) -> Option<Field<'a>> {
        let list = if self.kind == ContainerKind::Init { "initContainers" } else { "containers" };
        self.pod.patched(|top| {
            let mut named = top.key(list).items().filter(|item| item.key("name").str() == self.name());
            named.find_map(|item| item.at(path).bool())
        })
    }
}

/// A patch as it stands; `None` where it is no mapping, or is put together when the workflow runs.
fn read(patch: &str) -> Option<Tree> {
    let tree = (!patch.contains("{{")).then(|| parse::fragment(patch, &Limits::default()).0)?;
    (!tree.is_empty() && tree.kind(0) == Kind::Mapping).then_some(tree)
}

fn top(tree: &Tree) -> Field<'_> {
    Field::top(Root { tree, file: 0, node: 0 })
}

/// The names of all that a patch sets; `None` where they are not known, or it says how to merge.
fn keys(patch: &str) -> Option<Vec<String>> {
    let tree = read(patch)?;
    let mut found = Vec::new();
    for node in (0..tree.len() as NodeId).filter(|node| tree.kind(*node) == Kind::Mapping) {
        for (key, value) in tree.entries(node) {
            let name = tree.text(key);
            // what is taken away, by null or a directive, is not told from here
            if name.starts_with('$') || tree.kind(value) == Kind::Scalar && WAYS.contains(&name) && name != "name" {
                return None;
            }
            found.push(name.to_owned());
        }
    }
    Some(found)
}

/// Whether patches may take back what a fault is about.
fn may_undo(patches: &[Option<Vec<String>>], fault: &Fault) -> bool {
    let steps: Vec<_> = fault.place.path.split(['.', '[', ']']).collect();
    let is_there = fault.place.quality == Quality::Value;
    let is_firm = is_there && steps.last().is_some_and(|last| FIRM.contains(last));
    patches.iter().any(|patch| {
        let Some(keys) = patch else { return true };
        keys.iter().map(String::as_str).any(|key| {
            let is_way = WAYS.contains(&key) && (is_there || key != "securityContext");
            !is_way && steps.contains(&key) || !is_firm && FAR.contains(&key)
        })
    })
}

/// Whether a patch touches more than what the scheduler and the runtime share out.
fn changes_security(patch: &str) -> bool {
    const WORDS: [&str; 9] = ["securityContext", "host", "olume", "erviceAccount", "image", "env", "command", "args", "{{"];
    WORDS.iter().any(|word| patch.contains(word))
}

#[cfg(test)]
mod tests {
    use super::keys;

    #[test]
    fn what_a_patch_sets_is_known_where_it_stands_as_it_is() {
        let set = |patch: &str| keys(patch).map(|keys| keys.join(" "));
        assert_eq!(set(r#"{"hostNetwork": true}"#).as_deref(), Some("hostNetwork"));
        let nested = "containers:\n- name: main\n  securityContext:\n    privileged: false\n";
        assert_eq!(set(nested).as_deref(), Some("containers name securityContext privileged"));
        for patch in ["{{workflow.parameters.patch}}", "text", r#"{"securityContext": null}"#, r#"{"$patch": "replace"}"#] {
            assert_eq!(set(patch), None, "{patch}");
        }
    }
}
