//! Ctrl-C, by real signals to the real program.

use std::process::{Child, Stdio};

use super::*;

fn start(api: &Api, arguments: &[&str]) -> Child {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_cnscan"));
    command.env("SOURCE_DATE_EPOCH", "1790000000").env_remove("KUBECONFIG").env("HOME", "/nonexistent");
    command.args(arguments).arg("--kubeconfig").arg(api.kubeconfig()).current_dir(api.folder.path());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
}

const SCAN: &[&str] = &["scan", "--cluster", "--no-config", "-f", "json", "--fail-on", "none"];

fn signal(child: &Child, name: &str) {
    let sent = std::process::Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
}

/// Until something is so, or it takes too long.
fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(60), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Pods come in two pages, of which the second does not come; nor do Deployments.
fn stuck() -> Api {
    Api::start(|asked| match asked.path.as_str() {
        PODS if asked.token().is_empty() => Reply::Json(page(&["a", "b"], "t")),
        PODS | "/apis/apps/v1/deployments" => Reply::Silence(Duration::from_secs(50)),
        _ => Reply::Usual,
    })
}

/// Both are waited for.
fn is_stuck(api: &Api) -> bool {
    api.asked_for(PODS).len() == 2 && !api.asked_for("/apis/apps/v1/deployments").is_empty()
}

#[test]
fn the_first_leaves_a_partial_result_that_says_so() {
    for name in ["-INT", "-TERM"] {
        let api = stuck();
        let child = start(&api, &[SCAN, &["--allow-gaps"]].concat());
        wait_for("reading", || is_stuck(&api));
        let sent = Instant::now();
        signal(&child, name);
        let output = child.wait_with_output().expect("it ends");
        assert!(sent.elapsed() < Duration::from_secs(20), "{:?}", sent.elapsed());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        // nobody had accepted such gaps
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains("interrupted: what was read is judged"), "{said}");
        let result = result(&output);
        assert_eq!(names(&result), ["a", "b"]);
        let gaps = gaps(&result);
        assert!(gaps.contains(&"Pod: interrupted; 2 objects read until then".to_owned()), "{gaps:?}");
        assert!(gaps.contains(&"apps/Deployment: interrupted before it was read".to_owned()), "{gaps:?}");
        assert!(rows(&result, "notices").iter().any(|notice| notice.as_str().is_some_and(|text| text.contains("was interrupted"))));
        let statuses: Vec<_> = rows_of(&result, "controls").collect();
        let looked_at = |status: &String| ["pass", "partial", "not-applicable"].contains(&status.as_str());
        let of_pods = rows(&result, "controls").iter().zip(&statuses).filter(|(control, _)| {
            rows(control, "checks").iter().any(|check| check["id"].as_str().is_some_and(|id| id.starts_with("pss-")))
        });
        assert!(of_pods.clone().count() > 0 && of_pods.clone().all(|(_, status)| !looked_at(status)), "{statuses:?}");
    }
}

#[test]
fn the_second_ends_it_at_once() {
    let api = stuck();
    // nobody reads what it prints, so that it waits
    let mut child = start(&api, SCAN);
    wait_for("reading", || is_stuck(&api));
    signal(&child, "-INT");
    let mut said = std::io::BufReader::new(child.stderr.take().expect("standard error"));
    let mut line = String::new();
    while !line.contains("interrupted") {
        line.clear();
        assert!(std::io::BufRead::read_line(&mut said, &mut line).expect("a line") > 0, "it says nothing of it");
    }
    std::thread::sleep(Duration::from_millis(500));
    assert!(child.try_wait().expect("its state").is_none(), "it ended before anybody read its result");
    signal(&child, "-INT");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}

#[test]
fn before_anything_is_read_there_is_nothing_to_judge() {
    for silent in ["/version", "/api", "/apis"] {
        let api = Api::start(move |asked| if asked.path == silent { Reply::Silence(Duration::from_secs(50)) } else { Reply::Usual });
        let child = start(&api, SCAN);
        wait_for("asking", || !api.asked_for(silent).is_empty());
        signal(&child, "-INT");
        let output = child.wait_with_output().expect("it ends");
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(130), &b""[..]), "{silent}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("interrupted"));
    }
}

#[test]
fn a_snapshot_says_that_it_is_partial() {
    let api = stuck();
    let path = api.folder.path().join("snapshot.gz");
    let child = start(&api, &["snapshot", "--allow-gaps", "-o", "snapshot.gz"]);
    wait_for("reading", || is_stuck(&api));
    signal(&child, "-INT");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let again = snapshot::replay(&path, &["--fail-on", "none", "--allow-gaps"]);
    let result = result(&again);
    assert_eq!((names(&result), again.status.code()), (vec!["a".to_owned(), "b".to_owned()], Some(3)));
    assert!(gaps(&result).contains(&"apps/Deployment: interrupted before it was read".to_owned()));
}
