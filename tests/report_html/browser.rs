//! Debian's Chromium without a window, where it is installed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
];

/// A browser with a profile of its own, gone with it.
pub(crate) struct Browser {
    program: PathBuf,
    folder: TempDir,
}

/// What a page became.
pub(crate) struct Shown {
    pub(crate) dom: String,
    /// What the console said: errors, refusals by the page's policy.
    pub(crate) console: Vec<String>,
}

impl Browser {
    /// `None`, saying so, where there is none.
    pub(crate) fn find() -> Option<Self> {
        let paths = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&paths).flat_map(|folder| NAMES.map(|name| folder.join(name))).find(|path| path.is_file());
        if found.is_none() {
            eprintln!("skipped: no Chromium on the PATH (apt-get install chromium)");
        }
        Some(Browser { program: found?, folder: TempDir::new().expect("a folder") })
    }

    fn run(&self, arguments: &[&str]) -> (String, String) {
        let file = |name: &str| self.folder.path().join(name);
        let mut child = Command::new(&self.program)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", file("profile").display()))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(File::create(file("out")).expect("a file"))
            .stderr(File::create(file("err")).expect("a file"))
            .spawn()
            .expect("the browser starts");
        let started = Instant::now();
        while child.try_wait().expect("it runs").is_none() {
            if started.elapsed() > Duration::from_secs(120) {
                child.kill().expect("it can be stopped");
                child.wait().expect("it ends");
                panic!("the browser did not end: {arguments:?}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let read = |name: &str| String::from_utf8_lossy(&fs::read(file(name)).expect("a file")).into_owned();
        (read("out"), read("err"))
    }

    /// Opens a page by a double-click, so to say, at a place in it.
    pub(crate) fn show(&self, page: &str, fragment: &str) -> Shown {
        let path = self.folder.path().join("report.html");
        fs::write(&path, page).expect("a file");
        let (dom, log) = self.run(&["--virtual-time-budget=5000", "--dump-dom", &format!("file://{}{fragment}", path.display())]);
        assert!(dom.contains("</html>"), "no page: {log}");
        Shown { dom, console: log.lines().filter(|line| line.contains(":CONSOLE")).map(str::to_owned).collect() }
    }

    /// A picture of what a window of that size shows; its bytes.
    pub(crate) fn picture(&self, page: &str, size: (u32, u32)) -> Vec<u8> {
        let path = self.folder.path().join("report.html");
        let out = self.folder.path().join("picture.png");
        fs::write(&path, page).expect("a file");
        let window = format!("--window-size={},{}", size.0, size.1);
        self.run(&[&window, &format!("--screenshot={}", out.display()), &address(&path)]);
        fs::read(out).expect("a picture")
    }

    /// The page on paper, as PDF.
    pub(crate) fn paper(&self, page: &str) -> Vec<u8> {
        let path = self.folder.path().join("report.html");
        let out = self.folder.path().join("paper.pdf");
        fs::write(&path, page).expect("a file");
        self.run(&[&format!("--print-to-pdf={}", out.display()), &address(&path)]);
        fs::read(out).expect("a PDF")
    }
}

fn address(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// The size that a PNG says it has.
pub(crate) fn size(png: &[u8]) -> (u32, u32) {
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four bytes"));
    assert_eq!(&png[1..4], b"PNG");
    (number(16), number(20))
}
