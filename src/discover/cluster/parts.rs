//! A list growing page by page, as one JSON document, or several where it is long.

use super::told::Told;
use super::{Keep, Stop};
use crate::discover::{List, Page, Resource};

/// From this size on a list goes on in a further part: parts are parsed side by side, and no more than one of each list
/// that is being read is held as text.
const LARGE: usize = 8 << 20;

/// What was made of a part.
#[derive(Debug)]
pub(super) struct Kept<T> {
    pub(super) uri: String,
    pub(super) kept: T,
    pub(super) told: Told,
}

/// See the module's page. Where parts end depends on the objects alone, not on how the server pages them.
pub(super) struct Parts<'k, T> {
    keep: &'k Keep<T>,
    resource: &'k Resource,
    head: String,
    uri: String,
    done: Vec<Kept<T>>,
    open: String,
    items: u32,
    count: u64,
}

impl<'k, T> Parts<'k, T> {
    pub(super) fn new(keep: &'k Keep<T>, resource: &'k Resource, uri: String) -> Self {
        let head = format!("{{\"apiVersion\":\"{}\",\"kind\":\"{}List\",\"items\":[", resource.api_version(), resource.kind);
        Parts { keep, resource, open: head.clone(), head, uri, done: Vec::new(), items: 0, count: 0 }
    }

    /// Starts again, as what came before is not to be relied on.
    pub(super) fn clear(&mut self) {
        self.done.clear();
        self.open.clone_from(&self.head);
        (self.items, self.count) = (0, 0);
    }

    pub(super) fn add(&mut self, page: &Page) -> Result<(), Stop> {
        let mut start = 0;
        for &end in &page.ends {
            self.push(&page.text[start..end])?;
            start = end;
        }
        Ok(())
    }

    pub(super) fn push(&mut self, item: &str) -> Result<(), Stop> {
        if self.open.len() >= LARGE {
            self.close()?;
        }
        if self.items > 0 {
            self.open.push(',');
        }
        self.open.push_str(item);
        self.items += 1;
        self.count += 1;
        Ok(())
    }

    /// How many objects there are so far.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    fn close(&mut self) -> Result<(), Stop> {
        let mut text = std::mem::replace(&mut self.open, self.head.clone());
        text.push_str("]}");
        let number = self.done.len() + 1;
        let uri = if number == 1 { self.uri.clone() } else { format!("{}?part={number}", self.uri) };
        let told = Told::by(self.resource, &text);
        let list = List { uri: uri.clone(), items: std::mem::take(&mut self.items), text };
        // it may take its time, which other lists are not to wait for
        let kept = tokio::task::block_in_place(|| (self.keep)(list)).map_err(Stop)?;
        self.done.push(Kept { uri, kept, told });
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Vec<Kept<T>>, Stop> {
        self.close()?;
        Ok(self.done)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_long_list_is_parted_where_its_objects_say() {
        let (group, version, kind, plural) = (String::new(), "v1".to_owned(), "Pod".to_owned(), "pods".to_owned());
        let resource = Resource { group, version, kind, plural, namespaced: true };
        let object = format!("{{\"a\":\"{}\"}}", "x".repeat(LARGE / 3));
        let parted = |sizes: &[usize]| {
            let keep: Keep<List> = Arc::new(Ok);
            let mut parts = Parts::new(&keep, &resource, "/api/v1/pods".to_owned());
            for &size in sizes {
                let text = object.repeat(size);
                parts
                    .add(&Page { ends: (1..=size).map(|number| number * object.len()).collect(), text, ..Page::default() })
                    .expect("it is kept");
            }
            assert_eq!(parts.count(), 8);
            parts.finish().expect("it is kept").into_iter().map(|part| part.kept).collect::<Vec<_>>()
        };
        let lists = parted(&[8]);
        assert_eq!(lists, parted(&[1, 4, 3]));
        let shape: Vec<_> = lists.iter().map(|list| (list.uri.as_str(), list.items)).collect();
        assert_eq!(shape, [("/api/v1/pods", 3), ("/api/v1/pods?part=2", 3), ("/api/v1/pods?part=3", 2)]);
        assert!(lists.iter().all(|list| serde_json::from_str::<serde::de::IgnoredAny>(&list.text).is_ok()));
    }
}
