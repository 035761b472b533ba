//! From a grouped event to what the catalog and ClickHouse are given.

use mayday_catalog::batch::Occurrence;
use mayday_event::{Event, ProjectId};
use mayday_grouping::GroupedEvent;
use mayday_store::rows::EventRow;
use serde_json::Value;

use super::searchable;

/// One event, once for the catalog and once for ClickHouse.
pub(crate) type Parts = (Occurrence, EventRow);

pub(crate) fn of(project_id: ProjectId, grouped: GroupedEvent) -> Result<Parts, serde_json::Error> {
    let payload = serde_json::to_string(&grouped.event)?;
    let grouping = serde_json::to_string(&grouped.grouping)?;
    let GroupedEvent { event, grouping: place, title, previous } = grouped;
    let occurrence = Occurrence {
        project_id,
        hash: place.hash,
        previous,
        event_id: event.event_id,
        timestamp: event.timestamp,
        received: event.received,
        level: event.level,
        platform: event.platform.clone(),
        release: event.release.clone(),
        title: title.title.clone(),
        culprit: title.culprit.clone(),
        error_type: title.error_type.clone(),
        error_value: title.error_value.clone(),
        filename: title.filename,
        function: title.function,
    };
    let row = EventRow {
        project_id,
        hash: place.hash,
        event_id: event.event_id,
        timestamp: event.timestamp,
        received: event.received,
        level: event.level,
        user: event.user_key().unwrap_or_default(),
        handled: event.handled(),
        mechanism: mechanism(&event),
        os_name: context(&event, "os", "name"),
        os_version: context(&event, "os", "version"),
        device_family: context(&event, "device", "family"),
        device_model: context(&event, "device", "model"),
        app_version: context(&event, "app", "app_version"),
        sdk_name: event.sdk.as_ref().and_then(|sdk| sdk.name.clone()).unwrap_or_default(),
        sdk_version: event.sdk.as_ref().and_then(|sdk| sdk.version.clone()).unwrap_or_default(),
        user_email: event.user.as_ref().and_then(|user| user.email.clone()).unwrap_or_default(),
        stack: searchable::stack_names(&event),
        flags: searchable::flags(&event),
        tags: event.derived_tags(),
        platform: event.platform,
        release: event.release.unwrap_or_default(),
        dist: event.dist.unwrap_or_default(),
        environment: event.environment.unwrap_or_default(),
        title: title.title,
        culprit: title.culprit,
        error_type: title.error_type,
        error_value: title.error_value,
        payload,
        grouping,
        revision: 0,
    };
    Ok((occurrence, row))
}

/// Of the exception that was raised last.
fn mechanism(event: &Event) -> String {
    let of = event.exception.iter().rev().find_map(|exception| exception.mechanism.as_ref()?.ty.clone());
    of.unwrap_or_default()
}

fn context(event: &Event, name: &str, field: &str) -> String {
    let text = event.contexts.get(name).and_then(|context| context.get(field)).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}
