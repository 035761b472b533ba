//! Symbolicator's results as insta keeps them: the few lines of their YAML that are compared.

/// A thread of a result.
#[derive(Debug, Default)]
pub(super) struct Thread {
    pub(super) is_requesting: bool,
    /// The innermost first.
    pub(super) frames: Vec<Frame>,
}

/// A frame of a result; empty where there is nothing.
#[derive(Debug, Default)]
pub(super) struct Frame {
    pub(super) instruction_addr: String,
    pub(super) package: String,
    pub(super) function: String,
    pub(super) filename: String,
    pub(super) lineno: String,
    pub(super) trust: String,
    pub(super) module: String,
    pub(super) abs_path: String,
    pub(super) colno: String,
    pub(super) addr_mode: String,
    pub(super) function_id: String,
    pub(super) context_line: String,
}

/// The threads of a snapshot, in order.
pub(super) fn threads(snapshot: &str) -> Vec<Thread> {
    threads_of(snapshot, "stacktraces:")
}

/// The threads below a heading: `raw_stacktraces:` is what was asked.
pub(super) fn threads_of(snapshot: &str, heading: &str) -> Vec<Thread> {
    let mut threads: Vec<Thread> = Vec::new();
    let stacks = snapshot.lines().skip_while(|line| *line != heading).skip(1);
    for line in stacks.take_while(|line| line.starts_with(' ')) {
        if line.starts_with("  - ") {
            threads.push(Thread::default());
        } else if line.starts_with("      - ")
            && let Some(thread) = threads.last_mut()
        {
            thread.frames.push(Frame::default());
        }
        let Some((key, value)) = line.trim_start().trim_start_matches("- ").split_once(':') else { continue };
        let value = plain(value.trim());
        let Some(thread) = threads.last_mut() else { continue };
        if line.starts_with("    is_requesting") {
            thread.is_requesting = value == "true";
        }
        let is_of_frame = line.starts_with("       ") || line.starts_with("      - ");
        let Some(frame) = thread.frames.last_mut().filter(|_| is_of_frame) else { continue };
        match key {
            "instruction_addr" => frame.instruction_addr = value,
            "package" => frame.package = value,
            "function" => frame.function = value,
            "filename" => frame.filename = value,
            "lineno" => frame.lineno = value,
            "trust" => frame.trust = value,
            "module" => frame.module = value,
            "abs_path" => frame.abs_path = value,
            "colno" => frame.colno = value,
            "addr_mode" => frame.addr_mode = value,
            "function_id" => frame.function_id = value,
            "context_line" => frame.context_line = value,
            _ => {}
        }
    }
    threads
}

/// Texts in quotes are escaped as in JSON.
fn plain(value: &str) -> String {
    serde_json::from_str::<String>(value).unwrap_or_else(|_| value.to_owned())
}
