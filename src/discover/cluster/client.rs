//! One request after the other: configured as kubectl is, read-only, bounded in time, tried again where that helps.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use kube::Error as KubeError;
use kube::client::{Body, ClientBuilder};

use super::interrupt::Interrupt;
use super::readonly::{Only, READ_ONLY};
use super::{Error, kubeconfig};

/// Who to ask, and as whom.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// `--kubeconfig`
    pub kubeconfig: Option<PathBuf>,
    /// `--context`
    pub context: Option<String>,
    /// `--as`
    pub user: Option<String>,
}

/// The largest answer taken at once.
const LARGEST: usize = 64 << 20;
/// How often something is asked for that may well come the next time.
const ATTEMPTS: u32 = 5;
/// After so many failures in a row nobody is there any more, and nothing is asked for twice.
const GONE: u32 = 12;
/// The longest wait between two attempts, whatever a server asks for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A client of one cluster.
pub(super) struct Client {
    inner: kube::Client,
    /// When everything has to be over.
    deadline: Instant,
    /// How long one answer may take.
    patience: Duration,
    /// Requests without an answer since the last one that had one.
    silence: AtomicU32,
    /// Whether the server has ever taken the credentials.
    known: AtomicBool,
    interrupt: Arc<Interrupt>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The server said so, by its status.
    Status(u16),
    /// Nothing came, or not all of it.
    Broken(String),
    /// It took too long.
    Slow(Duration),
    /// It is larger than [`LARGEST`].
    Large,
    /// The time for everything is over.
    Over,
    /// The server took the credentials, and does no longer.
    Expired,
    /// Somebody wants the end now.
    Interrupted,
}

impl Failure {
    /// In words that name neither host nor user.
    pub(super) fn words(&self) -> String {
        match self {
            Failure::Status(401) => "the server does not know who asks (401)".to_owned(),
            Failure::Status(403) => "not allowed (403): give the reader the right to list it".to_owned(),
            Failure::Status(404) => "the server has no such list (404)".to_owned(),
            Failure::Status(405) => "the server does not list it (405)".to_owned(),
            Failure::Status(410) => "the list expired while it was read, twice (410)".to_owned(),
            Failure::Status(429) => "the server has too much to do (429)".to_owned(),
            Failure::Status(code) => format!("the server answered {code}"),
            Failure::Broken(why) => why.clone(),
            Failure::Slow(patience) => format!("no whole answer within {} s (--request-timeout)", patience.as_secs_f64()),
            Failure::Large => format!("one object is larger than {LARGEST} bytes"),
            Failure::Expired => "the server takes the credentials no longer (401): they expired while the cluster was read".to_owned(),
            Failure::Interrupted => "interrupted before it was read".to_owned(),
            Failure::Over => "the time for the whole scan was over (--timeout)".to_owned(),
        }
    }

    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Failure::Status(429 | 500 | 502 | 503 | 504) | Failure::Broken(_) | Failure::Slow(_))
    }
}

impl Client {
    /// Reads the configuration, which may run a plugin that fetches credentials.
    pub(super) async fn connect(
        access: &Access,
        patience: Duration,
        deadline: Instant,
        interrupt: Arc<Interrupt>,
    ) -> Result<(Self, Option<String>), Error> {
        let (inner, context) = match interrupt.unless(connection(access, patience, READ_ONLY)).await {
            Some(connected) => connected?,
            None => return Err(Error(Failure::Interrupted.words())),
        };
        let (silence, known) = (AtomicU32::new(0), AtomicBool::new(false));
        Ok((Client { inner, deadline, patience, silence, known, interrupt }, context))
    }

    /// Whether the time for everything is over, or somebody wants the end now.
    pub(super) fn is_over(&self) -> bool {
        Instant::now() >= self.deadline || self.interrupt.is_raised()
    }

    /// Asks for a path until it comes, or is not going to.
    pub(super) async fn get(&self, path: &str, accept: &str) -> Result<Vec<u8>, Failure> {
        self.until_it_comes(ATTEMPTS, || self.once(Method::GET, path, accept, Vec::new())).await
    }

    /// Asks twice at most, to learn soon that nobody is there.
    pub(super) async fn get_soon(&self, path: &str) -> Result<Vec<u8>, Failure> {
        self.until_it_comes(2, || self.once(Method::GET, path, "application/json", Vec::new())).await
    }

    /// Asks what the reader may do: see [`super::readonly`].
    pub(super) async fn review(&self, path: &str, body: &serde_json::Value) -> Result<Vec<u8>, Failure> {
        let body = body.to_string().into_bytes();
        self.until_it_comes(ATTEMPTS, || self.once(Method::POST, path, "application/json", body.clone())).await
    }

