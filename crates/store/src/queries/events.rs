//! Stored events, one by one.

use std::mem;

use clickhouse::{Row, query::Query};
use mayday_event::{EventId, GroupHash, ProjectId, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    CLOCK_SLACK_MS, EventCursor, EventFilter, Window, bind_hashes, counts::from_rows, hashes_condition,
};
use crate::{
    Store, StoreError,
    rows::tags::{self, COLUMN_TAGS},
};

/// An event in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct EventSummary {
    pub event_id: EventId,
    pub hash: GroupHash,
    pub timestamp: Timestamp,
    pub received: Timestamp,
    pub title: String,
    pub culprit: String,
    pub level: String,
    pub platform: String,
    pub release: String,
    pub environment: String,
    pub user: String,
    pub os_name: String,
    pub os_version: String,
    pub device_family: String,
    pub device_model: String,
    pub app_version: String,
    pub dist: String,
    /// All that people search by, those that are columns included.
    pub tags: Vec<(String, String)>,
}

/// An event with all that is kept of it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    pub project_id: ProjectId,
    pub summary: EventSummary,
    pub columns: EventColumns,
    /// `mayday_event::Event` as JSON; `None`: not kept, past its project's daily budget.
    pub payload: Option<String>,
    /// `mayday_grouping::Grouping` as JSON; may lack where the payload lacks.
    pub grouping: Option<String>,
}

/// What is kept of every event besides its summary.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventColumns {
    pub error_type: String,
    pub error_value: String,
    /// `Some(false)`: a crash.
    pub handled: Option<bool>,
    pub mechanism: String,
    pub sdk_name: String,
    pub sdk_version: String,
}

/// The events before and after one, of the same hashes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Neighbours {
    pub previous: Option<EventId>,
    pub next: Option<EventId>,
}

/// An end of the events of some hashes, in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    Oldest,
    /// `near`: when it happened, about; it is looked for in the day before that first.
    Newest {
        near: Option<Timestamp>,
    },
}

/// The columns of [`SummaryRow`].
const SUMMARY: &str = "event_id, group_hash, toUnixTimestamp64Milli(timestamp) AS timestamp_ms,
    toUnixTimestamp64Milli(received) AS received_ms, title, culprit, level, platform, release, environment, user,
    os_name, os_version, device_family, device_model, app_version, dist, tag_pairs, tags";

impl Store {
    /// Events of some hashes (all of the project if empty), newest first, behind `after`.
    pub async fn events(
        &self,
        project: ProjectId,
        hashes: &[GroupHash],
        window: Window,
        filter: &EventFilter,
        after: Option<EventCursor>,
        limit: usize,
    ) -> Result<Vec<EventSummary>, StoreError> {
        let behind = if after.is_some() { BEFORE } else { "" };
        let sql = format!(
            "SELECT {SUMMARY} FROM events WHERE project_id = {{project:UInt64}}{} AND {}{}{behind}
             ORDER BY timestamp DESC, event_id DESC LIMIT {{limit:UInt64}}",
            hashes_condition(hashes),
            window.condition(),
            filter.condition(),
        );
        let query = from_rows(bind_hashes(self.query(&sql, project), hashes));
        let query = filter.bind(window.bind(query));
        let query = after.iter().fold(query, |query, cursor| cursor.bind(query)).param("limit", limit);
        let rows: Vec<SummaryRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        Ok(rows.into_iter().map(EventSummary::from).collect())
    }

    /// One event by id.
    pub async fn event(&self, project: ProjectId, id: EventId) -> Result<Option<StoredEvent>, StoreError> {
        let sql = format!(
            "SELECT {PLACE} FROM {} WHERE project_id = {{project:UInt64}} AND event_id = {{id:UUID}} LIMIT {PLACES}",
            self.events_by_id().await.table(),
        );
        let query = self.query(&sql, project).param("id", id.0.to_string());
        let places: Vec<PlaceRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        self.stored_event(project, &places).await
    }

    /// The event at an end of those of some hashes, with its neighbour.
    pub async fn edge_event(
        &self,
        project: ProjectId,
        hashes: &[GroupHash],
        edge: Edge,
    ) -> Result<Option<(StoredEvent, Neighbours)>, StoreError> {
        if hashes.is_empty() {
            return Ok(None);
        }
        let mut places = self.edge_places(project, hashes, edge).await?;
        let Some(id) = places.first().map(|place| place.event_id) else { return Ok(None) };
        let beside = places.iter().find(|place| place.event_id != id).map(|place| EventId(place.event_id));
        places.retain(|place| place.event_id == id);
        let neighbours = match edge {
            Edge::Oldest => Neighbours { previous: None, next: beside },
            Edge::Newest { .. } => Neighbours { previous: beside, next: None },
        };
        Ok(self.stored_event(project, &places).await?.map(|stored| (stored, neighbours)))
    }

