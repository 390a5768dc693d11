//! How a cluster is reached: the files that kubectl reads, as it reads them, and what is wrong with them in words.

use std::path::{Path, PathBuf};

use kube::client::AuthError;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Config, Error as KubeError};

use super::Error;
use super::client::{Access, chain};
use crate::discover::few;
use crate::trouble::said;

/// The configuration and the name of its context: the files named, else those kubectl takes, else a pod's own.
pub(super) async fn read(access: &Access) -> Result<(Config, Option<String>), Error> {
    let file = match &access.kubeconfig {
        Some(path) => Some(one(path)?),
        None => own()?,
    };
    let Some(file) = file else {
        if let Some(context) = &access.context {
            return Err(Error(format!("no context `{context}`: there is no kubeconfig (--kubeconfig, KUBECONFIG, ~/.kube/config)")));
        }
        let config = Config::incluster().map_err(|_| {
            Error("no kubeconfig (--kubeconfig, KUBECONFIG, ~/.kube/config), and not in a pod with a service account: say where the cluster is".to_owned())
        })?;
        return Ok((config, None));
    };
    let context = chosen(&file, access.context.as_deref()).map_err(Error)?;
    let options = KubeConfigOptions { context: Some(context.clone()), cluster: None, user: None };
    let config = Config::from_custom_kubeconfig(file, &options).await.map_err(|error| Error(chain(&error)))?;
    Ok((config, Some(context)))
}

/// The files that kubectl would read; it passes over those that are not there.
fn own() -> Result<Option<Kubeconfig>, Error> {
    let named = std::env::var_os("KUBECONFIG").unwrap_or_default();
    let named: Vec<_> = std::env::split_paths(&named).filter(|path| !path.as_os_str().is_empty()).collect();
    if named.is_empty() {
        let usual = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".kube/config"));
        return usual.filter(|path| path.exists()).map(|path| one(&path)).transpose();
    }
    let there: Vec<_> = named.iter().filter(|path| path.exists()).collect();
    if there.is_empty() {
        let named: Vec<_> = named.iter().map(|path| path.display().to_string()).collect();
        return Err(Error(format!("KUBECONFIG names {}: no such file; a kubeconfig is a YAML file of kind Config", few(&named))));
    }
    let mut all = Kubeconfig::default();
    for path in there {
        all = all.merge(one(path)?).map_err(|error| Error(format!("KUBECONFIG: {}: {}", path.display(), chain(&error))))?;
    }
    Ok(Some(all))
}

/// The context to take, with all that it names.
fn chosen(file: &Kubeconfig, wanted: Option<&str>) -> Result<String, String> {
    let known: Vec<_> = file.contexts.iter().map(|context| context.name.as_str()).collect();
    if known.is_empty() {
        return Err("the kubeconfig has no context, so that it names no cluster; a kubeconfig is a YAML file of kind Config".to_owned());
    }
    let current = file.current_context.as_deref().filter(|name| !name.is_empty());
    let there = format!("there {} {}", if known.len() == 1 { "is" } else { "are" }, few(&known));
    let Some(name) = wanted.or(current) else {
        return Err(format!("the kubeconfig has no current context: choose one by --context ({there})"));
    };
    let Some(found) = file.contexts.iter().find(|context| context.name == name) else {
        let whose = if wanted.is_some() { "no context" } else { "the kubeconfig's current context is none of its own: no context" };
        return Err(format!("{whose} `{name}`; {there}"));
    };
    let context = found.context.as_ref().ok_or_else(|| format!("context `{name}` of the kubeconfig is empty: it names no cluster"))?;
    if !file.clusters.iter().any(|cluster| cluster.name == context.cluster) {
        return Err(format!("context `{name}` names the cluster `{}`, which the kubeconfig does not have", context.cluster));
    }
    match context.user.as_deref().filter(|user| !user.is_empty()) {
        Some(user) if !file.auth_infos.iter().any(|known| known.name == user) => {
            Err(format!("context `{name}` names the user `{user}`, which the kubeconfig does not have"))
        }
        _ => Ok(name.to_owned()),
    }
}

