//! Copies of frames, for steps that give them other names and places.

use mayday_event::model::Frame;

/// A copy without what a step of symbolication says anew: names, file, line, the lines around it, what became of it. To copy
/// these too, only to overwrite them, takes longer than to find the new ones.
pub(crate) fn unnamed(frame: &Frame) -> Frame {
    // All fields are listed, so that one that is added must be thought of.
    Frame {
        function: None,
        raw_function: None,
        module: None,
        filename: None,
        abs_path: None,
        lineno: None,
        colno: None,
        context_line: None,
        pre_context: Vec::new(),
        post_context: Vec::new(),
        symbolication: None,
        package: frame.package.clone(),
        platform: frame.platform.clone(),
        in_app: frame.in_app,
        vars: frame.vars.clone(),
        instruction_addr: frame.instruction_addr.clone(),
        image_addr: frame.image_addr.clone(),
        symbol_addr: frame.symbol_addr.clone(),
        addr_mode: frame.addr_mode.clone(),
        function_id: frame.function_id.clone(),
        trust: frame.trust.clone(),
        lang: frame.lang.clone(),
        lock: frame.lock.clone(),
    }
}
