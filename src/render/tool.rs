//! Other people's programs: run without a network, within bounds of time and memory.

use std::ffi::OsString;
use std::io::{ErrorKind, Read};
use std::process::{Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::time::{Duration, Instant};

/// How long a program may take.
const LONGEST: Duration = Duration::from_secs(60);

/// The most that is read of what it says.
const LARGEST: u64 = 256 << 20;

/// Why a program gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// It is not installed.
    Missing,
    /// It ran, and this is what is wrong.
    Failed(String),
}

/// The versions of the programs, each asked once.
#[derive(Debug, Default)]
pub(super) struct Versions {
    helm: OnceLock<String>,
    kustomize: OnceLock<String>,
    kubectl: OnceLock<String>,
}

impl Versions {
    /// `helm v3.18.6`
    pub(super) fn helm(&self) -> &str {
        self.helm.get_or_init(|| format!("helm {}", say("helm", &["version", "--template", "{{.Version}}"], "")).trim_end().to_owned())
    }

    /// `kustomize v5.5.0`
    pub(super) fn kustomize(&self) -> &str {
        self.kustomize.get_or_init(|| format!("kustomize {}", say("kustomize", &["version"], "")))
    }

    /// `kubectl's kustomize v5.5.0`
    pub(super) fn kubectl(&self) -> &str {
        self.kubectl.get_or_init(|| format!("kubectl's kustomize {}", say("kubectl", &["version", "--client"], "Kustomize Version:")))
    }
}

/// What a program says behind a label.
fn say(program: &str, arguments: &[&str], label: &str) -> String {
    let said = run(program, &arguments.iter().map(OsString::from).collect::<Vec<_>>()).unwrap_or_default();
    String::from_utf8_lossy(&said).lines().find_map(|line| line.strip_prefix(label)).unwrap_or_default().trim().to_owned()
}

/// Runs a program and gives what it prints.
pub(super) fn run(program: &str, arguments: &[OsString]) -> Result<Vec<u8>, Failure> {
    run_within(program, arguments, LONGEST)
}

fn run_within(program: &str, arguments: &[OsString], longest: Duration) -> Result<Vec<u8>, Failure> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // what is scanned may name things to be fetched, and nobody asked for a network
    for proxy in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env(proxy, "http://127.0.0.1:9");
    }
    command.env("NO_PROXY", "").env("no_proxy", "");
    command.env("GIT_ALLOW_PROTOCOL", "none").env("GIT_TERMINAL_PROMPT", "0").env("HELM_NO_PLUGINS", "1");
    let mut child = command.spawn().map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::Missing,
        _ => Failure::Failed(format!("{program} cannot be run: {error}")),
    })?;
    let started = Instant::now();
    let (said, complained) = (listen(child.stdout.take()), listen(child.stderr.take()));
    let hear = |from: &mpsc::Receiver<Vec<u8>>| from.recv_timeout(longest.saturating_sub(started.elapsed()));
    let (Ok(said), Ok(complained)) = (hear(&said), hear(&complained)) else {
        _ = child.kill();
        _ = child.wait();
        return Err(Failure::Failed(format!("{program} took longer than {} s", longest.as_secs())));
    };
    if said.len() as u64 > LARGEST {
        _ = child.kill();
    }
    let status = child.wait().map_err(|error| Failure::Failed(format!("{program}: {error}")))?;
    if said.len() as u64 > LARGEST {
        return Err(Failure::Failed(format!("{program} printed more than {LARGEST} bytes")));
    }
    if status.success() { Ok(said) } else { Err(Failure::Failed(format!("{program}: {}", complaint(&complained)))) }
}

/// Reads in a thread of its own, so that neither stream can block the other, nor both the scan.
fn listen(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(stream) = stream {
            _ = stream.take(LARGEST + 1).read_to_end(&mut bytes);
        }
        _ = send.send(bytes);
    });
    receive
}

/// What a program complained of, as one line that can be read.
fn complaint(bytes: &[u8]) -> String {
    const LONGEST: usize = 400;
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("WARNING:"));
    // the place of the copy that was built says nothing to anybody
    let mut line = lines.collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).collect::<String>();
    if let Some(end) = line.char_indices().nth(LONGEST).map(|(at, _)| at) {
        line.truncate(end);
        line.push('…');
    }
    if line.is_empty() {
        "it failed without a word".to_owned()
    } else {
        line.trim_start_matches("Error: ").trim_start_matches("error: ").to_owned()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, longest: u64) -> Result<Vec<u8>, Failure> {
        run_within("sh", &["-c".into(), script.into()], Duration::from_secs(longest))
    }

    #[test]
    fn what_a_program_says_and_how_it_fails() {
        assert_eq!(shell("printf hello; echo no >&2", 10), Ok(b"hello".to_vec()));
        assert_eq!(shell("echo 'Error: no such value' >&2; exit 3", 10), Err(Failure::Failed("sh: no such value".to_owned())));
        assert_eq!(run("cnscan-has-no-such-program", &[]), Err(Failure::Missing));
    }

    #[test]
    fn a_program_that_does_not_end_is_ended() {
        let started = Instant::now();
        assert_eq!(shell("exec sleep 30", 1), Err(Failure::Failed("sh took longer than 1 s".to_owned())));
        assert!(started.elapsed() < Duration::from_secs(20));
    }
}
