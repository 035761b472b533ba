//! Foreign bytes on their way to a browser: nothing in them may run here.

use actix_web::{
    HttpResponse,
    body::SizedStream,
    http::header::{self, ContentDisposition, DispositionParam, DispositionType},
};
use bytes::Bytes;
use futures_util::stream;
use mayday_blobs::{BlobError, BlobReader};

use crate::{QueryError, read::attachments::image_type};

/// Nothing in it may load or run, should a browser show it nevertheless.
const SANDBOX: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// A file's bytes on their way: the first piece, and where the others come from.
pub(crate) struct Content {
    length: u64,
    first: Option<Bytes>,
    rest: BlobReader,
}

impl Content {
    /// Reads the first piece: a file that is not there, or a small one that is damaged, has no answer but that.
    pub(crate) async fn begin(mut reader: BlobReader) -> Result<Self, QueryError> {
        let (length, first) = (reader.length(), reader.next().await?);
        Ok(Self { length, first, rest: reader })
    }

    /// Ends early where a piece cannot be read: whoever saves it sees that some of it is missing.
    fn into_body(self) -> SizedStream<impl stream::Stream<Item = Result<Bytes, BlobError>> + 'static> {
        let pieces = stream::try_unfold((self.first, self.rest), |(first, mut rest)| async move {
            let next = match first {
                Some(piece) => Some(piece),
                None => rest.next().await.inspect_err(|error| {
                    tracing::error!(
                        error = error as &dyn std::error::Error,
                        "file cannot be sent to its end"
                    );
                })?,
            };
            Ok(next.map(|piece| (piece, (None, rest))))
        });
        SizedStream::new(self.length, Box::pin(pieces))
    }
}

/// A file to be saved.
pub(crate) fn attachment(name: &str, content: Content) -> HttpResponse {
    answer(DispositionType::Attachment, "application/octet-stream", name, content)
}

/// An image to be shown, if its bytes are one; else a file to be saved.
pub(crate) fn image(name: &str, content: Content) -> HttpResponse {
    match image_type(content.first.as_deref().unwrap_or_default()) {
        Some(content_type) => answer(DispositionType::Inline, content_type, name, content),
        None => attachment(name, content),
    }
}

fn answer(
    disposition: DispositionType,
    content_type: &'static str,
    name: &str,
    content: Content,
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
        .body(content.into_body())
}

#[cfg(test)]
mod tests {
    use actix_web::body::{BodySize, MessageBody, to_bytes};
    use mayday_blobs::{BlobKey, Blobs};
    use url::Url;
    use uuid::Uuid;

    use super::*;

    fn header(response: &HttpResponse, name: header::HeaderName) -> &str {
        response.headers().get(name).unwrap().to_str().unwrap()
    }

    /// A blob of these bytes, begun.
    async fn content(bytes: &[u8]) -> (tempfile::TempDir, Content) {
        let directory = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(&Url::from_directory_path(directory.path()).unwrap()).unwrap();
        let key = BlobKey::Spool(Uuid::from_u128(1));
        blobs.put(&key, Bytes::copy_from_slice(bytes)).await.unwrap();
        let content = Content::begin(blobs.read(&key).await.unwrap()).await.unwrap();
        (directory, content)
    }

    #[tokio::test]
    async fn a_file_comes_whole_in_pieces() {
        let bytes: Vec<u8> = (0..3 << 20).map(|at| (at % 251) as u8).collect();
        let (_directory, content) = content(&bytes).await;
        let response = attachment("log.txt", content);
        assert_eq!(response.body().size(), BodySize::Sized(bytes.len() as u64));
        assert!(to_bytes(response.into_body()).await.unwrap() == bytes);
    }

    #[tokio::test]
    async fn what_is_not_an_image_is_saved_and_never_shown() {
        let (_directory, script) = content(b"<script>alert(1)</script>").await;
        let html = image("../a\"\r\nb.html", script);
        assert_eq!(header(&html, header::CONTENT_TYPE), "application/octet-stream");
        assert_eq!(header(&html, header::CONTENT_DISPOSITION), "attachment; filename=\"a\\\"b.html\"");
        assert!(header(&html, header::CONTENT_SECURITY_POLICY).ends_with("sandbox"));
        assert_eq!(header(&html, header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        let (_directory, picture) = content(b"\x89PNG\r\n\x1a\n").await;
        let png = image("screenshot.png", picture);
        assert_eq!(header(&png, header::CONTENT_TYPE), "image/png");
        assert!(header(&png, header::CONTENT_DISPOSITION).starts_with("inline"));
    }
}
