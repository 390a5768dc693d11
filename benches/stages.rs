//! Each stage by itself on generated corpora, and the whole; the parser alone is the yardstick.
//!
//! `cargo bench --bench stages`; `-- 10000` runs the largest corpus alone.

mod corpus;

use cnscan::assess::{self, Occasion};
use cnscan::discover::{Origin, Source};
use cnscan::model::evidence::Reading;
use cnscan::model::{Evidence, KubernetesVersion, Scan, UNSET_NAMESPACE};
use cnscan::parse::{self, File, Limits};
use cnscan::policy::{self, Policy};
use cnscan::report::{self, Format, Options};
use cnscan::{evaluate, explain, seen};
use divan::Bencher;
use divan::counter::BytesCount;

const SIZES: [usize; 3] = [100, 1_000, 10_000];

fn main() {
    // one thread: cost is compared, not luck; `end_to_end_two_threads` has its own pool
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
    one.install(divan::main);
}

fn sources(files: usize) -> (Vec<Source>, BytesCount) {
    let corpus = corpus::generate(files);
    let bytes = corpus.iter().map(|(_, text)| text.len()).sum::<usize>();
    let source = |(name, text): (String, String)| Source {
        uri: Some(name.clone()),
        shown: name,
        origin: Origin::Bytes(text.into_bytes()),
        named: false,
        root: "".into(),
    };
    (corpus.into_iter().map(source).collect(), BytesCount::new(bytes))
}

fn parsed(files: usize) -> (Vec<File>, BytesCount) {
    let (sources, bytes) = sources(files);
    (parse::all(sources, &Limits::default()), bytes)
}

fn policy() -> Policy {
    Policy::load(&policy::Request::default()).expect("the default policy")
}

fn reading() -> Reading<'static> {
    Reading { assumed_namespace: UNSET_NAMESPACE, complete: false, live: None }
}

fn occasion() -> Occasion {
    let second = jiff::Timestamp::UNIX_EPOCH;
    Occasion {
        started: second,
        finished: Some(second),
        arguments: vec![],
        clock: std::time::Instant::now(),
        baseline: None,
        line_hashes: false,
        page: explain::summary,
    }
}

fn assessed(files: Vec<File>, policy: &Policy) -> assess::Assessment {
    let (outcomes, noted) = {
        let evidence = Evidence::index(&files, reading());
        let scan = Scan {
            evidence: &evidence,
            settings: &policy.settings,
            version: Some(KubernetesVersion::LATEST),
            now: jiff::Timestamp::UNIX_EPOCH,
        };
        (evaluate::all(&policy.checks, &scan, false), seen::gather(&scan, vec![], vec![]))
    };
    let seen = seen::with_files(noted, files, &outcomes);
    assess::all(policy, outcomes, seen, &occasion())
}

#[divan::bench(args = SIZES)]
fn parse_alone(bencher: Bencher<'_, '_>, files: usize) {
    let (sources, bytes) = sources(files);
    bencher.counter(bytes).with_inputs(|| sources.clone()).bench_values(|sources| parse::all(sources, &Limits::default()));
}

#[divan::bench(args = SIZES)]
fn index(bencher: Bencher<'_, '_>, files: usize) {
    let (files, bytes) = parsed(files);
    bencher.counter(bytes).bench(|| Evidence::index(&files, reading()));
}

#[divan::bench(args = SIZES)]
fn evaluate(bencher: Bencher<'_, '_>, files: usize) {
    let (files, bytes) = parsed(files);
    let policy = policy();
    let evidence = Evidence::index(&files, reading());
    let scan = Scan {
        evidence: &evidence,
        settings: &policy.settings,
        version: Some(KubernetesVersion::LATEST),
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    bencher.counter(bytes).bench(|| evaluate::all(&policy.checks, &scan, false));
}

#[divan::bench(args = SIZES, sample_count = 10)]
fn report_json(bencher: Bencher<'_, '_>, files: usize) {
    let assessment = assessed(parsed(files).0, &policy());
    let options = Options::default();
    bencher.bench(|| report::write(Format::Json, &assessment, &options, &mut std::io::sink()));
}

#[divan::bench(args = SIZES)]
fn end_to_end(bencher: Bencher<'_, '_>, files: usize) {
    whole(bencher, files);
}

#[divan::bench(args = [10_000], sample_count = 10)]
fn end_to_end_two_threads(bencher: Bencher<'_, '_>, files: usize) {
    let two = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("a pool");
    let (sources, bytes) = sources(files);
    let policy = policy();
    bencher.counter(bytes).with_inputs(|| sources.clone()).bench_values(|sources| two.install(|| table(sources, &policy)));
}

fn whole(bencher: Bencher<'_, '_>, files: usize) {
    let (sources, bytes) = sources(files);
    let policy = policy();
    bencher.counter(bytes).with_inputs(|| sources.clone()).bench_values(|sources| table(sources, &policy));
}

fn table(sources: Vec<Source>, policy: &Policy) -> std::io::Result<()> {
    let assessment = assessed(parse::all(sources, &Limits::default()), policy);
    let options = Options::default();
    report::write(Format::Table, &assessment, &options, &mut std::io::sink())
}
