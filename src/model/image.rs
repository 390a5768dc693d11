//! Image references, read as `distribution/reference` reads them: what the kubelet does with `image:`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::model::field::Field;
use crate::model::namespace::Namespace;

/// The registry of references that name none.
pub const DEFAULT_DOMAIN: &str = "docker.io";

/// A reference, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image<'a> {
    /// The registry with its port.
    pub domain: &'a str,
    /// The repository; official images of Docker Hub lie below `library/`.
    pub path: Cow<'a, str>,
    /// Without the colon.
    pub tag: Option<&'a str>,
    /// With its algorithm.
    pub digest: Option<&'a str>,
}

/// Why a text is no reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageError {
    /// Nothing there.
    Empty,
    /// White space around it.
    Space,
    /// 64 hexadecimal digits are the id of an image, not its name.
    Identifier,
    /// The registry's host or port is malformed.
    Domain,
    /// Upper case in the repository.
    Uppercase,
    /// The repository is malformed.
    Path,
    /// The repository has more than 255 characters.
    Length,
    /// The tag is malformed.
    Tag,
    /// The digest is malformed, or of an algorithm that runtimes do not know.
    Digest,
}

impl ImageError {
    /// For a person.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ImageError::Empty => "it is empty",
            ImageError::Space => "white space stands around it",
            ImageError::Identifier => "64 hexadecimal digits are an image's id, not a name",
            ImageError::Domain => "the registry is malformed",
            ImageError::Uppercase => "the repository has upper-case letters",
            ImageError::Path => "the repository is malformed",
            ImageError::Length => "the repository has more than 255 characters",
            ImageError::Tag => "the tag is malformed",
            ImageError::Digest => {
                "the digest is malformed (of sha256 it has 64 digits or letters from a to f), so that nodes refuse the image"
            }
        }
    }
}

impl<'a> Image<'a> {
    /// Takes a reference apart.
    ///
    /// # Errors
    /// What is wrong with it; the kubelet would refuse it for the same reason.
    pub fn parse(text: &'a str) -> Result<Self, ImageError> {
        match text.trim() {
            "" => return Err(ImageError::Empty),
            trimmed if trimmed.len() != text.len() => return Err(ImageError::Space),
            _ => {}
        }
        if is_lower_hex(text, 64) {
            return Err(ImageError::Identifier);
        }
        let at = memchr::memchr(b'@', text.as_bytes());
        let (rest, digest) = at.map_or((text, None), |at| (&text[..at], Some(&text[at + 1..])));
        // a colon before the last slash is that of a port
        let name_end = memchr::memrchr(b'/', rest.as_bytes()).map_or(0, |slash| slash + 1);
        let (name, tag) = match memchr::memchr(b':', &rest.as_bytes()[name_end..]) {
            Some(colon) => (&rest[..name_end + colon], Some(&rest[name_end + colon + 1..])),
            None => (rest, None),
        };
        let (domain, path) = split_domain(name);
        check_name(domain, path)?;
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(ImageError::Tag);
        }
        if digest.is_some_and(|digest| !is_digest(digest)) {
            return Err(ImageError::Digest);
        }
        let official = domain == DEFAULT_DOMAIN && !path.contains('/');
        let path = if official { Cow::Owned(format!("library/{path}")) } else { Cow::Borrowed(path) };
        Ok(Image { domain, path, tag, digest })
    }

    /// Whether the last parts of the repository are these, wherever it is mirrored: `ends_with("moby/buildkit")`.
    #[must_use]
    pub fn ends_with(&self, parts: &str) -> bool {
        self.path.strip_suffix(parts).is_some_and(|before| before.is_empty() || before.ends_with('/'))
    }

    /// The last part of the repository.
    #[must_use]
    pub fn base_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The reference in full, as admission policies match it.
    #[must_use]
    pub fn canonical(&self) -> String {
        let tag = self.tag.or(self.digest.is_none().then_some("latest"));
        let tag = tag.map(|tag| format!(":{tag}")).unwrap_or_default();
        let digest = self.digest.map(|digest| format!("@{digest}")).unwrap_or_default();
        format!("{}/{}{tag}{digest}", self.domain, self.path)
    }
}

