//! A stack trace: the newest frame first, the app's own frames in front, runs of others folded.

use mayday_event::model::{Frame, Stacktrace, SymbolStatus, Symbolication};

use super::values::{self, Pair};

/// A run of this many frames that are not the app's is folded.
const FOLD_FROM: usize = 2;
/// Where no frame is known to be the app's, this many are shown and the others folded.
const UNKNOWN_SHOWN: usize = 12;

/// A stack trace to show.
#[derive(Debug, Clone)]
pub(crate) struct Stack {
    pub(crate) runs: Vec<Run>,
    /// As text, for copying.
    pub(crate) raw: String,
    /// Tells copy buttons of a page apart.
    pub(crate) id: String,
    pub(crate) registers: Vec<Pair>,
}

/// Frames that stand together.
#[derive(Debug, Clone)]
pub(crate) enum Run {
    Shown(Vec<FrameView>),
    Folded { what: String, frames: Vec<FrameView> },
}

/// A frame to show.
#[derive(Debug, Clone)]
pub(crate) struct FrameView {
    pub(crate) function: String,
    /// Class, module, or binary; empty if unknown.
    pub(crate) module: String,
    /// `Checkout.java:42`, else an address; empty if unknown.
    pub(crate) place: String,
    /// The whole path, where `place` is shorter.
    pub(crate) path: String,
    pub(crate) in_app: bool,
    /// Shown with its source from the start.
    pub(crate) open: bool,
    pub(crate) source: Vec<SourceLine>,
    pub(crate) variables: Vec<Pair>,
    /// Why it has no name, or how sure it is that it was called; empty if there is nothing to say.
    pub(crate) doubt: String,
}

/// A line of source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceLine {
    pub(crate) number: u32,
    pub(crate) text: String,
    pub(crate) current: bool,
}

impl FrameView {
    /// Whether there is anything to open.
    pub(crate) fn has_more(&self) -> bool {
        !self.source.is_empty() || !self.variables.is_empty()
    }

    pub(crate) fn class(&self) -> &'static str {
        if self.in_app { "app" } else { "system" }
    }
}

impl Stack {
    /// `heading` is what its text begins with. `None`: there are no frames.
    pub(crate) fn new(trace: &Stacktrace, id: String, heading: String) -> Option<Self> {
        if trace.frames.is_empty() {
            return None;
        }
        let mut frames: Vec<FrameView> = trace.frames.iter().rev().map(view).collect();
        if let Some(frame) = frames.iter_mut().find(|frame| frame.in_app && !frame.source.is_empty()) {
            frame.open = true;
        }
        let lines: Vec<String> = std::iter::once(heading).chain(frames.iter().map(raw_line)).collect();
        let raw = lines.join("\n");
        let registers = trace.registers.iter().map(|(name, value)| Pair::new(name, value)).collect();
        Some(Self { runs: runs(frames), raw, id, registers })
    }
}

/// The frame that failed is always shown; so are the app's own. Of a stack without any of the app's, the first
/// few are.
fn runs(frames: Vec<FrameView>) -> Vec<Run> {
    let none_in_app = frames.iter().all(|frame| !frame.in_app);
    let mut runs = Vec::new();
    let mut shown = Vec::new();
    let mut hidden = Vec::new();
    for (at, frame) in frames.into_iter().enumerate() {
        let show = at == 0 || frame.in_app || (none_in_app && at < UNKNOWN_SHOWN);
        if show {
            fold(&mut runs, &mut shown, &mut hidden);
            shown.push(frame);
        } else {
            hidden.push(frame);
        }
    }
    fold(&mut runs, &mut shown, &mut hidden);
    if !shown.is_empty() {
        runs.push(Run::Shown(shown));
    }
    runs
}

/// Puts the run of hidden frames behind the shown ones, folded if it is long enough.
fn fold(runs: &mut Vec<Run>, shown: &mut Vec<FrameView>, hidden: &mut Vec<FrameView>) {
    if hidden.len() < FOLD_FROM {
        shown.append(hidden);
        return;
    }
    if !shown.is_empty() {
        runs.push(Run::Shown(std::mem::take(shown)));
    }
    let frames = std::mem::take(hidden);
    runs.push(Run::Folded { what: packages(&frames), frames });
}

