//! What people change, checked before the catalog does it; both the API and the pages go through here.

pub(crate) mod hooks;
pub(crate) mod issue_status;
pub(crate) mod issues;
pub(crate) mod keys;
pub(crate) mod quarantine;
pub(crate) mod settings;
pub(crate) mod symbol_sources;
pub(crate) mod users;
