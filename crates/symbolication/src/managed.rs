//! All of symbolication that is not of native code.

use mayday_event::model::Event;

use crate::{
    Artifacts, dart::symbolicate_dart, dotnet::symbolicate_dotnet, js::symbolicate_js, jvm::symbolicate_jvm,
};

/// Gives the frames and exceptions of managed platforms their names and places. Each step takes up only what is its own, so
/// that events of several languages, as of React Native, Flutter and Unity, go through all.
pub fn symbolicate_managed(event: &mut Event, artifacts: &dyn Artifacts) {
    symbolicate_jvm(event, artifacts);
    symbolicate_js(event, artifacts);
    symbolicate_dotnet(event, artifacts);
    symbolicate_dart(event, artifacts);
}
