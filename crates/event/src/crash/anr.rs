//! ANR traces: what every thread of a stuck process was doing (`traces.txt`, `ApplicationExitInfo` of an ANR, a dropbox's
//! `data_app_anr`).

use super::{
    android, anr_culprit,
    found::{Found, Frame, Lock, Thread},
};
use crate::system_code;

/// Lines that are looked at.
const LINES: usize = 200_000;

pub(super) fn read(report: &[u8]) -> Result<Found, String> {
    let text = String::from_utf8_lossy(report);
    let found = Found { platform: "java", mechanism: "AppExitInfo", ..Found::default() };
    let mut reading = Reading { found, ..Reading::default() };
    for line in text.lines().take(LINES) {
        // Of several processes, the first is the one that does not respond.
        if line.starts_with("----- end ") && !reading.found.threads.is_empty() {
            break;
        }
        reading.line(line);
    }
    if !reading.is_trace {
        let problem = "it has neither a line `----- pid` nor a thread with a tid".to_owned();
        return Err(problem);
    }
    Ok(reading.finished())
}

#[derive(Debug, Default)]
struct Reading {
    found: Found,
    is_trace: bool,
    /// What the system says about why.
    subject: String,
    /// What the main thread waits for.
    waits_for: String,
    thread: Option<Thread>,
}

impl Reading {
    fn line(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix('"') {
            self.begin_thread(rest);
        } else if let Some(rest) = line.strip_prefix("  ").filter(|_| self.thread.is_some()) {
            self.in_thread(rest.trim());
        } else if line.is_empty() {
            self.end_thread();
        } else {
            self.head(line);
        }
    }

    fn head(&mut self, line: &str) {
        if let Some((_, at)) = line.strip_prefix("----- pid ").and_then(|rest| rest.split_once(" at ")) {
            self.is_trace = true;
            self.found.timestamp = android::time(at.trim_end_matches(['-', ' ']));
        } else if let Some(process) = line.strip_prefix("Cmd line:") {
            self.is_trace = true;
            android::process(process.trim(), &mut self.found);
        } else if let Some(process) = line.strip_prefix("Process:") {
            android::process(process.trim(), &mut self.found);
        } else if let Some(process) = line.strip_prefix("ANR in ") {
            android::process(process.split(' ').next().unwrap_or_default(), &mut self.found);
        } else if let Some(package) = line.strip_prefix("Package:") {
            self.package(package.trim());
        } else if let Some(subject) = line.strip_prefix("Subject:").or_else(|| line.strip_prefix("Reason:")) {
            subject.trim().clone_into(&mut self.subject);
        } else if let Some(fingerprint) = line.strip_prefix("Build fingerprint:") {
            android::fingerprint(fingerprint, &mut self.found);
        } else if let Some(arch) = line.strip_prefix("ABI:") {
            arch.trim().trim_matches('\'').clone_into(&mut self.found.device_arch);
        }
    }

    /// `com.example.shop v3210 (3.2.1)`
    fn package(&mut self, value: &str) {
        let app = &mut self.found.app;
        let mut words = value.split(' ');
        words.next().unwrap_or_default().clone_into(&mut app.id);
        for word in words {
            if let Some(build) = word.strip_prefix('v').filter(|build| build.parse::<u64>().is_ok()) {
                build.clone_into(&mut app.build);
            } else if let Some(version) = word.strip_prefix('(') {
                version.trim_end_matches(')').clone_into(&mut app.version);
            }
        }
    }

    /// `main" prio=5 tid=1 Blocked`
    fn begin_thread(&mut self, rest: &str) {
        self.end_thread();
        let Some((name, attributes)) = rest.rsplit_once('"') else { return };
        let words = || attributes.split_whitespace();
        let id = words().find_map(|word| word.strip_prefix("tid=")?.parse().ok());
        self.is_trace |= id.is_some();
        let state = words().filter(|word| !word.contains('=') && *word != "daemon");
        let is_main = name == "main" && !self.found.threads.iter().any(|thread| thread.is_main);
        self.thread = Some(Thread {
            id,
            name: name.to_owned(),
            state: state.collect::<Vec<_>>().join(" "),
            is_crashed: is_main,
            is_main,
            ..Thread::default()
        });
    }

    fn in_thread(&mut self, line: &str) {
        let Some(thread) = &mut self.thread else { return };
        if let Some(lock) = lock(line) {
            if thread.is_main && self.waits_for.is_empty() && lock.ty == BLOCKED {
                self.waits_for = match lock.thread_id {
                    Some(id) => format!("waits for a lock of {} held by thread {id}", lock.class),
                    None => format!("waits for a lock of {}", lock.class),
                };
            }
            // A frame may hold several; the one that it waits for says more.
            if let Some(frame) = thread.frames.last_mut()
                && frame.lock.as_ref().is_none_or(|known| known.ty < lock.ty)
            {
                frame.lock = Some(lock);
            }
        } else if let Some(native) = line.strip_prefix("native: ") {
            if let Some((mut frame, build_id)) = android::frame(native) {
                frame.is_native = true;
                frame.relative_to = Some(self.found.elf_image(&frame.package, build_id));
                thread.frames.push(frame);
            }
        } else {
            thread.frames.extend(frame(line));
        }
    }

    fn end_thread(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.found.add_thread(thread);
        }
    }

    fn finished(mut self) -> Found {
        self.end_thread();
        let mut found = self.found;
        found.os.name = "Android".to_owned();
        found.ty = "ApplicationNotResponding".to_owned();
        let waits = !self.waits_for.is_empty();
        found.value = match (self.subject.is_empty(), waits) {
            (false, _) => self.subject,
            (true, true) => format!("main thread {}", self.waits_for),
            (true, false) => "main thread does not respond".to_owned(),
        };
        found.description = anr_culprit::of(&found).unwrap_or(self.waits_for);
        found
    }
}

/// Another thread holds it.
const BLOCKED: u8 = 8;

/// `- waiting to lock <0x0d3a2f0a> (a java.lang.Object) held by thread 5`
fn lock(line: &str) -> Option<Lock> {
    const KINDS: [(&str, u8); 4] =
        [("- locked ", 1), ("- waiting on ", 2), ("- sleeping on ", 4), ("- waiting to lock ", BLOCKED)];
    let (ty, rest) = KINDS.iter().find_map(|(start, ty)| Some((*ty, line.strip_prefix(start)?)))?;
    let address = rest.strip_prefix('<').and_then(|rest| rest.split('>').next()).unwrap_or_default();
    let class = rest.split_once("(a ").and_then(|(_, rest)| rest.split(')').next());
    let thread_id = rest.rsplit_once("held by thread ").and_then(|(_, id)| id.trim().parse().ok());
    Some(Lock {
        ty,
        address: address.to_owned(),
        class: class.unwrap_or("an unknown object").to_owned(),
        thread_id,
    })
}

/// `at com.example.Main.run(Main.java:177)`
fn frame(line: &str) -> Option<Frame> {
    let (path, place) = line.strip_prefix("at ")?.rsplit_once('(')?;
    let (module, function) = path.rsplit_once('.')?;
    let place = place.trim_end_matches(')');
    let (file, number) = place.rsplit_once(':').unwrap_or((place, ""));
    let has_file =
        !file.eq_ignore_ascii_case("native method") && !file.eq_ignore_ascii_case("unknown source");
    Some(Frame {
        function: function.to_owned(),
        module: module.to_owned(),
        filename: if has_file { file.to_owned() } else { String::new() },
        lineno: number.parse().ok(),
        in_app: Some(!system_code::is_system_module(module)),
        ..Frame::default()
    })
}
