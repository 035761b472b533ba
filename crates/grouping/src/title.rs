//! What people call an event: as Sentry titles it, by the exception that was raised last or the log message.

use mayday_event::{Event, model::Frame};

use crate::{Title, frames::Sight, rules::Rules};

/// Of an event whose [`top_frame`] this is.
pub(crate) fn of(event: &Event, top: Option<&Frame>) -> Title {
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
pub(crate) fn top_frame<'e>(event: &'e Event, rules: &Rules) -> Option<&'e Frame> {
    let stacktrace = event.main_stacktrace()?;
    let sight = Sight::of(stacktrace, event, rules);
    let frames = || stacktrace.frames.iter().zip(&sight.names).zip(&sight.app).rev();
    let named = || frames().filter(|((_, name), _)| name.is_named());
    let nearest = named().find(|(_, app)| **app).or_else(|| named().next());
    nearest.map(|((frame, _), _)| frame)
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