/// `23 other frames: android.os, java.lang, …`
fn packages(frames: &[FrameView]) -> String {
    const NAMED: usize = 3;
    let mut names: Vec<String> = Vec::new();
    for name in frames.iter().map(|frame| package(&frame.module)).filter(|name| !name.is_empty()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let more = if names.len() > NAMED { ", …" } else { "" };
    names.truncate(NAMED);
    match names.join(", ") {
        names if names.is_empty() => format!("{} other frames", frames.len()),
        names => format!("{} other frames: {names}{more}", frames.len()),
    }
}

/// `android.os` of `android.os.Handler`: the first two parts in front of a class.
fn package(module: &str) -> String {
    let parts: Vec<&str> = module.split('.').collect();
    let kept = parts.len().saturating_sub(1).clamp(1, 2);
    parts.into_iter().take(kept).collect::<Vec<_>>().join(".")
}

fn view(frame: &Frame) -> FrameView {
    let function = frame.function.clone().or_else(|| frame.raw_function.clone());
    FrameView {
        function: function.unwrap_or_else(|| "<unknown>".into()),
        module: module(frame),
        place: place(frame),
        path: frame.abs_path.clone().or_else(|| frame.filename.clone()).unwrap_or_default(),
        in_app: frame.in_app == Some(true),
        open: false,
        source: source(frame),
        variables: values::pairs(&frame.vars),
        doubt: doubt(frame),
    }
}

/// Why a frame has no name or lacks something else, where symbols were looked for; else how it was found, if that was a guess.
fn doubt(frame: &Frame) -> String {
    if let Some(Symbolication { status: SymbolStatus::Found, reason: Some(reason), source }) =
        &frame.symbolication
        && source.as_deref() != Some(Symbolication::DEVICE)
    {
        return reason.clone();
    }
    let unnamed = frame.symbolication.as_ref().filter(|found| found.status != SymbolStatus::Found);
    if let Some(Symbolication { status, reason, .. }) = unnamed {
        let what = match status {
            SymbolStatus::Malformed => "symbols cannot be read",
            SymbolStatus::TimedOut => "symbols came too late",
            SymbolStatus::Mismatch => "symbols of another build",
            SymbolStatus::Missing | SymbolStatus::Found => "no symbols",
        };
        return match reason {
            Some(reason) => format!("{what}: {reason}"),
            None => what.to_owned(),
        };
    }
    match frame.trust.as_deref() {
        Some("scan") => "found by scanning the stack: may be left from an earlier call".to_owned(),
        _ => String::new(),
    }
}

fn module(frame: &Frame) -> String {
    let binary = || frame.package.as_deref().map(|path| base_name(path).to_owned());
    frame.module.clone().or_else(binary).unwrap_or_default()
}

fn place(frame: &Frame) -> String {
    let file = frame.filename.as_deref().or_else(|| frame.abs_path.as_deref().map(base_name));
    // Line 0 is what SDKs send of native methods: there is no line.
    let position = match (frame.lineno.filter(|line| *line > 0), frame.colno) {
        (Some(line), Some(column)) => format!(":{line}:{column}"),
        (Some(line), None) => format!(":{line}"),
        _ => String::new(),
    };
    match file {
        Some(file) => format!("{file}{position}"),
        None => frame.instruction_addr.clone().unwrap_or_default(),
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn source(frame: &Frame) -> Vec<SourceLine> {
    let (Some(text), Some(number)) = (&frame.context_line, frame.lineno) else { return Vec::new() };
    let before = frame.pre_context.iter().rev().enumerate().map(|(at, text)| SourceLine {
        number: number.saturating_sub(at as u32 + 1),
        text: text.clone(),
        current: false,
    });
    let mut lines: Vec<SourceLine> = before.collect();
    lines.reverse();
    lines.push(SourceLine { number, text: text.clone(), current: true });
    lines.extend(frame.post_context.iter().enumerate().map(|(at, text)| SourceLine {
        number: number.saturating_add(at as u32 + 1),
        text: text.clone(),
        current: false,
    }));
    lines
}

/// `  at com.example.Checkout.onPay (Checkout.java:42)`
fn raw_line(frame: &FrameView) -> String {
    let dot = if frame.module.is_empty() { "" } else { "." };
    let place = if frame.place.is_empty() { String::new() } else { format!(" ({})", frame.place) };
    format!("    at {}{dot}{}{place}", frame.module, frame.function)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Oldest first, as events have them: `a` the app's, `s` the system's.
    fn trace(kinds: &str) -> Stacktrace {
        let frame = |kind| Frame {
            function: Some(format!("{kind}()")),
            module: Some(if kind == 'a' { "com.example.App" } else { "android.os.Handler" }.into()),
            in_app: Some(kind == 'a'),
            ..Frame::default()
        };
        Stacktrace { frames: kinds.chars().map(frame).collect(), ..Stacktrace::default() }
    }

    /// `S2 F3`: two shown, then three folded.
    fn shape(kinds: &str) -> String {
        let stack = Stack::new(&trace(kinds), "s".into(), "E".into()).unwrap();
        let shapes: Vec<String> = stack
            .runs
            .iter()
            .map(|run| match run {
                Run::Shown(frames) => format!("S{}", frames.len()),
                Run::Folded { frames, .. } => format!("F{}", frames.len()),
            })
            .collect();
        shapes.join(" ")
    }

    #[test]
    fn runs_of_others_are_folded_and_the_failing_frame_never_is() {
        assert_eq!(shape("sssaass"), "S1 S2 F3".replace("S1 S2", "S4"));
        assert_eq!(shape("sssa"), "S1 F3");
        assert_eq!(shape("assss"), "S1 F3 S1");
        assert_eq!(shape("sasas"), "S5");
        assert_eq!(shape("s"), "S1");
        assert_eq!(shape(&"s".repeat(40)), "S12 F28");
    }

    #[test]
    fn a_fold_says_what_is_in_it() {
        let stack = Stack::new(&trace("sssa"), "s".into(), "E".into()).unwrap();
        let Run::Folded { what, .. } = &stack.runs[1] else { panic!("not folded") };
        assert_eq!(what, "3 other frames: android.os");
        let line = "    at android.os.Handler.s()";
        assert_eq!(stack.raw, ["E", "    at com.example.App.a()", line, line, line].join("\n"));
        assert_eq!(package("libc.so"), "libc");
        assert_eq!(package("io"), "io");
    }

    #[test]
    fn source_lines_have_their_numbers() {
        let frame = Frame {
            lineno: Some(2),
            context_line: Some("fail()".into()),
            pre_context: vec!["x".into(), "y".into(), "first".into()],
            post_context: vec!["after".into()],
            ..Frame::default()
        };
        let numbers: Vec<u32> = source(&frame).iter().map(|line| line.number).collect();
        assert_eq!(numbers, [0, 0, 1, 2, 3]);
    }

    #[test]
    fn a_frame_says_why_it_has_no_name_and_when_it_is_a_guess() {
        let unnamed = |status, reason: Option<&str>| Frame {
            symbolication: Some(Symbolication { status, reason: reason.map(str::to_owned), source: None }),
            trust: Some("scan".into()),
            ..Frame::default()
        };
        let poor = Frame {
            function: Some("pay".into()),
            ..unnamed(SymbolStatus::Found, Some("build without -gsplit-dwarf"))
        };
        for (frame, expected) in [
            (unnamed(SymbolStatus::Missing, Some("not uploaded")), "no symbols: not uploaded"),
            (poor, "build without -gsplit-dwarf"),
            (unnamed(SymbolStatus::TimedOut, None), "symbols came too late"),
            (
                unnamed(SymbolStatus::Found, None),
                "found by scanning the stack: may be left from an earlier call",
            ),
            (Frame { trust: Some("cfi".into()), ..Frame::default() }, ""),
        ] {
            assert_eq!(view(&frame).doubt, expected);
        }
    }

    #[test]
    fn a_frame_without_a_file_shows_its_address() {
        let frame = Frame {
            instruction_addr: Some("0x1f00".into()),
            package: Some("/data/app/lib/libnative.so".into()),
            ..Frame::default()
        };
        let view = view(&frame);
        assert_eq!(
            (view.module.as_str(), view.place.as_str(), view.function.as_str()),
            ("libnative.so", "0x1f00", "<unknown>")
        );
        assert_eq!(Stack::new(&Stacktrace::default(), "s".into(), "E".into()).map(|stack| stack.raw), None);
    }
}
