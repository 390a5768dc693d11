//! Snapshots: the same result without the cluster, and files that are none.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::*;

fn capture(api: &Api) -> (std::path::PathBuf, Output) {
    let path = api.folder.path().join("snapshot.gz");
    let output = cnscan(&["snapshot", "-o", &path.display().to_string()], &api.kubeconfig());
    (path, output)
}

pub(crate) fn replay(path: &Path, more: &[&str]) -> Output {
    let mut command = Command::cargo_bin("cnscan").expect("the program");
    command.env("SOURCE_DATE_EPOCH", "1790000000").current_dir(path.parent().expect("a folder"));
    command.args(["scan", "--no-config", "-f", "json", "--snapshot"]).arg(path).args(more).output().expect("it runs")
}

#[test]
fn a_snapshot_gives_the_result_of_the_live_scan() {
    // with gaps, notices and several namespaces
    let api = Api::start(|asked| match asked.path.as_str() {
        "/apis/apps/v1/deployments" => Reply::Status(403, None),
        "/version" => Reply::Json(json!({"gitVersion": "v1.34.1-eks-1"})),
        PODS if asked.token().is_empty() => Reply::Json(page(&["a é \"q\"", "b"], "t")),
        PODS => Reply::Json(page(&["c"], "")),
        _ => Reply::Usual,
    });
    let (path, captured) = capture(&api);
    assert_eq!(captured.status.code(), Some(3), "{}", String::from_utf8_lossy(&captured.stderr));
    assert!(String::from_utf8_lossy(&captured.stderr).contains("not in it: apps/Deployment"));
    let (live, again) = (scan(&api, &[]), replay(&path, &[]));
    assert_eq!(live.status.code(), again.status.code());
    let strip = |output: &Output| {
        let mut value = result(output);
        assert!(rows(&value, "findings").len() > 3);
        value["run"].take();
        value["scope"]["kind"].take();
        value
    };
    assert_eq!(result(&again)["scope"]["kind"], "snapshot");
    assert_eq!(strip(&live), strip(&again));
}

#[cfg(unix)]
#[test]
fn a_snapshot_is_for_its_owner() {
    use std::os::unix::fs::PermissionsExt;
    let api = Api::start(|_| Reply::Usual);
    let (path, _) = capture(&api);
    assert_eq!(std::fs::metadata(path).expect("the file").permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_file_that_is_no_snapshot_is_refused_with_words() {
    let api = Api::start(|_| Reply::Usual);
    let (path, _) = capture(&api);
    let good = std::fs::read(&path).expect("the file");
    let mut text = String::new();
    GzDecoder::new(&good[..]).read_to_string(&mut text).expect("gzip");
    let zip = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).expect("memory");
        encoder.finish().expect("memory")
    };
    let refused = |bytes: &[u8], why: &str| {
        std::fs::write(&path, bytes).expect("the file");
        let output = replay(&path, &[]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(why) && said.contains("snapshot.gz"), "{why}: {said}");
    };
    refused(b"", "cut off");
    refused(b"apiVersion: v1\n", "no snapshot");
    refused(&good[..good.len() / 2], "cut off");
    refused(&good[..good.len() - 4], "cut off");
    refused(&zip(""), "empty");
    refused(&zip("{}\n"), "no snapshot");
    refused(&zip("{\"schema\":\"cnscan/snapshot/v9\"}\n"), "cnscan/snapshot/v9");
    refused(&zip("{\"schema\":\"cnscan/snapshot/v1\"}\n"), "first line is broken");
    let pods = text.lines().find(|line| line.contains("\"/api/v1/pods\"")).expect("the pods");
    refused(&zip(&text.replace("\"privileged\":true", "\"privileged\":false")), "/api/v1/pods is not what it was");
    refused(&zip(&text.replace(&format!("{pods}\n"), "")), "lists are there");
    refused(&zip(&text.replace(pods, "{\"uri\":")), "is broken");
    refused(&zip(text.trim_end()), "cut off");
    // what it says of itself may be odd: it is judged without harm
    std::fs::write(&path, zip(&text.replace("v1.36.3", "\\u001b[31m"))).expect("the file");
    assert!(replay(&path, &[]).status.code().is_some_and(|code| code < 4));
}

#[test]
fn a_snapshot_that_unfolds_without_end_is_refused() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("bomb.gz");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let block = vec![b' '; 1 << 20];
    for _ in 0..300 {
        encoder.write_all(&block).expect("memory");
    }
    std::fs::write(&path, encoder.finish().expect("memory")).expect("the file");
    let output = replay(&path, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("a line is longer than"));
}

