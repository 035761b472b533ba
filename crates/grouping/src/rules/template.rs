//! Texts with `{{ variables }}`, as fingerprints and titles have them.

use mayday_event::{Event, model::Frame};

/// Most pieces of one text.
const PIECES: usize = 20;

/// A text that an event fills in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Variable(Variable),
}

/// What a variable stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Variable {
    /// What grouping says without rules and fingerprints.
    Default,
    Type,
    Value,
    Message,
    Function,
    Path,
    Filename,
    Module,
    Package,
    Level,
    Logger,
    Transaction,
    Release,
    Tag(String),
}

impl Variable {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "default" => Self::Default,
            "type" | "error.type" => Self::Type,
            "value" | "error.value" => Self::Value,
            "message" => Self::Message,
            "function" | "stack.function" => Self::Function,
            "path" | "stack.abs_path" => Self::Path,
            "stack.filename" | "filename" => Self::Filename,
            "module" | "stack.module" => Self::Module,
            "package" | "stack.package" => Self::Package,
            "level" => Self::Level,
            "logger" => Self::Logger,
            "transaction" => Self::Transaction,
            "release" => Self::Release,
            tag => Self::Tag(tag.strip_prefix("tags.").filter(|tag| !tag.is_empty())?.to_owned()),
        })
    }

    /// The text, or what stands for its absence.
    fn of(&self, event: &Event, crashed_in: Option<&Frame>) -> String {
        let (raised, entry) = (event.exception.last(), event.logentry.as_ref());
        let message = || {
            let of_entry = entry.and_then(|entry| entry.formatted.as_ref().or(entry.message.as_ref()));
            of_entry.or(raised.and_then(|raised| raised.value.as_ref()))
        };
        let (text, absent): (Option<&str>, &str) = match self {
            Self::Default => (None, "<default>"),
            Self::Type => (raised.and_then(|raised| raised.ty.as_deref()), "<no-type>"),
            Self::Value => (raised.and_then(|raised| raised.value.as_deref()), "<no-value>"),
            Self::Message => (message().map(String::as_str), "<no-message>"),
            Self::Function => (crashed_in.and_then(|frame| frame.function.as_deref()), "<no-function>"),
            Self::Path => {
                let path = |frame: &'_ Frame| frame.abs_path.is_some();
                match crashed_in {
                    Some(frame) if path(frame) => (frame.abs_path.as_deref(), "<no-abs-path>"),
                    frame => (frame.and_then(|frame| frame.filename.as_deref()), "<no-abs-path>"),
                }
            }
            Self::Filename => (crashed_in.and_then(|frame| frame.filename.as_deref()), "<no-filename>"),
            Self::Module => (crashed_in.and_then(|frame| frame.module.as_deref()), "<no-module>"),
            Self::Package => (crashed_in.and_then(|frame| frame.package.as_deref()), "<no-package>"),
            Self::Level => (Some(event.level.name()), ""),
            Self::Logger => (event.logger.as_deref(), "<no-logger>"),
            Self::Transaction => (event.transaction.as_deref(), "<no-transaction>"),
            Self::Release => (event.release.as_deref(), "<no-release>"),
            Self::Tag(tag) => (event.tags.get(tag).map(String::as_str), "<no-value-for-tag>"),
        };
        text.unwrap_or(absent).to_owned()
    }
}

impl Template {
    /// An error says what is wrong; an unknown variable is one.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, opened)) = rest.split_once("{{") {
            let Some((name, after)) = opened.split_once("}}") else {
                return Err("a {{ is not closed by }}".to_owned());
            };
            let name = name.trim();
            let Some(variable) = Variable::named(name) else {
                return Err(format!("there is no variable {{{{ {name} }}}}"));
            };
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Variable(variable));
            if pieces.len() > PIECES {
                return Err(format!("a text has at most {PIECES} pieces"));
            }
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// Of a fingerprint that an SDK sent: what cannot be read as a template is a text.
    pub(crate) fn lenient(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|_| Self(vec![Piece::Text(text.to_owned())]))
    }

    /// Just `{{ default }}`.
    pub(crate) fn is_default(&self) -> bool {
        matches!(self.0.as_slice(), [Piece::Variable(Variable::Default)])
    }

    /// `{{ default }}` beside other text, where it could stand for nothing.
    pub(super) fn mixes_default(&self) -> bool {
        !self.is_default() && self.0.contains(&Piece::Variable(Variable::Default))
    }

    /// Filled in from an event whose crash is in this frame.
    pub(crate) fn fill(&self, event: &Event, crashed_in: Option<&Frame>) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Variable(variable) => variable.of(event, crashed_in),
        };
        self.0.iter().map(piece).collect()
    }
}
