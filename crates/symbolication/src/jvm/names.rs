//! Types of exceptions, and class names in what they say.

use std::{borrow::Cow, collections::BTreeMap};

use mayday_event::model::{Event, Exception};

use super::mapping::Mapping;

/// Classes looked up in one text.
const CLASSES: usize = 64;

/// Gives exceptions their original names. Returns what was thrown from each stack that an exception has, in their order, as
/// rules of R8 name it: `Ljava/lang/NullPointerException;`.
pub(super) fn name_exceptions(event: &mut Event, mappings: &[Mapping<'_>]) -> Vec<Option<String>> {
    for exception in &mut event.exception {
        name_exception(exception, mappings);
    }
    let with_stacks = event.exception.iter().filter(|exception| exception.stacktrace.is_some());
    with_stacks.map(|exception| class_of(exception).map(|class| descriptor(&class))).collect()
}

fn name_exception(exception: &mut Exception, mappings: &[Mapping<'_>]) {
    if let Some(original) = class_of(exception).and_then(|class| original(&class, mappings)) {
        let (module, ty) = match original.rsplit_once('.') {
            Some((module, ty)) => (Some(module.to_owned()), ty),
            None => (None, original),
        };
        // What stands here undoes it: never less than was sent.
        exception.raw_type = exception.ty.replace(ty.to_owned());
        if exception.module != module {
            exception.raw_module = std::mem::replace(&mut exception.module, module);
        }
    }
    if let Some(Cow::Owned(named)) = exception.value.as_deref().map(|value| named(value, mappings)) {
        exception.raw_value = exception.value.replace(named);
    }
}

fn class_of(exception: &Exception) -> Option<String> {
    let ty = exception.ty.as_deref()?;
    Some(exception.module.as_deref().map_or(ty.to_owned(), |module| format!("{module}.{ty}")))
}

fn descriptor(class: &str) -> String {
    format!("L{};", class.replace('.', "/"))
}

fn original<'a>(class: &str, mappings: &'a [Mapping<'a>]) -> Option<&'a str> {
    mappings.iter().find_map(|mapping| mapping.class(class)).filter(|original| *original != class)
}

/// `a.b.c cannot be cast to d.e`: only names with a package, since words of one letter are words.
fn named<'t>(text: &'t str, mappings: &[Mapping<'_>]) -> Cow<'t, str> {
    let mut known: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    let mut named = String::new();
    let mut is_changed = false;
    for piece in text.split_inclusive(|c: char| !is_of_name(c)) {
        let word = piece.trim_end_matches(|c: char| !is_of_name(c));
        // The full stop of a sentence.
        let class = word.trim_end_matches('.');
        let mut original_name = None;
        if class.contains('.') && (known.contains_key(class) || known.len() < CLASSES) {
            original_name = *known.entry(class).or_insert_with(|| original(class, mappings));
        }
        is_changed |= original_name.is_some();
        named.push_str(original_name.unwrap_or(class));
        named.push_str(piece.strip_prefix(class).unwrap_or_default());
    }
    if is_changed { Cow::Owned(named) } else { Cow::Borrowed(text) }
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '$')
}
