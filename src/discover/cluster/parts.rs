//! A list growing page by page, as one JSON document, or several where it is very long.

use crate::discover::{List, Page, Resource};

/// From this size on a list goes on in a further part: parts are parsed side by side.
const LARGE: usize = 32 << 20;

/// See the module's page. Where parts end depends on the objects alone, not on how the server pages them.
#[derive(Debug)]
pub(super) struct Parts {
    head: String,
    uri: String,
    done: Vec<List>,
    open: String,
    items: u32,
}

impl Parts {
    pub(super) fn new(resource: &Resource, uri: String) -> Self {
        let head = format!("{{\"apiVersion\":\"{}\",\"kind\":\"{}List\",\"items\":[", resource.api_version(), resource.kind);
        Parts { open: head.clone(), head, uri, done: Vec::new(), items: 0 }
    }

    /// Starts again, as what came before is not to be relied on.
    pub(super) fn clear(&mut self) {
        self.done.clear();
        self.open.clone_from(&self.head);
        self.items = 0;
    }

    pub(super) fn add(&mut self, page: &Page) {
        let mut start = 0;
        for &end in &page.ends {
            self.push(&page.text[start..end]);
            start = end;
        }
    }

    pub(super) fn push(&mut self, item: &str) {
        if self.open.len() >= LARGE {
            self.close();
        }
        if self.items > 0 {
            self.open.push(',');
        }
        self.open.push_str(item);
        self.items += 1;
    }

    /// How many objects there are so far.
    pub(super) fn count(&self) -> u64 {
        self.done.iter().map(|part| u64::from(part.items)).sum::<u64>() + u64::from(self.items)
    }

    fn close(&mut self) {
        let mut text = std::mem::replace(&mut self.open, self.head.clone());
        text.push_str("]}");
        text.shrink_to_fit();
        let number = self.done.len() + 1;
        let uri = if number == 1 { self.uri.clone() } else { format!("{}?part={number}", self.uri) };
        self.done.push(List { uri, items: std::mem::take(&mut self.items), text });
    }

    pub(super) fn finish(mut self) -> Vec<List> {
        self.close();
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_parted_where_its_objects_say() {
        let (group, version, kind, plural) = (String::new(), "v1".to_owned(), "Pod".to_owned(), "pods".to_owned());
        let resource = Resource { group, version, kind, plural, namespaced: true };
        let object = format!("{{\"a\":\"{}\"}}", "x".repeat(LARGE / 3));
        let parted = |sizes: &[usize]| {
            let mut parts = Parts::new(&resource, "/api/v1/pods".to_owned());
            for &size in sizes {
                let text = object.repeat(size);
                parts.add(&Page { ends: (1..=size).map(|number| number * object.len()).collect(), text, ..Page::default() });
            }
            assert_eq!(parts.count(), 8);
            parts.finish()
        };
        let lists = parted(&[8]);
        assert_eq!(lists, parted(&[1, 4, 3]));
        let shape: Vec<_> = lists.iter().map(|list| (list.uri.as_str(), list.items)).collect();
        assert_eq!(shape, [("/api/v1/pods", 3), ("/api/v1/pods?part=2", 3), ("/api/v1/pods?part=3", 2)]);
        assert!(lists.iter().all(|list| serde_json::from_str::<serde::de::IgnoredAny>(&list.text).is_ok()));
    }
}
