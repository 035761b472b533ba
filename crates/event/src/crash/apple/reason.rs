//! What an Apple crash report says about why.

use serde_json::json;

use crate::crash::found::Found;

/// Every part may be empty.
#[derive(Debug, Default)]
pub(super) struct Reason {
    /// `EXC_BAD_ACCESS`, or `SIGSEGV` in reports of others.
    pub(super) ty: String,
    /// `SIGSEGV`
    pub(super) signal: String,
    /// `KERN_INVALID_ADDRESS at 0x0000000000000000`
    pub(super) subtype: String,
    /// Name and reason of an uncaught exception.
    pub(super) raised: Option<(String, String)>,
    /// What the app or a library left for the report: `Fatal error: …`.
    pub(super) message: String,
    /// Who ended the process and why: `Namespace SPRINGBOARD, Code 0x8badf00d`.
    pub(super) termination: String,
}

impl Reason {
    pub(super) fn tell(self, found: &mut Found) {
        let Self { ty, signal, subtype, raised, message, termination } = self;
        for (name, value, known) in [("signal", &signal, "SIG"), ("mach_exception", &ty, "EXC_")] {
            if value.starts_with(known) {
                found.meta.insert(name.to_owned(), json!({ "name": value }));
            }
        }
        let raised = raised.or_else(|| uncaught(&message));
        let message = message.trim_start_matches("abort() called").trim().to_owned();
        // What was accessed says more than what the runtime says that it did.
        let is_access = ["EXC_BAD_ACCESS", "SIGSEGV", "SIGBUS"].contains(&ty.as_str());
        let (value, description) = match (raised.is_some(), is_access && !subtype.is_empty()) {
            (true, _) => (String::new(), termination),
            (false, true) => (subtype, first([message, termination])),
            (false, false) => (first([message, subtype, termination.clone(), signal]), termination),
        };
        found.ty = ty;
        found.value = value;
        found.description = description;
        if let Some(raised) = raised {
            (found.ty, found.value) = raised;
        }
    }
}

/// The first that says anything.
fn first<const N: usize>(texts: [String; N]) -> String {
    texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
}

/// What the runtime leaves of an uncaught exception: `*** Terminating app due to uncaught exception 'NSRangeException',
/// reason: '…'`.
pub(super) fn uncaught(message: &str) -> Option<(String, String)> {
    let (_, rest) = message.split_once("due to uncaught exception ")?;
    let (name, rest) = rest.trim_start_matches(['\'', '"', '<']).split_once(['\'', '"', '>', ':', ','])?;
    let reason = rest.split_once("reason: ").map_or(rest, |(_, reason)| reason);
    let reason = reason.split("\n*** First throw call stack").next().unwrap_or_default();
    let reason = reason.split("\nterminating with uncaught exception").next().unwrap_or_default().trim();
    let reason = reason.strip_prefix(['\'', '"']).unwrap_or(reason);
    let reason = reason.strip_suffix(['\'', '"']).unwrap_or(reason);
    (!name.is_empty()).then(|| (name.to_owned(), reason.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_uncaught_exception_says_its_name_and_reason() {
        let told = |message| uncaught(message).map(|(name, reason)| format!("{name}: {reason}"));
        let message = "*** Terminating app due to uncaught exception 'NSRangeException', reason: '*** -[__NSArray0 \
                       objectAtIndex:]: index 0 beyond bounds'\nterminating with uncaught exception of type NSException";
        assert_eq!(
            told(message).as_deref(),
            Some("NSRangeException: *** -[__NSArray0 objectAtIndex:]: index 0 beyond bounds")
        );
        let message = "Terminating app due to uncaught exception 'Oops', reason: 'it's late'";
        assert_eq!(told(message).as_deref(), Some("Oops: it's late"));
        assert_eq!(told("abort() called"), None);
    }

    #[test]
    fn what_says_most_is_the_value() {
        let told = |reason: Reason| {
            let mut found = Found::default();
            reason.tell(&mut found);
            format!("{}: {} ({})", found.ty, found.value, found.description)
        };
        let text = str::to_owned;
        let access = Reason {
            ty: text("EXC_BAD_ACCESS"),
            subtype: text("KERN_INVALID_ADDRESS at 0x8"),
            message: text("objc_msgSend() selector name: foo"),
            ..Reason::default()
        };
        assert_eq!(
            told(access),
            "EXC_BAD_ACCESS: KERN_INVALID_ADDRESS at 0x8 (objc_msgSend() selector name: foo)"
        );
        let watchdog = Reason {
            ty: text("EXC_CRASH"),
            signal: text("SIGKILL"),
            termination: text("Namespace SPRINGBOARD, Code 0x8badf00d"),
            ..Reason::default()
        };
        assert_eq!(
            told(watchdog),
            "EXC_CRASH: Namespace SPRINGBOARD, Code 0x8badf00d (Namespace SPRINGBOARD, Code 0x8badf00d)"
        );
        let aborted = Reason { ty: text("EXC_CRASH"), signal: text("SIGABRT"), ..Reason::default() };
        assert_eq!(told(aborted), "EXC_CRASH: SIGABRT ()");
    }
}
