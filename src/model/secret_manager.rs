//! Secret managers that run in a cluster, known by their images: a dated table.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::model::image::Image;
use crate::model::pod::{Container, Pod};
use crate::model::{table, vault};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[expect(dead_code, reason = "for a person: when the facts were read")]
    read: String,
    #[expect(dead_code, reason = "for a person: where the facts are from")]
    sources: Vec<String>,
    programs: Vec<Program>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Program {
    name: String,
    keeps: bool,
    images: Vec<String>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| table::shipped("table of secret managers", include_str!("../../profiles/secret-managers.yaml")));

/// What a pod is of a secret manager.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    /// A server of Vault or OpenBao, whose configuration tells more.
    Vault(Container<'a>),
    /// Another program that keeps secrets.
    Keeps(&'static str),
    /// One that brings them from elsewhere.
    Brings(&'static str),
}

/// What a pod is of a secret manager, if anything.
#[must_use]
pub fn part<'a>(pod: &Pod<'a>) -> Option<Part<'a>> {
    if let Some(server) = vault::server(pod) {
        return Some(Part::Vault(server));
    }
    let is_of = |program: &&Program, image: &Image<'_>| program.images.iter().any(|known| image.ends_with(known));
    let program = |container: Container<'a>| {
        let image = container.reference().ok()?;
        TABLE.programs.iter().find(|program| is_of(program, &image))
    };
    let found = pod.containers().find_map(program)?;
    Some(if found.keeps { Part::Keeps(&found.name) } else { Part::Brings(&found.name) })
}
