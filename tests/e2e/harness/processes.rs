//! The operating system's view: who is whose child, and signals.

use std::{collections::BTreeMap, fs};

use rustix::process::{Pid, Signal, kill_process};

/// A process, told apart from a later one with the same id by its start time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    pub(crate) command: String,
    started: String,
}

impl Process {
    /// Whether it still runs (a zombie does not).
    pub(crate) fn lives(&self) -> bool {
        stat(self.pid).is_some_and(|stat| stat.started == self.started && stat.state != "Z")
    }

    /// Sends a signal; a process that is gone does not mind.
    pub(crate) fn signal(&self, signal: Signal) {
        if self.lives() {
            send(self.pid, signal);
        }
    }
}

/// Sends a signal to a process that may be gone.
pub(crate) fn send(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).expect("a process id"), signal).ok();
}

/// Children, their children and so on, nearest first.
pub(crate) fn descendants(root: i32) -> Vec<Process> {
    let mut children: BTreeMap<i32, Vec<Process>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").expect("/proc").flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let Some(stat) = stat(pid) else { continue };
        let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        children.entry(stat.parent).or_default().push(Process { pid, command, started: stat.started });
    }
    let mut found = Vec::new();
    let mut parents = vec![root];
    while let Some(parent) = parents.pop() {
        let own = children.remove(&parent).unwrap_or_default();
        parents.extend(own.iter().map(|process| process.pid));
        found.extend(own);
    }
    found
}

struct Stat {
    state: String,
    parent: i32,
    started: String,
}

/// Reads `/proc/PID/stat`; the command's name, which may hold anything, ends at the last parenthesis.
fn stat(pid: i32) -> Option<Stat> {
    let line = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
    Some(Stat {
        state: (*fields.first()?).to_owned(),
        parent: fields.get(1)?.parse().ok()?,
        started: (*fields.get(19)?).to_owned(),
    })
}
