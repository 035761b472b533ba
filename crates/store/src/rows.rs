//! The rows as they are written.

use std::collections::BTreeMap;

use mayday_event::{EventId, GroupHash, ProjectId, Timestamp, model::Level};

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
    /// The event's own tags and those derived (`os`, `os.name`, `device`, `device.family`, `release`, `environment`, `level`, `handled`, `mechanism`, `user` …).
    pub tags: BTreeMap<String, String>,
    /// The whole event as JSON (`mayday_event::Event`).
    pub payload: String,
    /// Grouping and its reasons as JSON (`mayday_grouping::Grouping`).
    pub grouping: String,
}
