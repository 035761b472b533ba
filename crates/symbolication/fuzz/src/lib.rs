//! What must hold for whatever bytes a crash file or a debug file consists of. Run by the fuzz targets, and by the crate's
//! tests on stable.

use bytes::Bytes;
use mayday_event::{
    Timestamp, limits,
    model::{Event, SymbolStatus},
    normalize::{Arrival, event_from_json},
};
use mayday_symbolication::{
    Absent, ArtifactKind, Artifacts, CacheFile, Wanted,
    convert::{SymbolMaps, cfi_cache, portable_pdb_cache, sym_cache},
    minidump::{UnwindTables, add_minidump},
    native::symbolicate_native,
    report::Report,
    restore,
};
use symbolic::{common::ByteView, symcache::SymCache};

/// The same file for whatever is wanted, if it is of this kind.
struct Always(ArtifactKind, Vec<u8>);

impl Artifacts for Always {
    fn find(&self, wanted: &Wanted) -> Result<CacheFile, Absent> {
        match wanted {
            Wanted::Image(kind, _) if *kind == self.0 => {
                Ok(CacheFile::new(ByteView::from_vec(self.1.clone()), "test"))
            }
            _ => Err(Absent { status: SymbolStatus::Missing, reason: "none".into() }),
        }
    }
}

fn nothing() -> Always {
    Always(ArtifactKind::Sources, Vec::new())
}

/// Conversion ends, and what it makes can be read and asked.
pub fn sym_cache_of(bytes: &[u8], maps: SymbolMaps<'_>) {
    match sym_cache(bytes, None, maps) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(cache) => {
            let cache = SymCache::parse(&cache).expect("a cache that was written");
            for address in [0, 1, 0x1000, u64::from(u32::MAX), u64::MAX] {
                assert!(cache.lookup(address).take(10_000).count() < 10_000, "calls inlined into each other");
            }
        }
    }
}

/// [`sym_cache_of`] a file without maps.
pub fn sym_cache_file(bytes: &[u8]) {
    sym_cache_of(bytes, SymbolMaps::default());
}

/// Conversion of unwind information ends.
pub fn cfi(bytes: &[u8]) {
    if let Err(error) = cfi_cache(bytes, None) {
        assert!(!error.to_string().is_empty());
    }
}

/// Conversion of a portable PDB ends.
pub fn portable_pdb(bytes: &[u8]) {
    if let Err(error) = portable_pdb_cache(bytes, None) {
        assert!(!error.to_string().is_empty());
    }
}

/// Maps of names and lines are read or refused.
pub fn maps(bytes: &[u8]) {
    const SYM: &[u8] = b"MODULE Linux x86_64 C0BCC3F19827FE653058404B2831D9E60 a\nFILE 0 a.c\nFUNC 10 10 0 main\n10 10 4 0\n";
    sym_cache_of(SYM, SymbolMaps { bitcode: Some(bytes), il2cpp: None });
    sym_cache_of(SYM, SymbolMaps { bitcode: None, il2cpp: Some(bytes) });
}

/// A dump is read or refused; what comes out is no more than an event may hold.
pub fn dump(bytes: &[u8]) {
    let mut event = event();
    if add_minidump(&mut event, bytes, &nothing(), &UnwindTables::new(1 << 20)).is_ok() {
        assert!(event.threads.len() <= limits::THREADS + 1);
        assert!(event.debug_images.len() <= limits::DEBUG_IMAGES);
        symbolicate_native(&mut event, &nothing());
        for stack in event.threads.iter().filter_map(|thread| thread.stacktrace.as_ref()) {
            assert!(stack.frames.len() <= limits::FRAMES);
        }
    }
}

/// A file is a crash or is refused; symbolicated twice it says the same.
pub fn file(bytes: &[u8]) {
    let Ok(reports) = Report::read(Bytes::copy_from_slice(bytes), Timestamp(1_795_492_921_500)) else {
        return;
    };
    assert!(!reports.is_empty());
    for mut report in reports {
        if report.symbolicate(&nothing(), &UnwindTables::new(1 << 20)).is_ok() {
            let once = report.event.clone();
            report.symbolicate(&nothing(), &UnwindTables::new(1 << 20)).expect("it could be done before");
            assert_eq!(report.event, once);
        }
    }
}

/// Caches on a disk may be damaged: lookups in them end, and undo and do again gives the same.
pub fn cached(bytes: &[u8]) {
    for kind in [ArtifactKind::SymCache, ArtifactKind::Cfi] {
        let artifacts = Always(kind, bytes.to_vec());
        let mut event = event();
        symbolicate_native(&mut event, &artifacts);
        let once = event.clone();
        restore(&mut event);
        symbolicate_native(&mut event, &artifacts);
        assert_eq!(event, once);
    }
}

/// With a few native frames.
fn event() -> Event {
    let payload = r#"{ "platform": "native",
        "exception": { "values": [{ "type": "SIGSEGV", "stacktrace": { "frames": [
            { "instruction_addr": "0x7fffffff" }, { "instruction_addr": "0x1010" }, { "instruction_addr": "0x1018" }] } }] },
        "debug_meta": { "images": [{ "type": "elf", "image_addr": "0x1000",
            "debug_id": "c0bcc3f1-9827-fe65-3058-404b2831d9e6" }] } }"#;
    let arrival = Arrival {
        event_id: "9ec79c33ec9942ab8353589fcb2e04dc".parse().expect("an id"),
        received: Timestamp(1_795_492_921_500),
        sent_at: None,
        remote_addr: None,
        client: None,
    };
    event_from_json(payload.as_bytes(), &arrival).expect("an event")
}
