//! Chained exceptions, the one that was raised first.

use mayday_event::{
    Event,
    model::{Exception, Mechanism},
};

use super::{stack::Stack, values};

/// An exception to show.
#[derive(Debug, Clone)]
pub(crate) struct ExceptionView {
    pub(crate) name: String,
    pub(crate) module: String,
    pub(crate) value: String,
    pub(crate) mechanism: Option<MechanismView>,
    pub(crate) stack: Option<Stack>,
}

/// How the SDK came to know of it.
#[derive(Debug, Clone)]
pub(crate) struct MechanismView {
    pub(crate) name: String,
    pub(crate) handled: Option<bool>,
    pub(crate) description: String,
    /// `signal: SIGSEGV (11)` …
    pub(crate) details: Vec<String>,
}

/// An event's exceptions, the one that was raised first and its causes behind it.
pub(crate) fn exceptions(event: &Event) -> Vec<ExceptionView> {
    event.exception.iter().rev().enumerate().map(|(at, exception)| view(at, exception)).collect()
}

fn view(at: usize, exception: &Exception) -> ExceptionView {
    ExceptionView {
        name: exception.ty.clone().unwrap_or_else(|| "Exception".into()),
        module: exception.module.clone().unwrap_or_default(),
        value: exception.value.clone().unwrap_or_default(),
        mechanism: exception.mechanism.as_ref().map(mechanism),
        stack: exception.stacktrace.as_ref().and_then(|trace| Stack::new(trace, format!("stack-{at}"))),
    }
}

fn mechanism(mechanism: &Mechanism) -> MechanismView {
    let details = mechanism.meta.iter().chain(&mechanism.data);
    MechanismView {
        name: mechanism.ty.clone().unwrap_or_default(),
        handled: mechanism.handled,
        description: mechanism.description.clone().unwrap_or_default(),
        details: details.map(|(name, value)| format!("{name}: {}", values::inline(value))).collect(),
    }
}
