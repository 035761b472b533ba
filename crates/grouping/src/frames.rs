//! Which frames of a stack tell where a bug is.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use mayday_event::{
    Event,
    model::{Frame, Stacktrace},
    system_code,
};

use crate::{
    Component,
    names::{self, Named},
    rules::{ByRule, Marks, Ruled, Rules, Seen},
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
    /// A rule asks for more frames than count: the stack does not decide.
    pub(crate) too_few: bool,
}

impl Frames {
    /// Only the nearest frame that counts.
    pub(crate) fn nearest(self) -> Option<Component> {
        self.components.into_iter().find(|component| component.contributes)
    }
}

/// Looks at a stack of an event.
pub(crate) fn of(stacktrace: &Stacktrace, event: &Event, rules: &Rules) -> Frames {
    let sight = Sight::of(stacktrace, event, rules);
    let looked_at = look_at(stacktrace, &sight, event);
    let decides = |frame: &LookedAt| match frame.group {
        Some(group) => group.value && frame.class == Class::App,
        None => frame.class == Class::App,
    };
    let kept = if looked_at.iter().any(decides) { Kept::InApp } else { Kept::System };
    let most = sight.ruled.max_frames.map(|most| if most.value == 0 { usize::MAX } else { most.value });
    let overflow = is_stack_overflow(event);
    let mut verdicts = match kept {
        Kept::InApp => choose_in_app(&looked_at, most, overflow),
        Kept::System => choose_in_system(&looked_at, most, overflow),
    };
    let too_few = sight.ruled.min_frames.filter(|least| {
        let counting = verdicts.iter().filter(|verdict| !matches!(verdict, Verdict::Left(_)));
        counting.count() < least.value
    });
    if let Some(least) = too_few {
        let reason = by_rule(least, &format!("min-frames={}", least.value));
        verdicts.fill(Verdict::Left(reason));
    }
    Frames { kept, components: explain(&looked_at, &verdicts), too_few: too_few.is_some() }
}

/// `stack-trace rule, line 3: -group`
fn by_rule<T>(rule: ByRule<T>, action: &str) -> Cow<'static, str> {
    format!("stack-trace rule, line {}: {action}", rule.line).into()
}

/// What a stack's frames are called, and whose they are once the project's rules have spoken.
pub(crate) struct Sight {
    pub(crate) names: Vec<Named>,
    /// Whether it is the app's.
    pub(crate) app: Vec<bool>,
    ruled: Ruled,
}

impl Sight {
    pub(crate) fn of(stacktrace: &Stacktrace, event: &Event, rules: &Rules) -> Self {
        let frames = &stacktrace.frames;
        let flagged = frames.iter().any(|frame| frame.in_app == Some(true));
        let names: Vec<Named> = frames.iter().map(|frame| names::of(frame, platform(frame, event))).collect();
        let own = || frames.iter().zip(&names).map(|(frame, name)| (frame, name, platform(frame, event)));
        let mut app: Vec<bool> =
            own().map(|(frame, name, platform)| in_app(frame, name, platform, flagged)).collect();
        let owner = event
            .exception
            .iter()
            .find(|exception| exception.stacktrace.as_ref().is_some_and(|own| std::ptr::eq(own, stacktrace)));
        let ruled = rules.stack_trace.apply(stacktrace, owner, &event.platform, || {
            let categories = own().map(|(frame, name, platform)| system::category(frame, name, platform));
            app.iter().copied().zip(categories).collect()
        });
        for (app, marks) in app.iter_mut().zip(&ruled.marks) {
            *app = marks.app.map_or(*app, |decided| decided.value);
        }
        Self { names, app, ruled }
    }
}

/// The frames of all exceptions, else of the main stack, as fingerprint rules see them.
pub(crate) fn all<'e>(event: &'e Event, rules: &Rules) -> Vec<Seen<'e>> {
    let own = || event.exception.iter().filter_map(|exception| exception.stacktrace.as_ref());
    let stacks: Vec<&Stacktrace> =
        if own().next().is_some() { own().collect() } else { event.main_stacktrace().into_iter().collect() };
    let seen = |stacktrace: &'e Stacktrace| {
        let app = Sight::of(stacktrace, event, rules).app;
        let seen = |(frame, app)| Seen { frame, platform: &event.platform, app };
        stacktrace.frames.iter().zip(app).map(seen).collect::<Vec<_>>()
    };
    stacks.into_iter().flat_map(seen).collect()
}

