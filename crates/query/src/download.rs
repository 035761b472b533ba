//! Foreign bytes on their way to a browser: nothing in them may run here.

use actix_web::{
    HttpResponse,
    http::header::{self, ContentDisposition, DispositionParam, DispositionType},
};
use bytes::Bytes;

use crate::read::attachments::image_type;

/// Nothing in it may load or run, should a browser show it nevertheless.
const SANDBOX: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// A file to be saved.
pub(crate) fn attachment(name: &str, content: Bytes) -> HttpResponse {
    answer(DispositionType::Attachment, "application/octet-stream", name, content)
}

/// An image to be shown, if its bytes are one; else a file to be saved.
pub(crate) fn image(name: &str, content: Bytes) -> HttpResponse {
    match image_type(&content) {
        Some(content_type) => answer(DispositionType::Inline, content_type, name, content),
        None => attachment(name, content),
    }
}

fn answer(
    disposition: DispositionType,
    content_type: &'static str,
    name: &str,
    content: Bytes,
) -> HttpResponse {
    // The name is the client's: no folders, no control characters.
    let name: String =
        name.rsplit(['/', '\\']).next().unwrap_or(name).chars().filter(|c| !c.is_control()).collect();
    let parameters = vec![DispositionParam::Filename(name)];
    HttpResponse::Ok()
        .insert_header(ContentDisposition { disposition, parameters })
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, SANDBOX))
        .insert_header(("cross-origin-resource-policy", "same-origin"))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(response: &HttpResponse, name: header::HeaderName) -> &str {
        response.headers().get(name).unwrap().to_str().unwrap()
    }

    #[test]
    fn what_is_not_an_image_is_saved_and_never_shown() {
        let html = image("../a\"\r\nb.html", Bytes::from_static(b"<script>alert(1)</script>"));
        assert_eq!(header(&html, header::CONTENT_TYPE), "application/octet-stream");
        assert_eq!(header(&html, header::CONTENT_DISPOSITION), "attachment; filename=\"a\\\"b.html\"");
        assert!(header(&html, header::CONTENT_SECURITY_POLICY).ends_with("sandbox"));
        assert_eq!(header(&html, header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        let png = image("screenshot.png", Bytes::from_static(b"\x89PNG\r\n\x1a\n"));
        assert_eq!(header(&png, header::CONTENT_TYPE), "image/png");
        assert!(header(&png, header::CONTENT_DISPOSITION).starts_with("inline"));
    }
}
