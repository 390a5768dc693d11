//! Promises that the project makes about itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cnscan::checks;
use cnscan::policy::{Catalog, Profile};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_check_is_named_like_its_file_and_its_fixtures() {
    for check in checks::all() {
        let file = root().join("src/checks").join(check.topic).join(format!("{}.rs", check.id.replace('-', "_")));
        assert!(file.is_file(), "{} is not in {}", check.id, file.display());
        assert!(root().join("fixtures").join(check.id).is_dir(), "{} has no fixtures", check.id);
    }
}

#[test]
fn every_fixture_folder_belongs_to_a_check() {
    let known: BTreeSet<_> = checks::all().map(|check| check.id.to_owned()).collect();
    let folders =
        fs::read_dir(root().join("fixtures")).expect("fixtures").flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let strange: Vec<_> = folders.filter(|name| !name.starts_with('_') && !known.contains(name)).collect();
    assert!(strange.is_empty(), "{strange:?}");
}

#[test]
fn every_check_has_cases_that_tell_it_apart() {
    for check in checks::all() {
        let cases = fs::read_dir(root().join("fixtures").join(check.id)).expect(check.id).flatten();
        let kinds: BTreeSet<_> =
            cases.map(|case| case.file_name().to_string_lossy().split('-').next().unwrap_or_default().to_owned()).collect();
        assert!(kinds.contains("pass"), "{} has no pass case", check.id);
        assert!(kinds.contains("fail") || kinds.contains("review"), "{} has no case that finds anything", check.id);
    }
}

#[test]
fn ids_are_unique_and_texts_are_there() {
    let mut seen = BTreeSet::new();
    for check in checks::all() {
        assert!(seen.insert(check.id), "{} stands twice", check.id);
        for (name, text) in [("title", check.title), ("why", check.why), ("fix", check.fix), ("how", check.how), ("topic", check.topic)] {
            assert!(!text.is_empty(), "{} has no {name}", check.id);
        }
        assert!(!check.refs.is_empty(), "{} has no source", check.id);
        assert!(
            !check.title.ends_with('.') && check.why.ends_with('.') && check.fix.ends_with('.') && check.how.ends_with('.'),
            "full stops of {}",
            check.id
        );
        assert!(check.title.chars().count() <= 90, "{}: a title fits a line", check.id);
    }
}

#[test]
fn bound_checks_exist_and_planned_ones_do_not() {
    for control in Catalog::embedded().controls() {
        for id in &control.checks {
            assert!(checks::find(id).is_some(), "{} names {id}, which there is not: it is planned", control.id);
        }
        for id in &control.planned {
            assert!(checks::find(id).is_none(), "{} calls {id} planned, but it is there", control.id);
        }
    }
}

#[test]
fn no_check_is_unreachable_in_the_default_profile() {
    let profile = Profile::load("default", Path::new("")).expect("the default profile");
    let bound: BTreeSet<_> = profile.requirements.iter().flat_map(|requirement| &requirement.checks).map(String::as_str).collect();
    let unreachable: Vec<_> = checks::all().map(|check| check.id).filter(|id| !bound.contains(id)).collect();
    assert!(unreachable.is_empty(), "{unreachable:?}");
}

#[test]
fn settings_of_one_name_are_one_setting() {
    let mut seen: BTreeMap<&str, *const cnscan::settings::Setting> = BTreeMap::new();
    for setting in checks::all().flat_map(|check| check.settings) {
        let known = *seen.entry(setting.key).or_insert(*setting);
        assert!(std::ptr::eq(known, *setting), "two settings are called {}", setting.key);
    }
}

#[cfg(feature = "live")]
#[test]
fn no_check_reads_a_kind_that_clusters_are_not_asked_for() {
    use cnscan::discover::cluster::is_record;
    for check in checks::all() {
        let subjects = match check.probe {
            checks::Probe::Object(kinds, _) => kinds,
            _ => &[],
        };
        for kind in check.needs.iter().chain(subjects) {
            assert!(!is_record(kind.group, kind.kind), "{} reads {kind}", check.id);
            assert!(check.reads(kind.group, kind.kind), "{} does not say that it reads {kind}", check.id);
        }
    }
}

/// Each room imports only the rooms before it.
#[test]
fn arrows_between_rooms_point_one_way() {
    const ROOMS: [&str; 12] =
        ["settings", "discover", "parse", "render", "model", "checks", "policy", "evaluate", "assess", "explain", "report", "cli"];
    let mut wrong = Vec::new();
    for (order, room) in ROOMS.iter().enumerate() {
        for file in sources(&root().join("src").join(room)).into_iter().chain([root().join(format!("src/{room}.rs"))]) {
            let Ok(text) = fs::read_to_string(&file) else { continue };
            for later in &ROOMS[order + 1..] {
                let needle = format!("crate::{later}");
                let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                if code.into_iter().any(|line| {
                    line.match_indices(&needle)
                        .any(|(at, _)| !line[at + needle.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_'))
                }) {
                    wrong.push(format!("{} knows {later}", file.strip_prefix(root()).unwrap_or(&file).display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_stay_small_enough_to_be_one_thing() {
    let large: Vec<_> = sources(&root().join("src"))
        .into_iter()
        .filter(|file| fs::read_to_string(file).is_ok_and(|text| text.lines().count() > 400))
        .collect();
    assert!(large.is_empty(), "{large:?}");
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