impl<'a> Namespace<'a> {
    /// Each image that its workloads use, with the first place that names it.
    #[must_use]
    pub fn images(&self) -> BTreeMap<&'a str, Field<'a>> {
        let mut images = BTreeMap::new();
        for container in self.pods().flat_map(|pod| pod.containers()) {
            let volumes = container.image_volumes().map(|volume| volume.at("image.reference"));
            for field in [container.image()].into_iter().chain(volumes) {
                if let Some(text) = field.text().filter(|text| !text.is_empty()) {
                    images.entry(text).or_insert(field);
                }
            }
        }
        images
    }
}

/// Whether something fills the reference in later: Tekton's `$(params.x)`, `${IMAGE}`, a template.
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    ["$(", "${", "{{"].iter().any(|open| text.contains(open))
}

/// Registry and the rest, as Docker tells them apart.
fn split_domain(name: &str) -> (&str, &str) {
    let Some(slash) = memchr::memchr(b'/', name.as_bytes()) else { return (DEFAULT_DOMAIN, name) };
    let (first, rest) = (&name[..slash], &name[slash + 1..]);
    let is_domain = first == "localhost" || first.bytes().any(|byte| matches!(byte, b'.' | b':' | b'A'..=b'Z'));
    match first {
        "index.docker.io" => (DEFAULT_DOMAIN, rest),
        _ if is_domain => (first, rest),
        _ => (DEFAULT_DOMAIN, name),
    }
}

fn check_name(domain: &str, path: &str) -> Result<(), ImageError> {
    if domain != DEFAULT_DOMAIN && !is_domain(domain) {
        return Err(ImageError::Domain);
    }
    if path.len() <= 255 && is_path(path.as_bytes()) {
        return Ok(());
    }
    if path.bytes().any(|byte| byte.is_ascii_uppercase()) || !path.is_ascii() && path.contains(char::is_uppercase) {
        return Err(ImageError::Uppercase);
    }
    if is_path(path.as_bytes()) { Err(ImageError::Length) } else { Err(ImageError::Path) }
}

fn is_domain(domain: &str) -> bool {
    let (host, port) = match domain.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => {
            let is_address = !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
            return is_address && rest.strip_prefix(':').map_or(rest.is_empty(), is_port);
        }
        None => domain.split_once(':').map_or((domain, None), |(host, port)| (host, Some(port))),
    };
    host.as_bytes().split(|byte| *byte == b'.').all(is_label) && port.is_none_or(is_port)
}

fn is_label(label: &[u8]) -> bool {
    let plain = label.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    plain && !label.is_empty() && !label.starts_with(b"-") && !label.ends_with(b"-")
}