#[test]
fn manifests_laid_over_a_snapshot_take_the_place_of_what_is_there() {
    let api = Api::start(|asked| match asked.path.as_str() {
        "/apis/apps/v1/deployments" => {
            let template = pod("t")["spec"].clone();
            let spec = json!({"selector": {}, "template": {"spec": template}});
            Reply::Json(list("Deployment", &[json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": spec})]))
        }
        PODS => {
            let mut own = pod("web-1");
            own["metadata"]["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}]);
            Reply::Json(list("Pod", &[own, pod("other")]))
        }
        _ => Reply::Usual,
    });
    let (path, _) = capture(&api);
    let folder = path.parent().expect("a folder");
    let web = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  selector: {}\n  template:\n    spec:\n      containers: [{name: c, image: a, securityContext: {privileged: false}}]\n";
    let new = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: new, namespace: shop}\nspec:\n  containers: [{name: c, image: a, securityContext: {privileged: true}}]\n";
    std::fs::write(folder.join("web.yaml"), format!("{web}{new}")).expect("a file");
    assert_eq!(names(&result(&replay(&path, &[]))), ["other", "web", "web-1"]);
    let laid = result(&replay(&path, &["--overlay", "web.yaml"]));
    assert_eq!(names(&laid), ["new", "other"]);
    let places: Vec<_> = rows(&laid, "findings")
        .iter()
        .filter(|finding| finding["check"] == "pss-privileged-container")
        .map(|finding| (finding["subject"]["surface"].as_str().unwrap_or_default(), finding["location"]["line"].as_u64()))
        .collect();
    assert_eq!(places, [("cluster", None), ("manifest", Some(14))]);
    assert!(
        rows(&laid, "notices")
            .iter()
            .any(|notice| notice.as_str().is_some_and(|text| text.starts_with("2 objects of the cluster gave way")))
    );
    let alone = Command::cargo_bin("cnscan").expect("the program").args(["scan", "--overlay", "x"]).output().expect("it runs");
    assert_eq!((alone.status.code(), String::from_utf8_lossy(&alone.stderr).contains("give --cluster or --snapshot")), (Some(2), true));
}

/// Shards of a snapshot, and of a cluster that stands still, are the scan of it.
#[test]
fn a_cluster_in_shards_is_the_cluster() {
    let api = Api::start(|asked| {
        match asked.path.as_str() {
        "/api/v1/namespaces" => {
            Reply::Json(list("Namespace", &["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].map(|name| json!({"metadata": {"name": name, "labels": {"x": "y"}}}))))
        }
        "/apis/apps/v1/deployments" => Reply::Json(list("Deployment", &["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].map(|name| {
            let spec = json!({"selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}, "spec": pod("t")["spec"]}});
            json!({"metadata": {"name": "web", "namespace": name, "uid": format!("d-{name}")}, "spec": spec})
        }))),
        PODS => Reply::Json(list("Pod", &["a", "a", "b", "c", "d", "e", "e", "f", "f", "g", "g", "h", "h", "i", "i", "j", "j"].iter().enumerate().map(|(number, name)| {
            let mut own = pod(&format!("web-{number}"));
            // like its template in what others are joined with, and not in what it is judged for
            if number == 1 {
                own["spec"]["containers"][0]["securityContext"] = json!({"privileged": true});
            }
            if *name == "d" {
                own["spec"]["containers"][0]["image"] = "nginx:1".into();
            }
            let name = *name;
            own["metadata"]["namespace"] = name.into();
            own["metadata"]["labels"] = json!({"app": "web"});
            own["metadata"]["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": format!("d-{name}"), "controller": true}]);
            if name == "c" {
                own["spec"]["hostNetwork"] = true.into();
            }
            own
        }).collect::<Vec<_>>())),
        "/apis/networking.k8s.io/v1/networkpolicies" => {
            let spec = json!({"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [{"namespaceSelector": {}}]}]});
            Reply::Json(list("NetworkPolicy", &[json!({"metadata": {"name": "p", "namespace": "b"}, "spec": spec})]))
        }
        _ => Reply::Usual,
    }
    });
    let (path, _) = capture(&api);
    let strip = |output: &Output| {
        let mut value = result(output);
        value["run"].take();
        value["scope"]["kind"].take();
        value
    };
    let whole = strip(&replay(&path, &[]));
    assert!(rows(&whole, "findings").len() > 20);
    for (count, live) in [(2, true), (3, false), (7, false)] {
        let mut kept = (0, 0);
        let parts: Vec<_> = (0..count)
            .map(|index| {
                let part = api.folder.path().join(format!("{index}.json"));
                let (shard, out) = (format!("{index}/{count}"), format!("json={}", part.display()));
                let flags = ["--shard", shard.as_str(), "-o", out.as_str()];
                let output = if live {
                    cnscan(&[&["scan", "--cluster", "--no-config"], &flags[..]].concat(), &api.kubeconfig())
                } else {
                    shard_of(&path, &flags)
                };
                let said = String::from_utf8_lossy(&output.stderr);
                assert_eq!(output.status.code(), Some(0), "{said}");
                let number = |word: Option<&str>| word.and_then(|word| word.parse::<usize>().ok()).expect("a number");
                let line = said.lines().find(|line| line.contains("kept whole")).expect("what it kept");
                let mut words = line.split(", ").nth(1).expect("counts").split(' ');
                kept = (kept.0 + number(words.next()), kept.1 + number(words.nth(1)));
                part
            })
            .collect();
        // namespaces, policies, and what differs from its template are in each
        assert!(count < 7 || kept.0 * 10 < kept.1 * 7, "{kept:?}");
        let mut merge = Command::cargo_bin("cnscan").expect("the program");
        let merged =
            merge.env("SOURCE_DATE_EPOCH", "1790000000").args(["merge", "-q", "-f", "json"]).args(parts).output().expect("it runs");
        assert!(strip(&merged) == whole, "{count} shards");
    }
}

/// What a server sends in another order, or by other pages, is the same file.
#[test]
fn a_snapshot_does_not_know_how_it_was_read() {
    let taken = |last: &'static str, size: usize| {
        let api = Api::start(move |asked| {
            if asked.path == last {
                std::thread::sleep(Duration::from_millis(300));
            }
            if asked.path != PODS {
                return Reply::Usual;
            }
            let names: Vec<_> = (0..6).map(|number| format!("p-{number}")).collect();
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let start = asked.token().parse().unwrap_or(0);
            let end = names.len().min(start + size);
            Reply::Json(page(&names[start..end], &if end < names.len() { end.to_string() } else { String::new() }))
        });
        let (path, output) = capture(&api);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::read(path).expect("the file")
    };
    let whole = taken("/api/v1/namespaces", 6);
    assert!(whole == taken("/apis/apps/v1/deployments", 1) && whole == taken(PODS, 4));
}

/// Parts that were written before a list expired are not in the snapshot.
#[test]
fn a_long_list_that_is_begun_anew_is_in_it_once() {
    let large = |name: &str| {
        let mut pod = pod(name);
        pod["metadata"]["annotations"] = json!({"x": "y".repeat(3 << 20)});
        pod
    };
    let many = move |names: &[&str], next: &str| {
        let mut list = list("Pod", &names.iter().map(|name| large(name)).collect::<Vec<_>>());
        list["metadata"] = json!({"continue": next});
        Reply::Json(list)
    };
    let api = pods(move |asked| match (asked.token(), asked.times) {
        ("", 0) => many(&["a", "b", "c", "gone", "gone-too"], "t"),
        ("t", 0) => Reply::Status(410, None),
        ("", _) => many(&["a", "b", "c"], "u"),
        _ => many(&["d", "e"], ""),
    });
    let (path, output) = capture(&api);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let result = result(&replay(&path, &[]));
    assert_eq!(names(&result), ["a", "b", "c", "d", "e"]);
    let parts = rows(&result, "inputs").iter().filter(|input| input["uri"].as_str().is_some_and(|uri| uri.starts_with(PODS)));
    assert_eq!(parts.count(), 2);
}

/// Where it cannot be written, that is said before a cluster is asked for anything; what was there stays.
#[test]
fn a_place_that_takes_no_snapshot_is_refused_at_once() {
    let api = Api::start(|_| Reply::Usual);
    let folder = api.folder.path().display().to_string();
    for (path, why) in [(format!("{folder}/none/s.gz"), "make it first"), (folder.clone(), "name a file in it")] {
        let output = cnscan(&["snapshot", "-o", &path], &api.kubeconfig());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&path) && said.contains(why) && !said.contains("os error"), "{said}");
    }
    assert!(api.asked.lock().expect("the log").is_empty());
    let old = api.folder.path().join("old.gz");
    std::fs::write(&old, "old").expect("a file");
    let gone = Api::start(|_| Reply::Status(500, None));
    let output = cnscan(&["snapshot", "-o", &old.display().to_string()], &gone.kubeconfig());
    assert_eq!((output.status.code(), std::fs::read_to_string(&old).expect("the file")), (Some(2), "old".to_owned()));
    let left: Vec<_> = std::fs::read_dir(&folder).expect("the folder").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said() {
    let api = Api::start(|_| Reply::Usual);
    let output = cnscan(&["snapshot", "-q", "-o", "/dev/full"], &api.kubeconfig());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && said.contains("/dev/full") && said.contains("no space is left"), "{said}");
}

#[test]
fn a_snapshot_that_is_not_there_is_named_with_what_it_should_be() {
    for path in ["/nonexistent.gz", "/"] {
        for more in [&[][..], &["--shard", "0/2"]] {
            let output =
                Command::cargo_bin("cnscan").expect("the program").args(["scan", "--snapshot", path]).args(more).output().expect("it runs");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!((output.status.code(), said.contains("os error")), (Some(2), false), "{said}");
            assert!(said.contains(path) && said.contains("`cnscan snapshot -o FILE` writes"), "{said}");
        }
    }
}

fn shard_of(path: &Path, flags: &[&str]) -> Output {
    let mut command = Command::cargo_bin("cnscan").expect("the program");
    command.env("SOURCE_DATE_EPOCH", "1790000000").current_dir(path.parent().expect("a folder"));
    command.args(["scan", "--no-config", "--snapshot"]).arg(path).args(flags).output().expect("it runs")
}
