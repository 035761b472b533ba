//! What was taken out where, for the event's notes.

use super::{path::Path, rule::Rule, settings::Action};
use crate::{
    limits,
    model::{Event, Note, NoteKind},
};

/// What is found without a rule of the project's own; named as its switch in the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Found {
    SensitiveKey,
    Credentials,
    PrivateKey,
    Card,
    Iban,
    Email,
    EmailOfUser,
    IpTruncated,
    IpRemoved,
    MemoryText,
}

impl Found {
    const ALL: [Self; 10] = [
        Self::SensitiveKey,
        Self::Credentials,
        Self::PrivateKey,
        Self::Card,
        Self::Iban,
        Self::Email,
        Self::EmailOfUser,
        Self::IpTruncated,
        Self::IpRemoved,
        Self::MemoryText,
    ];

    fn detail(self) -> &'static str {
        match self {
            Self::SensitiveKey => "value of a sensitive key removed (sensitive_keys)",
            Self::Credentials => "credentials removed (credentials)",
            Self::PrivateKey => "private key removed (private_keys)",
            Self::Card => "card number removed (card_numbers)",
            Self::Iban => "bank account removed (ibans)",
            Self::Email => "e-mail address removed (emails)",
            Self::EmailOfUser => "e-mail address hashed (emails)",
            Self::IpTruncated => "IP address truncated (ip_addresses)",
            Self::IpRemoved => "IP address removed (ip_addresses)",
            Self::MemoryText => "text masked (memory_text)",
        }
    }
}

/// A set of [`Found`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct FoundSet(u16);

impl FoundSet {
    pub(super) fn of(found: Found) -> Self {
        Self(1 << found as u8)
    }

    pub(super) fn add(&mut self, found: Found) {
        self.0 |= Self::of(found).0;
    }

    fn all(self) -> impl Iterator<Item = Found> {
        Found::ALL.into_iter().filter(move |found| self.0 & Self::of(*found).0 != 0)
    }
}

/// Values that differ only in their indices make one finding, so that 250 breadcrumbs are one note.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

#[derive(Debug)]
struct Finding {
    kin: u64,
    by: By,
    path: String,
    places: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Builtin(Found),
    Rule { number: usize, action: Action },
}

impl Findings {
    pub(super) fn add(&mut self, found: FoundSet, path: &Path<'_>) {
        for found in found.all() {
            self.count(By::Builtin(found), path);
        }
    }

    pub(super) fn add_rule(&mut self, rule: &Rule, path: &Path<'_>) {
        self.count(By::Rule { number: rule.number, action: rule.action }, path);
    }

    fn count(&mut self, by: By, path: &Path<'_>) {
        let kin = path.kin();
        if let Some(known) = self.0.iter_mut().find(|known| known.kin == kin && known.by == by) {
            if known.places == 1 {
                known.path = path.of_kin().to_string();
            }
            known.places = known.places.saturating_add(1);
        } else if self.0.len() < limits::NOTES {
            self.0.push(Finding { kin, by, path: path.to_string(), places: 1 });
        }
    }

    /// What was scrubbed matters more than what was trimmed: it gets at least half of the room for notes.
    pub(super) fn note_on(self, event: &mut Event) {
        let wanted = self.0.len().min(limits::NOTES / 2);
        event.notes.truncate(limits::NOTES - wanted);
        let room = limits::NOTES - event.notes.len();
        event.notes.extend(self.0.into_iter().take(room).map(Finding::into_note));
    }
}

impl Finding {
    fn into_note(self) -> Note {
        let mut detail = match self.by {
            By::Builtin(found) => found.detail().to_owned(),
            By::Rule { number, action } => format!("{} (rules[{number}])", action.done()),
        };
        if self.places > 1 {
            detail.push_str(&format!(", in {} places", self.places));
        }
        let mut path = self.path;
        path.truncate(path.floor_char_boundary(limits::NOTE_BYTES));
        Note { path, kind: NoteKind::Scrubbed, detail }
    }
}
