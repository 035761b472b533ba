//! Chained exceptions, the one that was raised first.

use mayday_event::{
    Event,
    model::{Exception, Mechanism},
};

use super::{stack::Stack, values};

/// An exception to show.
#[derive(Debug, Clone)]
pub(crate) struct ExceptionView {
    /// What it is to the one before it: `Caused by`; of the first, nothing.
    pub(crate) relation: &'static str,
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

/// An event's exceptions, the one that was raised first, its causes behind it, and then what was suppressed.
pub(crate) fn exceptions(event: &Event) -> Vec<ExceptionView> {
    event.exception.iter().rev().enumerate().map(|(at, exception)| view(at, exception)).collect()
}

fn view(at: usize, exception: &Exception) -> ExceptionView {
    let relation = if at == 0 { "" } else { exception.relation() };
    let heading = heading(exception, relation);
    let stack = |trace| Stack::new(trace, format!("stack-{at}"), heading);
    ExceptionView {
        relation,
        name: exception.ty.clone().unwrap_or_else(|| "Exception".into()),
        module: exception.module.clone().unwrap_or_default(),
        value: exception.value.clone().unwrap_or_default(),
        mechanism: exception.mechanism.as_ref().map(mechanism),
        stack: exception.stacktrace.as_ref().and_then(stack),
    }
}

/// `Caused by: java.net.SocketTimeoutException: failed to connect`
fn heading(exception: &Exception, relation: &str) -> String {
    let name = exception.ty.as_deref().unwrap_or("Exception");
    let name = exception.module.as_ref().map_or_else(|| name.into(), |module| format!("{module}.{name}"));
    let named = exception.value.as_ref().map_or_else(|| name.clone(), |value| format!("{name}: {value}"));
    if relation.is_empty() { named } else { format!("{relation}: {named}") }
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
