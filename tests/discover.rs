//! What is found, what is left out, and under which names.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on is a test that fails")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use cnscan::discover::files::{all_in, start_in};
use cnscan::discover::{Discovery, Error, Maker, Request, Target};

/// A folder that goes when the test ends. A name that ends in `/` is a folder; ignore files get their lines after `:`.
struct Tree(tempfile::TempDir);

impl Tree {
    fn new(entries: &[&str]) -> Self {
        let tree = Tree(tempfile::tempdir().unwrap());
        for entry in entries {
            let (name, text) = entry.split_once(':').unwrap_or((entry, "a: 1"));
            let path = tree.path().join(name);
            if name.ends_with('/') {
                fs::create_dir_all(path).unwrap();
            } else {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text.replace(';', "\n")).unwrap();
            }
        }
        tree
    }

    fn path(&self) -> PathBuf {
        self.0.path().canonicalize().unwrap()
    }

    fn link(&self, target: &str, link: &str) -> &Self {
        symlink(target, self.path().join(link)).unwrap();
        self
    }

    fn from(&self, working: &str, targets: &[&str]) -> Result<Discovery, Error> {
        let targets = targets.iter().map(|path| Target::Path(PathBuf::from(path))).collect();
        all_in(&self.path().join(working), &Request { targets, all_files: false })
    }

    fn uris(&self, targets: &[&str]) -> Vec<String> {
        uris(&self.from("", targets).unwrap())
    }
}

fn uris(found: &Discovery) -> Vec<String> {
    found.sources.iter().map(|source| source.uri.clone().unwrap_or_default()).collect()
}

fn shown(found: &Discovery) -> Vec<&str> {
    found.sources.iter().map(|source| source.shown.as_str()).collect()
}

fn reason<'d>(found: &'d Discovery, name: &str) -> &'d str {
    let entry = found.ignored.iter().find(|(uri, _)| uri == name);
    &entry.unwrap_or_else(|| panic!("{name} in {:?}", found.ignored)).1
}

#[test]
fn candidates_by_name_in_order() {
    let tree = Tree::new(&["b.yaml", "a.YML", "c/d.json", "c/e.txt", "f", ".hidden/g.yaml", ".git/config.yaml", "é 1.yaml"]);
    let found = tree.from("", &[]).unwrap();
    assert_eq!(uris(&found), [".hidden/g.yaml", "a.YML", "b.yaml", "c/d.json", "é 1.yaml"]);
    assert_eq!(found.ignored, []);
    assert_eq!(found.gaps, []);
}

#[test]
fn what_runs_a_component_is_no_less_a_candidate() {
    let units = ["kubelet.service:[Service]", "kubelet.service.d/10.conf:[Service]", "etc/default/kubelet:A=b", "etcd.env:A=b"];
    let others = ["web.service:[Service]", ".env:A=b", "nginx.conf:a", "etc/default/web:A=b"];
    let tree = Tree::new(&[units.as_slice(), others.as_slice()].concat());
    let found = tree.from("", &[]).unwrap();
    assert_eq!(uris(&found), ["etc/default/kubelet", "etcd.env", "kubelet.service", "kubelet.service.d/10.conf"]);
    assert_eq!(found.ignored, []);
}

#[test]
fn nothing_there() {
    let tree = Tree::new(&["a.txt", "sub/"]);
    let error = |targets: &[&str]| tree.from("", targets).unwrap_err().to_string();
    assert_eq!(error(&["no.yaml"]), "no.yaml: no such file or folder");
    assert_eq!(error(&["."]), "nothing to scan: no .yaml, .yml or .json file found");
    let tree = Tree::new(&[".gitignore:*.yaml", "a.yaml"]);
    let said = tree.from("", &[]).unwrap_err().to_string();
    assert!(said.contains("a.yaml was left out: .gitignore says `*.yaml`"), "{said}");
}

#[test]
fn named_files_are_read_whatever_they_are() {
    let tree = Tree::new(&[".gitignore:*", "a.txt", "b.yaml"]);
    let found = tree.from("", &["a.txt", "b.yaml"]).unwrap();
    assert_eq!(uris(&found), ["a.txt", "b.yaml"]);
    assert!(found.sources.iter().all(|source| source.named));
}

