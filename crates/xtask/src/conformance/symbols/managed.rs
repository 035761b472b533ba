//! ProGuard and R8 mappings, source maps and portable PDBs: every frame of Symbolicator's results.
//!
//! Left out are its results that need no map (lines of scripts that are shown as they were shipped). Of lines of source only
//! that of the frame itself is compared.

use std::{fs, path::Path};

use anyhow::{Context, ensure};
use mayday_event::{Event, normalize::event_from_json};
use mayday_symbolication::{
    Absent, ArtifactKind, Artifacts, CacheFile, Status, Wanted,
    convert::{ConvertError, Inputs, artifact},
    js::{inlined_map, source_map_cache, with_sources},
    symbolicate_managed,
};
use serde_json::{Value, json};
use symbolic::common::ByteView;

use super::{
    super::labelled::arrival,
    Outcome,
    snapshot::{self, Frame},
};

const MAPPING_ID: &str = "246fb328-fc4e-406a-87ff-fc35f6149d8f";

/// Exceptions and frames, the outermost frame first: class, method, line, file. The first two are what Symbolicator's tests
/// ask; what they ask for the last two is not in the fixtures, and was read off the mapping and the result.
type Request = (&'static str, &'static str, &'static [(&'static str, &'static str, u32, &'static str)]);
const REQUESTS: [(&str, &str, Request); 4] = [
    ("remap_exception", "remap_exception", ("org.a.b", "g$a", &[])),
    (
        "resolving_inline",
        "resolving_inline",
        (
            "org.a.b",
            "g$a",
            &[("e.a.c.a", "onClick", 2, ""), ("io.sentry.sample.MainActivity", "t", 1, "MainActivity.java")],
        ),
    ),
    (
        "rewrite_frames",
        "rewrite_frames",
        (
            "java.lang",
            "NullPointerException",
            &[("c", "draw", 20, ""), ("b", "dispatch", 5, ""), ("a", "start", 10, "")],
        ),
    ),
    (
        "no_line_info",
        "no_line_info_mapping",
        (
            "java.lang",
            "RuntimeException",
            &[("yy.xv", "kc", 42, ""), ("yy.Fv", "kV", 123, ""), ("yy.zX", "VF", 0, "")],
        ),
    ),
];

/// Exceptions and frames of the JVM.
pub(super) fn proguard(fixtures: &Path) -> anyhow::Result<Vec<Outcome>> {
    let folder = fixtures.join("proguard");
    let check = |(name, snapshot, (module, ty, frames)): (&str, &str, Request)| {
        let expected = read(&folder.join(format!("integration__proguard__{snapshot}.snap")))?;
        let frames: Vec<Value> = frames
            .iter()
            .map(|(module, function, line, file)| {
                let file = (!file.is_empty()).then_some(file);
                json!({ "module": module, "function": function, "lineno": line, "filename": file, "abs_path": file })
            })
            .collect();
        let mut event = event_of(&json!({
            "platform": "java",
            "exception": { "values": [{ "type": ty, "module": module, "stacktrace": { "frames": frames } }] },
            "debug_meta": { "images": [{ "type": "proguard", "uuid": MAPPING_ID }] },
        }))?;
        let mapping = fs::read(folder.join(name).join("proguard.txt"))?;
        symbolicate_managed(&mut event, &One(mapping));
        let mut outcome = Outcome::new(format!("proguard/{name}"));
        let of = |key: &str| {
            let lines = expected.lines().skip_while(|line| *line != "exceptions:").take(3);
            let mut values = lines.filter_map(|line| line.trim_start_matches([' ', '-']).strip_prefix(key));
            values.next().map(|value| value.trim_start_matches(':').trim().to_owned()).unwrap_or_default()
        };
        let exception = event.exception.first().context("no exception")?;
        outcome.compare("type", &of("type"), &text(&exception.ty));
        outcome.compare("module", &of("module"), &text(&exception.module));
        outcome.compare_all("frame", &frames_in(&expected), &frames_of(&event));
        Ok(outcome)
    };
    REQUESTS.into_iter().map(check).collect()
}

