//! Kinds that look like workloads and are not understood: said, never passed over.

use crate::discover::{Gap, Place};
use crate::model::object::Object;
use crate::model::templates::{self, Embedded, Shape};
use crate::model::{Field, kinds};
use crate::parse::{File, Lines};

/// Kinds whose lists of containers are values for something else, judged once that is rendered.
const VALUES: &[(&str, &str)] =
    &[("helm.toolkit.fluxcd.io", "HelmRelease"), ("helm.cattle.io", "HelmChart"), ("argoproj.io", "Application")];

/// The pods of an object, and the gaps for what looks like one.
pub(crate) fn pods<'a>(object: &Object<'a>, file: &File) -> (Vec<Embedded<'a>>, Vec<Gap>) {
    if let Some(shapes) = templates::shapes(object) {
        let excluded = shapes.iter().find_map(|shape| match shape {
            Shape::Excluded(why) => Some(gap(object, object.at("kind"), file, why)),
            _ => None,
        });
        return (templates::by_table(object, shapes), excluded.into_iter().collect());
    }
    if kinds::is_built_in(object.group) || VALUES.contains(&(object.group, object.kind)) {
        return (Vec::new(), Vec::new());
    }
    let found = templates::by_structure(object);
    let why = "it has a list of containers whose meaning is not known, so they were not judged";
    let gaps = found.uncovered.iter().map(|field| gap(object, *field, file, why)).collect();
    (found.pods, gaps)
}

fn gap(object: &Object<'_>, at: Field<'_>, file: &File, why: &str) -> Gap {
    let (line, column) = Lines::new(file.tree.source()).position(at.place().span.0);
    Gap {
        surface: "manifest".to_owned(),
        what: format!("{} {} ({})", object.kind, object.name, object.api_version),
        why: why.to_owned(),
        location: file.uri.clone().map(|uri| Place { uri, line, column }),
    }
}
