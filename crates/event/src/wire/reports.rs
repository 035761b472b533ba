//! mayday's own protobuf, `proto/mayday/v1/report.proto`: a batch of reports with a shared context. A batch is read whole
//! or refused whole; a refusal names the place.

mod attachment;
mod context;
mod event;
mod session;
mod stack;
mod wrong;

use bytes::Bytes;
use prost::Message;
use uuid::Uuid;

use self::{context::Shared, wrong::Wrong};
use super::{
    WireError,
    envelope::Item,
    protobuf::{self, Shape},
};
use crate::{ids::EventId, limits, time::Timestamp};

const FORMAT: &str = "report batch";

/// The messages of `report.proto`.
pub mod proto {
    #![allow(missing_docs, reason = "generated from the .proto file, which has the comments")]
    include!(concat!(env!("OUT_DIR"), "/mayday.v1.rs"));
}

impl proto::ReportBatch {
    /// As it goes over the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }
}

impl proto::ReportBatchResponse {
    /// As it goes over the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }
}

/// Most reports of a batch: each is an item of one envelope.
pub const REPORTS: usize = limits::ENVELOPE_ITEMS;
/// Most messages within one report, or within the context: an empty one costs two bytes to send and 200 to hold.
pub const MESSAGES: usize = 100_000;
/// Most bytes that a batch becomes, files apart: what is sent once may stand in each event.
pub const TRANSLATED_BYTES: usize = 32 << 20;

/// A batch as items of an envelope.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// By the client's clock.
    pub sent_at: Option<Timestamp>,
    /// One a report, in their order.
    pub items: Vec<Item>,
    /// One a report, in their order.
    pub ids: Vec<Option<Uuid>>,
}

impl Batch {
    /// Reads a `ReportBatch`. Files share the body's memory.
    ///
    /// # Errors
    /// What is no such message, has no reports, or one that lacks what it needs (400); what is past a limit (413).
    pub fn read(body: &Bytes) -> Result<Self, WireError> {
        read(body).map_err(|wrong| wrong.refused(FORMAT))
    }

    /// The id of the first event.
    pub fn event_id(&self) -> Option<EventId> {
        let mut reports = self.items.iter().zip(&self.ids);
        reports.find_map(|(item, id)| id.filter(|_| item.ty == "event").map(EventId))
    }
}

/// Fields of a batch.
const CONTEXT: u32 = 1;
const REPORT: u32 = 2;

/// What of a batch is neither context nor report.
#[derive(Clone, PartialEq, Message)]
struct Head {
    #[prost(int64, tag = "3")]
    sent_at_ms: i64,
}

fn read(body: &Bytes) -> Result<Batch, Wrong> {
    let head = Head::decode(body.clone()).map_err(Wrong::malformed)?;
    let shared = Shared::of(read_context(body)?).map_err(|wrong| wrong.within("context"))?;
    let mut batch =
        Batch { sent_at: (head.sent_at_ms > 0).then_some(Timestamp(head.sent_at_ms)), ..Batch::default() };
    let mut room = TRANSLATED_BYTES;
    for (index, report) in protobuf::children(body, REPORT).enumerate() {
        let report = body.slice_ref(report.map_err(Wrong::malformed)?);
        if index == REPORTS {
            return Err(Wrong::too_large(format!("more than {REPORTS} reports")));
        }
        let (id, item) =
            read_report(report, &shared).map_err(|wrong| wrong.within(format!("reports[{index}]")))?;
        if item.ty != "attachment" {
            room = room.checked_sub(item.payload.len()).ok_or_else(|| {
                Wrong::too_large(format!(
                    "its reports become more than {TRANSLATED_BYTES} bytes: send fewer at once"
                ))
            })?;
        }
        batch.items.push(item);
        batch.ids.push(id);
    }
    if batch.items.is_empty() {
        return Err(Wrong::malformed("no reports in it"));
    }
    Ok(batch)
}

/// Protobuf allows a message to come in parts.
fn read_context(body: &Bytes) -> Result<proto::Context, Wrong> {
    let mut context = proto::Context::default();
    let mut room = limits::EVENT_BYTES;
    for part in protobuf::children(body, CONTEXT) {
        let part = part.map_err(Wrong::malformed)?;
        let fits = room.checked_sub(part.len());
        room = fits.ok_or_else(|| too_long(part.len()).within("context"))?;
        check_count(part, &shapes::CONTEXT).map_err(|wrong| wrong.within("context"))?;
        context.merge(body.slice_ref(part)).map_err(|error| Wrong::malformed(error).within("context"))?;
    }
    Ok(context)
}

fn read_report(report: Bytes, shared: &Shared) -> Result<(Option<Uuid>, Item), Wrong> {
    const ATTACHMENT: u32 = 7;
    let is_attachment = protobuf::children(&report, ATTACHMENT).next().is_some();
    if report.len() > limits::EVENT_BYTES && !is_attachment {
        return Err(too_long(report.len()));
    }
    check_count(&report, &shapes::REPORT)?;
    let proto::Report { id, timestamp_ms, what, details } =
        proto::Report::decode(report).map_err(Wrong::malformed)?;
    let what = what.ok_or_else(|| {
        Wrong::malformed("it is neither crash, error, anr, session nor attachment, or of a newer version")
    })?;
    let report_id = uuid(&id);
    let at = (timestamp_ms > 0).then_some(Timestamp(timestamp_ms));
    if let proto::report::What::Attachment(file) = what {
        let item = attachment::item(file).map_err(|wrong| wrong.within("attachment"))?;
        return Ok((report_id.ok(), item));
    }
    let report_id = report_id.map_err(|wrong| wrong.within("id"))?;
    let item = match what {
        proto::report::What::Session(session) => {
            session::item(report_id, at, session, shared).map_err(|wrong| wrong.within("session"))?
        }
        what => event::item(EventId(report_id), at, what, details.unwrap_or_default(), shared)?,
    };
    Ok((Some(report_id), item))
}

fn uuid(bytes: &[u8]) -> Result<Uuid, Wrong> {
    Uuid::from_slice(bytes).map_err(|_| Wrong::malformed(format!("{} bytes, and 16 are wanted", bytes.len())))
}

fn too_long(length: usize) -> Wrong {
    Wrong::too_large(format!("{length} bytes exceed {}", limits::EVENT_BYTES))
}

fn check_count(message: &[u8], shape: &Shape) -> Result<(), Wrong> {
    let count = shape.count(message).map_err(Wrong::malformed)?;
    if count > MESSAGES {
        return Err(Wrong::too_large(format!("{count} messages in it exceed {MESSAGES}")));
    }
    Ok(())
}

/// Which fields are messages.
mod shapes {
    use super::Shape;

    const LEAF: &Shape = &Shape::LEAF;
    const FRAME: &Shape = &Shape(&[(11, LEAF)]);
    const EXCEPTION: &Shape = &Shape(&[(4, FRAME)]);
    /// Of a crash, and of an error, which number their exceptions alike.
    const RAISED: &Shape = &Shape(&[(1, EXCEPTION)]);
    const THREAD: &Shape = &Shape(&[(6, FRAME), (7, LEAF)]);
    const BREADCRUMB: &Shape = &Shape(&[(6, LEAF)]);
    const DETAILS: &Shape = &Shape(&[(1, THREAD), (2, BREADCRUMB), (3, LEAF), (6, LEAF)]);
    pub(super) const REPORT: Shape = Shape(&[(3, RAISED), (4, RAISED), (8, DETAILS)]);
    pub(super) const CONTEXT: Shape = Shape(&[(9, LEAF), (10, LEAF)]);
}

#[cfg(test)]
mod tests;
