//! `matchers actions`: which frames are the app's, and which of them count. Every rule is tried on every frame, in order,
//! and sees what the rules before it did.

use mayday_event::model::{Exception, Stacktrace};

use super::{
    SyntaxError,
    matcher::{About, Field, FrameFacts, Matcher},
    parse,
    scan::Scanner,
};

/// Most actions of one rule.
const ACTIONS: usize = 20;
/// Most frames that `max-frames` and `min-frames` may ask for.
const MOST_FRAMES: usize = 250;

/// The rules in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct StackTraceRules(Vec<StackTraceRule>);

#[derive(Debug, Clone)]
struct StackTraceRule {
    line: usize,
    /// Of the frame that called.
    caller: Vec<Matcher>,
    frame: Vec<Matcher>,
    /// Of the frame that was called.
    callee: Vec<Matcher>,
    /// `+app ^-group`, as written.
    flags: Vec<Flag>,
    settings: Vec<Setting>,
}

#[derive(Debug, Clone, Copy)]
struct Flag {
    reach: Reach,
    on: bool,
    of: FlagOf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FlagOf {
    App,
    Group,
}

#[derive(Debug, Clone, Copy)]
enum Reach {
    Itself,
    /// `^`: the frames towards the crash.
    Above,
    /// `v`: the frames away from it.
    Below,
}

#[derive(Debug, Clone)]
enum Setting {
    Category(String),
    MaxFrames(usize),
    MinFrames(usize),
    Invert(bool),
}

/// A decision and the line of the rule that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ByRule<T> {
    pub(crate) value: T,
    pub(crate) line: usize,
}

/// What rules decided of one frame.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Marks {
    pub(crate) app: Option<ByRule<bool>>,
    pub(crate) group: Option<ByRule<bool>>,
}

/// What rules decided of a stack.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ruled {
    /// For each frame, in the stack's order; empty where there are no rules.
    pub(crate) marks: Vec<Marks>,
    /// 0: all.
    pub(crate) max_frames: Option<ByRule<usize>>,
    pub(crate) min_frames: Option<ByRule<usize>>,
    pub(crate) invert: bool,
}

impl StackTraceRules {
    pub(super) fn parse(text: &str) -> Result<Self, SyntaxError> {
        parse(text, rule).map(Self)
    }

    /// Applies the rules to a stack. `first_seen` tells of each frame whether it is the app's so far, and its category.
    pub(crate) fn apply(
        &self,
        stacktrace: &Stacktrace,
        exception: Option<&Exception>,
        platform: &str,
        first_seen: impl Fn() -> Vec<(bool, &'static str)>,
    ) -> Ruled {
        let mut ruled = Ruled::default();
        if self.0.is_empty() {
            return ruled;
        }
        ruled.marks = vec![Marks::default(); stacktrace.frames.len()];
        let known = stacktrace.frames.iter().zip(first_seen());
        let mut facts: Vec<FrameFacts<'_>> = known
            .map(|(frame, (app, category))| {
                FrameFacts::new(frame, platform, app, Some(category).filter(|name| !name.is_empty()))
            })
            .collect();
        for rule in &self.0 {
            if rule.fits_exception(exception) {
                rule.apply(&mut facts, &mut ruled);
            }
        }
        ruled
    }
}

impl StackTraceRule {
    /// What the rule asks of the exception whose stack it is.
    fn fits_exception(&self, exception: Option<&Exception>) -> bool {
        let mut asked = self.frame.iter().filter(|matcher| matcher.field.about() == About::Exception);
        match exception {
            Some(exception) => asked.all(|matcher| matcher.fits_exception(exception)),
            None => asked.next().is_none(),
        }
    }

