//! What users said about an event and the others of its issue.

use mayday_event::{EventId, IssueId, Timestamp};
use mayday_store::queries::feedback::StoredFeedback;

use super::event_path;
use crate::pages::moment::Moment;

/// What one user said.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) message: String,
    /// Name and e-mail address, as far as they gave them.
    pub(crate) who: String,
    pub(crate) at: Moment,
    /// The event that it is about, if it is not the one that is shown.
    pub(crate) other: Option<String>,
}

/// First what is about the event that is shown, then the newest about others.
pub(crate) fn said(
    about_event: &[StoredFeedback],
    about_issue: &[StoredFeedback],
    shown: Option<EventId>,
    issue: IssueId,
    now: Timestamp,
) -> Vec<Said> {
    let others = about_issue.iter().filter(|it| it.feedback.event_id != shown);
    about_event.iter().chain(others).map(|it| view(it, shown, issue, now)).collect()
}

fn view(stored: &StoredFeedback, shown: Option<EventId>, issue: IssueId, now: Timestamp) -> Said {
    let feedback = &stored.feedback;
    let named = [&feedback.name, &feedback.email].into_iter().filter(|text| !text.is_empty());
    let other = feedback.event_id.filter(|event| Some(*event) != shown);
    Said {
        message: feedback.message.clone(),
        who: named.cloned().collect::<Vec<_>>().join(" · "),
        at: Moment::ago(feedback.timestamp, now),
        other: other.map(|event| event_path(issue, event)),
    }
}
