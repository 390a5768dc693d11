//! The tools that deliver, by their images, and which of their releases get fixes: a dated table.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::model::{Image, dated, table};

/// A tool, and the minor releases of it that get fixes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// The end of the image's name.
    image: String,
    /// For a person.
    pub name: String,
    /// The oldest that does.
    pub oldest: (u32, u32),
    /// The newest that was known.
    pub newest: (u32, u32),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    read: String,
    #[expect(dead_code, reason = "for a person: where the facts are from")]
    sources: Vec<String>,
    tools: Vec<Tool>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| table::shipped("table of delivery tools", include_str!("../../profiles/delivery-tools.yaml")));

/// The tool that an image is, wherever it is mirrored.
#[must_use]
pub fn of(image: &Image<'_>) -> Option<&'static Tool> {
    // most images are none: the table is read where the name may stand in it
    let may_be = image.path.contains("argoproj/") || image.path.contains("fluxcd/");
    may_be.then(|| TABLE.tools.iter().find(|tool| image.ends_with(&tool.image))).flatten()
}

/// Whether the table is too old on a day, counted from 1970, to tell what gets fixes.
#[must_use]
pub fn is_stale(today: i64) -> bool {
    dated::is_stale(&TABLE.read, today)
}

/// The day that the table was read, for a person.
#[must_use]
pub fn read() -> &'static str {
    &TABLE.read
}

/// The minor release that a version is of: `v3.4.1`, `1.8.0-rc.1`; `None` for what names none, such as `latest` or `v3`.
#[must_use]
pub fn minor(version: &str) -> Option<(u32, u32)> {
    let plain = version.strip_prefix('v').unwrap_or(version);
    let mut parts = plain.split(['.', '-', '+']);
    let mut number = || parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok();
    Some((number()?, number()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_a_minor_release() {
        let cases = [
            ("v3.4.13", Some((3, 4))),
            ("1.8.0-rc.1", Some((1, 8))),
            ("v2.9", Some((2, 9))),
            ("latest", None),
            ("v3", None),
            ("v3.x", None),
            ("", None),
            ("v99999999999.1", None),
        ];
        for (version, wanted) in cases {
            assert_eq!(minor(version), wanted, "{version}");
        }
    }

    #[test]
    fn the_table_makes_sense() {
        for tool in &TABLE.tools {
            assert!(tool.oldest <= tool.newest, "{}", tool.name);
            let image = format!("registry.example.com/mirror/{}:v1.0.0", tool.image);
            let parsed = Image::parse(&image).expect("an image");
            assert_eq!(of(&parsed).map(|found| &found.name), Some(&tool.name));
        }
        assert!(dated::day_in(&TABLE.read).is_some());
    }
}
