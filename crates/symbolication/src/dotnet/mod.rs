//! .NET: a method's token and an IL offset to a file and line, by portable PDBs.

use std::collections::BTreeMap;

use mayday_event::{
    file_name,
    model::{Event, Frame},
};
use symbolic::ppdb::PortablePdbCache;

use crate::{
    Absent, ArtifactKind, Artifacts, CacheFile, ImageId, Status, Wanted,
    outcome::{found, outcome, unresolved},
    source_files::SourceFiles,
    stacks,
};

/// The image type of .NET assemblies.
const TYPE: &str = "pe_dotnet";
/// A metadata token is a table's number and a row; methods are in the table `MethodDef`.
const METHOD_TABLE: u32 = 0x06;

/// Gives the .NET frames of an event their files, lines and source, as far as `artifacts` has the portable PDBs. Such frames
/// name their image by its place (`rel:2`), and their method by its token; the others stay as they are.
pub fn symbolicate_dotnet(event: &mut Event, artifacts: &dyn Artifacts) {
    let files = find(event, artifacts);
    if files.is_empty() {
        return;
    }
    let pdbs: BTreeMap<usize, Pdb<'_>> =
        files.iter().map(|(image, file)| (*image, Pdb::open(file))).collect();
    let mut sources = SourceFiles::new(artifacts);
    for stack in stacks::of_mut(event) {
        let before = stack.frames.clone();
        for frame in &mut stack.frames {
            let Some(place) = Place::of(frame) else { continue };
            match pdbs.get(&place.image).map(|pdb| (pdb, &pdb.cache)) {
                Some((pdb, Ok(cache))) => {
                    resolve(frame, place, cache, pdb.source);
                    sources.add_context(frame, place.image, pdb.id);
                }
                Some((_, Err(absent))) => frame.symbolication = Some(unresolved(absent)),
                None => {}
            }
        }
        stacks::keep_raw(stack, before);
    }
    for (image, pdb) in &pdbs {
        if let Some(image) = event.debug_images.get_mut(*image) {
            image.symbolication = Some(match &pdb.cache {
                Ok(_) => found(pdb.source),
                Err(absent) => unresolved(absent),
            });
        }
    }
}

/// The files of the images that frames lie in, by the image's place in the event.
type Files = BTreeMap<usize, (ImageId, Result<CacheFile, Absent>)>;

fn find(event: &Event, artifacts: &dyn Artifacts) -> Files {
    let mut files = Files::new();
    for place in stacks::of(event).flat_map(|stack| &stack.frames).filter_map(Place::of) {
        if let Some(image) = event.debug_images.get(place.image).filter(|image| image.ty == TYPE) {
            files.entry(place.image).or_insert_with(|| {
                let id = ImageId::from(image);
                let file = artifacts.find(&Wanted::Image(ArtifactKind::PortablePdb, id.clone()));
                (id, file)
            });
        }
    }
    files
}

/// An assembly's portable PDB, open.
struct Pdb<'a> {
    id: &'a ImageId,
    /// Empty where there is none.
    source: &'a str,
    cache: Result<PortablePdbCache<'a>, Absent>,
}

impl<'a> Pdb<'a> {
    fn open((id, file): &'a (ImageId, Result<CacheFile, Absent>)) -> Self {
        let file = match file {
            Ok(file) => file,
            Err(absent) => return Self { id, source: "", cache: Err(absent.clone()) },
        };
        let cache = PortablePdbCache::parse(&file.bytes).map_err(|error| {
            let reason = format!("portable PDB cache of {}: {error}", file.source);
            Absent { status: Status::Malformed, reason: reason.into() }
        });
        Self { id, source: &file.source, cache }
    }
}

/// Where a frame is in an assembly.
#[derive(Debug, Clone, Copy)]
struct Place {
    image: usize,
    /// Row in the table of methods, from 1.
    method: u32,
    il_offset: u32,
}

impl Place {
    fn of(frame: &Frame) -> Option<Self> {
        let token = number(frame.function_id.as_deref()?)?;
        // SDKs send the token, or only its row.
        if !matches!(token >> 24, 0 | METHOD_TABLE) {
            return None;
        }
        Some(Self {
            image: frame.addr_mode.as_deref()?.strip_prefix("rel:")?.parse().ok()?,
            method: token & 0x00ff_ffff,
            il_offset: number(frame.instruction_addr.as_deref()?)?,
        })
    }
}

fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

fn resolve(frame: &mut Frame, place: Place, cache: &PortablePdbCache<'_>, source: &str) {
    let Some(line) = cache.lookup(place.method, place.il_offset) else {
        const REASON: &str = "the portable PDB has no line at this IL offset";
        frame.symbolication = Some(outcome(Status::Missing, Some(REASON), Some(source)));
        return;
    };
    frame.filename = Some(file_name(line.file_name).to_owned());
    frame.abs_path = Some(line.file_name.to_owned());
    frame.lineno = Some(line.line);
    frame.lang = Some(line.file_lang.name().to_owned());
    frame.symbolication = Some(found(source));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{restore, testing_events::event_of};

    struct Nothing;

    impl Artifacts for Nothing {
        fn find(&self, wanted: &Wanted) -> Result<CacheFile, Absent> {
            let Wanted::Image(ArtifactKind::PortablePdb, id) = wanted else { panic!("{wanted:?}") };
            assert_eq!(id.debug_file.as_deref(), Some("shop.pdb"));
            Err(Absent { status: Status::Missing, reason: "not uploaded".into() })
        }
    }

    #[test]
    fn a_frame_of_an_assembly_says_that_its_pdb_is_missing() {
        let frame = json!({ "function": "Pay", "addr_mode": "rel:0", "instruction_addr": "0x2f", "function_id": "0x06000005" });
        let mut event = event_of(&json!({
            "platform": "csharp",
            "exception": { "values": [{ "type": "E", "stacktrace": { "frames": [
                frame, { "function": "Main", "addr_mode": "rel:7", "instruction_addr": "0x1", "function_id": "0x1" },
            ] } }] },
            "debug_meta": { "images": [{ "type": "pe_dotnet", "debug_file": "C:\\build\\shop.pdb",
                "debug_id": "b6919861-510c-4887-9994-943f64f70c37-870b9ef9" }] },
        }));
        let before = event.clone();
        symbolicate_dotnet(&mut event, &Nothing);
        let frames = &event.exception[0].stacktrace.as_ref().unwrap().frames;
        assert_eq!(frames[0].symbolication, event.debug_images[0].symbolication);
        assert_eq!(frames[0].symbolication.as_ref().unwrap().reason.as_deref(), Some("not uploaded"));
        assert_eq!(frames[1].symbolication, None, "its image is not there");
        restore(&mut event);
        assert_eq!(event, before);
    }
}
