//! Events.

use std::collections::BTreeMap;

use clickhouse::Row;
use mayday_event::{EventId, GroupHash, ProjectId, Timestamp, model::Level};
use serde::Serialize;
use uuid::Uuid;

use super::{
    Stored,
    tags::{COLUMN_TAGS, StoredTags},
};

/// One event, ready to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRow {
    pub project_id: ProjectId,
    pub hash: GroupHash,
    pub event_id: EventId,
    pub timestamp: Timestamp,
    pub received: Timestamp,
    pub level: Level,
    pub platform: String,
    pub release: String,
    pub dist: String,
    pub environment: String,
    pub title: String,
    pub culprit: String,
    pub error_type: String,
    pub error_value: String,
    /// `Some(false)`: a crash.
    pub handled: Option<bool>,
    pub mechanism: String,
    /// What tells users apart: id, else e-mail, else username, else IP address, prefixed with which; empty if unknown.
    pub user: String,
    pub os_name: String,
    pub os_version: String,
    pub device_family: String,
    pub device_model: String,
    pub app_version: String,
    pub sdk_name: String,
    pub sdk_version: String,
    pub user_email: String,
    pub stack: StackNames,
    /// Feature flags and what they were, as the app last asked.
    pub flags: BTreeMap<String, String>,
    /// The event's own tags and those derived (`os`, `os.name`, `device`, `device.family`, `release`, `environment`, `level`, `handled`, `mechanism`, `user` …).
    pub tags: BTreeMap<String, String>,
    /// The whole event as JSON (`mayday_event::Event`).
    pub payload: String,
    /// Grouping and its reasons as JSON (`mayday_grouping::Grouping`).
    pub grouping: String,
    /// 0; greater in a row that takes the place of another of the same event.
    pub revision: u64,
}

/// What the frames of an event are searched by; each name once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StackNames {
    pub functions: Vec<String>,
    pub filenames: Vec<String>,
    pub modules: Vec<String>,
    pub packages: Vec<String>,
}

/// A row as it goes over the wire, in the names and types of the `events` table.
#[derive(Row, Serialize)]
pub(crate) struct EventWire<'a> {
    project_id: u64,
    group_hash: u64,
    timestamp: i64,
    received: i64,
    #[serde(with = "clickhouse::serde::uuid")]
    event_id: Uuid,
    level: &'a str,
    platform: &'a str,
    release: &'a str,
    dist: &'a str,
    environment: &'a str,
    title: &'a str,
    culprit: &'a str,
    error_type: &'a str,
    error_value: &'a str,
    handled: Option<bool>,
    mechanism: &'a str,
    user: &'a str,
    os_name: &'a str,
    os_version: &'a str,
    device_family: &'a str,
    device_model: &'a str,
    app_version: &'a str,
    sdk_name: &'a str,
    sdk_version: &'a str,
    user_email: &'a str,
    stack_functions: &'a [String],
    stack_filenames: &'a [String],
    stack_modules: &'a [String],
    stack_packages: &'a [String],
    flags: Vec<(&'a str, &'a str)>,
    tag_pairs: Vec<String>,
    tags: Vec<(&'a str, &'a str)>,
    payload: &'a str,
    grouping: &'a str,
    revision: u64,
}

impl Stored for EventRow {
    const TABLE: &'static str = "events";
    type Wire = EventWire<'static>;

    fn wire(&self) -> EventWire<'_> {
        let tags = StoredTags::of(&self.tags, &self.column_tags());
        EventWire {
            project_id: self.project_id.0,
            group_hash: self.hash.0,
            timestamp: self.timestamp.0,
            received: self.received.0,
            event_id: self.event_id.0,
            level: self.level.name(),
            platform: &self.platform,
            release: &self.release,
            dist: &self.dist,
            environment: &self.environment,
            title: &self.title,
            culprit: &self.culprit,
            error_type: &self.error_type,
            error_value: &self.error_value,
            handled: self.handled,
            mechanism: &self.mechanism,
            user: &self.user,
            os_name: &self.os_name,
            os_version: &self.os_version,
            device_family: &self.device_family,
            device_model: &self.device_model,
            app_version: &self.app_version,
            sdk_name: &self.sdk_name,
            sdk_version: &self.sdk_version,
            user_email: &self.user_email,
            stack_functions: &self.stack.functions,
            stack_filenames: &self.stack.filenames,
            stack_modules: &self.stack.modules,
            stack_packages: &self.stack.packages,
            flags: pairs(&self.flags),
            tag_pairs: tags.pairs,
            tags: tags.rest,
            payload: &self.payload,
            grouping: &self.grouping,
            revision: self.revision,
        }
    }
}

impl EventRow {
    /// The values of [`super::tags::COLUMN_TAGS`].
    fn column_tags(&self) -> [&str; COLUMN_TAGS.len()] {
        [
            &self.app_version,
            &self.device_family,
            &self.device_model,
            &self.dist,
            &self.environment,
            self.level.name(),
            &self.os_name,
            &self.os_version,
            &self.release,
            &self.user,
        ]
    }
}

fn pairs(map: &BTreeMap<String, String>) -> Vec<(&str, &str)> {
    map.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}
