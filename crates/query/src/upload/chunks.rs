//! Chunks of files: multipart bodies whose parts `file` and `file_gzip` are called by the SHA-1 of what is in them.

use actix_multipart::{Field, Multipart};
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use mayday_blobs::BlobKey;
use mayday_event::{
    OrganizationId,
    capped::{InflateLimits, inflate},
};
use sha1::{Digest, Sha1};

use super::{Refusal, scratch::blocking, sha1_of};
use crate::Query;

/// Largest chunk, bytes.
pub(crate) const CHUNK_BYTES: usize = 8 << 20;
/// Chunks in a request at most.
pub(crate) const CHUNKS_PER_REQUEST: usize = 64;
/// Chunks of a request together, bytes as they are sent.
pub(crate) const REQUEST_BYTES: usize = 32 << 20;
/// What gzip may add to a chunk that does not compress, bytes.
const GZIP_OVERHEAD: usize = 16 << 10;

/// Takes a request's chunks, those before a bad one too; how many.
pub(crate) async fn receive(
    query: &Query,
    organization: OrganizationId,
    form: Multipart,
) -> Result<usize, Refusal> {
    let mut taken = Vec::new();
    let received = take_all(query, organization, form, &mut taken).await;
    query.catalog.add_chunks(organization, &taken).await?;
    received.map(|()| taken.len())
}

async fn take_all(
    query: &Query,
    organization: OrganizationId,
    mut form: Multipart,
    taken: &mut Vec<(String, u64)>,
) -> Result<(), Refusal> {
    let mut left = REQUEST_BYTES;
    while let Some(mut part) = form.try_next().await.map_err(|error| unreadable(&error))? {
        let is_gzip = match part.name() {
            Some("file") => false,
            Some("file_gzip") => true,
            _ => return Err(Refusal::Unfit("multipart: parts must be called file or file_gzip".into())),
        };
        if taken.len() == CHUNKS_PER_REQUEST {
            return Err(Refusal::Unfit(format!("send at most {CHUNKS_PER_REQUEST} chunks in a request")));
        }
        let name = file_name(&part);
        let sha1 = sha1_of(&name).ok_or_else(|| {
            Refusal::Unfit("a chunk's file name must be its SHA-1, 40 hexadecimal digits".into())
        })?;
        let sent = read(&mut part, left.min(CHUNK_BYTES + GZIP_OVERHEAD)).await?;
        left = left.saturating_sub(sent.len());
        let chunk = checked(sent, is_gzip, sha1.clone()).await?;
        let length = chunk.len() as u64;
        query.blobs.put(&BlobKey::Chunk { organization, sha1: sha1.clone() }, chunk).await?;
        taken.push((sha1, length));
    }
    Ok(())
}

/// The chunk itself, if it is the one that it is called by.
async fn checked(sent: Bytes, is_gzip: bool, sha1: String) -> Result<Bytes, Refusal> {
    blocking(move || {
        // Of one chunk nothing can be too much: its size is the bound.
        let limits =
            InflateLimits { inflated_bytes: CHUNK_BYTES, ratio: usize::MAX, ratio_free_bytes: CHUNK_BYTES };
        let chunk = match is_gzip {
            true => inflate(sent, "gzip", &limits)
                .map_err(|error| Refusal::Unfit(format!("chunk {sha1}: {error}")))?,
            false => sent,
        };
        if chunk.len() > CHUNK_BYTES {
            return Err(Refusal::Unfit(format!("chunk {sha1}: is longer than {CHUNK_BYTES} bytes")));
        }
        let found = hex::encode(Sha1::digest(&chunk));
        match found == sha1 {
            true => Ok(chunk),
            false => Err(Refusal::Unfit(format!("chunk {sha1}: its SHA-1 is {found}"))),
        }
    })
    .await
}

/// A part's bytes.
pub(super) async fn read(part: &mut Field, most: usize) -> Result<Bytes, Refusal> {
    let mut read = BytesMut::new();
    while let Some(piece) = part.try_next().await.map_err(|error| unreadable(&error))? {
        if read.len() + piece.len() > most {
            return Err(Refusal::Unfit(format!(
                "send at most {CHUNK_BYTES} bytes in a chunk and {REQUEST_BYTES} in a request"
            )));
        }
        read.extend_from_slice(&piece);
    }
    Ok(read.freeze())
}

/// A part's file name; empty if it has none.
pub(super) fn file_name(part: &Field) -> String {
    let name = part.content_disposition().and_then(|disposition| disposition.get_filename());
    name.unwrap_or_default().to_owned()
}

/// A body that is no multipart form, or that broke off.
pub(super) fn unreadable(error: &actix_multipart::MultipartError) -> Refusal {
    Refusal::Unfit(format!("multipart: {}", error.to_string().to_lowercase()))
}
