//! Service accounts: what their pods get a token of, and who gave them rights.

use crate::model::field::Field;
use crate::model::object::Object;
use crate::model::pod::{ContainerKind, Pod};
use crate::model::{Evidence, Map, kinds};

/// Where a pod gets its account's token without asking.
pub(crate) const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Whether a pod is given the token of its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// It is not: switched off, or every container mounts something else in its place.
    None,
    /// It is, as far as everything that decides it was seen.
    Mounted,
    /// It is unless its account, which was not seen, says otherwise.
    Unseen,
    /// Its account says otherwise, but kustomize may build the pod without that account.
    Apart,
}

impl<'a> Pod<'a> {
    /// Whether a kubelet runs it from a file of its node: such a pod has no account.
    #[must_use]
    pub fn is_static(&self) -> bool {
        let object = self.object();
        object.is(kinds::POD) && (self.annotation("kubernetes.io/config.mirror").exists() || self.scan().evidence.is_of_node(object))
    }

    /// Whether its containers get an API token: the pod's word, else the account's, else yes.
    #[must_use]
    pub fn token(&self) -> Token {
        let token = match self.at("automountServiceAccountToken").bool() {
            Some(false) => Token::None,
            Some(true) => Token::Mounted,
            None => self.token_of_account(),
        };
        if token != Token::None && self.replaces_token() { Token::None } else { token }
    }

    fn token_of_account(&self) -> Token {
        let mut documents = self.account_documents().peekable();
        if documents.peek().is_none() {
            return Token::Unseen;
        }
        // of several copies each must switch it off
        let off = documents.all(|account| account.at("automountServiceAccountToken").bool() == Some(false));
        match off {
            false => Token::Mounted,
            true if self.account_apart().is_some() => Token::Apart,
            true => Token::None,
        }
    }

    /// The kustomization that builds the pod without a document of its account.
    #[must_use]
    pub fn account_apart(&self) -> Option<&'a str> {
        self.account_documents().find_map(|account| self.scan().evidence.apart(account, self.object()))
    }

    /// Admission leaves a container alone that mounts something of its own where the token would go.
    fn replaces_token(&self) -> bool {
        let mut containers = self.containers().filter(|container| container.kind != ContainerKind::Ephemeral);
        containers.all(|container| {
            let mut own = container.mounts().filter(|mount| mount.field.key("mountPath").str() == TOKEN_PATH);
            own.any(|mount| mount.volume.is_none_or(|volume| !gives_api_token(volume)))
        })
    }

    /// The documents of its service account: several when the input has copies.
    pub fn account_documents(&self) -> impl Iterator<Item = &'a Object<'a>> + use<'a> {
        let evidence = self.scan().evidence;
        let found = evidence.accounts().documents.get(&(self.object().world, self.namespace(), self.service_account_name()));
        found.into_iter().flatten().map(move |&id| evidence.object(id))
    }

    /// The bindings that give its account rights beyond those of everybody.
    pub fn account_bindings(&self) -> impl Iterator<Item = &'a Object<'a>> + use<'a> {
        let evidence = self.scan().evidence;
        let accounts = evidence.accounts();
        let (world, namespace) = (self.object().world, self.namespace());
        let own = accounts.bound.get(&(world, namespace, self.service_account_name())).into_iter().flatten();
        let groups = accounts.groups.iter().filter(move |group| group.world == world && group.namespace.is_none_or(|of| of == namespace));
        own.chain(groups.map(|group| &group.binding)).map(move |&id| evidence.object(id))
    }
}

/// The accounts and their bindings, made once a scan.
#[derive(Debug, Default)]
pub struct Accounts<'a> {
    /// Accounts by namespace and name.
    documents: Map<(u16, &'a str, &'a str), Vec<u32>>,
    /// Bindings by the namespace and name of the account they name.
    bound: Map<(u16, &'a str, &'a str), Vec<u32>>,
    /// Bindings of groups that every account is in.
    groups: Vec<GroupBinding<'a>>,
}

#[derive(Debug)]
struct GroupBinding<'a> {
    world: u16,
    /// Only the accounts of one namespace.
    namespace: Option<&'a str>,
    binding: u32,
}

/// Cluster roles that every account is bound to from the start.
const EVERYBODYS: &[&str] =
    &["system:basic-user", "system:discovery", "system:public-info-viewer", "system:service-account-issuer-discovery"];

impl<'a> Accounts<'a> {
    pub(crate) fn index(evidence: &Evidence<'a>) -> Self {
        let mut accounts = Accounts::default();
        for account in evidence.of_kind(kinds::SERVICE_ACCOUNT) {
            let key = (account.world, account.namespace_or_empty(), account.name);
            accounts.documents.entry(key).or_default().push(account.id);
        }
        for binding in evidence.of_kind(kinds::ROLE_BINDING).chain(evidence.of_kind(kinds::CLUSTER_ROLE_BINDING)) {
            if !EVERYBODYS.contains(&binding.at("roleRef.name").str()) {
                binding.at("subjects").items().for_each(|subject| accounts.bind(binding, subject));
            }
        }
        accounts
    }

    fn bind(&mut self, binding: &Object<'a>, subject: Field<'a>) {
        let name = subject.key("name").str();
        let account = match subject.key("kind").str() {
            "ServiceAccount" => Some((subject.key("namespace").text().unwrap_or(binding.namespace_or_empty()), name)),
            "User" => name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':')),
            "Group" => {
                let everybody = matches!(name, "system:authenticated" | "system:serviceaccounts");
                let namespace = name.strip_prefix("system:serviceaccounts:");
                if everybody || namespace.is_some() {
                    self.groups.push(GroupBinding { world: binding.world, namespace, binding: binding.id });
                }
                None
            }
            _ => None,
        };
        if let Some((namespace, name)) = account {
            self.bound.entry((binding.world, namespace, name)).or_default().push(binding.id);
        }
    }
}

/// Whether a volume projects a token that the API server takes: one without an audience of its own.
fn gives_api_token(volume: Field<'_>) -> bool {
    let mut tokens = volume.at("projected.sources").items().map(|source| source.key("serviceAccountToken"));
    tokens.any(|token| token.exists() && token.key("audience").is_empty())
}