/// Frames of scripts; what was asked is in the results.
pub(super) fn source_maps(fixtures: &Path) -> anyhow::Result<Vec<Outcome>> {
    const CASES: [(&str, &str); 5] = [
        ("01_sourcemap_expansion", "sourcemap_expansion"),
        ("02_sourcemap_source_expansion", "sourcemap_source_expansion"),
        ("03_sourcemap_embedded_source_expansion", "sourcemap_embedded_source_expansion"),
        ("05_inlined_sources", "inlined_sources"),
        ("09_webpack", "webpack"),
    ];
    let folder = fixtures.join("sourcemaps");
    let check = |(name, snapshot): (&str, &str)| {
        let expected = read(&folder.join(format!("integration__sourcemap__{snapshot}.snap")))?;
        let asked = snapshot::threads_of(&expected, "raw_stacktraces:");
        let frames = asked.first().context("nothing was asked")?.frames.iter().map(|frame| {
            let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            let number = |text: &str| text.parse::<u32>().ok();
            json!({ "function": text(&frame.function), "filename": text(&frame.filename),
                "abs_path": text(&frame.abs_path), "lineno": number(&frame.lineno), "colno": number(&frame.colno) })
        });
        let frames: Vec<Value> = frames.collect();
        let mut event = event_of(&json!({
            "platform": "javascript", "release": "release",
            "exception": { "values": [{ "type": "Error", "stacktrace": { "frames": frames } }] },
        }))?;
        symbolicate_managed(&mut event, &Scripts(&folder.join(name)));
        let mut outcome = Outcome::new(format!("sourcemaps/{name}"));
        outcome.compare_all("frame", &frames_in(&expected), &frames_of(&event));
        outcome.compare_all("line", &lines_in(&expected), &lines_of(&event));
        Ok(outcome)
    };
    CASES.into_iter().map(check).collect()
}

/// Frames of .NET; what was asked is in the results, the innermost frame first.
pub(super) fn dotnet(fixtures: &Path) -> anyhow::Result<Vec<Outcome>> {
    const CASES: [(&str, &str, &str); 2] = [
        ("integration", "0C1033F78632492E91C6C314B72E1920", "dotnet_integration"),
        ("portable-embedded", "B6919861510C48879994943F64F70C37", "dotnet_embedded_sources"),
    ];
    let folder = fixtures.join("dotnet");
    let check = |(name, id, snapshot): (&str, &str, &str)| {
        let expected = read(&folder.join(format!("integration__symbolication__{snapshot}.snap")))?;
        let threads = snapshot::threads(&expected);
        let asked = threads.first().context("no frames")?.frames.iter().rev().map(|frame| {
            json!({ "addr_mode": frame.addr_mode, "instruction_addr": frame.instruction_addr,
                "function_id": frame.function_id })
        });
        let asked: Vec<Value> = asked.collect();
        let mut event = event_of(&json!({
            "platform": "csharp",
            "exception": { "values": [{ "type": "E", "stacktrace": { "frames": asked } }] },
            "debug_meta": { "images": [{ "type": "pe_dotnet", "debug_file": format!("{name}.pdb"), "debug_id": id }] },
        }))?;
        let file = folder.join(format!("{name}.pdb/{id}ffffffff/{name}.pdb"));
        let file = fs::read(&file).with_context(|| file.display().to_string())?;
        symbolicate_managed(&mut event, &One(file));
        let (mut found, mut lines) = (frames_of(&event), lines_of(&event));
        found.reverse();
        lines.reverse();
        let mut outcome = Outcome::new(format!("dotnet/{name}.pdb"));
        outcome.compare_all("frame", &frames_in(&expected), &found);
        outcome.compare_all("line", &lines_in(&expected), &lines);
        Ok(outcome)
    };
    CASES.into_iter().map(check).collect()
}

/// One file for all that is asked.
struct One(Vec<u8>);

