//! What is shown while a cluster is read: on a terminal, by `script`, which makes one, and elsewhere.

use super::*;

/// One list takes its time, so that what comes before it is early.
fn api() -> Api {
    Api::start(|asked| {
        if asked.path.ends_with("networkpolicies") {
            std::thread::sleep(Duration::from_secs(3));
        }
        Reply::Usual
    })
}

/// What is seen of standard error on a terminal, and what came on standard output.
fn on_terminal(api: &Api, more: &str) -> Option<(String, Vec<u8>)> {
    let (program, kubeconfig) = (env!("CARGO_BIN_EXE_cnscan"), api.kubeconfig());
    let line = format!("'{program}' scan --cluster --no-config -f json --kubeconfig '{}' {more} >out.json", kubeconfig.display());
    let mut command = std::process::Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).current_dir(api.folder.path()).env("SOURCE_DATE_EPOCH", "1790000000");
    let Ok(output) = command.stdin(std::process::Stdio::null()).output() else {
        real::skipped("bars: there is no `script` to make a terminal");
        return None;
    };
    Some((String::from_utf8_lossy(&output.stdout).into_owned(), std::fs::read(api.folder.path().join("out.json")).expect("a result")))
}

#[test]
fn a_terminal_shows_bars_and_the_first_findings_and_the_result_is_the_same() {
    let api = api();
    let Some((seen, result)) = on_terminal(&api, "") else { return };
    assert!(seen.contains("first findings: critical: Pod shop/a: "), "{seen}");
    assert!(seen.contains("lists") && seen.contains('█'), "{seen}");
    let plain = scan(&api, &[]);
    let strip = |bytes: &[u8]| {
        let mut value: Value = serde_json::from_slice(bytes).expect("JSON");
        value["run"].take();
        value
    };
    assert_eq!(strip(&result), strip(&plain.stdout));
    let said = String::from_utf8_lossy(&plain.stderr).into_owned();
    assert!(said.contains("cnscan: read ") && !said.contains("first findings"), "{said}");
    for more in ["-q", "--progress never"] {
        let (seen, _) = on_terminal(&api, more).expect("a terminal");
        assert!(!seen.contains("first findings") && !seen.contains('█'), "{more}: {seen}");
    }
}

#[test]
fn what_is_excused_or_made_by_a_controller_is_no_early_word() {
    let mut known = pod("known");
    known["metadata"]["annotations"] = json!({"cnscan/excuse.pss-privileged-container": "the driver needs it"});
    let mut made = pod("made");
    made["metadata"]["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "controller": true}]);
    let api = Api::start(move |asked| {
        if asked.path.ends_with("deployments") {
            std::thread::sleep(Duration::from_secs(2));
        }
        if asked.path == PODS { Reply::Json(list("Pod", &[known.clone(), made.clone(), pod("bare\u{1b}[31m")])) } else { Reply::Usual }
    });
    let Some((seen, _)) = on_terminal(&api, "--check pss-privileged-container") else { return };
    assert!(seen.contains("Pod shop/bare?[31m") && !seen.contains("shop/known") && !seen.contains("shop/made"), "{seen}");
}
