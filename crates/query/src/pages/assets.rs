//! Style sheet, script and icon: embedded, and addressed by what they hold, so that browsers may keep them for
//! good.

use actix_web::{HttpResponse, http::header, web};

/// One embedded file.
struct Asset {
    /// Without hash and extension.
    stem: &'static str,
    extension: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
    hash: u64,
}

impl Asset {
    const fn new(
        stem: &'static str,
        extension: &'static str,
        content_type: &'static str,
        bytes: &'static [u8],
    ) -> Self {
        Self { stem, extension, content_type, bytes, hash: fnv1a(bytes) }
    }

    fn name(&self) -> String {
        format!("{}.{:016x}.{}", self.stem, self.hash, self.extension)
    }

    fn path(&self) -> String {
        format!("/assets/{}", self.name())
    }
}

static CSS: Asset =
    Asset::new("mayday", "css", "text/css; charset=utf-8", include_bytes!("../../assets/mayday.css"));
static SCRIPT: Asset =
    Asset::new("mayday", "js", "text/javascript; charset=utf-8", include_bytes!("../../assets/mayday.js"));
static ICON: Asset = Asset::new("icon", "svg", "image/svg+xml", include_bytes!("../../assets/icon.svg"));

/// Path of the style sheet.
pub(crate) fn css() -> String {
    CSS.path()
}

/// Path of the script.
pub(crate) fn script() -> String {
    SCRIPT.path()
}

/// Path of the icon.
pub(crate) fn icon() -> String {
    ICON.path()
}

/// `GET /assets/{name}`
pub(crate) async fn serve(name: web::Path<String>) -> HttpResponse {
    match [&CSS, &SCRIPT, &ICON].into_iter().find(|asset| asset.name() == *name) {
        Some(asset) => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, asset.content_type))
            .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
            .body(asset.bytes),
        None => HttpResponse::NotFound().finish(),
    }
}

/// FNV-1a, 64 bits: tells versions apart; nothing secret hangs on it.
const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        at += 1;
    }
    hash
}
