//! Other people's programs: run without a network, within bounds of time and memory.

use std::ffi::OsString;
use std::io::{ErrorKind, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::time::{Duration, Instant};

/// How long a program may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long all of them may take together: what is not begun by then is not rendered.
const PATIENCE_FOR_ALL: Duration = Duration::from_secs(600);

/// The most that is read of what it makes.
const LARGEST: u64 = 128 << 20;

/// The most that is read of what it complains of.
const LARGEST_COMPLAINT: u64 = 1 << 20;

/// The longest complaint that is passed on, in letters.
pub(super) const LONGEST: usize = 400;

/// The memory that a program may take, where the system can be told.
const MOST_MEMORY: u64 = 4 << 30;

/// What the user's environment says of the network, and of how charts are rendered: the same input gives the same result.
const UNHEARD: [&str; 4] = ["HELM_NAMESPACE", "HELM_DEBUG", "HELM_KUBECONTEXT", "HELM_KUBEAPISERVER"];

/// Why a program gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// It is not installed.
    Missing,
    /// It ran, and this is what is wrong.
    Failed(String),
}

/// The programs, each of which is asked once for its version.
#[derive(Debug)]
pub(super) struct Tools {
    until: Instant,
    helm: OnceLock<String>,
    kustomize: OnceLock<String>,
    kubectl: OnceLock<String>,
}

impl Tools {
    pub(super) fn new() -> Self {
        let (helm, kustomize, kubectl) = Default::default();
        Tools { until: Instant::now() + PATIENCE_FOR_ALL, helm, kustomize, kubectl }
    }

    /// `helm v3.18.6`
    pub(super) fn helm(&self) -> &str {
        self.helm.get_or_init(|| format!("helm {}", self.say("helm", &["version", "--template", "{{.Version}}"], "")).trim_end().to_owned())
    }

    /// `kustomize v5.5.0`
    pub(super) fn kustomize(&self) -> &str {
        self.kustomize.get_or_init(|| format!("kustomize {}", self.say("kustomize", &["version"], "")))
    }

    /// `kubectl's kustomize v5.5.0`
    pub(super) fn kubectl(&self) -> &str {
        self.kubectl.get_or_init(|| format!("kubectl's kustomize {}", self.say("kubectl", &["version", "--client"], "Kustomize Version:")))
    }

    /// What a program says behind a label.
    fn say(&self, program: &str, arguments: &[&str], label: &str) -> String {
        let said = self.run(program, &arguments.iter().map(OsString::from).collect::<Vec<_>>()).unwrap_or_default();
        String::from_utf8_lossy(&said).lines().find_map(|line| line.strip_prefix(label)).unwrap_or_default().trim().to_owned()
    }

    /// Runs a program and gives what it prints.
    pub(super) fn run(&self, program: &str, arguments: &[OsString]) -> Result<Vec<u8>, Failure> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Failure::Failed(format!("it was not begun, as rendering took longer than {} s", PATIENCE_FOR_ALL.as_secs())));
        }
        run_within(program, arguments, PATIENCE.min(left))
    }
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
    UNHEARD.iter().for_each(|name| _ = command.env_remove(name));
    // so that what it starts ends with it
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut running = Running(command.spawn().map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::Missing,
        _ => Failure::Failed(format!("{program} cannot be run: {error}")),
    })?);
    running.bound();
    let started = Instant::now();
    let (said, complained) = (listen(running.0.stdout.take(), LARGEST), listen(running.0.stderr.take(), LARGEST_COMPLAINT));
    let hear = |from: &mpsc::Receiver<Vec<u8>>| {
        let late = |_| Failure::Failed(format!("{program} took longer than {} s", longest.as_secs().max(1)));
        from.recv_timeout(longest.saturating_sub(started.elapsed())).map_err(late)
    };
    let said = hear(&said)?;
    if said.len() as u64 > LARGEST {
        return Err(Failure::Failed(format!("{program} makes more than {} MiB of it", LARGEST >> 20)));
    }
    let complained = hear(&complained)?;
    let status = running.0.wait().map_err(|error| Failure::Failed(format!("{program}: {error}")))?;
    if status.success() { Ok(said) } else { Err(Failure::Failed(format!("{program}: {}", complaint(&complained)))) }
}

/// A program that runs, and does not outlive what it was run for.
struct Running(Child);

impl Running {
    /// A template may ask for any amount of memory, and must not take it from everybody else.
    #[cfg(target_os = "linux")]
    fn bound(&self) {
        use rustix::process::{Pid, Resource, Rlimit, prlimit};
        let most = Rlimit { current: Some(MOST_MEMORY), maximum: Some(MOST_MEMORY) };
        // where that is not allowed there is still the time
        _ = prlimit(Some(Pid::from_child(&self.0)), Resource::Data, most);
    }

