//! Somebody who wants the end now: what was read until then is kept.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use tokio::sync::watch;

/// How far things are, as far as an interruption goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing is being read (any more).
    Idle,
    /// A cluster is being read.
    Reading,
    /// It was, until somebody interrupted.
    Raised,
}

/// Told of an interruption, and asked whether there was one.
#[derive(Debug)]
pub struct Interrupt {
    stage: watch::Sender<Stage>,
}

impl Default for Interrupt {
    fn default() -> Self {
        Interrupt { stage: watch::Sender::new(Stage::Idle) }
    }
}

impl Interrupt {
    /// Ends reading; `false` when there is none to be ended, or it was asked for before: then the program is to end.
    pub fn raise(&self) -> bool {
        self.stage.send_if_modified(|stage| {
            let reading = *stage == Stage::Reading;
            if reading {
                *stage = Stage::Raised;
            }
            reading
        })
    }

    /// Whether reading was interrupted.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        *self.stage.borrow() == Stage::Raised
    }

    pub(super) fn begin(&self) {
        self.stage.send_replace(Stage::Reading);
    }

    /// From here on there is nothing that could be left partial.
    pub(super) fn end(&self) {
        self.stage.send_if_modified(|stage| {
            let reading = *stage == Stage::Reading;
            if reading {
                *stage = Stage::Idle;
            }
            reading
        });
    }

    /// What the work gives, or nothing when it is interrupted before that.
    pub(super) async fn unless<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut stage = self.stage.subscribe();
        let (mut raised, mut work) = (pin!(stage.wait_for(|stage| *stage == Stage::Raised)), pin!(work));
        poll_fn(|context| {
            if raised.as_mut().poll(context).is_ready() {
                return Poll::Ready(None);
            }
            work.as_mut().poll(context).map(Some)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_being_read_can_be_interrupted_and_once() {
        let interrupt = Interrupt::default();
        assert!(!interrupt.raise() && !interrupt.is_raised());
        interrupt.begin();
        assert!(interrupt.raise() && interrupt.is_raised());
        assert!(!interrupt.raise());
        interrupt.end();
        assert!(interrupt.is_raised(), "the end of reading does not hide that it came early");
        let whole = Interrupt::default();
        whole.begin();
        whole.end();
        assert!(!whole.raise() && !whole.is_raised());
    }

    #[test]
    fn work_ends_when_it_is_interrupted() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async {
            let interrupt = Interrupt::default();
            interrupt.begin();
            assert_eq!(interrupt.unless(async { 7 }).await, Some(7));
            let interrupt = std::sync::Arc::new(interrupt);
            let other = std::sync::Arc::clone(&interrupt);
            let later = tokio::spawn(async move { other.raise() });
            assert_eq!(interrupt.unless(std::future::pending::<()>()).await, None);
            assert!(later.await.expect("it ran"));
            assert_eq!(interrupt.unless(async { 7 }).await, None);
        });
    }
}
