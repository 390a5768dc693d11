//! What a client cannot do: a layer that every request goes through, and that lets only what it is for pass. Here it is
//! reading; [`super::reports`] has the one other client, which reading never goes through.
//!
//! Reading is more than the method: a GET of `exec` runs a command, one of a node's `proxy` may, and one of Secrets
//! brings their data along. None of these gets out, whatever asks for it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::{ACCEPT, CONNECTION, UPGRADE};
use http::{HeaderMap, Method, Request, Uri};
use tower::{BoxError, Layer, Service};

/// What lists of Secrets are asked for as.
pub(super) const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// The two reviews that say what the reader himself may do: the API takes them by POST and keeps nothing.
pub(super) const RULES_REVIEW: &str = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
pub(super) const ACCESS_REVIEW: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/// A request that would do more than its client is for.
#[derive(Debug, thiserror::Error)]
#[error("refused before it was sent: {0}")]
pub(super) struct Refused(String);

/// A request as far as it is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'r> {
    pub(super) method: &'r Method,
    pub(super) uri: &'r Uri,
    pub(super) headers: &'r HeaderMap,
}

impl<'r> Asked<'r> {
    pub(super) fn of<B>(request: &'r Request<B>) -> Self {
        Asked { method: request.method(), uri: request.uri(), headers: request.headers() }
    }

    pub(super) fn refuse(&self, why: &str) -> Result<(), Refused> {
        Err(Refused(format!("{} {}: {why}", self.method, self.uri.path())))
    }

    /// The parts of its path, where that is plain: nothing in it is decoded, or leads elsewhere.
    pub(super) fn parts(&self) -> Result<Vec<&'r str>, Refused> {
        let path = self.uri.path();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_' | b':');
        let parts: Vec<_> = path.split('/').skip(1).collect();
        if !path.bytes().all(plain) || parts.iter().any(|part| matches!(*part, "" | "." | "..")) {
            return self.refuse("its path is not plain").map(|()| parts);
        }
        if self.headers.contains_key(UPGRADE) || self.headers.contains_key(CONNECTION) {
            return self.refuse("it would leave HTTP").map(|()| parts);
        }
        Ok(parts)
    }
}

/// A layer that lets pass what a check allows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Only(pub(super) fn(Asked<'_>) -> Result<(), Refused>);

/// See the module's page.
pub(super) const READ_ONLY: Only = Only(reading);

impl<S> Layer<S> for Only {
    type Service = Guard<S>;

    fn layer(&self, inner: S) -> Guard<S> {
        Guard { inner, only: *self }
    }
}

/// A client behind the layer.
#[derive(Debug, Clone)]
pub(super) struct Guard<S> {
    inner: S,
    only: Only,
}

impl<S, B> Service<Request<B>> for Guard<S>
where
    S: Service<Request<B>>,
    S::Response: Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if let Err(refused) = (self.only.0)(Asked::of(&request)) {
            return Box::pin(std::future::ready(Err(refused.into())));
        }
        let answer = self.inner.call(request);
        Box::pin(async move { answer.await.map_err(Into::into) })
    }
}

fn reading(asked: Asked<'_>) -> Result<(), Refused> {
    let parts = asked.parts()?;
    if asked.method == Method::POST {
        return if matches!(asked.uri.path(), RULES_REVIEW | ACCESS_REVIEW) { Ok(()) } else { asked.refuse("it could write") };
    }
    if asked.method != Method::GET {
        return asked.refuse("it could write");
    }
    if let ["api", "v1", "nodes", _, "proxy", "configz"] = parts[..] {
        return Ok(());
    }
    if parts.iter().any(|part| matches!(*part, "exec" | "attach" | "portforward" | "proxy" | "log")) && !is_name(&parts) {
        return asked.refuse("it would reach into a pod or a node");
    }
    let secrets =
        matches!(parts[..], ["api", "v1", "secrets", ..] | ["api", "v1", "namespaces", _, "secrets", ..] | ["api", "v1", "watch", ..]);
    let mut accepts = asked.headers.get_all(ACCEPT).iter();
    if secrets && !(accepts.next().is_some_and(|accept| accept == METADATA_LIST) && accepts.next().is_none()) {
        return asked.refuse("it could bring the data of Secrets");
    }
    Ok(())
}

