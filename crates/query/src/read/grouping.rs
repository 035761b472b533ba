//! Why an event is in its issue, by the rules of now beside those of then.

use mayday_grouping::{Explanation, explain};

use super::events::EventView;
use crate::{Query, QueryError};

/// Groups a stored event again by what holds now: this version's algorithm and the project's rules. `None` where the
/// event's payload was not kept, so that there is nothing to look at.
pub(crate) async fn explained(query: &Query, view: &EventView) -> Result<Option<Explanation>, QueryError> {
    if !view.payload_kept {
        return Ok(None);
    }
    let (event, rules) = (view.event.clone(), query.catalog.grouping_rules(view.project_id));
    let explained = tokio::task::spawn_blocking(move || explain(&event, &rules)).await;
    explained.map(Some).map_err(|error| QueryError::Internal(error.into()))
}
