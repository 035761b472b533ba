//! A client that reports numbered events without end, and knows which were accepted.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::Client;
use tokio::task::JoinHandle;

use super::{Bootstrap, crash, envelope, eventually, http_client};

/// Requests under way at once.
const CONNECTIONS: usize = 3;
/// Before an event is sent again, and before the next is sent to a server that is gone.
const RETRY: Duration = Duration::from_millis(20);
/// Longest until so many more events are accepted.
const PATIENCE: Duration = Duration::from_secs(40);

/// Sends until it is stopped.
pub(crate) struct Sender {
    shared: Arc<Shared>,
    connections: Vec<JoinHandle<Sent>>,
}

/// What became of the events, by id.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// Those that got a 200, maybe only when they were sent again.
    pub(crate) accepted: BTreeSet<String>,
    /// Those whose only request got no answer: they may be stored or not.
    pub(crate) unanswered: BTreeSet<String>,
    /// Answers that were no 200.
    pub(crate) refusals: Vec<String>,
}

struct Shared {
    http: Client,
    url: String,
    pause: Duration,
    next: AtomicUsize,
    accepted: AtomicUsize,
    stop: AtomicBool,
}

impl Sender {
    /// Starts; each connection pauses so long after an answer.
    pub(crate) fn start(bootstrap: &Bootstrap, pause: Duration) -> Self {
        let shared = Arc::new(Shared {
            http: http_client(),
            url: bootstrap.envelope_url(),
            pause,
            next: AtomicUsize::new(0),
            accepted: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
        });
        let connections = (0..CONNECTIONS).map(|_| tokio::spawn(send_all(shared.clone()))).collect();
        Self { shared, connections }
    }

    /// Waits until so many more events are accepted than now.
    pub(crate) async fn await_accepted(&self, more: usize) {
        let target = self.shared.accepted.load(Ordering::Relaxed) + more;
        eventually("more events are accepted", PATIENCE, async || {
            let accepted = self.shared.accepted.load(Ordering::Relaxed);
            if accepted >= target { Ok(()) } else { Err(format!("{accepted} of {target}")) }
        })
        .await;
    }

    /// Finishes what is under way.
    pub(crate) async fn stop(self) -> Sent {
        self.shared.stop.store(true, Ordering::Relaxed);
        let mut all = Sent::default();
        for connection in self.connections {
            let mut sent = connection.await.expect("a sender that does not panic");
            all.accepted.append(&mut sent.accepted);
            all.unanswered.append(&mut sent.unanswered);
            all.refusals.append(&mut sent.refusals);
        }
        all
    }
}

async fn send_all(shared: Arc<Shared>) -> Sent {
    let mut sent = Sent::default();
    while !shared.stop.load(Ordering::Relaxed) {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        send_one(&shared, number, &mut sent).await;
        tokio::time::sleep(shared.pause).await;
    }
    sent
}

/// As SDKs do, every other event is kept when nobody answers, and sent again.
async fn send_one(shared: &Shared, number: usize, sent: &mut Sent) {
    let id = format!("{number:032x}");
    // Some issues have many events, and new ones come all the time.
    let kind =
        if number.is_multiple_of(50) { format!("Rare{number}") } else { format!("Common{}", number % 7) };
    let body = envelope(&crash(&id, &kind));
    loop {
        match shared.http.post(&shared.url).body(body.clone()).send().await {
            Ok(response) if response.status() == 200 => {
                sent.accepted.insert(id);
                shared.accepted.fetch_add(1, Ordering::Relaxed);
                return;
            }
            Ok(response) => sent.refusals.push(format!("{id}: {}", response.status())),
            Err(_) if !number.is_multiple_of(2) => {
                sent.unanswered.insert(id);
                return tokio::time::sleep(RETRY).await;
            }
            Err(_) => {}
        }
        tokio::time::sleep(RETRY).await;
    }
}
