//! `matchers -> fingerprint title="…"`: events that a rule fits get its fingerprint; the first rule that fits counts.

use mayday_event::{Event, model::Frame};

use super::{
    SyntaxError,
    matcher::{About, Field, FrameFacts, Matcher},
    parse,
    scan::Scanner,
    template::Template,
};

/// Most values of one fingerprint.
const VALUES: usize = 20;

/// The rules in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct FingerprintRules(Vec<FingerprintRule>);

/// One rule.
#[derive(Debug, Clone)]
pub(crate) struct FingerprintRule {
    /// Where it is written, from 1.
    pub(crate) line: usize,
    matchers: Vec<Matcher>,
    pub(crate) fingerprint: Vec<Template>,
    pub(crate) title: Option<Template>,
}

/// A frame and what grouping made of it.
pub(crate) struct Seen<'f> {
    pub(crate) frame: &'f Frame,
    pub(crate) platform: &'f str,
    pub(crate) app: bool,
}

impl FingerprintRules {
    pub(super) fn parse(text: &str) -> Result<Self, SyntaxError> {
        parse(text, rule).map(Self)
    }

    /// The first rule that fits an event; `frames` are those of all its exceptions, or of its main stack.
    pub(crate) fn first<'f>(
        &self,
        event: &Event,
        frames: impl Fn() -> Vec<Seen<'f>>,
    ) -> Option<&FingerprintRule> {
        if self.0.is_empty() {
            return None;
        }
        let frames = frames();
        let facts: Vec<FrameFacts<'_>> =
            frames.iter().map(|seen| FrameFacts::new(seen.frame, seen.platform, seen.app, None)).collect();
        self.0.iter().find(|rule| rule.fits(event, &facts))
    }
}

impl FingerprintRule {
    fn fits(&self, event: &Event, frames: &[FrameFacts<'_>]) -> bool {
        let about = |about: About| self.matchers.iter().filter(move |matcher| matcher.field.about() == about);
        let is_asked = |kind: About| about(kind).next().is_some();
        let entry = event.logentry.iter();
        let of_entry = entry.flat_map(|entry| [&entry.formatted, &entry.message]).flatten();
        let of_exceptions = event.exception.iter().filter_map(|exception| exception.value.as_ref());
        let mut messages = of_entry.chain(of_exceptions);
        about(About::Event).all(|matcher| matcher.fits_event(event))
            && (!is_asked(About::Exception)
                || event.exception.iter().any(|one| about(About::Exception).all(|m| m.fits_exception(one))))
            && (!is_asked(About::Message)
                || messages.any(|one| about(About::Message).all(|m| m.fits_message(one))))
            && (!is_asked(About::Frame)
                || frames.iter().any(|one| about(About::Frame).all(|m| m.fits_frame(one))))
    }
}

fn rule(line: usize, scanner: &mut Scanner<'_>) -> Result<FingerprintRule, SyntaxError> {
    let matchers = Matcher::all(scanner, &|field| !matches!(field, Field::Category | Field::Mechanism))?;
    if matchers.is_empty() {
        return scanner.refuse("a rule begins with a matcher such as error.type:TimeoutError");
    }
    if !scanner.skip("->") {
        return scanner.refuse("-> and a fingerprint have to follow the matchers");
    }
    let (mut fingerprint, mut title) = (Vec::new(), None);
    while !scanner.rest().is_empty() {
        let place = scanner.rest();
        if scanner.skip("title=") {
            if !scanner.rest().starts_with('"') {
                return scanner.refuse("the title has to be in quotes");
            }
            let text = scanner.text(&[])?;
            title = Some(Template::parse(&text).map_err(|problem| scanner.error_at(place, problem))?);
        } else {
            let text = scanner.text(&[','])?;
            let value = Template::parse(&text).map_err(|problem| scanner.error_at(place, problem))?;
            if text.is_empty() || value.mixes_default() {
                let problem = match text.is_empty() {
                    true => "a fingerprint's value is missing here",
                    false => "{{ default }} has to stand alone between commas",
                };
                return Err(scanner.error_at(place, problem));
            }
            fingerprint.push(value);
        }
        scanner.skip(",");
        if fingerprint.len() > VALUES {
            return scanner.refuse(format!("a fingerprint has at most {VALUES} values"));
        }
    }
    match fingerprint.is_empty() {
        true => scanner.refuse("a fingerprint has to follow the ->"),
        false => Ok(FingerprintRule { line, matchers, fingerprint, title }),
    }
}
