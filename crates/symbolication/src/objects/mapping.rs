//! Files that map names or lines and come from build tools: text, JSON and property lists.

use std::fmt;

use proguard::{ProguardMapping, ProguardRecord};
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use symbolic::{
    common::DebugId,
    debuginfo::macho::{BcSymbolMap, UuidMapping},
};
use uuid::Uuid;

use super::{ObjectInfo, Told, Unfit};

/// Largest mapping, bytes: what reads them holds them in memory.
const MAX_BYTES: usize = 512 << 20;
/// Largest property list that names a build, bytes.
const MAX_PLIST: usize = 64 << 10;
/// Lines of a mapping in which its first class must be.
const PROGUARD_LINES: usize = 10_000;
/// What il2cpp mappings call the build that they are of.
const IL2CPP_ID: &str = "__debug-id__";

/// A ProGuard or R8 mapping, whose id only its file name says.
pub(super) fn proguard(bytes: &[u8], id: Uuid) -> Result<ObjectInfo, Unfit> {
    check_size("proguard", bytes)?;
    let mapping = ProguardMapping::new(bytes);
    let is_class = |record| matches!(record, Ok(ProguardRecord::Class { .. }));
    match mapping.iter().take(PROGUARD_LINES).any(is_class) {
        true => Ok(info("proguard", DebugId::from_uuid(id))),
        false => Err(malformed("proguard", "no class is mapped in it")),
    }
}

/// Any other mapping.
pub(super) fn inspect(bytes: &[u8], told: &Told<'_>) -> Result<ObjectInfo, Unfit> {
    let start = bytes.trim_ascii_start();
    if BcSymbolMap::test(bytes) {
        check_size("bcsymbolmap", bytes)?;
        BcSymbolMap::parse(bytes).map_err(|error| malformed("bcsymbolmap", &error.to_string()))?;
        return told_info("bcsymbolmap", told);
    }
    if start.starts_with(b"<?xml") || start.starts_with(b"<plist") {
        return property_list(bytes, told);
    }
    match start.first() {
        Some(b'[') => dart(bytes, told),
        Some(b'{') => il2cpp(bytes, told),
        _ => Err(Unfit::UnknownKind),
    }
}

/// Says which build the symbols of a bitcode build are of.
fn property_list(bytes: &[u8], told: &Told<'_>) -> Result<ObjectInfo, Unfit> {
    if bytes.len() > MAX_PLIST {
        return Err(Unfit::UnknownKind);
    }
    let object = told_info("uuidmap", told)?;
    UuidMapping::parse_plist(object.debug_id, bytes)
        .map_err(|error| malformed("uuidmap", &error.to_string()))?;
    Ok(object)
}

/// Obfuscated names as Flutter writes them: a list of texts, each name behind what it was.
fn dart(bytes: &[u8], told: &Told<'_>) -> Result<ObjectInfo, Unfit> {
    check_size("dartsymbolmap", bytes)?;
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let names = json.deserialize_seq(Names).and_then(|names| json.end().map(|()| names));
    match names {
        Ok(names) if names % 2 == 0 => told_info("dartsymbolmap", told),
        Ok(_) => Err(malformed("dartsymbolmap", "a name without its obfuscated twin is in it")),
        Err(error) => Err(malformed("dartsymbolmap", &error.to_string())),
    }
}

/// Lines of generated C++ and the C# that they are of: `{"a.cpp": {"b.cs": {"17": 4}}}`.
fn il2cpp(bytes: &[u8], told: &Told<'_>) -> Result<ObjectInfo, Unfit> {
    check_size("il2cpp", bytes)?;
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let own = json.deserialize_map(Files).and_then(|own| json.end().map(|()| own));
    let own = own.map_err(|error| malformed("il2cpp", &error.to_string()))?;
    match (own, told.debug_id) {
        (Some(own), _) => Ok(info("il2cpp", own)),
        (None, _) => told_info("il2cpp", told),
    }
}

fn told_info(kind: &'static str, told: &Told<'_>) -> Result<ObjectInfo, Unfit> {
    let stem = super::file_name(told.name);
    let stem = stem.split('.').next().unwrap_or_default();
    let named = || matches!(kind, "bcsymbolmap" | "uuidmap").then(|| stem.parse().ok()).flatten();
    let advice = "give the one of the build that it belongs to";
    let debug_id = told.debug_id.or_else(named).filter(|id: &DebugId| !id.is_nil());
    debug_id.map(|id| info(kind, id)).ok_or(Unfit::NeedsDebugId { kind, advice })
}

fn info(kind: &'static str, debug_id: DebugId) -> ObjectInfo {
    let features = vec!["mapping"];
    ObjectInfo { kind, object_kind: "", debug_id, code_id: None, arch: "", features }
}

fn check_size(kind: &'static str, bytes: &[u8]) -> Result<(), Unfit> {
    match bytes.len() > MAX_BYTES {
        true => Err(malformed(kind, "it is larger than 512 MiB")),
        false => Ok(()),
    }
}

fn malformed(kind: &'static str, problem: &str) -> Unfit {
    Unfit::Malformed { kind, problem: problem.to_owned() }
}

/// Counts texts and keeps none.
struct Names;

impl<'de> Visitor<'de> for Names {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of names")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<usize, A::Error> {
        let mut count = 0;
        while names.next_element::<Text>()?.is_some() {
            count += 1;
        }
        Ok(count)
    }
}

/// A text that is not kept.
struct Text;

impl<'de> serde::Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E>(self, _: &str) -> Result<Text, E> {
                Ok(Text)
            }
        }
        deserializer.deserialize_str(Any)
    }
}

/// Finds the build's id among files, each of which must be an object of objects.
struct Files;

impl<'de> Visitor<'de> for Files {
    type Value = Option<DebugId>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("lines by file")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut files: A) -> Result<Option<DebugId>, A::Error> {
        let mut own = None;
        while let Some(file) = files.next_key::<String>()? {
            let Inner(first) = files.next_value()?;
            if file == IL2CPP_ID {
                own = first.and_then(|id| id.parse().ok());
            }
        }
        Ok(own)
    }
}

/// An object of objects; its first key is kept.
struct Inner(Option<String>);

impl<'de> serde::Deserialize<'de> for Inner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Objects;
        impl<'de> Visitor<'de> for Objects {
            type Value = Inner;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("lines by source file")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut objects: A) -> Result<Inner, A::Error> {
                let mut first = None;
                while let Some(key) = objects.next_key::<String>()? {
                    objects.next_value::<IgnoredAny>()?;
                    first.get_or_insert(key);
                }
                Ok(Inner(first))
            }
        }
        deserializer.deserialize_map(Objects)
    }
}
