//! The frame of the page: its policy, contents, landmarks and headings.

use base64ct::{Base64, Encoding};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::terms::{moment, plain, sentence};
use crate::assess::Assessment;
use crate::policy::catalog::ID;

pub(in crate::report) const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// A part of the page below one heading.
pub(super) struct Part {
    /// Its anchor.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    /// Behind the title in the contents.
    pub(super) count: Option<usize>,
    pub(super) body: Markup,
}

impl Part {
    pub(super) fn new(id: &'static str, title: &'static str, body: Markup) -> Self {
        Part { id, title, count: None, body }
    }

    pub(super) fn counted(self, count: usize) -> Self {
        Part { count: Some(count), ..self }
    }
}

/// Up to the first part. Only this style and this script may run, and nothing may be fetched.
pub(super) fn head(assessment: &Assessment, parts: &[Part]) -> Markup {
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        fingerprint(STYLE),
        fingerprint(SCRIPT)
    );
    html! {
        (DOCTYPE)
        // what closes main and body stands in the foot
        (PreEscaped("<html lang=\"en\">\n"))
        head {
            (metadata(&policy, &html! { "Security controls report: " (plain(profile(assessment))) }, STYLE))
        }
        (PreEscaped("\n<body>\n"))
        a.skip href="#summary" { "Skip to the report" }
        header.top {
            div {
                p.brand { (plain(&assessment.tool.name)) }
                h1 { "Security controls report" }
                p { @if of_catalog(assessment) { (catalog(assessment)) ": " } (sentence(profile(assessment))) }
                p.dim { (moment(&assessment.run.started)) }
            }
        }
        (PreEscaped("<div class=\"frame\">\n"))
        nav.contents aria-label="Contents" {
            ol {
                @for part in parts {
                    li { a href={ "#" (part.id) } { (part.title) @if let Some(count) = part.count { " " span.n { (count) } } } }
                }
            }
        }
        (PreEscaped("\n<main>\n"))
    }
}

/// Whether any control is one of the catalog; a profile may have requirements of its own instead.
pub(super) fn of_catalog(assessment: &Assessment) -> bool {
    assessment.controls.iter().any(|control| control.framework == ID)
}

/// The catalog for a person.
pub(super) fn catalog(assessment: &Assessment) -> Markup {
    let catalog = &assessment.catalog;
    html! { (plain(if catalog.title.is_empty() { &catalog.id } else { &catalog.title })) " " (plain(&catalog.version)) }
}

/// The profile as its title says, else its name.
fn profile(assessment: &Assessment) -> &str {
    let profile = &assessment.profile;
    if profile.title.is_empty() { &profile.name } else { &profile.title }
}

pub(super) fn section(part: &Part) -> Markup {
    html! {
        section #(part.id) aria-labelledby={ "h-" (part.id) } {
            h2 id={ "h-" (part.id) } { (part.title) }
            (part.body)
        }
        "\n"
    }
}

/// From the last part on.
pub(super) fn foot(assessment: &Assessment) -> Markup {
    html! {
        (PreEscaped("</main>\n</div>\n"))
        footer.end {
            p {
                "Made by " (plain(&assessment.tool.name)) " " (plain(&assessment.tool.version)) " from the result "
                code { (plain(&assessment.run.id)) } ". This page is one file: it loads nothing and sends nothing."
            }
        }
        script { (PreEscaped(SCRIPT)) }
        (PreEscaped("\n</body>\n</html>\n"))
    }
}

/// What stands in the head of a page: what it may do, what it is called, how it looks.
pub(in crate::report) fn metadata(policy: &str, title: &Markup, style: &str) -> Markup {
    html! {
        meta charset="utf-8";
        meta http-equiv="Content-Security-Policy" content=(policy);
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="color-scheme" content="light dark";
        meta name="referrer" content="no-referrer";
        title { (title) }
        style { (PreEscaped(style)) }
    }
}

/// As a Content Security Policy names a text.
pub(in crate::report) fn fingerprint(text: &str) -> String {
    format!("sha256-{}", Base64::encode_string(&Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        let rows =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")];
        for (text, expected) in rows {
            assert_eq!(Base64::encode_string(text.as_bytes()), expected);
        }
    }

    #[test]
    fn style_and_script_cannot_end_early() {
        assert!(!STYLE.contains("</") && !SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
        // browsers hash with line ends of their own kind
        assert!(!STYLE.contains('\r') && !SCRIPT.contains('\r'));
    }
}
