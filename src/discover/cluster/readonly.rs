//! What the client cannot do: a layer that every request goes through, and that lets only reading pass.
//!
//! Reading is more than the method: a GET of `exec` runs a command, one of a node's `proxy` may, and one of Secrets
//! brings their data along. None of these gets out, whatever asks for it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::{ACCEPT, CONNECTION, UPGRADE};
use http::{Method, Request};
use tower::{BoxError, Layer, Service};

/// What lists of Secrets are asked for as.
pub(super) const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// The two reviews that say what the reader himself may do: the API takes them by POST and keeps nothing.
pub(super) const RULES_REVIEW: &str = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
pub(super) const ACCESS_REVIEW: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/// A request that would do more than read.
#[derive(Debug, thiserror::Error)]
#[error("refused before it was sent: {0}")]
pub(super) struct Refused(String);

/// See the module's page.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadOnly;

impl<S> Layer<S> for ReadOnly {
    type Service = Guard<S>;

    fn layer(&self, inner: S) -> Guard<S> {
        Guard { inner }
    }
}

/// A client behind the layer.
#[derive(Debug, Clone)]
pub(super) struct Guard<S> {
    inner: S,
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
        if let Err(refused) = check(&request) {
            return Box::pin(std::future::ready(Err(refused.into())));
        }
        let answer = self.inner.call(request);
        Box::pin(async move { answer.await.map_err(Into::into) })
    }
}

fn check<B>(request: &Request<B>) -> Result<(), Refused> {
    let path = request.uri().path();
    let refuse = |why: &str| Err(Refused(format!("{} {path}: {why}", request.method())));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_' | b':');
    if !path.bytes().all(plain) || path.split('/').skip(1).any(|part| matches!(part, "" | "." | "..")) {
        return refuse("its path is not plain");
    }
    if request.headers().contains_key(UPGRADE) || request.headers().contains_key(CONNECTION) {
        return refuse("it would leave HTTP");
    }
    if request.method() == Method::POST {
        return if matches!(path, RULES_REVIEW | ACCESS_REVIEW) { Ok(()) } else { refuse("it could write") };
    }
    if request.method() != Method::GET {
        return refuse("it could write");
    }
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    if let ["api", "v1", "nodes", _, "proxy", "configz"] = parts[..] {
        return Ok(());
    }
    if parts.iter().any(|part| matches!(*part, "exec" | "attach" | "portforward" | "proxy" | "log")) && !is_name(&parts) {
        return refuse("it would reach into a pod or a node");
    }
    let secrets =
        matches!(parts[..], ["api", "v1", "secrets", ..] | ["api", "v1", "namespaces", _, "secrets", ..] | ["api", "v1", "watch", ..]);
    let mut accepts = request.headers().get_all(ACCEPT).iter();
    if secrets && !(accepts.next().is_some_and(|accept| accept == METADATA_LIST) && accepts.next().is_none()) {
        return refuse("it could bring the data of Secrets");
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
            let client = ClientBuilder::new(server, "a").with_layer(&ReadOnly).build();
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
