//! What a frame is called in every build: without line numbers, addresses, and the counters and wrappers that
//! compilers add.

mod apple;
mod dotnet;
mod jvm;
mod native;
mod script;

use mayday_event::model::Frame;

/// A frame's stable name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    /// Where it is defined (module, class or file; empty if not known or not stable) and its name.
    Function { scope: String, function: String },
    /// Code that no one wrote: a bridge, thunk or accessor.
    Synthetic(String),
    /// An address, or a name that means nothing.
    Unnamed,
}

impl Named {
    fn function(scope: impl Into<String>, function: impl Into<String>) -> Self {
        Self::Function { scope: scope.into(), function: function.into() }
    }

    pub(crate) fn is_named(&self) -> bool {
        matches!(self, Self::Function { .. })
    }

    /// As shown, and as hashed: `scope:function`, or whichever of both there is.
    pub(crate) fn value(&self) -> String {
        match self {
            Self::Function { scope, function } if scope.is_empty() => function.clone(),
            Self::Function { scope, function } if function.is_empty() => scope.clone(),
            Self::Function { scope, function } => format!("{scope}:{function}"),
            Self::Synthetic(name) => name.clone(),
            Self::Unnamed => "?".to_owned(),
        }
    }
}

/// Names a frame of an event of this platform.
pub(crate) fn of(frame: &Frame, platform: &str) -> Named {
    let function = frame.function.as_deref().unwrap_or_default().trim();
    let module = frame.module.as_deref().unwrap_or_default();
    match platform {
        "java" | "android" | "kotlin" => jvm::name(module, function),
        "csharp" | "dotnet" => dotnet::name(module, function),
        "cocoa" | "objc" | "swift" => apple::name(function),
        "native" | "c" | "cpp" | "rust" => native::name(function),
        _ => script::name(frame, function),
    }
}

/// `text` without what stands between balanced brackets, and the brackets.
fn without_brackets(text: &str, open: char, close: char) -> String {
    let mut depth = 0_usize;
    let mut kept = String::with_capacity(text.len());
    for character in text.chars() {
        if character == open {
            depth += 1;
        } else if character == close && depth > 0 {
            depth -= 1;
        } else if depth == 0 {
            kept.push(character);
        }
    }
    kept
}

/// `text` up to the first of these.
fn before<'t>(text: &'t str, marks: &[&str]) -> &'t str {
    marks.iter().fold(text, |text, mark| text.split_once(mark).map_or(text, |(before, _)| before))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Hexadecimal digits, as an address has them.
fn is_address(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests;
