//! The binaries that were loaded, and the symbols that there are for them.

use std::{collections::BTreeMap, sync::Arc};

use mayday_event::model::{DebugImage, ImageFeatures, Symbolication};
use symbolic::{
    common::{ByteView, DebugId},
    symcache::SymCache,
};
use uuid::Uuid;

use super::place::number;
use crate::{
    Absent, ArtifactKind, Artifacts, CacheFile, ImageId, Status, Wanted,
    convert::guarded,
    elsewhere::Elsewhere,
    outcome::{outcome, unresolved},
};

/// Types of images that symcaches are made for.
const TYPES: [&str; 8] = ["elf", "macho", "pe", "apple", "symbolic", "wasm", "coff", "pdb"];

/// Of a file with a symbol table only: often with no more than what other binaries may call.
const STRIPPED: &str =
    "it has no debug information: take the file from before stripping, or the debug file made of it";

/// A loaded binary.
#[derive(Debug)]
pub(super) struct Image<'a> {
    pub(super) start: Option<u64>,
    /// `None`: up to the next.
    end: Option<u64>,
    loaded: &'a DebugImage,
}

/// The native binaries of an event. A report lists hundreds, and its frames lie in a few: what is said of a binary is read
/// when it is asked for.
#[derive(Debug)]
pub(super) struct Images<'a> {
    /// By their place in the event; `None` for those that are not native.
    images: Vec<Option<Image<'a>>>,
    /// Start and place, by start.
    by_start: Vec<(u64, usize)>,
}

impl<'a> Images<'a> {
    pub(super) fn of(images: &'a [DebugImage]) -> Self {
        let native = |image: &'a DebugImage| TYPES.contains(&image.ty.as_str()).then(|| Image::of(image));
        let images: Vec<Option<Image<'a>>> = images.iter().map(native).collect();
        let starts = (0..).zip(&images).filter_map(|(index, image)| Some((image.as_ref()?.start?, index)));
        let mut by_start: Vec<_> = starts.collect();
        by_start.sort_unstable();
        Self { images, by_start }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.images.iter().all(Option::is_none)
    }

    pub(super) fn get(&self, index: usize) -> Option<&Image<'a>> {
        self.images.get(index)?.as_ref()
    }

    /// The image at an absolute address, and the address counted from its start.
    pub(super) fn at(&self, address: u64) -> Option<(usize, u64)> {
        let after = self.by_start.partition_point(|(start, _)| *start <= address);
        let (start, index) = *self.by_start.get(after.checked_sub(1)?)?;
        let end = self.get(index)?.end;
        end.is_none_or(|end| address < end).then_some((index, address - start))
    }
}

impl<'a> Image<'a> {
    fn of(loaded: &'a DebugImage) -> Self {
        let start = loaded.image_addr.as_deref().and_then(number);
        let size = loaded.image_size.filter(|size| *size > 0);
        Self { start, end: start.zip(size).map(|(start, size)| start.saturating_add(size)), loaded }
    }

    pub(super) fn file(&self) -> Option<&'a str> {
        self.loaded.code_file.as_deref().or(self.loaded.debug_file.as_deref())
    }
}

impl From<&DebugImage> for ImageId {
    fn from(image: &DebugImage) -> Self {
        let code_id = image.code_id.as_deref().map(str::to_ascii_lowercase).filter(|id| !id.is_empty());
        let debug_id =
            image.debug_id.as_deref().and_then(|id| id.parse().ok()).filter(|id: &DebugId| !id.is_nil());
        Self {
            debug_id: debug_id.or_else(|| debug_id_of(&image.ty, code_id.as_deref()?)),
            code_id,
            debug_file: image.debug_file.as_deref().and_then(Self::file),
            code_file: image.code_file.as_deref().and_then(Self::file),
        }
    }
}

/// What the debug id is where only the code id was sent: the first 16 bytes of an ELF build id as a GUID, a Mach-O UUID.
fn debug_id_of(ty: &str, code_id: &str) -> Option<DebugId> {
    let mut first = [0; 16];
    let digits = code_id.as_bytes().chunks_exact(2).map(|pair| std::str::from_utf8(pair).ok());
    for (to, pair) in first.iter_mut().zip(digits) {
        *to = u8::from_str_radix(pair?, 16).ok()?;
    }
    let uuid = match ty {
        "elf" => Uuid::from_bytes_le(first),
        "macho" | "apple" if code_id.len() == 32 => Uuid::from_bytes(first),
        _ => return None,
    };
    Some(DebugId::from_uuid(uuid)).filter(|id| !id.is_nil())
}