    fn apply(&self, facts: &mut [FrameFacts<'_>], ruled: &mut Ruled) {
        let fitting: Vec<usize> = (0..facts.len()).filter(|at| self.fits_frame(facts, *at)).collect();
        for &at in &fitting {
            for flag in &self.flags {
                let reached = match flag.reach {
                    Reach::Itself => at..at + 1,
                    Reach::Above => at + 1..facts.len(),
                    Reach::Below => 0..at,
                };
                let decision = Some(ByRule { value: flag.on, line: self.line });
                for (facts, marks) in
                    facts.iter_mut().zip(&mut ruled.marks).take(reached.end).skip(reached.start)
                {
                    match flag.of {
                        FlagOf::App => {
                            marks.app = decision;
                            facts.app = flag.on;
                        }
                        FlagOf::Group => marks.group = decision,
                    }
                }
            }
            for setting in &self.settings {
                match setting {
                    Setting::Category(name) => {
                        if let Some(facts) = facts.get_mut(at) {
                            facts.category = Some(name.clone());
                        }
                    }
                    Setting::MaxFrames(most) => {
                        ruled.max_frames = Some(ByRule { value: *most, line: self.line });
                    }
                    Setting::MinFrames(least) => {
                        ruled.min_frames = Some(ByRule { value: *least, line: self.line });
                    }
                    Setting::Invert(invert) => ruled.invert = *invert,
                }
            }
        }
    }

    /// The stack's first frame is the outermost call.
    fn fits_frame(&self, facts: &[FrameFacts<'_>], at: usize) -> bool {
        let fits = |matchers: &[Matcher], at: Option<usize>| {
            let facts = at.and_then(|at| facts.get(at));
            let mut of_frames = matchers.iter().filter(|matcher| matcher.field.about() != About::Exception);
            of_frames.all(|matcher| facts.is_some_and(|facts| matcher.fits_frame(facts)))
        };
        fits(&self.frame, Some(at))
            && fits(&self.caller, at.checked_sub(1))
            && fits(&self.callee, at.checked_add(1))
    }
}

fn is_allowed(field: &Field) -> bool {
    matches!(field.about(), About::Frame | About::Exception) || *field == Field::Family
}

fn rule(line: usize, scanner: &mut Scanner<'_>) -> Result<StackTraceRule, SyntaxError> {
    let mut caller = Vec::new();
    if scanner.skip("[") {
        caller = sibling(scanner)?;
        if !scanner.skip("|") {
            return scanner.refuse("| has to follow the ] of the caller");
        }
    }
    let frame = Matcher::all(scanner, &is_allowed)?;
    if frame.is_empty() {
        return scanner.refuse("a matcher such as stack.function:name is missing here");
    }
    let mut callee = Vec::new();
    if scanner.skip("|") {
        if !scanner.skip("[") {
            return scanner.refuse("[ and a matcher of the called frame have to follow the |");
        }
        callee = sibling(scanner)?;
    }
    let mut rule = StackTraceRule { line, caller, frame, callee, flags: Vec::new(), settings: Vec::new() };
    while !scanner.rest().is_empty() {
        action(scanner, &mut rule)?;
        if rule.flags.len() + rule.settings.len() > ACTIONS {
            return scanner.refuse(format!("a rule has at most {ACTIONS} actions"));
        }
    }
    match rule.flags.is_empty() && rule.settings.is_empty() {
        true => scanner.refuse("an action such as +app or -group has to follow the matchers"),
        false => Ok(rule),
    }
}

/// What follows `[`, up to `]`. A bare pattern may end in the bracket.
fn sibling(scanner: &mut Scanner<'_>) -> Result<Vec<Matcher>, SyntaxError> {
    let matchers = Matcher::all(scanner, &|field| field.about() == About::Frame || *field == Field::Family)?;
    if matchers.is_empty() {
        return scanner.refuse("a matcher such as stack.function:name has to follow the [");
    }
    match scanner.skip("]") {
        true => Ok(matchers),
        false => scanner.refuse("] is missing here; leave a blank before it"),
    }
}

fn action(scanner: &mut Scanner<'_>, rule: &mut StackTraceRule) -> Result<(), SyntaxError> {
    let place = scanner.rest();
    let word = scanner.text(&[])?;
    let wrong = |problem: String| Err(scanner.error_at(place, problem));
    if let Some((name, value)) = word.split_once('=') {
        let number = || match value.parse::<usize>() {
            Ok(number) if number <= MOST_FRAMES => Ok(number),
            _ => wrong(format!("{name} is a number from 0 to {MOST_FRAMES}")).map(|()| 0),
        };
        rule.settings.push(match name {
            "category" if !value.is_empty() => Setting::Category(value.to_owned()),
            "category" => return wrong("category has no name".to_owned()),
            "max-frames" => Setting::MaxFrames(number()?),
            "min-frames" => Setting::MinFrames(number()?),
            "invert-stacktrace" => Setting::Invert(["1", "true", "yes"].contains(&value)),
            name => return wrong(format!("there is no setting {name}")),
        });
        return Ok(());
    }
    let (reach, flag) = match word.split_at_checked(1) {
        Some(("^", flag)) => (Reach::Above, flag),
        Some(("v", flag)) if flag.starts_with(['+', '-']) => (Reach::Below, flag),
        _ => (Reach::Itself, word.as_str()),
    };
    let (on, of) = match flag {
        "+app" => (true, FlagOf::App),
        "-app" => (false, FlagOf::App),
        "+group" => (true, FlagOf::Group),
        "-group" => (false, FlagOf::Group),
        _ => {
            return wrong(format!(
                "{word} is neither a matcher nor an action; actions are +app, -app, +group, -group (^ or v before them), \
                 category=, max-frames=, min-frames= and invert-stacktrace="
            ));
        }
    };
    rule.flags.push(Flag { reach, on, of });
    Ok(())
}