/// Whether the words stand where a namespace is named, as in `/api/v1/namespaces/proxy/pods`.
fn is_name(parts: &[&str]) -> bool {
    let at = parts.iter().position(|part| *part == "namespaces");
    let rest = at.map_or(parts, |at| parts.get(at + 2..).unwrap_or_default());
    !rest.iter().any(|part| matches!(*part, "exec" | "attach" | "portforward" | "proxy" | "log"))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use http::Response;
    use k8s_openapi::api::core::v1::{Pod, Secret};
    use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams};
    use kube::client::{Body, ClientBuilder};
    use tower::service_fn;

    use super::*;

    fn check<B>(request: &Request<B>) -> Result<(), Refused> {
        reading(Asked::of(request))
    }

    fn request(method: Method, path: &str) -> Request<()> {
        Request::builder().method(method).uri(path).body(()).expect("a request")
    }

    #[test]
    fn no_method_but_get_passes_and_post_only_for_the_self_reviews() {
        for method in ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "CONNECT", "TRACE", "POST", "get", "PURGE"] {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            for path in ["/api/v1/pods", "/api/v1/namespaces/a/pods/b", RULES_REVIEW] {
                let own = method == Method::POST && path == RULES_REVIEW;
                assert_eq!(check(&request(method.clone(), path)).is_ok(), own, "{method} {path}");
            }
        }
        assert!(check(&request(Method::POST, ACCESS_REVIEW)).is_ok());
        for path in ["/apis/authorization.k8s.io/v1/subjectaccessreviews", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews/x"] {
            assert!(check(&request(Method::POST, path)).is_err(), "{path}");
        }
    }

    #[test]
    fn what_a_get_could_do_beside_reading_is_refused() {
        for path in [
            "/api/v1/namespaces/a/pods/b/exec?command=id",
            "/api/v1/namespaces/a/pods/b/attach",
            "/api/v1/namespaces/a/pods/b/portforward",
            "/api/v1/namespaces/proxy/pods/b/exec",
            "/api/v1/namespaces/a/services/b/proxy/delete",
            "/api/v1/nodes/n/proxy/run/a/b/c",
            "/api/v1/nodes/n/proxy/configz/../run",
            "/api/v1/nodes/n/proxy/%63onfigz",
            "/api/v1//secrets",
            "/api/v1/secrets",
            "/api/v1/namespaces/a/secrets/b",
            "/api/v1/watch/secrets",
        ] {
            assert!(check(&request(Method::GET, path)).is_err(), "{path}");
        }
        for path in ["/version", "/api/v1/nodes/n/proxy/configz", "/api/v1/namespaces/proxy/pods?limit=5", "/apis/a.b/v1/secrets"] {
            assert!(check(&request(Method::GET, path)).is_ok(), "{path}");
        }
        let mut upgrade = request(Method::GET, "/api/v1/pods");
        upgrade.headers_mut().insert(UPGRADE, "websocket".parse().expect("a value"));
        assert!(check(&upgrade).is_err());
    }

    #[test]
    fn secrets_pass_as_metadata_and_in_no_other_way() {
        let accept = |values: &[&str]| {
            let mut asked = request(Method::GET, "/api/v1/secrets?limit=500");
            values.iter().for_each(|value| _ = asked.headers_mut().append(ACCEPT, value.parse().expect("a value")));
            check(&asked).is_ok()
        };
        assert!(accept(&[METADATA_LIST]));
        assert!(!accept(&["application/json"]));
        assert!(!accept(&[&format!("{METADATA_LIST},application/json")]));
        assert!(!accept(&[METADATA_LIST, "application/json"]));
    }

    /// Everything that kube can do with a client, tried through the layer: nothing of it may reach the server.
    #[test]
    fn the_client_cannot_write_however_it_is_used() {
        let sent = std::sync::Arc::new(AtomicUsize::new(0));
        let counter = std::sync::Arc::clone(&sent);
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let server = service_fn(move |_: Request<Body>| {
                counter.fetch_add(1, Ordering::SeqCst);
                async { Ok::<_, BoxError>(Response::new(Body::from(b"{}".to_vec()))) }
            });
            let client = ClientBuilder::new(server, "a").with_layer(&READ_ONLY).build();
            let pods: Api<Pod> = Api::namespaced(client.clone(), "a");
            let secrets: Api<Secret> = Api::namespaced(client.clone(), "a");
            let pod = Pod::default();
            assert!(pods.create(&PostParams::default(), &pod).await.is_err());
            assert!(pods.replace("b", &PostParams::default(), &pod).await.is_err());
            assert!(pods.patch("b", &PatchParams::default(), &Patch::Merge(&pod)).await.is_err());
            assert!(pods.delete("b", &DeleteParams::default()).await.is_err());
            assert!(pods.delete_collection(&DeleteParams::default(), &ListParams::default()).await.is_err());
            assert!(pods.evict("b", &kube::api::EvictParams::default()).await.is_err());
            assert!(pods.logs("b", &kube::api::LogParams::default()).await.is_err());
            assert!(secrets.get("b").await.is_err());
            assert!(secrets.list(&ListParams::default()).await.is_err());
            assert_eq!(sent.load(Ordering::SeqCst), 0);
            _ = pods.get("b").await;
            assert_eq!(sent.load(Ordering::SeqCst), 1);
        });
    }
}
