//! Files of events: into the blob store, and a row each.

use mayday_blobs::BlobKey;
use mayday_event::{ProjectId, Timestamp, entry::Attachment, scrub::Scrubber};
use mayday_store::rows::AttachmentRow;
use sha2::{Digest, Sha256};

use crate::{
    batch::ReadyFile,
    pipeline::Pipeline,
    retry::{Stopped, until_success},
};

/// A file with its row. Its id tells it from the event's other files, and is the same when it is received again.
pub(crate) fn ready(
    project_id: ProjectId,
    received: Timestamp,
    file: Attachment,
    scrubber: &Scrubber,
) -> ReadyFile {
    let Attachment { event_id, name, content_type, attachment_type, content } = file;
    let name = scrubber.scrub_text(&name).into_owned();
    let digest = Sha256::digest(&content);
    let mut of_both = Sha256::new();
    of_both.update(name.as_bytes());
    of_both.update([0]);
    of_both.update(digest);
    let id = of_both.finalize().iter().take(8).fold(0_u64, |id, byte| id << 8 | u64::from(*byte));
    let key = BlobKey::Attachment { project: project_id, event: event_id, id, received };
    let row = AttachmentRow {
        project_id,
        event_id,
        id,
        received,
        name,
        content_type,
        attachment_type,
        bytes: content.len() as u64,
        sha256: hex::encode(digest),
        blob: key.to_string(),
    };
    ReadyFile { row, content, key }
}

impl Pipeline {
    /// Puts files into the blob store; the same again is the same blob.
    pub(crate) async fn store_files(&self, files: &[ReadyFile]) -> Result<(), Stopped> {
        let blobs = &self.worker.blobs;
        for file in files {
            let key = &file.key;
            until_success("store a file in the blob store", &self.stop, || async {
                blobs.put(key, file.content.clone()).await
            })
            .await?;
        }
        Ok(())
    }

    /// Deletes what reports were spooled to. What stays behind, by a kill, is found by its age.
    pub(crate) async fn delete_spooled(&self, spooled: &[BlobKey]) {
        for key in spooled {
            if let Err(error) = self.worker.blobs.delete(key).await {
                tracing::warn!(%key, %error, "spooled report is not deleted");
            }
        }
    }
}
