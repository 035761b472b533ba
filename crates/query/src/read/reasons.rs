//! Outcomes' reasons in plain words.

/// What a reason means and, where something can be done, what; empty for one that is not known, such as a client's own.
pub(crate) fn explained(outcome: &str, reason: &str) -> &'static str {
    match outcome {
        "filtered" => filtered(reason),
        "rate_limited" => rate_limited(reason),
        "invalid" => invalid(reason),
        "unavailable" => unavailable(reason),
        "client_discard" => discarded(reason),
        _ => "",
    }
}

fn filtered(reason: &str) -> &'static str {
    match reason {
        "duplicate" => {
            "The same event id within 24 hours: an SDK sent it again because no answer had reached it."
        }
        "not_stored" => {
            "Of a kind that mayday does not store, such as transactions or logs; SDKs are told that all is well."
        }
        "filter_release" => "A filter of this project drops this release.",
        "filter_message" => "A filter of this project drops errors with this message.",
        "filter_ip" => "A filter of this project drops what this address sends.",
        "filter_app_version" => "Older than the oldest app version that this project takes.",
        "filter_sample" => "Left out by this project's sample rate.",
        "too_old" => "Older than the time that events are kept.",
        _ => "",
    }
}

fn rate_limited(reason: &str) -> &'static str {
    match reason {
        "key_rate_limit" => "The limit of this DSN key was reached; SDKs were told how long to wait.",
        "project_rate_limit" => "A limit of this project was reached; SDKs were told how long to wait.",
        _ => "A limit was reached; SDKs were told how long to wait.",
    }
}

fn invalid(reason: &str) -> &'static str {
    match reason {
        "no_key" | "unknown_key" => {
            "Sent with no key or one that does not exist: look at the DSN that the app has."
        }
        "disabled_key" => "Sent with a DSN key that is switched off.",
        "other_project" | "project_path" => {
            "The path names another project than the key: look at the DSN that the app has."
        }
        "protocol_version" => "Of a protocol version that is not spoken here.",
        "too_large" | "envelope_too_large" => "Larger than is taken.",
        "compression_ratio" => "Inflates to far more than any report does: a damaged body or an attack.",
        "content_encoding" => {
            "Does not inflate: cut off on the way, or compressed in another way than it says."
        }
        "body_incomplete" => "Broke off before its end: mostly an app that was closed or lost its network.",
        "body_empty" => "Had no body.",
        "envelope_framing" | "invalid_item" => {
            "Not a well-formed envelope: cut off on the way, or made by a client with a bug."
        }
        "event_json" | "invalid_json" | "not_an_object" => "The event is not readable JSON.",
        "wire_format" => "Not what this endpoint's protocol is.",
        "crash_format" | "unknown_format" => "Not a crash report of a kind that is known.",
        "multipart" => "Not a well-formed upload.",
        "method" => "Asked with a method that the endpoint does not have.",
        "spool_missing" => "Its spooled body is gone from the blob store.",
        "refused_by_store" => "ClickHouse refused the row. It was set aside and can be replayed.",
        "panic" | "unreadable_record" | "unserializable" => {
            "A bug of mayday: it was set aside and can be replayed when the bug is fixed."
        }
        _ => "",
    }
}

fn unavailable(reason: &str) -> &'static str {
    match reason {
        "stopping" => "The server was about to stop; SDKs were told to try again.",
        "disk_nearly_full" => "The disk was nearly full; SDKs were told to try again.",
        "journal" | "blobs" => "It could not be written to the disk; SDKs were told to try again.",
        _ => "",
    }
}

fn discarded(reason: &str) -> &'static str {
    match reason {
        "queue_overflow" | "cache_overflow" | "buffer_overflow" => {
            "The app had more to send than its SDK keeps."
        }
        "ratelimit_backoff" => "The SDK was told to wait, and dropped what came meanwhile.",
        "backpressure" => "The SDK dropped it because it was overloaded.",
        "network_error" => "It could not be sent.",
        "send_error" => "The server refused it.",
        "sample_rate" => "Left out by the sample rate that is set in the app.",
        "before_send" | "event_processor" => "Dropped by the app's own code.",
        "insufficient_data" | "invalid" => "The SDK had nothing worth sending.",
        "internal_sdk_error" => "A bug of the SDK.",
        _ => "",
    }
}
