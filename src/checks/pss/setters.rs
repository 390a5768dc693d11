//! Who sets a field that stands at the pod and at its containers alike.

use std::fmt;

use crate::model::{Field, Pod};

/// The pod, or one of its containers by name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Setter<'a> {
    Pod,
    Container(&'a str),
}

impl fmt::Display for Setter<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Setter::Pod => out.write_str("the pod"),
            Setter::Container(name) => write!(out, "container {name}"),
        }
    }
}

/// The field of `securityContext` at the pod and at each container, where it is set.
pub(super) fn of<'a>(pod: &Pod<'a>, path: &'static str) -> impl Iterator<Item = (Setter<'a>, Field<'a>)> + use<'a> {
    let own = Some((Setter::Pod, pod.at(path))).filter(|(_, field)| field.exists());
    let containers = pod.containers().filter_map(move |container| {
        let field = container.at(path);
        field.exists().then(|| (Setter::Container(container.name()), field))
    });
    own.into_iter().chain(containers)
}