    /// The first places from an edge, with more than one event among them if there is more than one.
    async fn edge_places(
        &self,
        project: ProjectId,
        hashes: &[GroupHash],
        edge: Edge,
    ) -> Result<Vec<PlaceRow>, StoreError> {
        let (order, near) = match edge {
            Edge::Oldest => (OLDEST_FIRST, None),
            Edge::Newest { near } => (NEWEST_FIRST, near.map(|near| near.plus_ms(-Timestamp::DAY_MS))),
        };
        let places = async |within: &str| {
            let of_hashes = hashes_condition(hashes);
            let sql = format!(
                "SELECT {PLACE} FROM events WHERE project_id = {{project:UInt64}}{of_hashes}{within} {order} LIMIT {BESIDE}"
            );
            let query = from_rows(bind_hashes(self.query(&sql, project), hashes));
            let query = bind_since(query, near.unwrap_or(Window::ALL.from));
            query.fetch_all::<PlaceRow>().await.map_err(StoreError::of_query)
        };
        if near.is_some() {
            let found = places(SINCE).await?;
            if found.iter().any(|place| Some(place.event_id) != found.first().map(|first| first.event_id)) {
                return Ok(found);
            }
        }
        places("").await
    }

    /// The events around one.
    pub async fn neighbours(
        &self,
        project: ProjectId,
        hashes: &[GroupHash],
        of: EventCursor,
    ) -> Result<Neighbours, StoreError> {
        if hashes.is_empty() {
            return Ok(Neighbours::default());
        }
        let of_hashes = hashes_condition(hashes);
        let select = |is_next: bool, beyond: &str, order: &str| {
            format!(
                "(SELECT {is_next} AS is_next, event_id FROM events
                  WHERE project_id = {{project:UInt64}}{of_hashes}{beyond} {order} LIMIT 1)"
            )
        };
        let sql = format!(
            "{} UNION ALL {}",
            select(false, BEFORE, NEWEST_FIRST),
            select(true, &format!("{BEHIND}{SINCE}"), OLDEST_FIRST)
        );
        let query = from_rows(of.bind(bind_hashes(self.query(&sql, project), hashes)));
        let query = bind_since(query, of.timestamp);
        let rows: Vec<NeighbourRow> = query.fetch_all().await.map_err(StoreError::of_query)?;
        let at = |is_next| rows.iter().find(|row| row.is_next == is_next).map(|row| EventId(row.event_id));
        Ok(Neighbours { previous: at(false), next: at(true) })
    }

    /// Events of a project in a window.
    pub async fn event_count(&self, project: ProjectId, window: Window) -> Result<u64, StoreError> {
        let sql = format!(
            "SELECT count() FROM events WHERE project_id = {{project:UInt64}} AND {}",
            window.condition()
        );
        window.bind(self.query(&sql, project)).fetch_one().await.map_err(StoreError::of_query)
    }

    /// The event at some places: one that is being replaced has two for a moment. Its payload is taken from its slot where
    /// the row has none.
    async fn stored_event(
        &self,
        project: ProjectId,
        places: &[PlaceRow],
    ) -> Result<Option<StoredEvent>, StoreError> {
        let Some(place) = places.first() else { return Ok(None) };
        let times = || places.iter().map(|place| place.timestamp_ms);
        let (since, until) = (times().min().unwrap_or_default(), times().max().unwrap_or_default());
        let hashes: Vec<u64> = places.iter().map(|place| place.group_hash).collect();
        let query = from_rows(self.query(&stored_event_sql(), project)).param("hashes", hashes);
        let query = query.param("until", until).param("id", place.event_id.to_string());
        let query = bind_since(query, Timestamp(since));
        let row: Option<StoredRow> = query.fetch_optional().await.map_err(StoreError::of_query)?;
        let Some(mut stored) = row.map(|row| row.into_event(project)) else { return Ok(None) };
        if stored.payload.is_none()
            && let Some(recent) = self.recent_payload(project, &stored.summary).await?
        {
            stored.payload = Some(recent.payload);
            stored.grouping = stored.grouping.or(Some(recent.grouping));
        }
        Ok(Some(stored))
    }
}

/// Events of an issue on one side of an [`EventCursor`]'s place. The time by itself is what the primary key is searched by.
const BEFORE: &str = " AND timestamp <= fromUnixTimestamp64Milli({at:Int64})
    AND (timestamp, event_id) < (fromUnixTimestamp64Milli({at:Int64}), {at_id:UUID})";
const BEHIND: &str = " AND (timestamp, event_id) > (fromUnixTimestamp64Milli({at:Int64}), {at_id:UUID})";
/// Events since a point in time; bound by [`bind_since`].
const SINCE: &str = " AND timestamp >= fromUnixTimestamp64Milli({since:Int64})
    AND toMonday(received) >= toMonday(fromUnixTimestamp64Milli({received_since:Int64}))";
const NEWEST_FIRST: &str = "ORDER BY timestamp DESC, event_id DESC";
const OLDEST_FIRST: &str = "ORDER BY timestamp, event_id";

/// The columns of [`PlaceRow`].
const PLACE: &str = "group_hash, toUnixTimestamp64Milli(timestamp) AS timestamp_ms, event_id";
/// Most places that an event is looked for in: it has one more each time it is replaced, until parts are merged.
const PLACES: u8 = 100;
/// Rows that have an event and the one beside it: either may be there twice while it is replaced.
const BESIDE: u8 = 3;

