//! Which frames of a stack tell where a bug is.

use std::collections::{BTreeMap, BTreeSet};

use mayday_event::{
    model::{Frame, Stacktrace},
    system_code,
};

use crate::{
    Component,
    names::{self, Named},
    strategies::{unused, used},
    system,
};

/// How many of the app's frames count, from the crash outwards. The caller of a shared helper tells two bugs apart;
/// who called that caller seldom does, and splits one bug by the ways that lead to it.
const FRAMES: usize = 2;

/// How many of the system's frames count where the app has none.
const SYSTEM_FRAMES: usize = 3;

/// A function that is this often on the stack calls itself without end.
const ENDLESS: usize = 4;

/// Most functions of an endless recursion that count.
const CYCLE: usize = 8;

/// Most frames that are explained; a stack may hold 250, and what is far from the crash explains nothing.
const EXPLAINED: usize = 30;

/// Whose frames decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    InApp,
    System,
}

/// The frames of one stack, nearest to the crash first, but those of an endless recursion before all others.
pub(crate) struct Frames {
    pub(crate) kept: Kept,
    pub(crate) components: Vec<Component>,
}

impl Frames {
    /// Only the nearest frame that counts.
    pub(crate) fn nearest(self) -> Option<Component> {
        self.components.into_iter().find(|component| component.contributes)
    }
}

/// Looks at a stack of an event of this platform.
pub(crate) fn of(stacktrace: &Stacktrace, platform: &str) -> Frames {
    let looked_at = look_at(stacktrace, platform);
    let kept = match looked_at.iter().any(|frame| frame.class == Class::App) {
        true => Kept::InApp,
        false => Kept::System,
    };
    let verdicts = match kept {
        Kept::InApp => choose_in_app(&looked_at),
        Kept::System => choose_in_system(&looked_at),
    };
    Frames { kept, components: explain(&looked_at, &verdicts) }
}

/// As the SDK says; if it said nothing of this frame but flagged others, not in the app; else by where the frame is.
/// What belongs to a language's runtime is never in the app, though it may be linked into its binary.
pub(crate) fn in_app(frame: &Frame, name: &Named, platform: &str, flagged: bool) -> bool {
    if system::is_runtime(name, platform) {
        return false;
    }
    frame.in_app.unwrap_or_else(|| !flagged && !system_code::is_system(frame))
}

struct LookedAt {
    name: String,
    class: Class,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    App,
    /// Inlined into a function of the app. Another build inlines other functions.
    Inlined,
    System,
    /// Part of a language's runtime, which builds inline or not.
    Runtime,
    Synthetic,
    Unnamed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Counts(&'static str),
    /// Part of an endless recursion: in which of its functions it ended is chance.
    Recurses,
    Left(&'static str),
}

fn look_at(stacktrace: &Stacktrace, platform: &str) -> Vec<LookedAt> {
    let flagged = stacktrace.frames.iter().any(|frame| frame.in_app == Some(true));
    let mut looked_at: Vec<LookedAt> = Vec::with_capacity(stacktrace.frames.len());
    let mut caller: Option<&Frame> = None;
    // From the outermost call inwards: what a function is inlined into comes before it.
    for frame in &stacktrace.frames {
        let platform = frame.platform.as_deref().unwrap_or(platform);
        let name = names::of(frame, platform);
        let class = match &name {
            Named::Unnamed => Class::Unnamed,
            Named::Synthetic(_) => Class::Synthetic,
            name if in_app(frame, name, platform, flagged) => {
                let into_app = looked_at
                    .last()
                    .is_some_and(|caller| matches!(caller.class, Class::App | Class::Inlined));
                let inlined = into_app && caller.is_some_and(|caller| is_inlined(frame, caller));
                if inlined { Class::Inlined } else { Class::App }
            }
            name if system::is_runtime(name, platform) => Class::Runtime,
            _ => Class::System,
        };
        looked_at.push(LookedAt { name: name.value(), class });
        caller = Some(frame);
    }
    looked_at.reverse();
    looked_at
}

/// Inlined calls have the address of the function that they are inlined into; so has a function that calls itself.
fn is_inlined(frame: &Frame, caller: &Frame) -> bool {
    frame.instruction_addr.is_some()
        && frame.instruction_addr == caller.instruction_addr
        && frame.function != caller.function
}

fn choose_in_app<'f>(frames: &'f [LookedAt]) -> Vec<Verdict> {
    let cycle = endless_recursion(frames);
    let mut seen = BTreeSet::new();
    let mut reached_by_call = true;
    let verdict = |frame: &'f LookedAt| match frame.class {
        Class::Unnamed => {
            reached_by_call = reached_by_call && seen.is_empty();
            Verdict::Left("has no name that stays the same between builds")
        }
        Class::Synthetic => Verdict::Left("made by the compiler"),
        Class::Inlined => Verdict::Left("inlined into its caller, in this build"),
        Class::Runtime => Verdict::Left("the language's runtime"),
        Class::System => {
            reached_by_call = reached_by_call && seen.is_empty();
            Verdict::Left("not the app's code")
        }
        Class::App if seen.contains(frame.name.as_str()) => Verdict::Left("repeats: recursion counts once"),
        Class::App if cycle.contains(frame.name.as_str()) => {
            seen.insert(frame.name.as_str());
            Verdict::Recurses
        }
        Class::App if !cycle.is_empty() => Verdict::Left("led into the recursion"),
        Class::App if seen.len() == FRAMES => Verdict::Left("further from the crash"),
        Class::App if !reached_by_call => Verdict::Left("further from the crash, behind other code"),
        Class::App => {
            seen.insert(frame.name.as_str());
            Verdict::Counts("the app's own code, near the crash")
        }
    };
    frames.iter().map(verdict).collect()
}