/// Of a frame; most have their event's.
pub(crate) fn platform<'p>(frame: &'p Frame, event: &'p Event) -> &'p str {
    frame.platform.as_deref().unwrap_or(&event.platform)
}

/// As the SDK says; if it said nothing of this frame but flagged others, not in the app; else by where the frame is.
/// What belongs to a language's runtime is never in the app, though it may be linked into its binary.
fn in_app(frame: &Frame, name: &Named, platform: &str, flagged: bool) -> bool {
    if system::is_runtime(name, platform) {
        return false;
    }
    frame.in_app.unwrap_or_else(|| !flagged && !system_code::is_system(frame))
}

struct LookedAt {
    name: String,
    class: Class,
    /// Whether it is the app's, by a rule.
    app: Option<ByRule<bool>>,
    /// Whether it counts, by a rule.
    group: Option<ByRule<bool>>,
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

#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    Counts(Cow<'static, str>),
    /// Part of an endless recursion: in which of its functions it ended is chance.
    Recurses,
    Left(Cow<'static, str>),
}

impl Verdict {
    fn counts(reason: &'static str) -> Self {
        Self::Counts(reason.into())
    }

    fn left(reason: &'static str) -> Self {
        Self::Left(reason.into())
    }
}

fn look_at(stacktrace: &Stacktrace, sight: &Sight, event: &Event) -> Vec<LookedAt> {
    let mut looked_at: Vec<LookedAt> = Vec::with_capacity(stacktrace.frames.len());
    let mut caller: Option<&Frame> = None;
    // From the outermost call inwards: what a function is inlined into comes before it.
    for (at, ((frame, name), app)) in stacktrace.frames.iter().zip(&sight.names).zip(&sight.app).enumerate() {
        let Marks { app: ruled_app, group } = sight.ruled.marks.get(at).copied().unwrap_or_default();
        let class = match name {
            Named::Unnamed => Class::Unnamed,
            Named::Synthetic(_) => Class::Synthetic,
            _ if *app => {
                let into_app = looked_at
                    .last()
                    .is_some_and(|caller| matches!(caller.class, Class::App | Class::Inlined));
                let inlined = into_app && caller.is_some_and(|caller| is_inlined(frame, caller));
                if inlined { Class::Inlined } else { Class::App }
            }
            name if system::is_runtime(name, platform(frame, event)) => Class::Runtime,
            _ => Class::System,
        };
        looked_at.push(LookedAt { name: name.value(), class, app: ruled_app, group });
        caller = Some(frame);
    }
    if !sight.ruled.invert {
        looked_at.reverse();
    }
    looked_at
}

/// Inlined calls have the address of the function that they are inlined into; so has a function that calls itself.
fn is_inlined(frame: &Frame, caller: &Frame) -> bool {
    frame.instruction_addr.is_some()
        && frame.instruction_addr == caller.instruction_addr
        && frame.function != caller.function
}

/// At most `most` frames, if a rule says so.
fn choose_in_app<'f>(frames: &'f [LookedAt], most: Option<usize>, overflow: bool) -> Vec<Verdict> {
    let cycle = endless_recursion(frames, Class::App, overflow);
    let mut seen = BTreeSet::new();
    let mut reached_by_call = true;
    let verdict = |frame: &'f LookedAt| match frame.class {
        _ if frame.group.is_some() => ruled(frame),
        Class::Unnamed => {
            reached_by_call = reached_by_call && seen.is_empty();
            Verdict::left("has no name that stays the same between builds")
        }
        Class::Synthetic => Verdict::left("made by the compiler"),
        Class::Inlined => Verdict::left("inlined into its caller, in this build"),
        Class::Runtime => Verdict::left("the language's runtime"),
        Class::System => {
            reached_by_call = reached_by_call && seen.is_empty();
            match frame.app {
                Some(rule) => Verdict::Left(by_rule(rule, "-app")),
                None => Verdict::left("not the app's code"),
            }
        }
        Class::App if seen.contains(frame.name.as_str()) => Verdict::left("repeats: recursion counts once"),
        Class::App if cycle.contains(frame.name.as_str()) => {
            seen.insert(frame.name.as_str());
            Verdict::Recurses
        }
        Class::App if !cycle.is_empty() => Verdict::left("led into the recursion"),
        Class::App if seen.len() >= most.unwrap_or(FRAMES) => Verdict::left("further from the crash"),
        Class::App if !reached_by_call && most.is_none() => {
            Verdict::left("further from the crash, behind other code")
        }
        Class::App => {
            seen.insert(frame.name.as_str());
            match frame.app {
                Some(rule) => Verdict::Counts(by_rule(rule, "+app")),
                None => Verdict::counts("the app's own code, near the crash"),
            }
        }
    };
    frames.iter().map(verdict).collect()
}

