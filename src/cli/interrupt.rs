//! Ctrl-C and the end that Kubernetes asks for, while a cluster is read: the first leaves a partial result, the next is the
//! end.

use std::io::{self, Write};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use crate::discover::cluster::Interrupt;
use crate::whole;

/// It was interrupted before there was anything to judge.
#[derive(Debug, thiserror::Error)]
#[error("interrupted before anything was read")]
pub(super) struct Interrupted;

/// Listens from now on. Where a system lets nobody listen, signals do what they always did.
pub(super) fn listen() -> Arc<Interrupt> {
    let interrupt = Arc::new(Interrupt::default());
    let own = Arc::clone(&interrupt);
    let (ready, listening) = mpsc::channel();
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            let Ok(mut signals) = signals::Signals::new() else { return };
            _ = ready.send(());
            loop {
                let code = signals.next().await;
                if !own.raise() {
                    whole::abandon();
                    std::process::exit(code);
                }
                // a closed stream is nobody's concern
                _ = writeln!(io::stderr(), "cnscan: interrupted: what was read is judged; once more ends it at once");
            }
        });
    });
    // the thread says so, or ends without a word
    _ = listening.recv_timeout(Duration::from_secs(1));
    interrupt
}

#[cfg(unix)]
mod signals {
    use std::future::poll_fn;
    use std::io;
    use std::task::Poll;

    use tokio::signal::unix::{Signal, SignalKind, signal};

    /// Those that ask for the end, with the exit code that a shell expects of each.
    pub(super) struct Signals([(Signal, i32); 2]);

    impl Signals {
        pub(super) fn new() -> io::Result<Self> {
            Ok(Signals([(signal(SignalKind::interrupt())?, 130), (signal(SignalKind::terminate())?, 143)]))
        }

        pub(super) async fn next(&mut self) -> i32 {
            poll_fn(|context| {
                let came = self.0.iter_mut().find_map(|(signal, code)| signal.poll_recv(context).is_ready().then_some(*code));
                came.map_or(Poll::Pending, Poll::Ready)
            })
            .await
        }
    }
}

#[cfg(not(unix))]
mod signals {
    use std::io;

    pub(super) struct Signals;

    impl Signals {
        pub(super) fn new() -> io::Result<Self> {
            Ok(Signals)
        }

        pub(super) async fn next(&mut self) -> i32 {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
            130
        }
    }
}