fn is_port(port: &str) -> bool {
    !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// Parts with a slash between them, each of lower-case letters and digits, with `.`, `_`, `__` or any number of `-` between
/// those.
fn is_path(path: &[u8]) -> bool {
    // what stands before a byte: nothing of its part, or what may not end one
    let mut before = b'/';
    for &byte in path {
        before = match (byte, before) {
            (b'a'..=b'z' | b'0'..=b'9', _) => b'a',
            (b'.' | b'/' | b'_' | b'-', b'a') => byte,
            (b'-', b'-') => b'-',
            // nothing but a word follows two of them, as nothing but a word follows a dot
            (b'_', b'_') => b'.',
            _ => return false,
        };
    }
    before == b'a'
}

fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    tag.len() <= 128 && tag.bytes().next().is_some_and(is_word) && tag.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

fn is_digest(digest: &str) -> bool {
    match digest.split_once(':') {
        Some(("sha256", hex)) => is_lower_hex(hex, 64),
        Some(("sha384", hex)) => is_lower_hex(hex, 96),
        Some(("sha512", hex)) => is_lower_hex(hex, 128),
        _ => false,
    }
}

fn is_lower_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether a text fits a pattern with `*` (anything) and `?` (one character).
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[from] => {
                at += 1;
                from += 1;
            }
            _ => {
                // the last star takes one more
                let Some((place, taken)) = star else { return false };
                star = Some((place, taken + 1));
                at = place + 1;
                from = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::{Image, ImageError, matches};

    const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn references_are_taken_apart_as_the_kubelet_does() {
        let digest = format!("sha256:{HEX}");
        let long = format!("sha512:{HEX}{HEX}");
        let table = [
            ("nginx", "docker.io", "library/nginx", None, None),
            ("nginx:1.27", "docker.io", "library/nginx", Some("1.27"), None),
            // without a slash, what follows the colon is a tag, never a port
            ("localhost:5000", "docker.io", "library/localhost", Some("5000"), None),
            ("localhost/app", "localhost", "app", None, None),
            ("localhost:5000/app:2", "localhost:5000", "app", Some("2"), None),
            ("team/app", "docker.io", "team/app", None, None),
            ("docker.io/nginx", "docker.io", "library/nginx", None, None),
            ("index.docker.io/team/app", "docker.io", "team/app", None, None),
            ("registry.example.com/shop/web:1.0", "registry.example.com", "shop/web", Some("1.0"), None),
            ("registry.example.com:5000/shop/web", "registry.example.com:5000", "shop/web", None, None),
            ("Registry/shop/web", "Registry", "shop/web", None, None),
            ("10.0.0.1:5000/a__b/c--d.e", "10.0.0.1:5000", "a__b/c--d.e", None, None),
            ("[fd00::1]:5000/app", "[fd00::1]:5000", "app", None, None),
            ("a/b:_Tag.1-x", "docker.io", "a/b", Some("_Tag.1-x"), None),
            (&format!("web@{digest}"), "docker.io", "library/web", None, Some(digest.as_str())),
            (&format!("r.io:1/web:2@{digest}"), "r.io:1", "web", Some("2"), Some(digest.as_str())),
            (&format!("r.io/web@{long}"), "r.io", "web", None, Some(long.as_str())),
        ];
        for (text, domain, path, tag, digest) in table {
            assert_eq!(Image::parse(text), Ok(Image { domain, path: path.into(), tag, digest }), "{text}");
        }
    }

    #[test]
    fn what_the_kubelet_refuses_is_no_reference() {
        let table = [
            ("", ImageError::Empty),
            (" ", ImageError::Empty),
            (" nginx", ImageError::Space),
            ("nginx\n", ImageError::Space),
            (HEX, ImageError::Identifier),
            ("Nginx", ImageError::Uppercase),
            ("registry.example.com/Shop/web", ImageError::Uppercase),
            ("host:port/app", ImageError::Domain),
            ("-host.io/app", ImageError::Domain),
            ("host..io/app", ImageError::Domain),
            ("host.io:/app", ImageError::Domain),
            ("https://host.io/app", ImageError::Domain),
            ("/app", ImageError::Path),
            ("host.io/", ImageError::Path),
            ("host.io//app", ImageError::Path),
            ("a/b:c/d", ImageError::Path),
            ("a..b", ImageError::Path),
            ("a___b", ImageError::Path),
            ("app-", ImageError::Path),
            ("a/ b", ImageError::Path),
            ("nginx:", ImageError::Tag),
            ("nginx:.1", ImageError::Tag),
            ("nginx:1:2", ImageError::Tag),
            ("nginx@", ImageError::Digest),
            ("nginx@sha256:abc", ImageError::Digest),
            (&format!("nginx@sha256:{}", HEX.to_uppercase()), ImageError::Digest),
            (&format!("nginx@md5:{HEX}"), ImageError::Digest),
            (&format!("nginx:{}", "a".repeat(129)), ImageError::Tag),
            (&"a".repeat(256), ImageError::Length),
        ];
        for (text, error) in table {
            assert_eq!(Image::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn repositories_are_recognised_by_whole_parts() {
        let ends = |text, parts| Image::parse(text).is_ok_and(|image| image.ends_with(parts));
        assert!(ends("moby/buildkit:v0.20", "moby/buildkit"));
        assert!(ends("registry.example.com/mirror/moby/buildkit", "moby/buildkit"));
        assert!(!ends("registry.example.com/notmoby/buildkit", "moby/buildkit"));
    }

    #[test]
    fn patterns_match_as_policies_write_them() {
        for (pattern, text, fits) in [
            ("*", "docker.io/library/nginx:latest", true),
            ("ghcr.io/shop/*", "ghcr.io/shop/web:1", true),
            ("ghcr.io/shop/*", "ghcr.io/other/web:1", false),
            ("*/shop/*:1.?", "r.io/shop/web:1.2", true),
            ("*/shop/*:1.?", "r.io/shop/web:1.20", false),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }
}