/// The symbols of an image.
#[derive(Debug)]
pub(super) struct Found {
    /// The image's.
    pub(super) id: ImageId,
    bytes: ByteView<'static>,
    pub(super) source: Arc<str>,
    features: ImageFeatures,
    elsewhere: Option<Elsewhere>,
}

impl Found {
    /// What was checked when it was found.
    pub(super) fn cache(&self) -> Option<SymCache<'_>> {
        SymCache::parse(&self.bytes).ok()
    }

    /// Why they do not say all, where that is known.
    pub(super) fn lack(&self) -> Option<&'static str> {
        let stripped = (!self.features.has_debug_info).then_some(STRIPPED);
        self.elsewhere.map(Elsewhere::reason).or(stripped)
    }

    /// The same of a frame: where a part of the file is whole, a line shows that the frame is in it.
    pub(super) fn lack_of_frame(&self, line: Option<u32>) -> Option<&'static str> {
        let is_whole = |elsewhere: &Elsewhere| elsewhere.is_in_part() && line.is_some();
        self.elsewhere.filter(|elsewhere| !is_whole(elsewhere)).map(Elsewhere::reason)
    }

    fn symbolication(&self) -> Symbolication {
        outcome(Status::Found, self.lack(), Some(&self.source))
    }
}

/// The symbols of the images that frames lie in.
#[derive(Debug)]
pub(super) struct Symbols(BTreeMap<usize, Result<Found, Absent>>);

/// What is written down about an image.
pub(super) struct Outcome {
    pub(super) symbolication: Symbolication,
    pub(super) features: Option<ImageFeatures>,
}

impl Symbols {
    pub(super) fn find(
        needed: impl Iterator<Item = usize>,
        images: &Images<'_>,
        artifacts: &dyn Artifacts,
    ) -> Self {
        let mut symbols = BTreeMap::new();
        for index in needed {
            if let Some(image) = images.get(index) {
                symbols.entry(index).or_insert_with(|| find(image.loaded.into(), artifacts));
            }
        }
        Self(symbols)
    }

    pub(super) fn get(&self, image: usize) -> Result<&Found, Absent> {
        match self.0.get(&image) {
            Some(Ok(found)) => Ok(found),
            Some(Err(absent)) => Err(absent.clone()),
            None => Err(absent(Status::Missing, "not looked for")),
        }
    }

    pub(super) fn outcomes(self) -> impl Iterator<Item = (usize, Outcome)> {
        self.0.into_iter().map(|(index, found)| {
            let said = match found {
                Ok(found) => Outcome { symbolication: found.symbolication(), features: Some(found.features) },
                Err(absent) => Outcome { symbolication: unresolved(&absent), features: None },
            };
            (index, said)
        })
    }
}

fn find(id: ImageId, artifacts: &dyn Artifacts) -> Result<Found, Absent> {
    if id.debug_id.is_none() && id.code_id.is_none() {
        return Err(absent(Status::Missing, "the report gives no build id of the binary"));
    }
    let file = artifacts.find(&Wanted::Image(ArtifactKind::SymCache, id.clone()))?;
    let features = guarded(|| Ok(features(&file, &id)));
    let features = features.unwrap_or_else(|error| Err(malformed(&file, &error)))?;
    let elsewhere = Elsewhere::marked(&file.bytes);
    Ok(Found { id, bytes: file.bytes, source: file.source, features, elsewhere })
}

/// What a symcache has, if it is the image's.
fn features(file: &CacheFile, id: &ImageId) -> Result<ImageFeatures, Absent> {
    let cache = SymCache::parse(&file.bytes).map_err(|error| malformed(file, &error))?;
    if let Some(wanted) = id.debug_id
        && !cache.debug_id().is_nil()
        && cache.debug_id().uuid() != wanted.uuid()
    {
        let reason = format!("{} has the file of another build: {}", file.source, cache.debug_id());
        return Err(absent(Status::Mismatch, &reason));
    }
    // One whose parts do not fit together shows it here, not in the middle of an event.
    cache.lookup(0).next();
    Ok(ImageFeatures {
        has_symbols: cache.functions().next().is_some(),
        has_debug_info: cache.files().next().is_some(),
        ..ImageFeatures::default()
    })
}

fn malformed(file: &CacheFile, error: &dyn std::error::Error) -> Absent {
    absent(Status::Malformed, &format!("symcache of {}: {error}", file.source))
}

fn absent(status: Status, reason: &str) -> Absent {
    Absent { status, reason: reason.into() }
}
