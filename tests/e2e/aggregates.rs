//! What the API counts, against a naive count over the events that were sent, after random sequences of everything that
//! changes it: events new and late, merging, parting, deleting, other grouping rules, one user's deletion, kills.

mod compare;
mod model;
mod steps;

use crate::harness::TestServer;

/// Steps of a sequence, and after how many the server is compared with the model.
const STEPS: usize = 24;
const STEPS_A_LOOK: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn every_count_is_that_of_the_events_one_by_one() {
    follow(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_count_is_that_of_the_events_in_another_order_of_things() {
    follow(2).await;
}

/// Follows one sequence to its end, looking now and then.
async fn follow(seed: u64) {
    let mut server = TestServer::start().await;
    let mut steps = steps::Steps::new(seed);
    for step in 1..=STEPS {
        steps.take(&mut server).await;
        if step % STEPS_A_LOOK == 0 {
            compare::compare(&server, &steps.model, &steps.story).await;
        }
    }
}