    #[cfg(not(target_os = "linux"))]
    fn bound(&self) {}
}

impl Drop for Running {
    fn drop(&mut self) {
        // one that has ended, and was waited for, has no number that could be another's by now
        if !matches!(self.0.try_wait(), Ok(Some(_))) {
            #[cfg(unix)]
            {
                use rustix::process::{Pid, Signal, kill_process_group};
                _ = kill_process_group(Pid::from_child(&self.0), Signal::KILL);
            }
            _ = self.0.kill();
            _ = self.0.wait();
        }
    }
}

/// Reads in a thread of its own, so that neither stream can block the other, nor both the scan.
fn listen(stream: Option<impl Read + Send + 'static>, largest: u64) -> mpsc::Receiver<Vec<u8>> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(stream) = stream {
            _ = stream.take(largest + 1).read_to_end(&mut bytes);
        }
        _ = send.send(bytes);
    });
    receive
}

/// What a program complained of, as one line that can be read.
fn complaint(bytes: &[u8]) -> String {
    const MOST: usize = 1 << 14;
    const WARNS: [&str; 2] = ["WARNING:", "# Warning:"];
    let text = String::from_utf8_lossy(bytes);
    // a crash of a Go program is told by addresses, which are others each time
    if text.lines().any(|line| line == "runtime stack:" || line.starts_with("goroutine ")) {
        return format!("it crashed, as it does when it needs more than {} GiB of memory", MOST_MEMORY >> 30);
    }
    // what it advises of its own flags is of no use to who cannot give them
    let is_told = |line: &str| !WARNS.iter().any(|word| line.starts_with(word)) && !line.starts_with("Use --debug flag");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && is_told(line));
    // the place of the copy that was built says nothing to anybody
    let line = lines.map(without_clock).collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).collect::<String>();
    if line.is_empty() {
        "it failed without a word".to_owned()
    } else {
        short(line.trim_start_matches("Error: ").trim_start_matches("error: "), MOST)
    }
}

/// As much of a text as anybody reads.
pub(super) fn short(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A line of a log without its head, `E1126 15:10:44.083997   24365 run.go:72] "command failed" err="…"`: the same input gives
/// the same result.
fn without_clock(line: &str) -> &str {
    let is_log = line.starts_with(['E', 'F', 'W', 'I']) && line[1..].bytes().take_while(u8::is_ascii_digit).count() == 4;
    let Some((_, said)) = line.split_once("] ").filter(|_| is_log) else { return line };
    said.split_once("err=").map_or(said, |(_, error)| error.trim_matches('"'))
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
        let log = "E1126 15:10:44.083997   24365 run.go:72] \"command failed\" err=\"no such base\"";
        assert_eq!(shell(&format!("echo '{log}' >&2; exit 1"), 10), Err(Failure::Failed("sh: no such base".to_owned())));
        assert_eq!(Tools::new().run("cnscan-has-no-such-program", &[]), Err(Failure::Missing));
    }

    #[test]
    fn a_program_that_does_not_end_is_ended() {
        let started = Instant::now();
        assert_eq!(shell("exec sleep 30", 1), Err(Failure::Failed("sh took longer than 1 s".to_owned())));
        assert!(started.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn what_a_program_starts_ends_with_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("pid");
        let script = format!("sleep 300 & echo $! > '{}'; wait", file.display());
        assert!(shell(&script, 1).is_err());
        let pid = std::fs::read_to_string(&file).expect("a number");
        let is_there = || Command::new("kill").args(["-0", pid.trim()]).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        let started = Instant::now();
        while is_there() && started.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(20));
        }
        // one that nobody waits for may stay as a zombie
        let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        assert!(!is_there() || state.contains(") Z "), "{state}");
    }

    #[test]
    fn a_program_that_prints_without_end_is_ended() {
        let started = Instant::now();
        let why = format!("sh makes more than {} MiB of it", LARGEST >> 20);
        assert_eq!(shell("exec cat /dev/zero", 60), Err(Failure::Failed(why)));
        assert!(started.elapsed() < Duration::from_secs(50));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_program_gets_so_much_memory_and_no_more() {
        // it is told so while it starts
        let said = shell("sleep 0.5; ulimit -d", 50).unwrap_or_default();
        assert_eq!(String::from_utf8_lossy(&said).trim(), (MOST_MEMORY >> 10).to_string());
    }
}
