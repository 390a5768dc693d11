//! The namespaces that anything names, each with what stands in it.

use rayon::prelude::*;

use crate::model::evidence::{Evidence, live};
use crate::model::field::Field;
use crate::model::kinds;
use crate::model::namespace::NamespaceRecord;
use crate::model::network::Policy;
use crate::model::pod_security::StandardVersion;

impl<'a> Evidence<'a> {
    /// Notes every namespace, in the order of the input.
    pub(super) fn index_namespaces(&mut self) {
        for id in 0..self.objects.len() as u32 {
            let object = *self.object(id);
            let is_namespace = object.is(kinds::NAMESPACE);
            let Some(name) = (if is_namespace { Some(object.name) } else { object.namespace }) else { continue };
            // of a namespace that a shard judges it has every object whole, or looks again
            let mention = || {
                let given = if object.slim { object.field() } else { object.at("metadata.namespace") };
                if object.slim || given.exists() { given } else { object.at("metadata.name") }
            };
            let index = self.namespace_record(object.world, name, mention);
            let record = &mut self.namespaces[index as usize];
            if is_namespace {
                record.documents.push(id);
                let pinned = object.label("pod-security.kubernetes.io/enforce-version").text().and_then(StandardVersion::from_label);
                let (oldest, latest) = live::standard(self.reading.live, pinned);
                let known = record.standard.unwrap_or((oldest, latest));
                record.standard = Some((known.0.min(oldest), known.1.max(latest)));
            } else {
                record.objects.push(id);
            }
        }
        self.index_policies();
        for id in 0..self.pods.len() as u32 {
            let object = *self.object(self.pods[id as usize].object);
            // a copy is met once, in its template
            if self.owners.judged_at(object.id) != object.id {
                continue;
            }
            let name = object.namespace.unwrap_or(self.reading.assumed_namespace);
            let index = self.namespace_record(object.world, name, || object.at("metadata.name"));
            self.namespaces[index as usize].pods.push(id);
        }
    }

    /// Notes the policies of each namespace, in the order of the input.
    fn index_policies(&mut self) {
        let policies: Vec<_> = self.of_kind(kinds::NETWORK_POLICY).copied().collect();
        for policy in policies.into_par_iter().map(Policy::read).collect::<Vec<_>>() {
            let Some(name) = policy.object.namespace else { continue };
            let index = self.namespace_by_name[&(policy.object.world, name)];
            self.namespaces[index as usize].policies.push(policy);
        }
    }

    /// The number of a namespace, which is noted when it is met first.
    fn namespace_record(&mut self, world: u16, name: &'a str, mention: impl FnOnce() -> Field<'a>) -> u32 {
        let next = self.namespaces.len() as u32;
        *self.namespace_by_name.entry((world, name)).or_insert_with(|| {
            let mention = mention();
            let (documents, objects, pods, policies, covers, admission, guards) = Default::default();
            self.namespaces.push(NamespaceRecord {
                world,
                name,
                documents,
                objects,
                pods,
                policies,
                covers,
                admission,
                guards,
                mention,
                standard: None,
            });
            next
        })
    }
}
