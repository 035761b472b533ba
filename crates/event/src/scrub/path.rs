//! Where in an event a text stands.

use std::fmt;

/// The way from the event to a value. Costs nothing until it is written out.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// The list of a payload in `{"values": […]}` is a plain list in the model; no selector need name it.
pub(super) const VALUES: &str = "values";

impl<'a> Path<'a> {
    pub(super) fn of(field: &'a str) -> Self {
        Self { parent: None, step: Step::Key(field) }
    }

    pub(super) fn key<'b>(&'b self, key: &'b str) -> Path<'b> {
        Path { parent: Some(self), step: Step::Key(key) }
    }

    pub(super) fn index(&self, index: usize) -> Path<'_> {
        Path { parent: Some(self), step: Step::Index(index) }
    }

    /// The nearest key: of the value itself, or of the list it is in.
    pub(super) fn name(&self) -> &'a str {
        let mut path = *self;
        loop {
            match (path.step, path.parent) {
                (Step::Key(key), _) => return key,
                (Step::Index(_), Some(parent)) => path = *parent,
                (Step::Index(_), None) => return "",
            }
        }
    }

    /// From the event on, but not the `values` of lists; at most `most`.
    pub(super) fn steps<const MOST: usize>(&self) -> ([Step<'a>; MOST], usize) {
        let mut steps = [Step::Index(0); MOST];
        let mut count = 0;
        let mut next = Some(self);
        while let Some(path) = next {
            let is_list =
                matches!(path.step, Step::Key(VALUES)) && path.parent.is_some_and(|it| it.parent.is_none());
            if let Some(free) = steps.get_mut(count).filter(|_| !is_list) {
                *free = path.step;
                count += 1;
            }
            next = path.parent;
        }
        if let Some(taken) = steps.get_mut(..count) {
            taken.reverse();
        }
        (steps, count)
    }

    /// The same for values that differ only in their indices.
    pub(super) fn kin(&self) -> u64 {
        const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0100_0000_01b3;
        let above = self.parent.map_or(OFFSET, Path::kin);
        let add = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        match self.step {
            Step::Key(key) => key.bytes().fold(add(above, b'.'), add),
            Step::Index(_) => add(above, b'*'),
        }
    }

    /// With `*` in place of indices.
    pub(super) fn of_kin(&self) -> impl fmt::Display {
        OfKin(self)
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, indices: bool) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.write(f, indices)?;
            f.write_str(".")?;
        }
        match self.step {
            Step::Key(key) => f.write_str(key),
            Step::Index(index) if indices => fmt::Display::fmt(&index, f),
            Step::Index(_) => f.write_str("*"),
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, true)
    }
}

struct OfKin<'p, 'a>(&'p Path<'a>);

impl fmt::Display for OfKin<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(f, false)
    }
}
