//! A symbol source, tried: whether it answers, and whether it has the files of a binary.

use mayday_catalog::projects::Project;
use mayday_event::model::DebugImage;
use mayday_fetch::{FetchError, Probe, Probed};
use mayday_store::queries::missing_symbols::MissingSymbol;
use mayday_symbolication::{
    ImageId,
    sources::{FileType, SourceSettings},
};
use serde::Deserialize;

use super::period::Period;
use crate::{Query, QueryError};

/// Files that events lack among which one is looked for that the source may have.
const MISSING: usize = 200;
/// Longest text of a binary's description, bytes.
const TEXT_BYTES: usize = 1000;
/// The id of no binary: asked for where no event lacks any, to see whether the source answers.
const EXAMPLE: &str = "11111111-1111-1111-1111-111111111111";

/// A binary as whoever asks describes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Binary {
    pub(crate) debug_id: Option<String>,
    /// The build id of an ELF file; timestamp and size of a PE file.
    pub(crate) code_id: Option<String>,
    /// Path or name of the file with debug information.
    pub(crate) debug_file: Option<String>,
    /// Path or name of the file that was loaded.
    pub(crate) code_file: Option<String>,
}

/// Why this binary's files were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// They were named.
    Given,
    /// Events lack them.
    Missing,
    /// Nothing is known that the source may have.
    Example,
}

/// What came of it.
#[derive(Debug, Clone)]
pub(crate) struct Trial {
    pub(crate) image: ImageId,
    pub(crate) reason: Reason,
    pub(crate) probe: Probe,
}

/// What it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Found,
    /// It answers, and does not have it.
    NotFound,
    /// It wants to know who asks.
    Denied,
    /// It does not answer, or not as it should.
    Failed,
    /// The operator does not allow to ask it.
    Refused,
    /// It keeps no file of this binary, as far as its settings say.
    NothingToAsk,
}

/// Asks a source for the files of the binary that is given; else of one that events lack.
pub(crate) async fn run(
    query: &Query,
    project: &Project,
    source: &SourceSettings,
    given: &Binary,
) -> Result<Trial, QueryError> {
    let given = given.image()?;
    let missing = missing(query, project).await;
    let (image, reason) = match given {
        Some(image) => (completed(image, &missing), Reason::Given),
        None => {
            let has_places = |image: &ImageId| !source.places(&FileType::ALL, image).is_empty();
            match missing.into_iter().find(has_places) {
                Some(image) => (image, Reason::Missing),
                None => (example(), Reason::Example),
            }
        }
    };
    let probe = query.fetcher.probe(source, &image, &query.clock).await;
    Ok(Trial { image, reason, probe })
}

impl Binary {
    /// `None`: nothing is said.
    fn image(&self) -> Result<Option<ImageId>, QueryError> {
        let Self { debug_id, code_id, debug_file, code_file } = self;
        let texts = [debug_id, code_id, debug_file, code_file];
        if texts.iter().all(|text| text.is_none()) {
            return Ok(None);
        }
        if texts.into_iter().flatten().any(|text| text.len() > TEXT_BYTES) {
            return Err(QueryError::Invalid(format!("binary: a text is longer than {TEXT_BYTES} bytes")));
        }
        let image = ImageId::from(&DebugImage {
            debug_id: debug_id.clone(),
            code_id: code_id.clone(),
            debug_file: debug_file.clone(),
            code_file: code_file.clone(),
            ..DebugImage::default()
        });
        match debug_id {
            Some(text) if image.debug_id.is_none() => {
                Err(QueryError::Invalid(format!("binary: {text:?} is no debug id")))
            }
            _ => Ok(Some(image)),
        }
    }
}

/// The binaries whose files most events lack. Nothing if nobody can tell just now: sources can be tried without.
async fn missing(query: &Query, project: &Project) -> Vec<ImageId> {
    let window = Period::Month.window(query.clock.now());
    match query.store.missing_symbols(project.id, window, MISSING).await {
        Ok(missing) => missing.iter().filter_map(image_of).collect(),
        Err(error) => {
            tracing::debug!(%error, "what events lack is not known to who tries a symbol source");
            Vec::new()
        }
    }
}

fn image_of(missing: &MissingSymbol) -> Option<ImageId> {
    if !matches!(missing.kind.as_str(), "native" | "portable_pdb") {
        return None;
    }
    let debug_id = Some(missing.symbol.clone()).filter(|id| !id.starts_with("code:"));
    let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    Some(ImageId::from(&DebugImage {
        debug_id,
        code_id: some(&missing.code_id),
        debug_file: some(&missing.file),
        code_file: some(&missing.file),
        ..DebugImage::default()
    }))
}

/// What is left out, as events have it of the same binary.
fn completed(image: ImageId, missing: &[ImageId]) -> ImageId {
    let is_same = |known: &&ImageId| image.debug_id.is_some() && known.debug_id == image.debug_id;
    let Some(known) = missing.iter().find(is_same).cloned() else { return image };
    ImageId {
        debug_id: image.debug_id,
        code_id: image.code_id.or(known.code_id),
        debug_file: image.debug_file.or(known.debug_file),
        code_file: image.code_file.or(known.code_file),
    }
}

