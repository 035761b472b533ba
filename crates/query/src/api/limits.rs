//! Bounds on what a request may ask.

/// A request's JSON body: far above any that makes sense here.
pub(super) const BODY_BYTES: usize = 1 << 20;
/// A JSON body that lists chunks of files or commits of a release: a thousand large files fit.
pub(super) const LONG_BODY_BYTES: usize = 16 << 20;
/// Files that one request asks about.
pub(super) const ASSEMBLED_FILES: usize = 10_000;
/// A request's query string: a search of 1,000 characters, percent-encoded, and 100 issue ids fit.
pub(super) const QUERY_STRING_BYTES: usize = 16 << 10;
/// Issues that one request changes; the client asks again for the rest.
pub(super) const BULK_ISSUES: usize = 1000;
/// Values of a tag that can be paged through, the most frequent first.
pub(super) const TAG_VALUES: usize = 1000;
/// Values of a tag that come with the tag.
pub(super) const TOP_TAG_VALUES: usize = 10;
/// Longest window of time in a request, days.
pub(super) const WINDOW_DAYS: i64 = 366;
/// The name of a tag: clients' are no longer.
pub(super) const TAG_KEY_BYTES: usize = 200;
/// Values of an attribute whose series are given, when nobody says how many.
pub(super) const TOP_SERIES: usize = 10;
/// Groups of sessions, when nobody says how many.
pub(super) const SESSION_GROUPS: usize = 100;
/// Projects whose sessions one request reads.
pub(super) const PROJECTS_AT_ONCE: usize = 50;
/// Things that happened to an issue, the newest.
pub(super) const ACTIVITIES: usize = 100;
