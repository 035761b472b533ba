//! The loop: transitions into the outbox, what is due out of it.

use std::{collections::HashSet, sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{Alerts, channels::webhook::Webhook, outbox};

/// How often the outbox is looked at without being told: retries that fall due, transitions of other processes.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Deliveries at once, over all hooks; a hook gets one at a time, in order.
const AT_ONCE: usize = 32;
/// How long deliveries under way may take after the order to stop.
const STOP_PATIENCE: Duration = Duration::from_secs(3);

/// Works until told to stop.
pub(crate) async fn run(alerts: Arc<Alerts>, stop: CancellationToken) {
    let webhook = match Webhook::new() {
        Ok(webhook) => webhook,
        Err(error) => {
            tracing::error!(%error, "no notification can be delivered: the HTTP client cannot be made");
            return;
        }
    };
    let mut under_way = JoinSet::new();
    let mut busy_hooks = HashSet::new();
    while !stop.is_cancelled() {
        fill(&alerts).await;
        start_due(&alerts, &webhook, &mut under_way, &mut busy_hooks).await;
        tokio::select! {
            () = stop.cancelled() => {}
            () = alerts.transitions.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            Some(done) = under_way.join_next() => {
                match done {
                    Ok(hook) => { busy_hooks.remove(&hook); }
                    Err(error) => {
                        tracing::error!(%error, "a delivery panicked");
                        // Which hook's it was is not known any more: all that rest are waited for anew.
                        busy_hooks.clear();
                    }
                }
            }
        }
    }
    let finish = async { while under_way.join_next().await.is_some() {} };
    if timeout(STOP_PATIENCE, finish).await.is_err() {
        tracing::warn!("deliveries were still under way; they are made again at the next start");
    }
}

async fn fill(alerts: &Alerts) {
    loop {
        match alerts.catalog.fill_outbox().await {
            Ok(0) => return,
            Ok(taken) => tracing::debug!(taken, "put transitions into the outbox"),
            Err(error) => {
                tracing::warn!(%error, "cannot fill the outbox, trying again");
                return;
            }
        }
    }
}

/// Starts what is due, one delivery a hook: a receiver that hangs holds up only its own.
async fn start_due(
    alerts: &Arc<Alerts>,
    webhook: &Webhook,
    under_way: &mut JoinSet<i64>,
    busy_hooks: &mut HashSet<i64>,
) {
    let due = match alerts.catalog.due_deliveries(alerts.clock.now(), AT_ONCE * 2).await {
        Ok(due) => due,
        Err(error) => {
            tracing::warn!(%error, "cannot read the outbox, trying again");
            return;
        }
    };
    for delivery in due {
        if under_way.len() >= AT_ONCE {
            return;
        }
        if busy_hooks.insert(delivery.hook_id) {
            let (alerts, webhook) = (alerts.clone(), webhook.clone());
            under_way.spawn(async move {
                let hook = delivery.hook_id;
                outbox::attempt(&alerts, &webhook, delivery).await;
                hook
            });
        }
    }
}