/// Why the credentials could not be had, where that is known. What a plugin printed may be some, and is not told.
pub(super) fn credentials(error: &KubeError, plugin: &str) -> Option<String> {
    let KubeError::Auth(error) = error else { return None };
    Some(match error {
        AuthError::AuthExecStart(error) => {
            format!(
                "the plugin `{plugin}` that fetches the credentials cannot be started ({}): install it, or put its folder into PATH",
                said(error)
            )
        }
        AuthError::AuthExecRun { out, .. } => {
            let told = String::from_utf8_lossy(&out.stderr);
            let told: Vec<_> = told.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            let told: String = few(&told).chars().take(400).map(|char| if char.is_control() { '?' } else { char }).collect();
            let said = if told.is_empty() { "it says nothing".to_owned() } else { format!("it says: {told}") };
            format!("the plugin `{plugin}` that fetches the credentials failed ({}); {said}", out.status)
        }
        AuthError::AuthExecParse(_) | AuthError::ExecPluginFailed => {
            format!("the plugin `{plugin}` that fetches the credentials answers with something else than an ExecCredential")
        }
        AuthError::ReadTokenFile(error, path) => {
            format!("the token file {} of the kubeconfig cannot be read: {}", path.display(), said(error))
        }
        _ => return None,
    })
}

/// Whether what stands in the kubeconfig fits into a header; what does not would be met too late.
pub(super) fn can_be_sent(user: &kube::config::AuthInfo) -> Result<(), &'static str> {
    let user = serde_json::to_value(user).unwrap_or_default();
    for (key, what) in [("token", "the token"), ("as", "the user to act as")] {
        if user[key].as_str().is_some_and(|text| http::HeaderValue::try_from(text).is_err()) {
            return Err(what);
        }
    }
    Ok(())
}

/// The most that a kubeconfig may weigh.
const LARGEST_CONFIG: u64 = 16 << 20;

/// Refuses what is no file with an end, or no text, before anything tries to understand it.
fn is_readable(path: &Path) -> Result<(), Error> {
    let wrong = |what: &str| Err(Error(format!("{}: {what}; a kubeconfig is a YAML file of kind Config", path.display())));
    let failed = |error: std::io::Error| Error(format!("{}: {}; a kubeconfig is a YAML file of kind Config", path.display(), said(&error)));
    let known = std::fs::metadata(path).map_err(failed)?;
    if known.is_dir() {
        return wrong("it is a folder");
    }
    if is_device(&known) {
        return wrong("it is a device");
    }
    if known.len() > LARGEST_CONFIG {
        return wrong("it is larger than any kubeconfig");
    }
    // a pipe can be read but once
    if known.is_file() {
        let bytes = std::fs::read(path).map_err(failed)?;
        let is_wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
        if is_wide && bytes.len() % 2 == 1 {
            return wrong("it is no text");
        }
    }
    Ok(())
}

/// One file.
fn one(path: &Path) -> Result<Kubeconfig, Error> {
    is_readable(path)?;
    let wrong = |error| format!("{}: {}; a kubeconfig is a YAML file of kind Config", path.display(), chain(&error));
    // a pipe that nothing writes to is not waited for, and there is no folder that its paths could be from
    if !path.is_file() {
        let failed =
            |error: std::io::Error| Error(format!("{}: {}; a kubeconfig is a YAML file of kind Config", path.display(), said(&error)));
        return Kubeconfig::from_yaml(&crate::trouble::text(path).map_err(failed)?).map_err(|error| Error(wrong(error)));
    }
    Kubeconfig::read_from(path).map_err(|error| Error(wrong(error)))
}

#[cfg(unix)]
fn is_device(known: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    known.file_type().is_char_device() || known.file_type().is_block_device()
}

#[cfg(not(unix))]
fn is_device(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "current-context: a\ncontexts:\n- name: a\n  context: {cluster: c, user: u}\n- name: b\n  context: {cluster: c}\nclusters:\n- name: c\n  cluster: {server: 'http://x'}\nusers:\n- name: u\n  user: {}\n";

    fn chosen_of(text: &str, wanted: Option<&str>) -> Result<String, String> {
        chosen(&Kubeconfig::from_yaml(text).expect("a kubeconfig"), wanted)
    }

    #[test]
    fn a_context_is_taken_with_all_that_it_names() {
        assert_eq!(chosen_of(GOOD, None).as_deref(), Ok("a"));
        assert_eq!(chosen_of(GOOD, Some("b")).as_deref(), Ok("b"));
        for (from, to, wanted, why) in [
            ("", "", Some("z"), "no context `z`; there are a, b"),
            ("current-context: a", "current-context: z", None, "current context is none of its own: no context `z`; there are a, b"),
            ("current-context: a", "current-context: ''", None, "no current context: choose one by --context (there are a, b)"),
            ("- name: c", "- name: d", None, "context `a` names the cluster `c`, which the kubeconfig does not have"),
            ("- name: u", "- name: v", None, "context `a` names the user `u`, which the kubeconfig does not have"),
            ("contexts:", "other:", None, "the kubeconfig has no context"),
        ] {
            let said = chosen_of(&GOOD.replace(from, to), wanted).expect_err(why);
            assert!(said.contains(why), "{said}");
        }
    }
}
