//! Lines of source around a frame's: five on each side.

use mayday_event::model::Frame;

/// Lines before and after.
const LINES: usize = 5;
/// Longest line that is shown whole, characters; of a longer one, what is around the column.
const LINE_CHARS: usize = 140;
/// Where something was cut off.
const SNIP: &str = "{snip}";

/// Puts the lines around a frame's line into it. Nothing where the frame has no line, or the source none of that number.
pub fn add_source_context(frame: &mut Frame, source: &str) {
    add_lines(frame, |first| source.lines().skip(first));
}

/// The same for who finds lines faster than by reading all before them. `lines_from`: the lines from this one on, counted
/// from 0.
pub(crate) fn add_lines<'s, L: Iterator<Item = &'s str>>(
    frame: &mut Frame,
    lines_from: impl FnOnce(usize) -> L,
) {
    let Some(index) = frame.lineno.and_then(|line| (line as usize).checked_sub(1)) else { return };
    let first = index.saturating_sub(LINES);
    let mut lines = lines_from(first);
    let mut before = Vec::with_capacity(index - first);
    before.extend(lines.by_ref().take(index - first).map(|line| shown(line, 0)));
    let Some(line) = lines.next() else { return };
    frame.context_line = Some(shown(line, frame.colno.unwrap_or(0) as usize));
    frame.pre_context = before;
    frame.post_context = Vec::with_capacity(LINES);
    frame.post_context.extend(lines.take(LINES).map(|line| shown(line, 0)));
}

/// A line, or what of it is around a column.
fn shown(line: &str, column: usize) -> String {
    if line.len() <= LINE_CHARS || line.chars().nth(LINE_CHARS).is_none() {
        return line.to_owned();
    }
    let length = line.chars().count();
    let start = column.saturating_sub(LINE_CHARS / 2).min(length - LINE_CHARS);
    let kept: String = line.chars().skip(start).take(LINE_CHARS).collect();
    let before = if start > 0 { format!("{SNIP} ") } else { String::new() };
    let after = if start + LINE_CHARS < length { format!(" {SNIP}") } else { String::new() };
    format!("{before}{kept}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(line: u32, column: u32, source: &str) -> Frame {
        let mut frame = Frame { lineno: Some(line), colno: Some(column), ..Frame::default() };
        add_source_context(&mut frame, source);
        frame
    }

    #[test]
    fn five_lines_on_each_side_as_far_as_there_are() {
        let source: String = (1..=20).map(|line| format!("line {line}\n")).collect();
        let frame = around(3, 1, &source);
        assert_eq!(frame.pre_context, ["line 1", "line 2"]);
        assert_eq!(frame.context_line.as_deref(), Some("line 3"));
        assert_eq!(frame.post_context, ["line 4", "line 5", "line 6", "line 7", "line 8"]);
        assert_eq!(around(21, 1, &source).context_line, None);
        assert_eq!(around(0, 1, &source).context_line, None);
    }

    #[test]
    fn of_a_minified_line_what_is_around_the_column() {
        let source = format!("{}HERE{}", "ä".repeat(500), "b".repeat(500));
        let shown = around(1, 502, &source).context_line.unwrap();
        assert!(shown.starts_with(SNIP) && shown.ends_with(SNIP) && shown.contains("HERE"), "{shown}");
        assert!(shown.chars().count() < 160);
    }
}
