//! Java and Kotlin: `Throwable.printStackTrace`.
//!
//! ```text
//! com.shop.PriceException: no price
//!     at com.shop.Cart.add(Cart.java:12)
//!     Suppressed: java.io.IOException: closed
//!         at com.shop.Net.close(Net.java:3)
//!     Caused by: java.net.SocketException
//! Caused by: java.lang.IndexOutOfBoundsException
//!     at java.base/java.util.ArrayList.get(ArrayList.java:427)
//!     ... 1 more
//! ```
//!
//! A cause is as far in as the exception that it is of, a suppressed exception one step further.

use super::{Frame, Link, Raised, Section};
use crate::limits;

/// Suppressed exceptions and their causes that are read; the others are left out.
const SUPPRESSED: usize = 10;

/// `None` without a frame.
pub(super) fn parse(text: &str) -> Option<Vec<Raised>> {
    let raised = Thrown { is_main: true, ..Thrown::default() };
    let mut tree = Tree { all: vec![raised], open: vec![0], is_left_out: false };
    for line in text.lines() {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        if let Some(head) = trimmed.strip_prefix("Caused by: ")
            && let Some(of) = tree.caused(indent)
        {
            let is_main = !tree.is_suppressed(of);
            if is_main && tree.count(true) == limits::EXCEPTIONS {
                break;
            }
            tree.open(head, Thrown { indent, of: Some(of), is_main, ..Thrown::default() });
        } else if let Some(head) = trimmed.strip_prefix("Suppressed: ")
            && let Some(of) = tree.suppressing(indent)
        {
            tree.open(head, Thrown { indent, of: Some(of), is_direct: true, ..Thrown::default() });
        } else if !tree.is_left_out {
            tree.add(trimmed);
        }
    }
    tree.into_chain()
}

/// An exception and where it stands.
#[derive(Debug, Default)]
struct Thrown<'t> {
    section: Section<'t>,
    /// Bytes before its head.
    indent: usize,
    /// What it is the cause of, or was suppressed by.
    of: Option<usize>,
    /// Of the outermost exception and its causes.
    is_main: bool,
    /// It says of itself that it was suppressed.
    is_direct: bool,
}

/// The exceptions of a text, in its order.
struct Tree<'t> {
    all: Vec<Thrown<'t>>,
    /// The one that is being read, and those around it, the outermost first.
    open: Vec<usize>,
    /// What is being read is one too many.
    is_left_out: bool,
}

impl<'t> Tree<'t> {
    fn indent(&self, at: usize) -> usize {
        self.all.get(at).map_or(0, |thrown| thrown.indent)
    }

    fn is_suppressed(&self, at: usize) -> bool {
        self.all.get(at).is_some_and(|thrown| !thrown.is_main)
    }

    fn count(&self, is_main: bool) -> usize {
        self.all.iter().filter(|thrown| thrown.is_main == is_main).count()
    }

    /// What a cause at this indent is of, and is read in place of.
    fn caused(&mut self, indent: usize) -> Option<usize> {
        let at = self.open.iter().rposition(|at| self.indent(*at) == indent)?;
        self.open.drain(at..).next()
    }

    /// What an exception at this indent was suppressed by.
    fn suppressing(&mut self, indent: usize) -> Option<usize> {
        let at = self.open.iter().rposition(|at| self.indent(*at) < indent)?;
        self.open.truncate(at + 1);
        self.open.last().copied()
    }

    fn open(&mut self, head: &str, thrown: Thrown<'t>) {
        self.is_left_out = !thrown.is_main && self.count(false) == SUPPRESSED;
        if !self.is_left_out {
            self.open.push(self.all.len());
            let section = Section { head: head.to_owned(), ..Section::default() };
            self.all.push(Thrown { section, ..thrown });
        }
    }

    /// A line of the exception that was begun last.
    fn add(&mut self, line: &'t str) {
        let Some((thrown, before)) = self.all.split_last_mut() else { return };
        let section = &mut thrown.section;
        if let Some(call) = line.strip_prefix("at ") {
            section.frames.extend(frame(call));
        } else if let Some(common) = line.strip_prefix("... ").and_then(|line| line.strip_suffix(" more")) {
            // What it shares with the exception around it is left out.
            let common = common.parse().unwrap_or(0_usize);
            let around = thrown.of.and_then(|of| before.get(of)).map_or(&[][..], |of| &of.section.frames);
            if common <= limits::FRAMES.min(around.len()) {
                section.frames.extend(around.iter().skip(around.len() - common));
            }
        } else if section.frames.is_empty() && !line.is_empty() {
            let uncaught =
                line.strip_prefix("Exception in thread \"").and_then(|line| line.split_once("\" "));
            section.add_to_head(uncaught.map_or(line, |(_, line)| line));
        }
    }

    /// The exception that was raised last, its causes before it, and before them what was suppressed: then each says of
    /// which it is.
    fn into_chain(self) -> Option<Vec<Raised>> {
        if self.all.iter().all(|thrown| thrown.section.frames.is_empty()) {
            return None;
        }
        let places = 0..self.all.len();
        let (suppressed, main): (Vec<usize>, Vec<usize>) = places.partition(|at| self.is_suppressed(*at));
        let order: Vec<usize> = main.into_iter().chain(suppressed.iter().copied()).collect();
        let id = |at: usize| order.iter().position(|other| *other == at).map(|id| id as u64);
        let link = |at: usize| {
            let thrown = self.all.get(at)?;
            let of = thrown.of.and_then(id);
            let is_group = self.all.iter().any(|other| other.is_direct && other.of == Some(at));
            Some(Link { id: id(at)?, of, is_suppressed: thrown.is_direct, is_group })
        };
        let links: Vec<Option<Link>> = match suppressed.is_empty() {
            true => order.iter().map(|_| None).collect(),
            false => order.iter().map(|at| link(*at)).collect(),
        };
        let mut sections: Vec<Option<Section<'t>>> =
            self.all.into_iter().map(|thrown| Some(thrown.section)).collect();
        let mut raised = |(at, link): (usize, Option<Link>)| {
            let section = sections.get_mut(at)?.take()?;
            Some(Raised { link, ..section.into_raised(true) })
        };
        Some(order.iter().copied().zip(links).rev().filter_map(&mut raised).collect())
    }
}

/// `java.base/java.util.ArrayList.get(ArrayList.java:427)`.
fn frame(call: &str) -> Option<Frame<'_>> {
    let (call, place) = call.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    if call.contains(' ') {
        return None;
    }
    // The loader and module before it; a lambda's class has a slash of its own.
    let call = match call.rsplit_once('/') {
        Some((before, after)) if !before.contains("$$") => after,
        _ => call,
    };
    let (module, function) = call.rsplit_once('.')?;
    let (file, line) = match place.rsplit_once(':') {
        Some((file, line)) => (file, line.parse().ok()),
        None => (place, None),
    };
    let file = Some(file).filter(|file| !file.is_empty() && !file.contains(' '));
    Some(Frame { module: Some(module), function: Some(function), file, line, ..Frame::default() })
}