fn example() -> ImageId {
    let name = Some("mayday-test".to_owned());
    ImageId {
        debug_id: EXAMPLE.parse().ok(),
        code_id: Some("1".repeat(40)),
        debug_file: name.clone(),
        code_file: name,
    }
}

impl Trial {
    /// The one that says most; that of a place where a file is before all.
    pub(crate) fn verdict(&self) -> Verdict {
        let places = || self.probe.places.iter();
        if places().any(|probed| probed.found.is_ok()) {
            return Verdict::Found;
        }
        places().filter_map(|probed| probed.found.err()).map(verdict).max().unwrap_or(Verdict::NothingToAsk)
    }

    /// The same as a sentence.
    pub(crate) fn message(&self) -> String {
        let decided = self.verdict();
        let is_decisive =
            |probed: &&Probed| probed.found.err().is_some_and(|error| verdict(error) == decided);
        let error = self.probe.places.iter().find(is_decisive).and_then(|probed| probed.found.err());
        let error = error.map(|error| error.to_string()).unwrap_or_default();
        match (decided, self.reason) {
            (Verdict::Found, _) => "It has files of this binary.".to_owned(),
            (Verdict::NotFound, Reason::Example) => {
                "It answers. Whether it has the right files shows once an event lacks some.".to_owned()
            }
            (Verdict::NotFound, _) => "It answers, and does not have the files of this binary.".to_owned(),
            (Verdict::Denied, _) => format!(
                "It {error}: it does not accept the user name, password or token, or hides what it does not have."
            ),
            (Verdict::Failed, _) => format!("It {error}."),
            (Verdict::Refused, _) => format!("It is not asked: {error}."),
            (Verdict::NothingToAsk, Reason::Example) => {
                "It is asked for nothing: no event lacks a file of the platforms and paths that it is for.".to_owned()
            }
            (Verdict::NothingToAsk, _) => {
                "It is asked for nothing: its layout names files otherwise (by code id or file name, which are not known \
                 here), or it is for other platforms or paths."
                    .to_owned()
            }
        }
    }
}

/// What one error means.
pub(crate) fn verdict(error: FetchError) -> Verdict {
    match error {
        FetchError::PrivateAddress | FetchError::ForbiddenDirectory | FetchError::NoAddress => {
            Verdict::Refused
        }
        FetchError::Answered(401 | 403) => Verdict::Denied,
        FetchError::Answered(404 | 410) | FetchError::NotThere => Verdict::NotFound,
        _ => Verdict::Failed,
    }
}

/// What a source said of one place.
pub(crate) fn said(probed: &Probed) -> String {
    match probed.found {
        Ok(_) => "has it".to_owned(),
        Err(error) => error.to_string(),
    }
}

impl Verdict {
    /// Stable: of the API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::NotFound => "not_found",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::NothingToAsk => "nothing_to_ask",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn trial(reason: Reason, found: &[Result<Option<u64>, FetchError>]) -> Trial {
        let probed = |found: &Result<Option<u64>, FetchError>| Probed {
            place: "a/b".into(),
            found: *found,
            took: Duration::ZERO,
        };
        let probe = Probe { places: found.iter().map(probed).collect(), took: Duration::ZERO };
        Trial { image: example(), reason, probe }
    }

    #[test]
    fn a_trial_says_plainly_what_came_of_it() {
        let (not_there, denied) = (Err(FetchError::Answered(404)), Err(FetchError::Answered(403)));
        for (reason, found, verdict, message) in [
            (Reason::Missing, vec![not_there, Ok(Some(9))], Verdict::Found, "It has files"),
            (Reason::Given, vec![not_there], Verdict::NotFound, "It answers, and does not"),
            (Reason::Example, vec![not_there], Verdict::NotFound, "It answers. Whether"),
            (Reason::Given, vec![not_there, denied], Verdict::Denied, "It answered 403: "),
            (Reason::Given, vec![Err(FetchError::Answered(500))], Verdict::Failed, "It answered 500."),
            (Reason::Given, vec![Err(FetchError::TimedOut)], Verdict::Failed, "It did not answer in time."),
            (
                Reason::Given,
                vec![Err(FetchError::PrivateAddress)],
                Verdict::Refused,
                "It is not asked: its address is private",
            ),
            (Reason::Given, vec![], Verdict::NothingToAsk, "It is asked for nothing: its layout"),
        ] {
            let trial = trial(reason, &found);
            assert_eq!(trial.verdict(), verdict, "{found:?}");
            assert!(trial.message().starts_with(message), "{}", trial.message());
        }
    }

    #[test]
    fn what_events_know_of_a_binary_completes_what_is_given() {
        let given = Binary { debug_id: Some(EXAMPLE.into()), ..Binary::default() };
        let image = given.image().unwrap().unwrap();
        assert_eq!(completed(image, &[example()]), example());
        let wrong = Binary { debug_id: Some("x".into()), ..Binary::default() };
        assert!(wrong.image().unwrap_err().to_string().contains("no debug id"));
        assert_eq!(Binary::default().image().unwrap(), None);
    }
}
