//! Which frames of a stack tell where a bug is, and what they are called.

use mayday_event::model::{Frame, Stacktrace};

use crate::{
    Component,
    names::{self, Named},
    strategies::{unused, used},
    system,
};

/// How many frames count, from the crash outwards. The caller of a shared helper tells two bugs apart; who called
/// that caller seldom does, and splits one bug by the ways that lead to it.
const FRAMES: usize = 2;

/// How many of the system's frames count where the app has none.
const SYSTEM_FRAMES: usize = 3;

/// Most frames that are explained; a stack may hold 250, and what is far from the crash explains nothing.
const EXPLAINED: usize = 30;

/// Whose frames decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    InApp,
    System,
}

/// The frames of one stack, nearest to the crash first.
pub(crate) struct Frames {
    pub(crate) kept: Kept,
    pub(crate) components: Vec<Component>,
}

/// Looks at a stack of an event of this platform.
pub(crate) fn of(stacktrace: &Stacktrace, platform: &str) -> Frames {
    let frames = || stacktrace.frames.iter().rev();
    let flagged = frames().any(|frame| frame.in_app == Some(true));
    let looked_at: Vec<(bool, Named)> = frames()
        .map(|frame| {
            let platform = frame.platform.as_deref().unwrap_or(platform);
            let name = names::of(frame, platform);
            (in_app(frame, &name, platform, flagged), name)
        })
        .collect();
    let kept = match looked_at.iter().any(|(in_app, name)| *in_app && name.is_named()) {
        true => Kept::InApp,
        false => Kept::System,
    };
    Frames { kept, components: explain(looked_at, kept) }
}

/// As the SDK says; if it said nothing of this frame but flagged others, not in the app; else by where the frame is.
/// What belongs to a language's runtime is never in the app, though it may be linked into its binary.
fn in_app(frame: &Frame, name: &Named, platform: &str, flagged: bool) -> bool {
    if system::is_runtime(name, platform) {
        return false;
    }
    frame.in_app.unwrap_or_else(|| !flagged && !system::is_system(frame))
}

fn explain(looked_at: Vec<(bool, Named)>, kept: Kept) -> Vec<Component> {
    let (most, counts) = match kept {
        Kept::InApp => (FRAMES, "the app's own code, near the crash"),
        Kept::System => (SYSTEM_FRAMES, "no frame of the app; system code near the crash"),
    };
    let mut chosen: Vec<String> = Vec::with_capacity(most);
    let mut components = Vec::new();
    for (in_app, name) in looked_at {
        if components.len() == EXPLAINED && chosen.len() == most {
            break;
        }
        let value = name.value();
        let component = match name {
            Named::Unnamed => unused("frame", &value, "has no name that stays the same between builds"),
            Named::Synthetic(_) => unused("frame", &value, "made by the compiler"),
            Named::Function { .. } if !in_app && kept == Kept::InApp => {
                unused("frame", &value, "not the app's code")
            }
            Named::Function { .. } if kept == Kept::System && system::is_trampoline(&value) => {
                unused("frame", &value, "on the way to every crash")
            }
            Named::Function { .. } if chosen.contains(&value) => {
                unused("frame", &value, "repeats: recursion counts once")
            }
            Named::Function { .. } if chosen.len() == most => {
                unused("frame", &value, "further from the crash")
            }
            Named::Function { .. } => {
                chosen.push(value.clone());
                used("frame", &value, counts)
            }
        };
        if components.len() < EXPLAINED || component.contributes {
            components.push(component);
        }
    }
    components
}
