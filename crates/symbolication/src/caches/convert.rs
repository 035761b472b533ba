//! From a foreign file to one that symbolication reads.
//!
//! Whoever calls sees to it that a hostile file costs only so much memory and time: the libraries that read them give
//! no such promise, so a server converts in a process of its own.

use std::{
    io::{self, Write},
    str,
};

use proguard::{ProguardCache, ProguardMapping};
use symbolic::{
    cfi::CfiCache,
    common::DebugId,
    debuginfo::{Archive, FileFormat, Object, macho::BcSymbolMap, sourcebundle::SourceBundle},
    il2cpp::LineMapping,
    ppdb::{PortablePdb, PortablePdbCacheConverter},
    sourcemapcache::SourceMapCacheWriter,
    symcache::SymCacheConverter,
};

use crate::ArtifactKind;

/// Objects of an archive that are looked at: a fat binary has one for each processor.
const OBJECTS: usize = 64;

/// What a conversion reads.
#[derive(Debug, Clone, Copy, Default)]
pub struct Inputs<'a> {
    /// The debug file, mapping or source map.
    pub file: &'a [u8],
    /// Which object is wanted of a debug file; `None` takes the only one.
    pub debug_id: Option<DebugId>,
    /// The names that Apple's bitcode compiler hid, for a symcache.
    pub bcsymbolmap: Option<&'a [u8]>,
    /// Which line of C# a line of generated C++ is of, for a symcache.
    pub il2cpp: Option<&'a [u8]>,
    /// The minified file that a source map is of; Hermes needs none.
    pub minified: Option<&'a [u8]>,
}

/// Why there is no converted file.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// The file cannot be read.
    #[error("{0}")]
    Malformed(String),
    /// It is of another build.
    #[error("{0}")]
    Mismatch(String),
    /// It has nothing of this kind.
    #[error("{0}")]
    Nothing(String),
    /// The converted file cannot be written.
    #[error("converted file cannot be written: {0}")]
    Write(#[from] io::Error),
}

impl ConvertError {
    fn malformed(error: &dyn std::error::Error) -> Self {
        let causes = std::iter::successors(error.source(), |&error| error.source());
        Self::Malformed(causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}")))
    }
}

/// Writes what symbolication reads of the inputs.
pub fn convert(kind: ArtifactKind, inputs: &Inputs<'_>, output: &mut dyn Write) -> Result<(), ConvertError> {
    match kind {
        ArtifactKind::SymCache => symcache(inputs, output),
        ArtifactKind::Cfi => {
            let object = object(inputs)?;
            if !object.has_unwind_info() {
                return Err(ConvertError::Nothing("file has no unwind information".to_owned()));
            }
            let cfi = CfiCache::from_object(&object).map_err(|error| ConvertError::malformed(&error))?;
            Ok(output.write_all(cfi.as_slice())?)
        }
        ArtifactKind::PortablePdb => portable_pdb(inputs, output),
        ArtifactKind::Proguard => proguard(inputs, output),
        ArtifactKind::SourceMap => source_map(inputs, output),
        ArtifactKind::DartMap => {
            let names: Vec<String> = serde_json::from_slice(inputs.file)
                .map_err(|error| ConvertError::Malformed(format!("no list of names: {error}")))?;
            Ok(serde_json::to_writer(output, &names).map_err(io::Error::from)?)
        }
        ArtifactKind::Sources => {
            SourceBundle::parse(inputs.file).map_err(|error| ConvertError::malformed(&error))?;
            Ok(output.write_all(inputs.file)?)
        }
    }
}

fn symcache(inputs: &Inputs<'_>, output: &mut dyn Write) -> Result<(), ConvertError> {
    let object = object(inputs)?;
    if !object.has_symbols() && !object.has_debug_info() {
        return Err(ConvertError::Nothing("file has neither symbols nor debug information".to_owned()));
    }
    let mut converter = SymCacheConverter::new();
    if let Some(map) = inputs.bcsymbolmap {
        converter.add_transformer(BcSymbolMap::parse(map).map_err(|error| ConvertError::malformed(&error))?);
    }
    if let Some(lines) = inputs.il2cpp {
        let malformed = || ConvertError::Malformed("not a line mapping of il2cpp".to_owned());
        converter.add_transformer(LineMapping::parse(lines).ok_or_else(malformed)?);
    }
    converter.process_object(&object).map_err(|error| ConvertError::malformed(&error))?;
    // The converter asks for a sized writer.
    let mut output = output;
    Ok(converter.serialize(&mut output)?)
}

/// The wanted object of a debug file.
fn object<'a>(inputs: &Inputs<'a>) -> Result<Object<'a>, ConvertError> {
    if Archive::peek(inputs.file) == FileFormat::Unknown {
        let start = inputs.file.get(..8.min(inputs.file.len())).unwrap_or_default();
        let text = format!("not a debug file that mayday reads: it begins with \"{}\"", start.escape_ascii());
        return Err(ConvertError::Malformed(text));
    }
    let archive = Archive::parse(inputs.file).map_err(|error| ConvertError::malformed(&error))?;
    let (mut found, mut broken) = (Vec::new(), None);
    for object in archive.objects().take(OBJECTS) {
        match (object, inputs.debug_id) {
            (Ok(object), Some(wanted)) if object.debug_id() != wanted => found.push(object.debug_id()),
            (Ok(object), _) => return Ok(object),
            (Err(error), _) => broken = Some(ConvertError::malformed(&error)),
        }
    }
    let others: Vec<String> = found.iter().map(ToString::to_string).collect();
    Err(match broken {
        Some(error) => error,
        None if others.is_empty() => ConvertError::Malformed("file holds no object".to_owned()),
        None => ConvertError::Mismatch(format!("file is of debug id {}", others.join(", "))),
    })
}

fn portable_pdb(inputs: &Inputs<'_>, output: &mut dyn Write) -> Result<(), ConvertError> {
    let pdb = PortablePdb::parse(inputs.file).map_err(|error| ConvertError::malformed(&error))?;
    let mut converter = PortablePdbCacheConverter::new();
    converter.process_portable_pdb(&pdb).map_err(|error| ConvertError::malformed(&error))?;
    let mut output = output;
    Ok(converter.serialize(&mut output)?)
}

fn proguard(inputs: &Inputs<'_>, output: &mut dyn Write) -> Result<(), ConvertError> {
    let mapping = ProguardMapping::new(inputs.file);
    if !mapping.is_valid() {
        return Err(ConvertError::Malformed(
            "not a ProGuard or R8 mapping: no class in its first lines".to_owned(),
        ));
    }
    let mut output = output;
    Ok(ProguardCache::write(&mapping, &mut output)?)
}

fn source_map(inputs: &Inputs<'_>, output: &mut dyn Write) -> Result<(), ConvertError> {
    let text =
        |bytes| str::from_utf8(bytes).map_err(|error| ConvertError::Malformed(format!("not UTF-8: {error}")));
    let minified = inputs.minified.map(text).transpose()?.unwrap_or_default();
    let writer = SourceMapCacheWriter::new(minified, text(inputs.file)?);
    let writer = writer.map_err(|error| ConvertError::malformed(&error))?;
    let mut output = output;
    Ok(writer.serialize(&mut output)?)
}
