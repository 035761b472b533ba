//! What a map says of a place, whoever was called there.

use std::{borrow::Cow, sync::Arc};

use mayday_event::model::Frame;
use symbolic::sourcemapcache::{File, ScopeLookupResult, SourceLocation};

use super::{
    Place,
    function::{ANONYMOUS, UNKNOWN},
    maps::Opened,
    module::module_of,
    names::is_ignored_path,
    paths::{joined, unpacked},
};
use crate::{kept::Keepable, source_context::add_lines};

/// A place in the sources.
#[derive(Debug)]
pub(crate) struct Located {
    file: Option<Source>,
    /// What the code at the place calls what it calls.
    pub(super) name: Option<Box<str>>,
    /// The function that the place is in.
    scope: Option<Box<str>>,
    /// Line and column, and the lines of source around them.
    lines: Frame,
}

/// A source file.
#[derive(Debug)]
struct Source {
    filename: Box<str>,
    path: Box<str>,
    /// What the file is called by what stays the same from build to build.
    module: Option<Box<str>>,
    /// What bundled it says more of the module than the SDK did.
    is_bundled: bool,
    /// No part of the app.
    is_ignored: bool,
}

impl Located {
    pub(super) fn of(location: &SourceLocation<'_>, place: Place<'_>, map: &Opened<'_>) -> Self {
        let scope = match location.scope() {
            // What Dart makes of an asynchronous function; the name at the place is the one in the source.
            ScopeLookupResult::NamedScope(name) if name.starts_with("$async$") => {
                Some(location.name().unwrap_or(name))
            }
            ScopeLookupResult::NamedScope(name) => Some(name),
            ScopeLookupResult::AnonymousScope => Some(ANONYMOUS),
            ScopeLookupResult::Unknown => None,
        };
        let mut lines = Frame {
            lineno: location.line().checked_add(1),
            colno: location.column().checked_add(1),
            ..Frame::default()
        };
        if let Some(file) = location.file() {
            add_lines(&mut lines, |first| lines_from(file, first));
        }
        Self {
            file: location.file_name().map(|name| Source::of(name, place.url, map)),
            name: location.name().map(Into::into),
            scope: scope.map(Into::into),
            lines,
        }
    }

    /// The function that the place is in, as far as the map or the minified file says it.
    pub(super) fn scope<'a>(&'a self, minified: Option<&'a str>) -> &'a str {
        self.scope.as_deref().or(minified).unwrap_or(UNKNOWN)
    }

    /// Puts the place into a frame that has the SDK's module and says whether it is the app's. `bundle`: what the SDK sent.
    pub(super) fn place(&self, frame: &mut Frame, bundle: &Frame) {
        (frame.lineno, frame.colno) = (self.lines.lineno, self.lines.colno);
        frame.context_line.clone_from(&self.lines.context_line);
        frame.pre_context.clone_from(&self.lines.pre_context);
        frame.post_context.clone_from(&self.lines.post_context);
        let Some(file) = &self.file else {
            (frame.filename, frame.abs_path) = (bundle.filename.clone(), bundle.abs_path.clone());
            return;
        };
        if let Some(module) = file.module.as_deref().filter(|_| file.is_bundled || frame.module.is_none()) {
            frame.module = Some(module.to_owned());
        }
        if file.is_ignored {
            frame.in_app = Some(false);
        } else if frame.in_app == Some(false) {
            // It was said of the bundle: who knows of what is in it?
            frame.in_app = None;
        }
        (frame.filename, frame.abs_path) = (Some(file.filename.to_string()), Some(file.path.to_string()));
    }
}

impl Source {
    fn of(name: &str, url: &str, map: &Opened<'_>) -> Self {
        let base =
            map.head.reference.as_deref().map_or(Cow::Borrowed(url), |map| Cow::Owned(joined(url, map)));
        let path = joined(&base, name);
        let is_bundled = name.starts_with("webpack:");
        let filename = if is_bundled { unpacked(name) } else { Cow::Borrowed(name) };
        let has_scheme =
            || ["http:", "https:", "webpack:", "app:"].iter().any(|scheme| path.starts_with(scheme));
        let module = match is_bundled {
            true => Some(module_of(&filename)),
            false => has_scheme().then(|| module_of(&path)),
        };
        Self {
            is_ignored: map.head.ignored.contains(name) || is_ignored_path(&path, &filename),
            filename: filename.into(),
            path: path.into(),
            module: module.map(Into::into),
            is_bundled,
        }
    }
}

/// Lines of a source by the index that the cache has of them, without what ends them.
fn lines_from(file: File<'_>, first: usize) -> impl Iterator<Item = &str> {
    // The index has an empty line after the end of the last.
    let lines = (first..).map_while(move |number| file.line(number).filter(|line| !line.is_empty()));
    lines.map(|line| match line.strip_suffix('\n') {
        Some(line) => line.strip_suffix('\r').unwrap_or(line),
        None => line,
    })
}

impl Keepable for Arc<Located> {
    fn bytes(&self) -> usize {
        let length = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len());
        let file =
            self.file.as_ref().map_or(0, |file| file.filename.len() + file.path.len() + length(&file.module));
        let lines =
            self.lines.pre_context.iter().chain(&self.lines.post_context).chain(&self.lines.context_line);
        let lines: usize = lines.map(|line| size_of::<String>() + line.len()).sum();
        size_of::<Located>() + file + length(&self.name) + length(&self.scope) + lines
    }
}