    async fn until_it_comes<F>(&self, attempts: u32, ask: impl Fn() -> F) -> Result<Vec<u8>, Failure>
    where
        F: Future<Output = Result<Vec<u8>, (Failure, Option<Duration>)>>,
    {
        for attempt in 1.. {
            let (failure, wait) = match ask().await {
                Ok(bytes) => {
                    self.silence.store(0, Ordering::Relaxed);
                    self.known.store(true, Ordering::Relaxed);
                    return Ok(bytes);
                }
                Err(failed) => failed,
            };
            let failure = match failure {
                Failure::Status(401) if self.known.load(Ordering::Relaxed) => Failure::Expired,
                failure => failure,
            };
            let silent = matches!(failure, Failure::Broken(_) | Failure::Slow(_));
            let gone = silent && self.silence.fetch_add(1, Ordering::Relaxed) >= GONE;
            if gone || attempt >= attempts || !failure.may_pass() {
                return Err(failure);
            }
            let wait = wait.unwrap_or_else(|| backoff(attempt)).min(LONGEST_WAIT);
            if Instant::now() + wait >= self.deadline {
                return Err(Failure::Over);
            }
            if self.interrupt.unless(tokio::time::sleep(wait)).await.is_none() {
                return Err(Failure::Interrupted);
            }
        }
        Err(Failure::Over)
    }

    /// The answer, or why there is none and how long the server asks to wait.
    async fn once(&self, method: Method, path: &str, accept: &str, body: Vec<u8>) -> Result<Vec<u8>, (Failure, Option<Duration>)> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err((Failure::Over, None));
        }
        let mut request = Request::builder().method(method).uri(path).header(ACCEPT, accept);
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request.body(Body::from(body)).map_err(|error| (Failure::Broken(error.to_string()), None))?;
        let answer = async { answer(self.inner.send(request).await).await };
        match self.interrupt.unless(tokio::time::timeout(left.min(self.patience), answer)).await {
            Some(Ok(answer)) => answer,
            Some(Err(_)) if left < self.patience => Err((Failure::Over, None)),
            Some(Err(_)) => Err((Failure::Slow(self.patience), None)),
            None => Err((Failure::Interrupted, None)),
        }
    }
}

pub(super) async fn answer(sent: Result<Response<Body>, KubeError>) -> Result<Vec<u8>, (Failure, Option<Duration>)> {
    let response = sent.map_err(|error| (Failure::Broken(broken(&error)), None))?;
    let status = response.status();
    if !status.is_success() {
        let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        return Err((Failure::Status(status.as_u16()), wait.map(Duration::from_secs)));
    }
    // room for all of it at once, as pages are large
    let told = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let mut body = response.into_body();
    let mut bytes = Vec::with_capacity(told.unwrap_or_default().min(LARGEST));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| (Failure::Broken("the connection broke within an answer".to_owned()), None))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > LARGEST {
            return Err((Failure::Large, None));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// Twice as long each time, and never the same for two clients.
pub(super) fn backoff(attempt: u32) -> Duration {
    use std::hash::{BuildHasher, Hasher};
    const FIRST: u64 = 200;
    const LAST: u64 = 6_400;
    let most = (FIRST << attempt.min(10)).min(LAST);
    let random = std::hash::RandomState::new().build_hasher().finish();
    Duration::from_millis(most / 2 + random % (most / 2))
}

/// Why nothing came, without the host's name.
fn broken(error: &KubeError) -> String {
    let whole = chain(error);
    if whole.contains("refused before it was sent") {
        return whole;
    }
    let known = [
        ("onnection refused", "nobody takes connections there"),
        ("corrupt message", "what answers there does not speak TLS (is it http:// rather than https://?)"),
        ("ertificate", "its certificate is not trusted"),
        ("dns error", "its name is not known"),
        ("auth error", "the credentials could not be had"),
    ];
    let found = known.iter().find(|(part, _)| whole.contains(part));
    found.map_or("the connection broke", |(_, words)| words).to_owned()
}

/// An error with all that caused it.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    // of what could not be understood the place is told, and not what stands there, which may be a secret
    let first = |error: &dyn std::error::Error| {
        let text = error.to_string();
        let line = text.lines().next().unwrap_or_default();
        line.split_once(" (os error ").map_or(line, |(text, _)| text).to_owned()
    };
    let mut words = first(error);
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = first(error);
        if !words.contains(&text) {
            words.push_str(": ");
            words.push_str(&text);
        }
        cause = error.source();
    }
    words
}

/// A client that can do no more than `only` says, and the name of its context.
pub(super) async fn connection(access: &Access, patience: Duration, only: Only) -> Result<(kube::Client, Option<String>), Error> {
    let (mut config, context) = kubeconfig::read(access).await?;
    config.connect_timeout = Some(patience);
    // tried again here, where the time for everything is known
    config.default_retry = false;
    if access.user.is_some() {
        config.auth_info.impersonate.clone_from(&access.user);
    }
    let server = config.cluster_url.to_string();
    kubeconfig::can_be_sent(&config.auth_info).map_err(|what| Error(format!("{server}: {what} has characters that cannot be sent")))?;
    let plugin = config.auth_info.exec.as_ref().and_then(|exec| exec.command.clone()).unwrap_or_default();
    let built = tokio::task::spawn_blocking(move || ClientBuilder::try_from(config));
    let builder = match tokio::time::timeout(patience, built).await {
        Ok(Ok(Ok(builder))) => builder,
        Ok(Ok(Err(error))) => {
            return Err(Error(format!("{server}: {}", kubeconfig::credentials(&error, &plugin).unwrap_or_else(|| chain(&error)))));
        }
        Ok(Err(_)) => return Err(Error(format!("{server}: the credentials cannot be used"))),
        Err(_) => {
            return Err(Error(format!("{server}: the credentials did not come within {} s", patience.as_secs_f64())));
        }
    };
    Ok((builder.with_layer(&only).build(), context))
}
