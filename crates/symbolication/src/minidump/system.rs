//! What it ran on.

use std::time::UNIX_EPOCH;

use mayday_event::{limits, model::Event, time::Timestamp};
use minidump::{
    MinidumpLinuxLsbRelease,
    system_info::{Cpu, Os},
};
use serde_json::{Map, Value, json};

use super::{Dump, modules::cut};

/// Puts the contexts `os`, `device` and `app` into an event; what the client said of them stays.
pub(super) fn put_contexts(event: &mut Event, dump: &Dump<'_>) {
    let mut os = Map::new();
    put(&mut os, "name", os_name(dump.system.os));
    let (version, build) = version(dump);
    put(&mut os, "version", &version);
    put(&mut os, "build", &build);
    add_distribution(&mut os, dump);
    let mut device = Map::new();
    put(&mut device, "arch", arch(dump.system.cpu));
    put(&mut device, "cpu_description", dump.system.cpu_info().as_deref().unwrap_or_default());
    let processors = dump.system.raw.number_of_processors;
    if processors > 0 {
        device.insert("processor_count".to_owned(), json!(processors));
    }
    let mut app = Map::new();
    let started = dump.misc.as_ref().and_then(|misc| misc.process_create_time());
    let started = started.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    if let Some(millis) = started.and_then(|time| i64::try_from(time.as_millis()).ok()) {
        put(&mut app, "app_start_time", &Timestamp(millis).to_string());
    }
    for (name, found) in [("os", os), ("device", device), ("app", app)] {
        merge(event, name, found);
    }
}

/// Adds to a context what it lacks.
pub(super) fn merge(event: &mut Event, name: &str, found: Map<String, Value>) {
    if found.is_empty() || (event.contexts.len() >= limits::CONTEXTS && !event.contexts.contains_key(name)) {
        return;
    }
    let context = event.contexts.entry(name.to_owned()).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(context) = context {
        for (key, value) in found {
            context.entry(key).or_insert(value);
        }
    }
}

fn put(context: &mut Map<String, Value>, name: &str, text: &str) {
    if !text.is_empty() {
        context.insert(name.to_owned(), cut(text, limits::NAME_BYTES).into());
    }
}

fn os_name(os: Os) -> &'static str {
    match os {
        Os::Windows => "Windows",
        Os::MacOs => "macOS",
        Os::Ios => "iOS",
        Os::Linux => "Linux",
        Os::Android => "Android",
        Os::Solaris => "Solaris",
        _ => "",
    }
}

/// Unix systems have all that `uname` says in the build: `Linux 4.9.60 #1 SMP Mon Nov 6 16:00:12 UTC 2017 x86_64`.
fn version(dump: &Dump<'_>) -> (String, String) {
    let (version, build) = dump.system.os_parts();
    let build = build.unwrap_or_default();
    match build.strip_prefix("Linux ").and_then(|uname| uname.split_once(' ')) {
        Some((version, build)) => {
            let (build, _) = build.rsplit_once(' ').unwrap_or((build, ""));
            (version.to_owned(), build.to_owned())
        }
        None => (version, build),
    }
}

/// From `/etc/lsb-release`: `DISTRIB_ID=Ubuntu`.
fn add_distribution(os: &mut Map<String, Value>, dump: &Dump<'_>) {
    let Ok(release) = dump.minidump.get_stream::<MinidumpLinuxLsbRelease<'_>>() else { return };
    for (key, value) in release.iter() {
        let name = match key.as_bytes() {
            b"DISTRIB_ID" | b"ID" => "distribution_name",
            b"DISTRIB_RELEASE" | b"VERSION_ID" => "distribution_version",
            b"DISTRIB_DESCRIPTION" | b"PRETTY_NAME" => "distribution_pretty_name",
            _ => continue,
        };
        put(os, name, &value.to_string_lossy());
    }
}

fn arch(cpu: Cpu) -> &'static str {
    match cpu {
        Cpu::X86 => "x86",
        Cpu::X86_64 => "x86_64",
        Cpu::Arm => "arm",
        Cpu::Arm64 => "arm64",
        Cpu::Mips => "mips",
        Cpu::Mips64 => "mips64",
        Cpu::Ppc => "ppc",
        Cpu::Ppc64 => "ppc64",
        Cpu::Sparc => "sparc",
        _ => "",
    }
}
