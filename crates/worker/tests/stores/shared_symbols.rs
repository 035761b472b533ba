//! Workers of one blob store: what one has converted, the others need not.

use std::{path::PathBuf, time::Duration};

use mayday_event::Timestamp;
use mayday_worker::Converter;

use crate::{
    harness::Fixture,
    symbols::{BUILDS, symbols_of},
};

/// Converts nothing: whoever has it has to find what others made.
fn none() -> Converter {
    Converter::Process { program: "/nowhere/mayday".into(), memory_mib: 1, time: Duration::from_secs(1) }
}

impl Fixture {
    /// How often something came of it.
    fn shared(&self, result: &str) -> u64 {
        let counts = self.worker.symbols.shared_counts().unwrap().all();
        counts.into_iter().find(|(name, _)| *name == result).unwrap().1
    }

    async fn is_sent(&self) {
        self.work_until("the converted file is sent", async || self.shared("sent") == 1).await;
    }

    /// The files in the blob store that workers share.
    fn shared_files(&self) -> Vec<PathBuf> {
        // Folders go with what is in them.
        let inside = |folder: PathBuf| {
            std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path())
        };
        inside(self.data.path().join("blobs/converted-symbols")).flat_map(inside).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_worker_converted_no_other_needs_to_and_damage_costs_no_more_than_converting_again() {
    let mut fixture = Fixture::new().await;
    fixture.go_on_elsewhere(Converter::InProcess);
    fixture.upload_file(BUILDS[0], &symbols_of(BUILDS[0])).await;
    fixture.crash(1, BUILDS[0]).await;
    fixture.work_off().await;
    let named = fixture.named(1).await;
    assert_eq!(named, "pay(int):42");
    fixture.is_sent().await;

    fixture.go_on_elsewhere(none());
    fixture.crash(2, BUILDS[0]).await;
    fixture.work_off().await;
    assert_eq!((fixture.named(2).await, fixture.shared("found")), (named.clone(), 1));

    let files = fixture.shared_files();
    let [file] = files.as_slice() else { panic!("{files:?}") };
    let mut content = std::fs::read(file).unwrap();
    content[100] ^= 1;
    std::fs::write(file, content).unwrap();
    fixture.go_on_elsewhere(Converter::InProcess);
    fixture.crash(3, BUILDS[0]).await;
    fixture.work_off().await;
    assert_eq!((fixture.named(3).await, fixture.shared("unusable")), (named.clone(), 1));
    fixture.is_sent().await;

    fixture.go_on_elsewhere(none());
    fixture.crash(4, BUILDS[0]).await;
    fixture.work_off().await;
    assert_eq!(fixture.named(4).await, named, "it was replaced by a whole one");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_symbols_of_a_build_are_never_hidden_by_what_was_shared_and_old_ones_go() {
    let mut fixture = Fixture::new().await;
    fixture.go_on_elsewhere(Converter::InProcess);
    let symbols = symbols_of(BUILDS[0]);
    fixture.upload_file(BUILDS[0], &symbols).await;
    fixture.crash(1, BUILDS[0]).await;
    fixture.work_off().await;
    fixture.is_sent().await;

    fixture.upload_file(BUILDS[0], &symbols.replace("pay", "refund")).await;
    fixture.go_on_elsewhere(Converter::InProcess);
    fixture.crash(2, BUILDS[0]).await;
    fixture.work_off().await;
    let named = fixture.named(2).await;
    assert_eq!(named, "refund(int):42");
    fixture.is_sent().await;
    assert_eq!(fixture.shared_files().len(), 2);

    fixture.advance_ms(100 * 365 * Timestamp::DAY_MS);
    fixture.worker.do_jobs().await;
    assert_eq!(fixture.shared_files(), Vec::<PathBuf>::new());
}