/// Of a frame that a rule counts or leaves out.
fn ruled(frame: &LookedAt) -> Verdict {
    match frame.group {
        Some(rule) if rule.value => Verdict::Counts(by_rule(rule, "+group")),
        Some(rule) => Verdict::Left(by_rule(rule, "-group")),
        None => Verdict::left("no rule"),
    }
}

/// The functions of an endless recursion that the crash is in; empty if it is in none. Where the stack ran out is chance,
/// so that then any function may tell; else the one nearest to the crash has to be of it.
fn endless_recursion(frames: &[LookedAt], class: Class, overflow: bool) -> BTreeSet<&str> {
    let mut counts = BTreeMap::<&str, usize>::new();
    let of_class = |frame: &&LookedAt| frame.class == class && frame.group.is_none();
    let names = || frames.iter().filter(of_class).map(|frame| frame.name.as_str());
    names().for_each(|name| *counts.entry(name).or_default() += 1);
    let often = match overflow {
        true => counts.values().max().copied(),
        false => names().next().and_then(|nearest| counts.get(nearest)).copied(),
    };
    let often = often.unwrap_or_default();
    if often < ENDLESS {
        return BTreeSet::new();
    }
    counts.into_iter().filter(|(_, count)| count * 2 >= often).map(|(name, _)| name).take(CYCLE).collect()
}

/// As languages and systems say that a stack ran out.
fn is_stack_overflow(event: &Event) -> bool {
    let Some(root) = event.root_cause() else { return false };
    let named = ["StackOverflow", "RecursionError", "InsufficientExecutionStack"];
    let told = ["stack overflow", "maximum call stack size", "stack guard", "recursion depth"];
    let told_by = |text: &str| {
        let text = text.to_lowercase();
        told.iter().any(|told| text.contains(told))
    };
    root.ty.as_deref().is_some_and(|ty| named.iter().any(|named| ty.contains(named)) || told_by(ty))
        || root.value.as_deref().is_some_and(told_by)
}

fn choose_in_system<'f>(frames: &'f [LookedAt], most: Option<usize>, overflow: bool) -> Vec<Verdict> {
    let cycle = match overflow {
        true => endless_recursion(frames, Class::System, true),
        false => BTreeSet::new(),
    };
    let mut seen = BTreeSet::new();
    let verdict = |frame: &'f LookedAt| match frame.class {
        _ if frame.group.is_some() => ruled(frame),
        Class::Unnamed => Verdict::left("has no name that stays the same between builds"),
        Class::Synthetic => Verdict::left("made by the compiler"),
        _ if system::is_trampoline(&frame.name) => Verdict::left("on the way to every crash"),
        _ if seen.contains(frame.name.as_str()) => Verdict::left("repeats: recursion counts once"),
        _ if cycle.contains(frame.name.as_str()) => {
            seen.insert(frame.name.as_str());
            Verdict::Recurses
        }
        _ if !cycle.is_empty() => Verdict::left("led into the recursion"),
        _ if seen.len() >= most.unwrap_or(SYSTEM_FRAMES) => Verdict::left("further from the crash"),
        _ => {
            seen.insert(frame.name.as_str());
            Verdict::counts("no frame of the app; system code near the crash")
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
            Verdict::Counts(reason) => components.push(used("frame", &frame.name, reason.clone())),
            Verdict::Left(reason) if components.len() < EXPLAINED => {
                components.push(unused("frame", &frame.name, reason.clone()));
            }
            Verdict::Left(_) | Verdict::Recurses => {}
        }
    }
    components
}
