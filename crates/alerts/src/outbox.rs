//! One attempt at one delivery, and when to try again.

use mayday_catalog::alerts::{Attempt, Delivery};
use mayday_event::Timestamp;

use crate::{
    Alerts,
    channels::webhook::{Answer, Webhook},
    message,
};

/// Pause before the second attempt; doubled at each, up to [`LONGEST_PAUSE_MS`].
const FIRST_PAUSE_MS: i64 = 1000;
const LONGEST_PAUSE_MS: i64 = 10 * 60_000;
/// A delivery is given up when it is this old: an outage of a day is survived.
const GIVE_UP_MS: i64 = Timestamp::DAY_MS;

/// Makes the message if it is not made yet, posts it, and writes down how that ended.
pub(crate) async fn attempt(alerts: &Alerts, webhook: &Webhook, delivery: Delivery) {
    let attempt = match body(alerts, &delivery).await {
        Ok(body) => judge(&delivery, webhook.post(&delivery, body).await, alerts.clock.now()),
        Err(error) => {
            // Not the receiver's fault, so it is never given up for this.
            let next_attempt = next_attempt(&delivery, alerts.clock.now());
            Attempt::Retry { status: None, error: format!("message not made yet: {error}"), next_attempt }
        }
    };
    log(&delivery, &attempt);
    if let Err(error) = alerts.catalog.record_attempt(&delivery.id, &attempt).await {
        tracing::error!(%error, delivery = delivery.id, "cannot write down an attempt: it will be made again");
    }
}

/// The same bytes at each attempt.
async fn body(alerts: &Alerts, delivery: &Delivery) -> Result<String, message::MessageError> {
    if let Some(body) = &delivery.body {
        return Ok(body.clone());
    }
    let body = message::make(alerts, delivery).await?;
    alerts.catalog.keep_body(&delivery.id, &body).await?;
    Ok(body)
}

/// What an answer means: 2xx delivered, 410 never again, all else later, until it is too late.
fn judge(delivery: &Delivery, answer: Answer, now: Timestamp) -> Attempt {
    let (status, error, retry_after_ms) = match answer {
        Answer::Status { status, .. } if (200..300).contains(&status) => {
            return Attempt::Delivered { status };
        }
        Answer::Status { status: 410, .. } => {
            let error = "receiver is gone (410)".to_owned();
            return Attempt::Failed { status: Some(410), error };
        }
        Answer::Status { status, retry_after_ms } => {
            (Some(status), format!("receiver answered {status}"), retry_after_ms)
        }
        Answer::Failed { error } => (None, error, None),
    };
    if now.since_ms(delivery.created) >= GIVE_UP_MS {
        return Attempt::Failed { status, error: format!("given up after a day: {error}") };
    }
    let asked = retry_after_ms.map(|pause| now.plus_ms(pause.clamp(0, LONGEST_PAUSE_MS)));
    Attempt::Retry { status, error, next_attempt: asked.unwrap_or_else(|| next_attempt(delivery, now)) }
}

/// Doubling pauses, each up to a quarter longer, so that what failed together does not come back together.
fn next_attempt(delivery: &Delivery, now: Timestamp) -> Timestamp {
    let doublings = delivery.attempts.min(20);
    let pause = FIRST_PAUSE_MS.saturating_mul(1 << doublings).min(LONGEST_PAUSE_MS);
    let spread =
        delivery.id.bytes().fold(delivery.attempts, |sum, byte| sum.wrapping_mul(31) ^ u32::from(byte));
    now.plus_ms(pause + pause / 4 * i64::from(spread % 100) / 100)
}

fn log(delivery: &Delivery, attempt: &Attempt) {
    let (id, hook, action) = (&delivery.id, delivery.hook_id, delivery.transition.kind.action());
    match attempt {
        Attempt::Delivered { status } => tracing::info!(delivery = id, hook, action, status, "delivered"),
        Attempt::Retry { error, .. } => {
            tracing::info!(
                delivery = id,
                hook,
                action,
                error,
                attempts = delivery.attempts + 1,
                "not delivered yet"
            );
        }
        Attempt::Failed { error, .. } => {
            tracing::warn!(delivery = id, hook, action, error, "delivery given up")
        }
    }
}

#[cfg(test)]
mod tests {
    use mayday_catalog::alerts::{DeliveryState, Transition, TransitionKind};
    use mayday_event::{EventId, IssueId, ProjectId};

    use super::*;

    fn delivery(attempts: u32) -> Delivery {
        Delivery {
            id: "d-1".into(),
            hook_id: 1,
            url: "http://receiver/".into(),
            secret: "s".into(),
            transition: Transition {
                id: 1,
                project_id: ProjectId(1),
                issue_id: IssueId(1),
                kind: TransitionKind::New,
                event_id: EventId(uuid::Uuid::nil()),
                reason: "first event".into(),
                created: Timestamp(0),
            },
            state: DeliveryState::Pending,
            attempts,
            last_status: None,
            last_error: None,
            body: None,
            next_attempt: Timestamp(0),
            created: Timestamp(0),
            delivered: None,
        }
    }

    fn pause(attempts: u32) -> i64 {
        next_attempt(&delivery(attempts), Timestamp(0)).0
    }

    #[test]
    fn pauses_double_up_to_ten_minutes() {
        assert!((1000..1250).contains(&pause(0)));
        assert!((4000..5000).contains(&pause(2)));
        assert!((600_000..750_000).contains(&pause(50)));
    }

    #[test]
    fn an_answer_decides_between_done_later_and_never() {
        let status = |status| Answer::Status { status, retry_after_ms: None };
        let early = Timestamp(1000);
        assert_eq!(judge(&delivery(0), status(204), early), Attempt::Delivered { status: 204 });
        assert!(matches!(judge(&delivery(0), status(410), early), Attempt::Failed { .. }));
        assert!(matches!(judge(&delivery(0), status(500), early), Attempt::Retry { .. }));
        assert!(matches!(judge(&delivery(0), status(302), early), Attempt::Retry { .. }));
        let late = Timestamp(GIVE_UP_MS);
        assert!(matches!(judge(&delivery(90), status(500), late), Attempt::Failed { status: Some(500), .. }));
        let asked = Answer::Status { status: 429, retry_after_ms: Some(30_000) };
        let Attempt::Retry { next_attempt, .. } = judge(&delivery(0), asked, early) else {
            panic!("no retry")
        };
        assert_eq!(next_attempt, Timestamp(31_000));
    }
}
