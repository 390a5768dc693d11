//! Whoever reaches etcd without a certificate owns the cluster: it knows no other rights.

use crate::checks::{Aspect, Check, Fault, Probe, Severity, Surface, Verdict};
use crate::model::address::is_loopback;
use crate::model::component::Held;
use crate::model::{Component, Role};

pub(super) static CHECK: Check = Check {
    id: "etcd-mutual-tls-missing",
    title: "etcd is reached without mutual TLS",
    topic: "control_plane",
    severity: Severity::Critical,
    why: "etcd holds all Secrets and all rights: who may write it is cluster admin, and no audit log shows it.",
    fix: "Set `--cert-file`, `--key-file`, `--trusted-ca-file` and `--client-cert-auth=true`, the same for peers, https addresses, and the API server's `--etcd-cafile`, `--etcd-certfile` and `--etcd-keyfile`.",
    how: "Fails when etcd has no serving certificate, key or client CA, does not ask for client certificates, signs its own certificate, or listens by http, for HTTP alone too, on an address other than the loopback one; and when the API server has no CA, certificate or key for etcd, or reaches it, or the one that it keeps some kinds in, by http beyond the loopback address, where these are not used. Settings of peers count where there is more than one member, else they are notes. Flags, variables (ETCD_…) and the file of etcd are read. k3s and RKE2 set this themselves, so that of theirs only addresses in `etcd-arg` that go without TLS fail.",
    surfaces: &[Surface::Host, Surface::Cluster],
    blind: "An etcd outside of the evidence, and a provider's control plane.",
    refs: &["https://etcd.io/docs/v3.6/op-guide/security/"],
    maps: &[
        ("cis", &["1.2.23", "1.2.26", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6"]),
        ("owasp_k8s_2022", &["K09"]),
        ("owasp_k8s_2025", &["K06", "K07"]),
        ("mitre", &["T1557"]),
        ("cwe", &["CWE-306"]),
    ],
    aspects: &[
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/etcd-cafile"),
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/etcd-certfile"),
        Aspect::roles(&[Role::ApiServer], "kube-apiserver/etcd-keyfile"),
        Aspect::roles(&[Role::Etcd], "etcd/cert-file"),
        Aspect::roles(&[Role::Etcd], "etcd/key-file"),
        Aspect::roles(&[Role::Etcd], "etcd/trusted-ca-file"),
        Aspect::roles(&[Role::Etcd], "etcd/client-cert-auth"),
        Aspect::roles(&[Role::Etcd], "etcd/auto-tls"),
        Aspect::roles(&[Role::Etcd], "etcd/listen-client-urls"),
        Aspect::roles(&[Role::Etcd], "etcd/peer-cert-file"),
        Aspect::roles(&[Role::Etcd], "etcd/peer-key-file"),
        Aspect::roles(&[Role::Etcd], "etcd/peer-trusted-ca-file"),
        Aspect::roles(&[Role::Etcd], "etcd/peer-client-cert-auth"),
        Aspect::roles(&[Role::Etcd], "etcd/peer-auto-tls"),
        Aspect::roles(&[Role::Etcd], "etcd/listen-peer-urls"),
    ],
    probe: Probe::Component(&[Role::Etcd, Role::ApiServer], probe),
    ..Check::BASE
};

fn probe(component: &Component<'_>) -> Verdict {
    let is_k3s = component.distribution() == Some("k3s");
    if component.role() == Role::ApiServer && is_k3s {
        return Verdict::Skip("k3s and RKE2 connect their database themselves".into());
    }
    if is_k3s {
        // what they lay over their own file are its top keys, and those of TLS stand deeper
        let urls = ["listen-client-urls", "listen-client-http-urls", "listen-peer-urls"].map(|name| component.flag(name));
        return urls.iter().filter_map(without_tls).collect();
    }
    if component.role() == Role::ApiServer {
        let unset = FILES.iter().filter_map(|name| absent(component, name, None));
        return unset.chain(SERVERS.iter().flat_map(|name| component.each(name)).filter_map(|servers| reached_plainly(&servers))).collect();
    }
    let config = component.flag("config-file");
    if config.is_set() {
        return config
            .doubt(format!("etcd reads {} instead of its flags, which is judged by itself where it is among the files", config.str()));
    }
    let clients = Side {
        certificate: "cert-file",
        key: "key-file",
        asks: "client-cert-auth",
        authority: "trusted-ca-file",
        own: "auto-tls",
        urls: "listen-client-urls",
        more_urls: Some("listen-client-http-urls"),
    };
    let peers = Side {
        certificate: "peer-cert-file",
        key: "peer-key-file",
        asks: "peer-client-cert-auth",
        authority: "peer-trusted-ca-file",
        own: "peer-auto-tls",
        urls: "listen-peer-urls",
        more_urls: None,
    };
    let several = component.flag("initial-cluster").str().split(',').filter(|member| !member.is_empty()).count() > 1;
    let weight = if several { None } else { Some(Severity::Info) };
    clients.faults(component, None).into_iter().chain(peers.faults(component, weight)).collect()
}

/// What the API server shows etcd, and checks it by.
const FILES: [&str; 3] = ["etcd-cafile", "etcd-certfile", "etcd-keyfile"];

/// Where it looks for etcd: for all kinds, and as `GROUP/RESOURCE#URL;URL` for some.
const SERVERS: [&str; 2] = ["etcd-servers", "etcd-servers-overrides"];

/// The flags of one side of etcd.
struct Side {
    certificate: &'static str,
    key: &'static str,
    asks: &'static str,
    authority: &'static str,
    own: &'static str,
    urls: &'static str,
    /// Those for HTTP without gRPC, by which keys are read and written all the same.
    more_urls: Option<&'static str>,
}

impl Side {
    fn faults(&self, etcd: &Component<'_>, severity: Option<Severity>) -> Vec<Fault> {
        let (asks, own, urls) = (etcd.flag(self.asks), etcd.flag(self.own), etcd.flag(self.urls));
        let mut faults: Vec<_> =
            [self.certificate, self.key, self.authority].into_iter().filter_map(|name| absent(etcd, name, severity)).collect();
        let more_urls = self.more_urls.map(|name| etcd.flag(name)).filter(Held::is_set);
        let more = [
            asks.fault_if(asks.bool() != Some(true), || "no certificate is asked for").map(|fault| fault.expected("true")),
            (own.bool() == Some(true)).then(|| own.fault("etcd signs its own certificate, which nobody can check").expected("false")),
            without_tls(&urls),
            more_urls.and_then(|more| without_tls(&more).map(|fault| fault.about(&[self.urls]))),
        ];
        faults.extend(more.into_iter().flatten().map(|fault| weighed(fault, severity)));
        faults
    }
}

fn absent(component: &Component<'_>, name: &'static str, severity: Option<Severity>) -> Option<Fault> {
    let flag = component.flag(name);
    flag.fault_if(flag.is_empty(), || format!("--{name} is not set")).map(|fault| weighed(fault.expected("a file"), severity))
}

fn without_tls(urls: &Held<'_>) -> Option<Fault> {
    plain(urls.str()).map(|url| urls.fault(format!("it listens without TLS on {url}")).expected("https"))
}

/// etcd's client leaves TLS out for an address by http, whatever certificates it has.
fn reached_plainly(servers: &Held<'_>) -> Option<Fault> {
    let lists = servers.str().split([',', ';']).map(|item| item.rsplit_once('#').map_or(item, |(_, server)| server));
    let url = lists.filter_map(plain).next()?;
    let said = format!("the API server reaches etcd without TLS at {url}: what it has for it is not used");
    Some(servers.fault(said).expected("https").about(&FILES))
}

fn weighed(fault: Fault, severity: Option<Severity>) -> Fault {
    match severity {
        Some(severity) => fault.severity(severity),
        None => fault,
    }
}

/// The first address that is reached from elsewhere without TLS. Sockets of the machine are not.
fn plain(urls: &str) -> Option<&str> {
    let is_open = |url: &&str| {
        let scheme = url.split_once("://").filter(|(scheme, _)| scheme.eq_ignore_ascii_case("http"));
        scheme.is_some_and(|(_, rest)| !is_loopback(rest.split('/').next().unwrap_or(rest)))
    };
    urls.split(',').map(str::trim).find(is_open)
}
