//! Every cap on what a client controls, each with the answer or note that it leads to.

/// Largest request body as sent (413); crash uploaders do not compress.
pub const BODY_BYTES: usize = 100 << 20;
/// Largest body after inflation (413).
pub const INFLATED_BYTES: usize = 100 << 20;
/// Largest body of another protocol than Sentry's, crash uploads apart, after inflation (413): its texts and messages cost
/// many times their size while they are read.
pub const TRANSLATED_BODY_BYTES: usize = 20 << 20;
/// Largest ratio of inflated to compressed bytes, at any point once past [`RATIO_FREE_BYTES`] (413). Event JSON compresses
/// by 5 to 50 times; deflate's own maximum is 1032.
pub const INFLATE_RATIO: usize = 250;
/// Inflated bytes below which no ratio is held against a body. With the body itself it is what a bomb costs in memory.
pub const RATIO_FREE_BYTES: usize = 3 << 20;
/// Most encodings that one Content-Encoding header may list (400).
pub const ENCODINGS: usize = 2;

/// Longest header line of an envelope or of an item in it (413).
pub const ENVELOPE_HEADER_BYTES: usize = 8 << 10;
/// Most items in one envelope (413).
pub const ENVELOPE_ITEMS: usize = 200;
/// Most parts of a multipart body (413); Chromium's crash annotations are a field each.
pub const MULTIPART_PARTS: usize = 1_000;
/// Longest header of a part of a multipart body, all its lines together (413).
pub const PART_HEADER_BYTES: usize = 8 << 10;
/// Most files of a multipart body (413).
pub const UPLOAD_FILES: usize = 100;
/// Largest `event` or `transaction` item, and `/store/` body once decoded (413).
pub const EVENT_BYTES: usize = 1 << 20;

/// Largest payload of an envelope item of this type (413), as Sentry's relay has them; what has no limit of
/// its own is bounded by [`INFLATED_BYTES`].
pub fn item_bytes(item_type: &str) -> usize {
    match item_type {
        "event" | "transaction" | "feedback" | "security" | "user_report" => EVENT_BYTES,
        "session" | "sessions" => 10 << 20,
        "client_report" | "check_in" => 100 << 10,
        "span" | "otel_span" | "log" | "trace_metric" => 12 << 20,
        "profile" | "profile_chunk" => 50 << 20,
        _ => INFLATED_BYTES,
    }
}

// What follows costs the value beyond the limit and leaves a note on the event, never an error. Sizes are bytes
// of UTF-8. An event nested deeper than 128 levels is refused (400).

/// Longest message, exception value and log text.
pub const MESSAGE_BYTES: usize = 8 << 10;
/// Longest name of something: exception type, thread, logger, transaction, user, SDK …
pub const NAME_BYTES: usize = 256;
/// Longest function name; C++ and Swift have long ones.
pub const FUNCTION_BYTES: usize = 1 << 10;
/// Longest file, module or binary name.
pub const PATH_BYTES: usize = 512;
/// Longest URL.
pub const URL_BYTES: usize = 2 << 10;
/// Longest address or register value, written out.
pub const ADDRESS_BYTES: usize = 64;
/// Longest key of an object with free keys.
pub const KEY_BYTES: usize = 200;
/// Longest release name, as Sentry has it.
pub const RELEASE_BYTES: usize = 250;
/// Longest environment and dist, as Sentry has it.
pub const ENVIRONMENT_BYTES: usize = 64;

/// Most exceptions in a chain; both ends are kept.
pub const EXCEPTIONS: usize = 50;
/// Most threads; both ends are kept.
pub const THREADS: usize = 256;
/// Most frames in a stack; both ends are kept, so that an endless recursion shows how it began and ended.
pub const FRAMES: usize = 250;
/// Most registers of a stack.
pub const REGISTERS: usize = 128;
/// Most lines of source before and after a frame's.
pub const SOURCE_LINES: usize = 20;
/// Longest line of source.
pub const SOURCE_LINE_BYTES: usize = 512;
/// Most breadcrumbs; the newest are kept.
pub const BREADCRUMBS: usize = 250;
/// Longest breadcrumb message.
pub const BREADCRUMB_BYTES: usize = 4 << 10;
/// Most tags.
pub const TAGS: usize = 200;
/// Longest tag key.
pub const TAG_KEY_BYTES: usize = 200;
/// Longest tag value.
pub const TAG_VALUE_BYTES: usize = 200;
/// Most contexts.
pub const CONTEXTS: usize = 64;
/// Largest context.
pub const CONTEXT_BYTES: usize = 32 << 10;
/// Largest `extra`, all entries together.
pub const EXTRA_BYTES: usize = 256 << 10;
/// Largest free-form part of something: a breadcrumb's data, a frame's variables, a request's body …
pub const DATA_BYTES: usize = 16 << 10;
/// Deepest nesting of free-form values.
pub const VALUE_DEPTH: usize = 10;
/// Most modules (installed packages).
pub const MODULES: usize = 2_000;
/// Most debug images; an iOS app loads some 700.
pub const DEBUG_IMAGES: usize = 2_000;
/// Most parts of a fingerprint.
pub const FINGERPRINT_PARTS: usize = 32;
/// Most HTTP headers of a request.
pub const HEADERS: usize = 100;
/// Longest HTTP header value.
pub const HEADER_BYTES: usize = 4 << 10;
/// Most notes on an event.
pub const NOTES: usize = 100;
/// Longest path or text of a note.
pub const NOTE_BYTES: usize = 512;

/// A client's clock that differs by less than this (55 minutes, as in Sentry's relay) is taken as right: network
/// and queueing explain it. Wrong time zones differ by more.
pub const CLOCK_DRIFT_MS: i64 = 55 * 60_000;
/// An event this far in the future is stamped with its arrival.
pub const FUTURE_MS: i64 = 60_000;
/// An event older than this (30 days, as in Sentry's relay) is stamped with its arrival.
pub const EVENT_AGE_MS: i64 = 30 * 86_400_000;
