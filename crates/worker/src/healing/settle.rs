//! Issues that events have left.

use mayday_catalog::healing::Remaining;

use super::{HealError, Healing};

/// Issues that are settled in one go.
const ISSUES: usize = 100;

impl Healing<'_> {
    /// Settles issues that events have left: the empty ones lead to where their events are.
    pub(super) async fn settle(&self) -> Result<(), HealError> {
        for left in self.worker.catalog.left_issues(ISSUES).await? {
            let span = self.worker.store.span_of(left.project_id, &left.hashes).await?;
            let remaining = span.map(|(first_seen, last_seen)| Remaining { first_seen, last_seen });
            self.worker.catalog.settle_left_issue(left.issue_id, remaining).await?;
            if remaining.is_none() {
                tracing::info!(
                    issue = left.issue_id.0,
                    "an issue whose events are another's leads there now"
                );
            }
        }
        Ok(())
    }
}
