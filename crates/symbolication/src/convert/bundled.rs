//! Source maps in artifact bundles.

use std::borrow::Cow;

use symbolic::{
    common::DebugId,
    debuginfo::{
        ParseObjectOptions,
        sourcebundle::{SourceBundle, SourceFileDescriptor, SourceFileType},
    },
};

use super::ConvertError;
use crate::js::{source_url, with_sources};

/// Largest file of a bundle once decompressed, bytes: source maps of large apps have some ten million.
const FILE_BYTES: usize = 256 << 20;

/// Where in a bundle a source map and its minified file are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bundled {
    /// Both have this debug id, or the minified file, which holds its map itself.
    DebugId(DebugId),
    /// Each has its URL in the bundle's manifest.
    Urls {
        map: String,
        /// Not in every bundle.
        minified: Option<String>,
    },
    /// The minified file of this URL holds its map itself.
    Inlined(String),
}

/// A source map and its minified file, as far as they are there.
#[derive(Debug)]
pub(super) struct Unbundled {
    pub(super) map: Option<Vec<u8>>,
    /// Empty: none.
    pub(super) minified: String,
}

/// Takes both files out of a bundle, and into the map the sources that it lacks and the bundle has.
pub(super) fn unbundled(bundle: &[u8], place: &Bundled) -> Result<Unbundled, ConvertError> {
    let mut options = ParseObjectOptions::default();
    options.max_decompressed_embedded_source_size = Some(FILE_BYTES);
    let bundle = SourceBundle::parse_with_opts(bundle, options)
        .map_err(|error| ConvertError::malformed("not an artifact bundle", &error))?;
    let session =
        bundle.debug_session().map_err(|error| ConvertError::malformed("damaged artifact bundle", &error))?;
    let (map, minified) = match place {
        Bundled::DebugId(id) => (
            read(session.source_by_debug_id(*id, SourceFileType::SourceMap))?,
            read(session.source_by_debug_id(*id, SourceFileType::MinifiedSource))?,
        ),
        Bundled::Urls { map, minified } => {
            let minified = minified.as_ref().map(|url| read(session.source_by_url(url))).transpose()?;
            (read(session.source_by_url(map))?, minified.flatten())
        }
        Bundled::Inlined(url) => (None, read(session.source_by_url(url))?),
    };
    let map = map.map(|Content { url, text }| {
        let source = |name: &str| {
            let url = source_url(url.as_deref()?, name);
            // A source that cannot be read is none; the map serves without.
            Some(read(session.source_by_url(&url)).ok()??.text)
        };
        let filled = match with_sources(text.as_bytes(), source) {
            Cow::Owned(map) => Some(map),
            Cow::Borrowed(_) => None,
        };
        // Most maps lack nothing, and are too large to be copied for it.
        filled.unwrap_or_else(|| text.into_bytes())
    });
    Ok(Unbundled { map, minified: minified.map(|file| file.text).unwrap_or_default() })
}

/// A file of a bundle.
struct Content {
    url: Option<String>,
    text: String,
}

fn read<E: std::error::Error>(
    file: Result<Option<SourceFileDescriptor<'_>>, E>,
) -> Result<Option<Content>, ConvertError> {
    let file = file.map_err(|error| ConvertError::malformed("damaged artifact bundle", &error))?;
    Ok(file.and_then(|file| {
        let url = file.url().map(str::to_owned);
        Some(Content { url, text: file.into_contents()?.into_owned() })
    }))
}
