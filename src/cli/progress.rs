//! What is being read, on standard error: a bar a list on a terminal, now and then a line elsewhere.

use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::args::Show;
use super::early::{Early, Pages};
use crate::discover::cluster::Progress;
use crate::discover::{Page, Resource};

/// The kind of progress asked for.
pub(super) fn new(show: Show, quiet: bool, early: Option<Early>) -> Arc<dyn Progress> {
    match show {
        _ if quiet => Arc::new(Nothing),
        Show::Never => Arc::new(Nothing),
        Show::Auto if is_seen() => Arc::new(Bars::new(early)),
        Show::Auto => Arc::new(Lines::default()),
    }
}

/// Whether a person sees what goes to standard error.
pub(super) fn is_seen() -> bool {
    io::stderr().is_terminal()
}

struct Nothing;

impl Progress for Nothing {
    fn begin(&self, _lists: usize) {}
    fn page(&self, _path: &str, _read: u64, _left: Option<u64>) {}
    fn done(&self, _path: &str, _read: u64, _refused: Option<&str>) {}
}

/// A line every few seconds, and one at the end.
#[derive(Default)]
struct Lines(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    lists: usize,
    ended: usize,
    refused: usize,
    objects: u64,
    /// Objects of lists that have not ended.
    open: HashMap<String, u64>,
    said: Option<Instant>,
}

const PAUSE: Duration = Duration::from_secs(3);

impl Lines {
    fn tell(&self, change: impl FnOnce(&mut Counts)) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut counts);
        let due = counts.said.is_none_or(|said| said.elapsed() >= PAUSE);
        if due || counts.ended == counts.lists {
            counts.said = Some(Instant::now());
            let objects = counts.objects + counts.open.values().sum::<u64>();
            let refused = if counts.refused == 0 { String::new() } else { format!(", {} not whole", counts.refused) };
            // a closed stream is nobody's concern
            _ = writeln!(io::stderr(), "cnscan: read {} of {} lists, {objects} objects{refused}", counts.ended, counts.lists);
        }
    }
}

impl Progress for Lines {
    fn begin(&self, lists: usize) {
        self.tell(|counts| (counts.lists, counts.said) = (lists, Some(Instant::now())));
    }

    fn page(&self, path: &str, read: u64, _left: Option<u64>) {
        self.tell(|counts| _ = counts.open.insert(path.to_owned(), read));
    }

    fn done(&self, path: &str, read: u64, refused: Option<&str>) {
        self.tell(|counts| {
            counts.open.remove(path);
            counts.ended += 1;
            counts.objects += read;
            counts.refused += usize::from(refused.is_some());
        });
    }
}

/// A bar for all lists, and one for each that takes more than a page; above them the first findings.
struct Bars {
    all: MultiProgress,
    bars: Mutex<HashMap<String, ProgressBar>>,
    early: Option<Pages>,
}

/// The bar of everything stands under this name.
const ALL: &str = "";

impl Bars {
    fn new(early: Option<Early>) -> Self {
        let all = MultiProgress::new();
        let above = all.clone();
        // a line that cannot be drawn is no reason to stop
        let early = early.map(|early| early.start(move |line| _ = above.println(line)));
        Bars { all, bars: Mutex::default(), early }
    }

    fn bar(&self, path: &str, length: u64) -> ProgressBar {
        let mut bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let style = ProgressStyle::with_template("{bar:24} {pos:>7}/{len:7} {msg}");
            let bar = self.all.add(ProgressBar::new(length).with_message(path.to_owned()));
            if let Ok(style) = style {
                bar.set_style(style);
            }
            bar
        };
        bars.entry(path.to_owned()).or_insert_with(make).clone()
    }
}

impl Progress for Bars {
    fn objects(&self, resource: &Resource, page: &Page) {
        self.early.iter().for_each(|early| early.add(resource, page));
    }

    fn begin(&self, lists: usize) {
        self.bar(ALL, lists as u64).set_message("lists");
    }

    fn page(&self, path: &str, read: u64, left: Option<u64>) {
        if let Some(left) = left {
            let bar = self.bar(path, read + left);
            bar.set_length(read + left);
            bar.set_position(read);
        }
    }

    fn done(&self, path: &str, _read: u64, refused: Option<&str>) {
        let bar = self.bars.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        if let Some(why) = refused {
            // a bar that cannot be drawn over is no reason to stop
            _ = self.all.println(format!("cnscan: {path}: {why}"));
        }
        let all = self.bar(ALL, 0);
        all.inc(1);
        if Some(all.position()) == all.length() {
            self.early.iter().for_each(Pages::end);
            all.finish_and_clear();
        }
    }
}
