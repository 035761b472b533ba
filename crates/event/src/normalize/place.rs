//! Where in the payload something stands, and what became of it there.

use std::{cell::RefCell, fmt};

use crate::{
    limits,
    model::{Note, NoteKind},
};

/// Collects notes; at most [`limits::NOTES`].
#[derive(Debug, Default)]
pub(super) struct Notes(RefCell<Vec<Note>>);

impl Notes {
    pub(super) fn into_vec(self) -> Vec<Note> {
        self.0.into_inner()
    }
}

/// A value's path from the root of the payload. Costs nothing until a note is made.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    notes: &'a Notes,
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

impl<'a> Place<'a> {
    pub(super) fn root(notes: &'a Notes) -> Self {
        Self { notes, parent: None, step: Step::Root }
    }

    pub(super) fn key<'b>(&'b self, key: &'b str) -> Place<'b> {
        Place { notes: self.notes, parent: Some(self), step: Step::Key(key) }
    }

    pub(super) fn index(&self, index: usize) -> Place<'_> {
        Place { notes: self.notes, parent: Some(self), step: Step::Index(index) }
    }

    pub(super) fn note(&self, kind: NoteKind, detail: fmt::Arguments<'_>) {
        let mut notes = self.notes.0.borrow_mut();
        if notes.len() < limits::NOTES {
            let path = cut(self.to_string(), limits::NOTE_BYTES);
            notes.push(Note { path, kind, detail: cut(detail.to_string(), limits::NOTE_BYTES) });
        }
    }

    pub(super) fn wrong_type(&self, found: &str, expected: &str) {
        self.note(NoteKind::WrongType, format_args!("expected {expected}, found {found}; dropped"));
    }

    pub(super) fn invalid(&self, problem: fmt::Arguments<'_>) {
        self.note(NoteKind::InvalidValue, problem);
    }

    pub(super) fn trimmed(&self, what: fmt::Arguments<'_>) {
        self.note(NoteKind::Trimmed, what);
    }

    pub(super) fn corrected(&self, what: fmt::Arguments<'_>) {
        self.note(NoteKind::Corrected, what);
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
            if !matches!(parent.step, Step::Root) {
                f.write_str(".")?;
            }
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Key(key) => f.write_str(key),
            Step::Index(index) => index.fmt(f),
        }
    }
}

/// `text` without what is past `most` bytes.
pub(super) fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
    }
    text
}
