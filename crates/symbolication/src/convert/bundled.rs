//! Source maps in artifact bundles.

use symbolic::{
    common::DebugId,
    debuginfo::{
        ParseObjectOptions,
        sourcebundle::{SourceBundle, SourceBundleDebugSession, SourceFileDescriptor, SourceFileType},
    },
};

use super::ConvertError;

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
    pub(super) map: Option<String>,
    /// Empty: none.
    pub(super) minified: String,
}

/// Takes both files out of a bundle.
pub(super) fn unbundled(bundle: &[u8], place: &Bundled) -> Result<Unbundled, ConvertError> {
    let mut options = ParseObjectOptions::default();
    options.max_decompressed_embedded_source_size = Some(FILE_BYTES);
    let bundle = SourceBundle::parse_with_opts(bundle, options)
        .map_err(|error| ConvertError::malformed("not an artifact bundle", &error))?;
    let session =
        bundle.debug_session().map_err(|error| ConvertError::malformed("damaged artifact bundle", &error))?;
    let (map, minified) = match place {
        Bundled::DebugId(id) => (
            by_debug_id(&session, *id, SourceFileType::SourceMap)?,
            by_debug_id(&session, *id, SourceFileType::MinifiedSource)?,
        ),
        Bundled::Urls { map, minified } => {
            let minified = minified.as_ref().map(|url| by_url(&session, url)).transpose()?;
            (by_url(&session, map)?, minified.flatten())
        }
        Bundled::Inlined(url) => (None, by_url(&session, url)?),
    };
    Ok(Unbundled { map, minified: minified.unwrap_or_default() })
}

fn by_debug_id(
    session: &SourceBundleDebugSession<'_>,
    id: DebugId,
    ty: SourceFileType,
) -> Result<Option<String>, ConvertError> {
    content(session.source_by_debug_id(id, ty))
}

fn by_url(session: &SourceBundleDebugSession<'_>, url: &str) -> Result<Option<String>, ConvertError> {
    content(session.source_by_url(url))
}

fn content<E: std::error::Error>(
    file: Result<Option<SourceFileDescriptor<'_>>, E>,
) -> Result<Option<String>, ConvertError> {
    let file = file.map_err(|error| ConvertError::malformed("damaged artifact bundle", &error))?;
    Ok(file.and_then(SourceFileDescriptor::into_contents).map(std::borrow::Cow::into_owned))
}
