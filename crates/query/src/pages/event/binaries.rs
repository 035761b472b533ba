//! The loaded binaries that frames lie in, and what became of their symbols.

use mayday_event::{
    Event,
    model::{DebugImage, SymbolStatus, Symbolication},
};

/// A binary to show.
#[derive(Debug, Clone)]
pub(crate) struct BinaryView {
    /// File name without folders.
    pub(crate) name: String,
    /// Debug id, else code id.
    pub(crate) id: String,
    pub(crate) arch: String,
    pub(crate) found: bool,
    /// `found in uploads`, `not uploaded`.
    pub(crate) symbols: String,
    /// As for symbols; empty where nothing was unwound with it.
    pub(crate) unwinding: String,
}

/// Those of which symbols were wanted, the ones without them first.
pub(crate) fn binaries(event: &Event) -> Vec<BinaryView> {
    let mut binaries: Vec<BinaryView> = event.debug_images.iter().filter_map(view).collect();
    binaries.sort_by_key(|binary| binary.found);
    binaries
}

fn view(image: &DebugImage) -> Option<BinaryView> {
    let wanted = image.symbolication.as_ref().or(image.unwinding.as_ref())?;
    let path = image.code_file.as_ref().or(image.debug_file.as_ref());
    let name = path.and_then(|path| path.rsplit(['/', '\\']).next()).unwrap_or(&image.ty);
    Some(BinaryView {
        name: name.to_owned(),
        id: image.debug_id.clone().or_else(|| image.code_id.clone()).unwrap_or_default(),
        arch: image.arch.clone().unwrap_or_default(),
        found: wanted.status == SymbolStatus::Found,
        symbols: image.symbolication.as_ref().map_or_else(|| "not needed".to_owned(), outcome),
        unwinding: image.unwinding.as_ref().map(outcome).unwrap_or_default(),
    })
}

fn outcome(symbolication: &Symbolication) -> String {
    let Symbolication { status, reason, source } = symbolication;
    let said = match (status, source) {
        (SymbolStatus::Found, Some(source)) => format!("found in {source}"),
        (SymbolStatus::Found, None) => "found".to_owned(),
        (SymbolStatus::Missing, _) => "missing".to_owned(),
        (SymbolStatus::Malformed, _) => "cannot be read".to_owned(),
        (SymbolStatus::TimedOut, _) => "came too late".to_owned(),
        (SymbolStatus::Mismatch, _) => "of another build".to_owned(),
    };
    match reason {
        Some(reason) => format!("{said}: {reason}"),
        None => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_says_what_became_of_its_symbols() {
        let of = |status, reason: Option<&str>, source: Option<&str>| Symbolication {
            status,
            reason: reason.map(str::to_owned),
            source: source.map(str::to_owned),
        };
        let missing = of(SymbolStatus::Missing, Some("not uploaded"), None);
        let image = DebugImage {
            ty: "elf".into(),
            code_file: Some("/data/app/lib/libshop.so".into()),
            debug_id: Some("3249d99d-0c40-4931-8610-f4e4fb0b6936".into()),
            symbolication: Some(missing.clone()),
            unwinding: Some(of(SymbolStatus::Found, None, Some("uploads"))),
            ..DebugImage::default()
        };
        let shown = view(&image).unwrap();
        assert_eq!((shown.name.as_str(), shown.found), ("libshop.so", false));
        assert_eq!(shown.symbols, "missing: not uploaded");
        assert_eq!(shown.unwinding, "found in uploads");
        let poor = of(SymbolStatus::Found, Some("build without -gsplit-dwarf"), Some("uploads"));
        let poor = view(&DebugImage { symbolication: Some(poor), ..image.clone() }).unwrap();
        assert_eq!(
            (poor.found, poor.symbols.as_str()),
            (true, "found in uploads: build without -gsplit-dwarf")
        );
        let unused = DebugImage { symbolication: None, unwinding: None, ..image };
        assert!(view(&unused).is_none());
    }
}
