//! Categories and outcomes as people call them.

/// An outcome, how it is called and which colour it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    /// In the API; also its class in the sheet.
    pub(super) id: &'static str,
    pub(super) name: &'static str,
}

/// From the bottom of a bar to its top.
pub(super) const OUTCOMES: [Name; 6] = [
    Name { id: "accepted", name: "accepted" },
    Name { id: "filtered", name: "filtered" },
    Name { id: "rate_limited", name: "rate-limited" },
    Name { id: "invalid", name: "invalid" },
    Name { id: "unavailable", name: "sent back" },
    Name { id: "client_discard", name: "dropped by the client" },
];

/// Categories that people look at first; the others follow by name.
pub(super) const FIRST: [&str; 4] = ["error", "session", "attachment", "feedback"];

/// `Errors` of `error`.
pub(super) fn of_category(category: &str) -> String {
    let known = match category {
        "error" => "Errors",
        "session" => "Sessions",
        "attachment" => "Attachments",
        "feedback" => "User feedback",
        "transaction" => "Transactions",
        "monitor" => "Check-ins",
        "span" => "Spans",
        "log_item" => "Logs",
        "profile" => "Profiles",
        "replay" => "Replays",
        "metric_bucket" => "Metrics",
        "internal" => "Client reports",
        "default" => "Other items",
        other => other,
    };
    known.to_owned()
}

/// `rate-limited` of `rate_limited`.
pub(super) fn of_outcome(outcome: &str) -> String {
    let known = OUTCOMES.iter().find(|known| known.id == outcome);
    known.map_or(outcome, |known| known.name).to_owned()
}
