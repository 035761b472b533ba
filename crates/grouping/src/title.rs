//! What people call an event: as Sentry titles it, by the exception that was raised last or the log message.

use mayday_event::{Event, model::Frame};

use crate::{Title, frames, names};

pub(crate) fn of(event: &Event) -> Title {
    let top = top_frame(event);
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    let mut title = Title {
        culprit: top.and_then(place).or_else(|| event.transaction.clone()).unwrap_or_default(),
        filename: text(top.and_then(|frame| frame.filename.as_ref())),
        function: text(top.and_then(|frame| frame.function.as_ref())),
        ..Title::default()
    };
    if let Some(raised) = event.exception.last() {
        title.error_type = text(raised.ty.as_ref());
        title.error_value = text(raised.value.as_ref());
        title.title = match (title.error_type.as_str(), first_line(&title.error_value)) {
            ("", "") => "<unknown error>".to_owned(),
            ("", value) => value.to_owned(),
            (ty, "") => ty.to_owned(),
            (ty, value) => format!("{ty}: {value}"),
        };
        return title;
    }
    let entry = event.logentry.as_ref();
    title.error_value = text(entry.and_then(|entry| entry.formatted.as_ref().or(entry.message.as_ref())));
    title.title = match first_line(&title.error_value) {
        "" if title.culprit.is_empty() => "<unlabeled event>".to_owned(),
        "" => title.culprit.clone(),
        line => line.to_owned(),
    };
    title
}

fn first_line(text: &str) -> &str {
    text.trim().lines().next().unwrap_or_default().trim_end()
}

/// The frame nearest to the crash that is the app's and has a name; else the nearest with a name.
fn top_frame(event: &Event) -> Option<&Frame> {
    let stack = &event.main_stacktrace()?.frames;
    let flagged = stack.iter().any(|frame| frame.in_app == Some(true));
    let mut nearest = None;
    for frame in stack.iter().rev() {
        let platform = frame.platform.as_deref().unwrap_or(&event.platform);
        let name = names::of(frame, platform);
        if name.is_named() {
            if frames::in_app(frame, &name, platform, flagged) {
                return Some(frame);
            }
            nearest = nearest.or(Some(frame));
        }
    }
    nearest
}

/// `com.example.CheckoutActivity in onPay`.
fn place(frame: &Frame) -> Option<String> {
    let scope = frame.module.as_ref().or(frame.filename.as_ref());
    match (scope, &frame.function) {
        (Some(scope), Some(function)) => Some(format!("{scope} in {function}")),
        (Some(only), None) | (None, Some(only)) => Some(only.clone()),
        (None, None) => None,
    }
}
