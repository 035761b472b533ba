use std::time::Instant;

use super::*;
use crate::{
    fixture::{Fixture, JOURNAL, batch},
    issues::{IssueChange, NewStatus, Status},
};

#[tokio::test]
async fn the_first_event_makes_an_issue_with_a_short_id() {
    let fixture = Fixture::in_memory().await;
    let events = [fixture.occurrence(1, 1), fixture.occurrence(2, 2), fixture.occurrence(1, 3)];
    let resolutions = fixture.take(1, &events).await;
    assert_eq!(resolutions.iter().map(|r| r.new).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(resolutions[0].issue_id, resolutions[2].issue_id);
    let issue = fixture.catalog.issue(fixture.organization, "app-2").await.unwrap();
    assert_eq!(issue.id, resolutions[1].issue_id);
    assert_eq!((issue.short_id.as_str(), issue.hashes), ("APP-2", vec![GroupHash(2)]));
}

#[tokio::test]
async fn timing() {
    let fixture = Fixture::new().await;
    let events: Vec<_> = (0..1000).map(|n| fixture.occurrence(n % 100, u128::from(n))).collect();
    for round in 0..5 {
        fixture.advance_ms(10);
        let events: Vec<_> = events
            .iter()
            .cloned()
            .map(|mut e| {
                e.timestamp = fixture.now();
                e.received = fixture.now();
                e
            })
            .collect();
        let batch = batch(1 + round * 1000, &events);
        let start = Instant::now();
        fixture.catalog.begin_batch(&batch, &events).await.unwrap();
        let begun = start.elapsed();
        fixture.catalog.finish_batch(&batch.range).await.unwrap();
        println!("begin {begun:?}, finish {:?}", start.elapsed() - begun);
    }
    for n in 0..3 {
        let events: Vec<_> = (0..1000)
            .map(|e| fixture.occurrence(1000 + n * 1000 + e, 1000 + u128::from(n * 1000 + e)))
            .collect();
        let batch = batch(100000 + n * 1000, &events);
        let start = Instant::now();
        fixture.catalog.begin_batch(&batch, &events).await.unwrap();
        println!("new {:?}", start.elapsed());
        fixture.catalog.finish_batch(&batch.range).await.unwrap();
    }
}