impl EventCursor {
    fn bind(&self, query: Query) -> Query {
        query.param("at", self.timestamp.0).param("at_id", self.event_id.0.to_string())
    }
}

fn bind_since(query: Query, since: Timestamp) -> Query {
    query.param("since", since.0).param("received_since", since.plus_ms(-CLOCK_SLACK_MS).0)
}

/// A whole event whose key is known, so that no payload is read but its own.
fn stored_event_sql() -> String {
    format!(
        "SELECT {SUMMARY}, error_type, error_value, handled, mechanism, sdk_name, sdk_version, payload, grouping
         FROM events
         WHERE project_id = {{project:UInt64}} AND group_hash IN {{hashes:Array(UInt64)}}{SINCE}
             AND timestamp <= fromUnixTimestamp64Milli({{until:Int64}}) AND event_id = {{id:UUID}}
         ORDER BY revision DESC LIMIT 1"
    )
}

#[derive(Row, Deserialize)]
struct SummaryRow {
    #[serde(with = "clickhouse::serde::uuid")]
    event_id: Uuid,
    group_hash: u64,
    timestamp_ms: i64,
    received_ms: i64,
    title: String,
    culprit: String,
    level: String,
    platform: String,
    release: String,
    environment: String,
    user: String,
    os_name: String,
    os_version: String,
    device_family: String,
    device_model: String,
    app_version: String,
    dist: String,
    tag_pairs: Vec<String>,
    tags: Vec<(String, String)>,
}

#[derive(Row, Deserialize)]
struct StoredRow {
    #[serde(with = "clickhouse::serde::uuid")]
    event_id: Uuid,
    group_hash: u64,
    timestamp_ms: i64,
    received_ms: i64,
    title: String,
    culprit: String,
    level: String,
    platform: String,
    release: String,
    environment: String,
    user: String,
    os_name: String,
    os_version: String,
    device_family: String,
    device_model: String,
    app_version: String,
    dist: String,
    tag_pairs: Vec<String>,
    tags: Vec<(String, String)>,
    error_type: String,
    error_value: String,
    handled: Option<bool>,
    mechanism: String,
    sdk_name: String,
    sdk_version: String,
    payload: String,
    grouping: String,
}

/// Where an event lies.
#[derive(Row, Deserialize)]
struct PlaceRow {
    group_hash: u64,
    timestamp_ms: i64,
    #[serde(with = "clickhouse::serde::uuid")]
    event_id: Uuid,
}

#[derive(Row, Deserialize)]
struct NeighbourRow {
    is_next: bool,
    #[serde(with = "clickhouse::serde::uuid")]
    event_id: Uuid,
}

impl From<SummaryRow> for EventSummary {
    fn from(mut row: SummaryRow) -> Self {
        let rest = mem::take(&mut row.tags);
        let tags = tags::together(row.column_tags(), &row.tag_pairs, rest);
        Self {
            event_id: EventId(row.event_id),
            hash: GroupHash(row.group_hash),
            timestamp: Timestamp(row.timestamp_ms),
            received: Timestamp(row.received_ms),
            title: row.title,
            culprit: row.culprit,
            level: row.level,
            platform: row.platform,
            release: row.release,
            environment: row.environment,
            user: row.user,
            os_name: row.os_name,
            os_version: row.os_version,
            device_family: row.device_family,
            device_model: row.device_model,
            app_version: row.app_version,
            dist: row.dist,
            tags,
        }
    }
}

impl SummaryRow {
    /// The values of [`COLUMN_TAGS`].
    fn column_tags(&self) -> [&str; COLUMN_TAGS.len()] {
        [
            &self.app_version,
            &self.device_family,
            &self.device_model,
            &self.dist,
            &self.environment,
            &self.level,
            &self.os_name,
            &self.os_version,
            &self.release,
            &self.user,
        ]
    }
}

impl StoredRow {
    /// The crate reads rows by position and knows no `#[serde(flatten)]`.
    fn into_event(self, project: ProjectId) -> StoredEvent {
        let summary = SummaryRow {
            event_id: self.event_id,
            group_hash: self.group_hash,
            timestamp_ms: self.timestamp_ms,
            received_ms: self.received_ms,
            title: self.title,
            culprit: self.culprit,
            level: self.level,
            platform: self.platform,
            release: self.release,
            environment: self.environment,
            user: self.user,
            os_name: self.os_name,
            os_version: self.os_version,
            device_family: self.device_family,
            device_model: self.device_model,
            app_version: self.app_version,
            dist: self.dist,
            tag_pairs: self.tag_pairs,
            tags: self.tags,
        };
        let columns = EventColumns {
            error_type: self.error_type,
            error_value: self.error_value,
            handled: self.handled,
            mechanism: self.mechanism,
            sdk_name: self.sdk_name,
            sdk_version: self.sdk_version,
        };
        StoredEvent {
            project_id: project,
            summary: summary.into(),
            columns,
            payload: Some(self.payload).filter(|payload| !payload.is_empty()),
            grouping: Some(self.grouping).filter(|grouping| !grouping.is_empty()),
        }
    }
}
