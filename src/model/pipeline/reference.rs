//! Images as commands name them, and whether two of them are one.

use crate::model::pipeline::words::is_open;

/// What the words of two commands tell of whether they are about the same image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// They are not.
    Other,
    /// What is put in when they run decides it, or one of them names none.
    Open,
    /// They are.
    Same,
}

/// An image, or a file that holds one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) name: String,
    pub(super) tag: Option<String>,
    pub(super) digest: Option<String>,
    pub(super) is_file: bool,
    /// What is meant lies below it: a chart below the place that it is pushed to.
    pub(super) is_above: bool,
}

/// What says where an image lies, in front of its name.
const IN_REGISTRIES: [&str; 7] = ["docker://", "oci://", "registry:", "docker:", "podman:", "docker-daemon:", "containers-storage:"];
/// What says that an image lies in a file or a folder.
const IN_FILES: [&str; 5] = ["docker-archive:", "oci-archive:", "oci-dir:", "oci:", "dir:"];

impl Reference {
    /// Reads what stands where an image is named; `None` for what names none.
    pub(super) fn read(text: &str, is_file: bool) -> Option<Self> {
        let file = |path: &str| Reference { name: path.to_owned(), tag: None, digest: None, is_file: true, is_above: false };
        let plain = IN_REGISTRIES.iter().find_map(|begin| text.strip_prefix(begin));
        if let (None, Some(path)) = (plain, IN_FILES.iter().find_map(|begin| text.strip_prefix(begin))) {
            return Some(file(path.split(':').next().unwrap_or_default()));
        }
        let is_archive = [".tar", ".tar.gz", ".tgz"].iter().any(|end| text.ends_with(end));
        if is_file || plain.is_none() && is_archive {
            return Some(file(text.trim_start_matches("./")));
        }
        let plain = plain.unwrap_or(text);
        if plain.is_empty() || plain.starts_with(['.', '/', '-']) || plain.contains("://") {
            return None;
        }
        let (rest, digest) = plain.split_once('@').map_or((plain, None), |(rest, digest)| (rest, Some(digest.to_owned())));
        let slash = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match rest[slash..].find(':') {
            Some(colon) => (&rest[..slash + colon], Some(rest[slash + colon + 1..].to_owned())),
            None => (rest, None),
        };
        let name = name.trim_start_matches("index.").trim_start_matches("docker.io/").trim_start_matches("library/");
        Some(Reference { name: name.to_owned(), tag, digest, is_file: false, is_above: false })
    }

    fn is_open(&self) -> bool {
        is_open(&self.name)
    }

    /// Whether two are one.
    pub(super) fn compare(&self, other: &Self) -> Likeness {
        if self.is_file != other.is_file {
            return Likeness::Other;
        }
        if self.is_above || other.is_above {
            let (above, below) = if self.is_above { (self, other) } else { (other, self) };
            let is_below = below.name.strip_prefix(above.name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            return if is_below || above.is_open() || below.is_open() { Likeness::Open } else { Likeness::Other };
        }
        if self.name != other.name {
            return if self.is_open() || other.is_open() { Likeness::Open } else { Likeness::Other };
        }
        let is_fixed = |digest: &Option<String>| digest.as_deref().is_some_and(|digest| !is_open(digest));
        match (&self.digest, &other.digest) {
            (Some(own), Some(other)) if own == other => return Likeness::Same,
            // what somebody wrote down is what was there then
            _ if is_fixed(&self.digest) || is_fixed(&other.digest) => return Likeness::Open,
            (Some(_), _) | (_, Some(_)) => return Likeness::Same,
            (None, None) => {}
        }
        // of a variable nobody knows whether it holds a tag
        let tag = |one: &Self| one.tag.clone().or_else(|| (!one.is_open()).then(|| "latest".to_owned()));
        if tag(self) == tag(other) { Likeness::Same } else { Likeness::Open }
    }

    /// Whether it begins with what the task of this name hands on.
    pub(super) fn is_handed_on(&self, task: &str) -> bool {
        self.name.strip_prefix("{tasks.").and_then(|rest| rest.strip_prefix(task)).is_some_and(|rest| rest.starts_with(".results."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_compared_as_far_as_they_are_known() {
        let read = |text: &str| Reference::read(text, false);
        for (one, other, wanted) in [
            ("r.example.com:5000/a:1", "docker://r.example.com:5000/a:1", Likeness::Same),
            ("r.example.com/a:1", "r.example.com/a:2", Likeness::Open),
            ("r.example.com/a", "r.example.com/a:latest", Likeness::Same),
            ("r.example.com/a:1", "r.example.com/b:1", Likeness::Other),
            ("r.example.com/a:1", "r.example.com/a@{tasks.b.results.d}", Likeness::Same),
            ("r.example.com/a:1", "r.example.com/a@sha256:0", Likeness::Open),
            ("{params.IMAGE}", "{params.IMAGE}", Likeness::Same),
            ("{params.IMAGE}", "{params.IMAGE}:1", Likeness::Open),
            ("{params.IMAGE}", "r.example.com/a", Likeness::Open),
            ("./image.tar", "docker-archive:image.tar:a", Likeness::Same),
            ("image.tar", "r.example.com/a", Likeness::Other),
            ("alpine", "docker.io/library/alpine:latest", Likeness::Same),
        ] {
            let found = read(one).zip(read(other)).map(|(one, other)| (one.compare(&other), other.compare(&one)));
            assert_eq!(found, Some((wanted, wanted)), "{one} {other}");
        }
        for none in ["", ".", "./x", "/workspace", "--flag", "https://trivy.example.com"] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