impl Artifacts for One {
    fn find(&self, wanted: &Wanted) -> Result<CacheFile, Absent> {
        let kind = match wanted {
            Wanted::Image(kind, _) => *kind,
            Wanted::Proguard(_) => ArtifactKind::Proguard,
            Wanted::SourceFile { .. } => ArtifactKind::SourceFile,
            Wanted::SourceMap { .. } => ArtifactKind::SourceMap,
        };
        let cache = artifact(kind, &Inputs { file: &self.0, ..Inputs::default() });
        let absent =
            |error: ConvertError| Absent { status: Status::Missing, reason: error.to_string().into() };
        cache.map(file_of).map_err(absent)
    }
}

/// Scripts in a folder, each with its map beside or within it, and the sources beside the map.
struct Scripts<'a>(&'a Path);

impl Artifacts for Scripts<'_> {
    fn find(&self, wanted: &Wanted) -> Result<CacheFile, Absent> {
        let absent = |status, reason: String| Absent { status, reason: reason.into() };
        let Wanted::SourceMap { url, .. } = wanted else {
            return Err(absent(Status::Missing, "no script".to_owned()));
        };
        let name = url.rsplit('/').next().unwrap_or(url);
        let read = |name: String| {
            fs::read(self.0.join(name)).map_err(|error| absent(Status::Missing, error.to_string()))
        };
        let script = read(name.to_owned())?;
        let script = String::from_utf8_lossy(&script);
        let inlined = inlined_map(&script).map_err(|error| absent(Status::Malformed, error.to_string()))?;
        let map = inlined.map_or_else(|| read(format!("{name}.map")), Ok)?;
        let map = with_sources(&map, |name| fs::read_to_string(self.0.join(name)).ok());
        let cache = source_map_cache(&script, &map);
        cache.map(file_of).map_err(|error| absent(Status::Malformed, error.to_string()))
    }
}

fn file_of(bytes: Vec<u8>) -> CacheFile {
    CacheFile::new(ByteView::from_vec(bytes), "fixtures")
}

fn event_of(payload: &Value) -> anyhow::Result<Event> {
    Ok(event_from_json(payload.to_string().as_bytes(), &arrival())?)
}

fn read(path: &Path) -> anyhow::Result<String> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    ensure!(text.contains("stacktraces:"), "{} is no result", path.display());
    Ok(text)
}

/// The frames of a result.
fn frames_in(snapshot: &str) -> Vec<String> {
    let threads = snapshot::threads(snapshot);
    threads.first().map(|thread| thread.frames.iter().map(expected).collect()).unwrap_or_default()
}

fn expected(frame: &Frame) -> String {
    let Frame { module, function, filename, abs_path, lineno, colno, .. } = frame;
    line([module, function, filename, abs_path, lineno, colno])
}

/// The lines of source of a result's frames.
fn lines_in(snapshot: &str) -> Vec<String> {
    let threads = snapshot::threads(snapshot);
    let frames = threads.first().map(|thread| thread.frames.as_slice()).unwrap_or_default();
    frames.iter().map(|frame| frame.context_line.clone()).collect()
}

/// The lines of source of an event's frames.
fn lines_of(event: &Event) -> Vec<String> {
    let stacks = event.exception.iter().filter_map(|exception| exception.stacktrace.as_ref());
    stacks.flat_map(|stack| &stack.frames).map(|frame| text(&frame.context_line)).collect()
}

/// The frames of an event.
fn frames_of(event: &Event) -> Vec<String> {
    let stacks = event.exception.iter().filter_map(|exception| exception.stacktrace.as_ref());
    let frames = stacks.flat_map(|stack| &stack.frames).map(|frame| {
        let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
        line([
            &text(&frame.module),
            &text(&frame.function),
            &text(&frame.filename),
            &text(&frame.abs_path),
            &number(frame.lineno),
            &number(frame.colno),
        ])
    });
    frames.collect()
}

fn line([module, function, file, path, lineno, colno]: [&str; 6]) -> String {
    // A line 0 is none.
    let lineno = if lineno == "0" { "" } else { lineno };
    format!("{module} {function} {file} {path}:{lineno}:{colno}")
}

fn text(text: &Option<String>) -> String {
    text.clone().unwrap_or_default()
}