#[test]
fn the_same_file_is_read_once() {
    let tree = Tree::new(&["k/a.yaml", "k/l/b.yaml"]);
    tree.link("k", "other");
    let found = tree.from("", &["k/l", "k", "./k/a.yaml", "k/../k/a.yaml", "other"]).unwrap();
    assert_eq!(uris(&found), ["k/a.yaml", "k/l/b.yaml"]);
    assert_eq!(found.sources.iter().map(|source| source.named).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn uris_from_the_git_root_shown_from_here() {
    let tree = Tree::new(&["repo/.git/HEAD", "repo/k/a.yaml", "repo/k/deep/b.yaml", "plain/c.yaml"]);
    let found = tree.from("repo/k", &["."]).unwrap();
    assert_eq!(uris(&found), ["k/a.yaml", "k/deep/b.yaml"]);
    assert_eq!(shown(&found), ["a.yaml", "deep/b.yaml"]);
    assert_eq!(found.sources[0].root, "..");
    let found = tree.from("repo/k/deep", &["../a.yaml"]).unwrap();
    assert_eq!((uris(&found)[0].as_str(), shown(&found)[0]), ("k/a.yaml", "../a.yaml"));
    let found = tree.from("", &["plain"]).unwrap();
    assert_eq!(uris(&found), ["plain/c.yaml"], "below the working directory");
    let found = tree.from("repo", &["../plain"]).unwrap();
    assert_eq!((uris(&found)[0].as_str(), shown(&found)[0]), ("c.yaml", "../plain/c.yaml"), "from the argument");
    let absolute = tree.path().join("plain/c.yaml");
    let found = tree.from("repo", &[absolute.to_str().unwrap()]).unwrap();
    assert_eq!((uris(&found)[0].as_str(), shown(&found)[0]), ("c.yaml", "c.yaml"), "nothing absolute anywhere");
}

#[test]
fn names_of_several_roots_stay_apart() {
    let tree = Tree::new(&["one/.git/", "one/a.yaml", "two/.git/", "two/a.yaml", "two/b.yaml", "three/.git/", "three/c.yaml"]);
    assert_eq!(tree.uris(&["one", "two"]), ["one/a.yaml", "two/a.yaml", "two/b.yaml"]);
    assert_eq!(tree.uris(&["one", "three"]), ["a.yaml", "c.yaml"]);
    let found = tree.from("", &["."]).unwrap();
    assert_eq!(uris(&found), ["one/a.yaml", "three/c.yaml", "two/a.yaml", "two/b.yaml"]);
    let roots: Vec<_> = found.sources.iter().map(|source| source.root.as_str()).collect();
    assert_eq!(roots, ["one", "three", "two", "two"], "repositories are worlds of their own");
}

#[test]
fn ignore_files() {
    let tree = Tree::new(&[
        "up/.gitignore:*.yaml",
        "up/repo/.git/info/exclude:kept.yaml",
        "up/repo/.gitignore:build/;*.gen.yaml;/only-here.yaml",
        "up/repo/.cnscanignore:!special.gen.yaml;own.yaml",
        "up/repo/build/a.yaml",
        "up/repo/k/b.gen.yaml",
        "up/repo/k/special.gen.yaml",
        "up/repo/k/own.yaml",
        "up/repo/k/only-here.yaml",
        "up/repo/k/.gitignore:!b.gen.yaml",
        "up/repo/kept.yaml",
        "up/repo/c.gen.yaml",
        "up/repo/.ignore:kept.yaml",
    ]);
    let expected = ["k/b.gen.yaml", "k/only-here.yaml", "k/special.gen.yaml", "kept.yaml"];
    let found = tree.from("up", &["repo"]).unwrap();
    assert_eq!(uris(&found), expected);
    assert_eq!(reason(&found, "build"), ".gitignore says `build/`");
    assert_eq!(reason(&found, "k/own.yaml"), ".cnscanignore says `own.yaml`");
    assert_eq!(found.ignored.len(), 3);
    let found = tree.from("up/repo/k", &[]).unwrap();
    assert_eq!(uris(&found), expected[..3], "rules from above count");
    let found = tree.from("up/repo", &["build"]).unwrap();
    assert_eq!(uris(&found), ["build/a.yaml"], "a named folder is read");
    let targets = vec![Target::Path("repo".into())];
    let found = all_in(&tree.path().join("up"), &Request { targets, all_files: true }).unwrap();
    assert_eq!((uris(&found).len(), found.ignored.len()), (7, 0));
}

#[test]
fn rules_do_not_reach_into_another_repository() {
    let tree =
        Tree::new(&[".git/", ".gitignore:a.yaml", ".cnscanignore:b.yaml", "sub/.git:gitdir", "sub/a.yaml", "sub/b.yaml", "sub/c.yaml"]);
    assert_eq!(tree.uris(&[]), ["sub/a.yaml", "sub/c.yaml"], "Git's do not, ours do");
}

#[test]
fn our_own_ignore_file_is_to_be_right() {
    let tree = Tree::new(&[".gitignore:a[", ".cnscanignore:b{", "a.yaml"]);
    let said = tree.from("", &[]).unwrap_err().to_string();
    assert!(said.contains(".cnscanignore") && said.contains("mend the pattern"), "{said}");
    fs::remove_file(tree.path().join(".cnscanignore")).unwrap();
    assert_eq!(tree.uris(&[]), ["a.yaml"]);
}

#[test]
fn links() {
    let tree =
        Tree::new(&["outside/x.yaml", "root/.git/hooks.yaml", "root/.gitignore:out/", "root/k/a.yaml", "root/out/b.yaml", "root/real.txt"]);
    tree.link("../root/k", "root/loop").link("..", "root/k/up").link("self.yaml", "root/self.yaml");
    tree.link("../outside", "root/away")
        .link("../outside/x.yaml", "root/away.yaml")
        .link("gone", "root/gone.yaml")
        .link("gone", "root/gone.txt");
    tree.link("out", "root/current").link(".git", "root/git").link("real.txt", "root/alias.yaml").link("k/a.yaml", "root/again.yaml");
    let found = tree.from("", &["root"]).unwrap();
    assert_eq!(uris(&found), ["k/a.yaml", "real.txt"]);
    assert!(reason(&found, "away").starts_with("a link out of the scanned tree"));
    assert!(reason(&found, "away.yaml").starts_with("a link out of the scanned tree"));
    assert_eq!(reason(&found, "gone.yaml"), "a link to nothing");
    assert!(reason(&found, "self.yaml").starts_with("a link that leads nowhere"));
    assert_eq!(reason(&found, "out"), ".gitignore says `out/`");
    assert_eq!(found.ignored.len(), 5, "{:?}", found.ignored);
    assert_eq!(tree.uris(&["root/away", "root/away.yaml"]), ["outside/x.yaml"], "a named link is followed");
}

#[test]
fn what_is_no_file() {
    let tree = Tree::new(&["k/a.yaml"]);
    let pipe = tree.path().join("k/pipe.yaml");
    assert!(Command::new("mkfifo").arg(&pipe).arg(tree.path().join("k/.gitignore")).status().unwrap().success());
    let found = tree.from("", &["k"]).unwrap();
    assert_eq!(uris(&found), ["k/a.yaml"]);
    assert_eq!((found.gaps.len(), found.gaps[0].what.as_str()), (1, "k/pipe.yaml"));
    assert_eq!(found.gaps[0].why, "a pipe, socket or device, which is not read");
    let found = tree.from("", &["k/pipe.yaml"]).unwrap();
    assert_eq!((found.gaps.len(), found.gaps[0].what.as_str()), (1, "k/pipe.yaml"));
    assert!(found.gaps[0].why.contains("cnscan scan -"));
}

#[test]
fn folders_that_cannot_be_listed() {
    let tree = Tree::new(&["a.yaml", "closed/b.yaml"]);
    let closed = tree.path().join("closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read_dir(&closed).is_ok() {
        eprintln!("skipped: this user may list anything");
        return;
    }
    let found = tree.from("", &[]).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(uris(&found), ["a.yaml"]);
    assert_eq!(found.gaps[0].what, "closed");
    assert!(found.gaps[0].why.starts_with("this folder cannot be listed"));
}

#[test]
fn charts_and_kustomizations_are_for_their_tools() {
    let tree = Tree::new(&[
        "shop/Chart.yaml",
        "shop/values.yaml",
        "shop/values-prod.yaml",
        "shop/templates/a.yaml",
        "shop/templates/tests/b.yaml",
        "shop/charts/db/Chart.yaml",
        "shop/charts/db/templates/c.yaml",
        "shop/crds/d.yaml",
        "shop/examples/e.yaml",
        "plain/templates/f.yaml",
    ]);
    let found = tree.from("", &[]).unwrap();
    assert_eq!(uris(&found), ["plain/templates/f.yaml", "shop/crds/d.yaml", "shop/examples/e.yaml"]);
    let builds = |found: &Discovery| found.builds.iter().map(|build| (build.maker, build.uri.clone(), build.named)).collect::<Vec<_>>();
    assert_eq!(builds(&found), [(Maker::Helm, "shop".to_owned(), false)], "a chart in a chart is a part of it");
    for inside in ["shop/templates", "shop/charts/db", "shop/templates/tests"] {
        let found = tree.from("", &[inside]).unwrap();
        assert_eq!((found.sources.len(), builds(&found)), (0, vec![(Maker::Helm, "shop".to_owned(), false)]), "{inside}");
    }
    assert_eq!(builds(&tree.from("", &["shop"]).unwrap())[0], (Maker::Helm, "shop".to_owned(), true));
    assert_eq!(builds(&tree.from("", &[".", "shop"]).unwrap()).len(), 1, "named once is named");
    assert_eq!(builds(&tree.from("shop", &[]).unwrap())[0].1, ".");
    assert_eq!(tree.uris(&["shop/templates/a.yaml", "shop/crds"]), ["shop/crds/d.yaml", "shop/templates/a.yaml"], "a named file is read");
    // a chart of charts, and one whose charts have to be fetched
    let tree =
        Tree::new(&["all/Chart.yaml", "all/charts/db/Chart.yaml", "all/charts/db/templates/c.yaml", "some/Chart.yaml", "none/Chart.yaml"]);
    fs::write(tree.path().join("some/Chart.yaml"), "apiVersion: v2\nname: some\ndependencies:\n- name: db\n").unwrap();
    let found = tree.from("", &[]).unwrap();
    assert_eq!(builds(&found), [(Maker::Helm, "all".to_owned(), false), (Maker::Helm, "some".to_owned(), false)]);
    assert_eq!(uris(&found), ["none/Chart.yaml"]);
    let tree = Tree::new(&["shop/Chart.yaml", "shop/templates/a.yaml", "a.yaml", "b.yaml"]);
    tree.link("shop/templates", "linked");
    assert_eq!(uris(&tree.from("", &[]).unwrap()), ["a.yaml", "b.yaml"]);
}

#[test]
fn names_that_are_not_utf8() {
    use std::os::unix::ffi::OsStrExt;
    let tree = Tree::new(&["a.yaml"]);
    for name in [&b"\xff.yaml"[..], b"\xfe.yaml"] {
        fs::write(tree.path().join(std::ffi::OsStr::from_bytes(name)), "a: 1").unwrap();
    }
    assert_eq!(tree.uris(&[]), ["%FE.yaml", "%FF.yaml", "a.yaml"]);
}

#[test]
fn standard_input() {
    let tree = Tree::new(&["repo/.git/", "repo/k/a.yaml"]);
    let stdin = |name: Option<&str>| Target::Stdin { bytes: b"a: 1".to_vec(), name: name.map(str::to_owned) };
    let scan = |target: Target| all_in(&tree.path().join("repo/k"), &Request { targets: vec![target], all_files: false }).unwrap();
    let found = scan(stdin(None));
    assert_eq!((found.sources[0].uri.as_deref(), shown(&found)[0]), (None, "<stdin>"));
    let found = scan(stdin(Some("./gen/../b.yaml")));
    assert_eq!((found.sources[0].uri.as_deref(), found.sources[0].root.as_str()), (Some("k/b.yaml"), ".."));
}

#[test]
fn where_the_configuration_is_looked_for() {
    let tree = Tree::new(&["a/b/c.yaml", "a/d/e.yaml"]);
    let working = tree.path();
    let start = |targets: &[&str]| {
        let targets = targets.iter().map(|path| Target::Path(PathBuf::from(path))).collect();
        start_in(&working, &Request { targets, all_files: false })
    };
    assert_eq!(start(&[]), working);
    assert_eq!(start(&["a/b/c.yaml"]), working.join("a/b"));
    assert_eq!(start(&["a/b", "a/d/e.yaml"]), working.join("a"));
    assert_eq!(start(&["a/b", "missing"]), working.join("a/b"));
    let stdin = Request { targets: vec![Target::Stdin { bytes: vec![], name: None }], all_files: false };
    assert_eq!(start_in(Path::new("/somewhere"), &stdin), Path::new("/somewhere"));
}