/// The functions of an endless recursion that the crash is in; empty if it is in none.
fn endless_recursion(frames: &[LookedAt]) -> BTreeSet<&str> {
    let mut counts = BTreeMap::<&str, usize>::new();
    let app = || frames.iter().filter(|frame| frame.class == Class::App).map(|frame| frame.name.as_str());
    app().for_each(|name| *counts.entry(name).or_default() += 1);
    let often = app().next().and_then(|nearest| counts.get(nearest)).copied().unwrap_or_default();
    if often < ENDLESS {
        return BTreeSet::new();
    }
    counts.into_iter().filter(|(_, count)| count * 2 >= often).map(|(name, _)| name).take(CYCLE).collect()
}

fn choose_in_system<'f>(frames: &'f [LookedAt]) -> Vec<Verdict> {
    let mut seen = BTreeSet::new();
    let verdict = |frame: &'f LookedAt| match frame.class {
        Class::Unnamed => Verdict::Left("has no name that stays the same between builds"),
        Class::Synthetic => Verdict::Left("made by the compiler"),
        _ if system::is_trampoline(&frame.name) => Verdict::Left("on the way to every crash"),
        _ if seen.contains(frame.name.as_str()) => Verdict::Left("repeats: recursion counts once"),
        _ if seen.len() == SYSTEM_FRAMES => Verdict::Left("further from the crash"),
        _ => {
            seen.insert(frame.name.as_str());
            Verdict::Counts("no frame of the app; system code near the crash")
        }
    };
    frames.iter().map(verdict).collect()
}

fn explain(frames: &[LookedAt], verdicts: &[Verdict]) -> Vec<Component> {
    let recursion = frames.iter().zip(verdicts).filter(|(_, verdict)| **verdict == Verdict::Recurses);
    let mut components: Vec<Component> =
        recursion.map(|(frame, _)| used("frame", &frame.name, "calls itself without end")).collect();
    components.sort_by(|one, other| one.value.cmp(&other.value));
    for (frame, verdict) in frames.iter().zip(verdicts) {
        match verdict {
            Verdict::Counts(reason) => components.push(used("frame", &frame.name, reason)),
            Verdict::Left(reason) if components.len() < EXPLAINED => {
                components.push(unused("frame", &frame.name, reason));
            }
            Verdict::Left(_) | Verdict::Recurses => {}
        }
    }
    components
}
