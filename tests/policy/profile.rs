//! Profiles of the user's own.

use std::fs;
use std::path::PathBuf;

use cnscan::policy::Profile;

use crate::{Files, flags, ids};

const OWN: &str = "
name: shop
extends: base.yaml
controls: [cnsc-24]
requirements:
- id: SHOP-1
  title: Namespaces of their own
  checks: [namespace-default-used]
  coverage: full
exclude: [PSS-B-SYSCTLS, pss-host-namespaces]
settings:
  system_namespaces: [kube-system, shop-system]
";

#[test]
fn profiles_of_the_users_own() {
    let files = Files::new(&[("own/shop.yaml", OWN), ("own/base.yaml", "name: base\nextends: pss-baseline\n")]);
    let policy = flags(|request| request.profile = Some(files.path("own/shop.yaml").display().to_string())).unwrap();
    let requirements = &policy.profile.requirements;
    assert_eq!(requirements.len(), 11 + 1 + 1);
    let own = &requirements[12];
    assert_eq!((own.id.as_str(), own.framework.as_str(), own.group.as_str()), ("SHOP-1", "shop", "shop"));
    assert_eq!((requirements[11].id.as_str(), requirements[11].framework.as_str()), ("CNSC-24", "CNSC"));
    assert!(!ids(&policy).contains(&"pss-host-namespaces"));
    assert_eq!(policy.deselected.iter().map(|check| check.id).collect::<Vec<_>>(), ["pss-host-namespaces"]);
    assert_eq!(policy.settings.strings(&cnscan::settings::SYSTEM_NAMESPACES).count(), 2);
    let alone = Profile::load("pss-baseline", "".as_ref()).unwrap();
    assert_ne!(policy.profile.sha256, alone.sha256);
}

#[test]
fn mistakes_in_profiles_have_their_place() {
    for (text, said) in [
        ("name: a\n", "p.yaml:1:1: selects nothing"),
        ("name: a\ncontrol: [CNSC-1]\n", "p.yaml:2:1: there is no key `control`; did you mean `controls`?"),
        ("title: a\n", "p.yaml:1:1: `name` is missing"),
        ("name: a\ncontrols:\n- CNSC-1\n- CNSC-1000\n", "p.yaml:4:3: there is no control `CNSC-1000`; did you mean"),
        ("name: a\npapers: [CNSWP-v3.0]\n", "p.yaml:2:10: there is no paper `CNSWP-v3.0`; did you mean `CNSWP-v1.0`?"),
        ("name: a\nextends: defalt\n", "p.yaml:2:10: there is no profile `defalt`; did you mean `default`?"),
        ("name: a\nextends: p.yaml\n", "p.yaml:2:10: profiles extend one another in a circle"),
        ("name: a\nall: true\nexclude: [CNSC-0x]\n", "p.yaml:3:11: there is no requirement or check `CNSC-0x`"),
        ("name: a\ncontrols: [CNSC-2]\nexclude: [CNSC-3]\n", "p.yaml:3:11: `CNSC-3` is not in this profile anyway"),
        ("name: a\nrequirements:\n- {id: A, title: b, coverage: full, checks: [pss-host-port, nope]}\n", "p.yaml:3:"),
        ("name: a\nrequirements:\n- {id: CNSC-1, title: b, coverage: full}\n", "p.yaml:3:8: the id `CNSC-1` is taken"),
        (
            "name: a\nrequirements:\n- {id: A, title: b, coverage: full, checks: [apiserver-tls-weak], about: [kube-apiserver/profilin]}\n",
            "p.yaml:3:75: there is no setting `kube-apiserver/profilin`; did you mean `kube-apiserver/profiling`?",
        ),
        ("name: a\nall: true\nsettings: {x: 1}\n", "p.yaml:3:12: there is no setting `x`"),
    ] {
        let files = Files::new(&[("p.yaml", text)]);
        let path = files.path("p.yaml").display().to_string();
        let found = flags(|request| request.profile = Some(path.clone())).unwrap_err().to_string();
        let found = found.replace(&path, "p.yaml");
        assert!(found.starts_with(said), "{text:?}\n  {found}\n  {said}");
    }
}

/// A finding of the check about privileged containers.

#[test]
fn its_schema_accepts_what_the_program_does() {
    let yaml = |text: &str| serde_saphyr::from_str::<serde_json::Value>(text).unwrap();
    let profile = jsonschema::validator_for(&Profile::schema()).unwrap();
    assert!(profile.is_valid(&yaml(OWN)));
    assert!(!profile.is_valid(&yaml("title: a\n")));
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("profiles");
    for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let text = fs::read_to_string(&file).unwrap();
        if text.lines().any(|line| line.starts_with("name:")) {
            assert!(profile.is_valid(&yaml(&text)), "{}", file.display());
        }
    }
}
