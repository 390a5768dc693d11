//! What was found in a role, kept for its copies: a repository of overlays may hold a role many hundred times, each bound
//! as often, and what one copy grants the others grant too.

use std::any::Any;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::model::{KubernetesVersion, Map, Scan};
use crate::settings::Settings;

/// What was found, by the role and by who looked for it.
type Found = Map<(u32, usize), Arc<dyn Any + Send + Sync>>;

/// See the module's page.
#[derive(Debug, Default)]
pub(super) struct Memo {
    /// What it was found under: another user of the same evidence may judge it by other settings.
    under: OnceLock<(Settings, Option<KubernetesVersion>)>,
    found: Mutex<Found>,
}

impl Memo {
    /// What `find` finds, or found before in the same role under the same settings.
    pub(super) fn once<T: Send + Sync + 'static>(&self, scan: &Scan<'_>, role: u32, seeker: usize, find: impl FnOnce() -> T) -> Arc<T> {
        let (settings, version) = self.under.get_or_init(|| (scan.settings.clone(), scan.version));
        if settings != scan.settings || *version != scan.version {
            return Arc::new(find());
        }
        let lock = || self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lock().get(&(role, seeker)).cloned();
        if let Some(known) = known.and_then(|known| known.downcast().ok()) {
            return known;
        }
        let found = Arc::new(find());
        lock().insert((role, seeker), found.clone());
        found
    }
}
