//! All steps of symbolication, in their order.

use mayday_event::{in_app::InAppRule, model::Event};

use crate::{
    Artifacts,
    in_app::decide_in_app,
    managed::symbolicate_managed,
    minidump::{MinidumpError, UnwindTables, add_minidump},
    native::symbolicate_native,
    restore,
};

/// Symbolicates an event, and puts the minidump that it came with into it first. What was done before is undone, so that
/// it can be done again when better symbols arrive. `in_app` are the project's rules of what is the app's own. Where the dump cannot be read the event is as it came.
pub fn symbolicate(
    event: &mut Event,
    minidump: Option<&[u8]>,
    artifacts: &dyn Artifacts,
    tables: &UnwindTables,
    in_app: &[InAppRule],
) -> Result<(), MinidumpError> {
    restore(event);
    if let Some(dump) = minidump {
        add_minidump(event, dump, artifacts, tables)?;
    }
    symbolicate_native(event, artifacts);
    symbolicate_managed(event, artifacts);
    decide_in_app(event, in_app);
    Ok(())
}
