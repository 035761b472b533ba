//! The pages, server-rendered: they work without a script, take nothing from another host, and say nothing to
//! whoever is not logged in.
//!
//! For tests, elements carry a `data-testid`: `login`, `login-error`, `logout`; `project-link`; `search`,
//! `environment`, `query-error`, `tab-unresolved` (`-resolved`, `-ignored`, `-all`), `issue-list`, `issue-row`,
//! `previous-page`, `next-page`, `no-match`, `clear-search`, `empty-project`, `dsn`, `sdk-android` …; `issue`
//! (with `data-issue-id`, `data-status`), `issue-title`, `issue-message`, `short-id`, `culprit`, `badge`,
//! `event-count`, `user-count`, `first-seen`, `last-seen`, `resolve`, `resolve-next`, `ignore`, `reopen`,
//! `assignee`; `event` (with `data-event-id`), `event-json`, `oldest-event`, `previous-event`, `next-event`,
//! `newest-event`, `message`, `exception`, `unhandled`, `stack`, `frame` (with `data-in-app`), `folded`,
//! `context-line`, `thread`, `breadcrumb`, `context` (with `data-context`), `tag` (with `data-key`), `notes`,
//! `grouping`; `hook`, `add-hook`, `delete-hook`, `hook-secret`, `delivery` (with `data-state`), `form-error`;
//! `key` (with `data-key`), `add-key`, `limits`, `limit`, `payloads`, `used`, `saved`, `problem`, `settings-change`,
//! `filters`, `sample-rate`, `verdict`, `discards`, `discard`, `undo-discard`, `privacy`, `rule`, `preview`, `scrubbed`, `delete-user`, `deleted`;
//! `quarantined`, `replay`, `no-quarantine`; `event-search`, `fate` (with `data-event-id`, `data-fate`),
//! `happening` (with `data-fate`); `outcomes` (with `data-category`), `outcome` (with `data-outcome`, `data-reason`),
//! `unbalanced`, `outcomes-of-key`, `no-outcomes`; `feedback`, `no-feedback`; `attachment` (with `data-type`),
//! `screenshot`, `view-hierarchy`, `payload-not-kept`; `later`; `symbol` (with `data-kind`), `symbol-search`, `no-symbols`,
//! `no-symbol-matches`, `upload-command`, `delete-symbol`, `symbol-deleted`; `symbol-sources`, `source`, `test-source`, `source-trial` (with `data-good`); `missing-symbol` (with `data-id`), `no-missing-symbols`; `release` (with `data-version`), `no-releases`, `release-health`, `no-sessions`, `release-verdict`, `reason` (with `data-verdict`), `release-issues` (with `data-kind`), `releases-unavailable`; `error-page`.

mod answer;
mod assets;
mod attachments;
mod attempts;
mod badge;
mod chart;
mod environments;
mod error;
mod event;
mod fate;
mod feedback;
mod headers;
mod home;
mod hooks;
mod issue;
mod issue_actions;
mod issue_bulk;
mod issue_history;
mod issue_list;
mod issue_parts;
mod issue_search;
mod issue_suspects;
mod issue_time;
mod list_address;
mod login;
mod missing_symbols;
mod moment;
mod outcomes;
mod path;
mod quarantine;
mod release;
mod releases;
#[cfg(test)]
mod sample;
mod settings;
mod setup;
mod shell;
mod slash;
mod snippets;
mod stacked_chart;
mod symbols;
#[cfg(test)]
mod tests;
mod theme;
mod visit;

use actix_web::{
    middleware::from_fn,
    web::{self, ServiceConfig},
};
use serde::Deserialize;

/// A form that says nothing but who sent it.
#[derive(Deserialize)]
struct NoFields {}

/// Adds the pages to a server.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config.service(
        web::scope("")
            .wrap(from_fn(error::show))
            .wrap(from_fn(slash::lead_on))
            .wrap(headers::security())
            .app_data(web::Data::new(attempts::Attempts::default()))
            .app_data(
                web::FormConfig::default()
                    .error_handler(|error, _| error::PageError::Form(error.to_string()).into()),
            )
            .app_data(
                web::QueryConfig::default()
                    .error_handler(|error, _| error::PageError::Form(error.to_string()).into()),
            )
            .app_data(web::PathConfig::default().error_handler(|_, _| error::PageError::NoPage.into()))
            .route("/", web::get().to(home::arrive))
            .route("/assets/{name}", web::get().to(assets::serve))
            .route("/login", web::get().to(login::form))
            .route("/login", web::post().to(login::submit))
            .route("/logout", web::post().to(login::log_out))
            .route("/theme", web::post().to(theme::choose))
            .service(project_pages())
            .service(issue_pages())
            .default_service(web::route().to(nothing_here)),
    );
}

fn project_pages() -> actix_web::Scope {
    web::scope("/projects/{organization}/{project}")
        .route("/", web::get().to(issue_list::lead_on))
        .route("/issues/", web::get().to(issue_list::list))
        .route("/issues/values", web::get().to(issue_search::values))
        .route("/issues/arrived", web::get().to(issue_search::arrived))
        .route("/issues/change", web::post().to(issue_bulk::change))
        .route("/events/{event}/", web::get().to(fate::show))
        .route("/feedback/", web::get().to(feedback::list))
        .route("/releases/", web::get().to(releases::list))
        .route("/releases/{version}/", web::get().to(release::show))
        .route("/symbols/", web::get().to(symbols::list))
        .route("/symbols/missing/", web::get().to(missing_symbols::list))
        .route("/symbols/{file}/delete/", web::post().to(symbols::delete))
        .route("/outcomes/", web::get().to(outcomes::show))
        .route("/setup/", web::get().to(setup::show))
        .service(settings::pages())
        .route("/hooks/", web::get().to(hooks::list))
        .route("/hooks/", web::post().to(hooks::add))
        .route("/hooks/{hook}/delete/", web::post().to(hooks::delete))
        .route("/quarantine/", web::get().to(quarantine::list))
        .route("/quarantine/{report}/replay/", web::post().to(quarantine::replay))
}

fn issue_pages() -> actix_web::Scope {
    web::scope("/issues/{issue}")
        .route("/", web::get().to(issue::newest))
        .route("/status", web::post().to(issue_actions::set_status))
        .route("/assignee", web::post().to(issue_actions::set_assignee))
        .route("/notes", web::post().to(issue_actions::add_note))
        .route("/part", web::post().to(issue_actions::part))
        .route("/parts/{part}/", web::get().to(issue_parts::show))
        .route("/delete", web::post().to(issue_actions::delete))
        .route("/events/{event}/", web::get().to(issue::with_event))
        .route("/events/{event}/json/", web::get().to(issue::event_json))
        .route("/events/{event}/attachments/{attachment}/", web::get().to(attachments::serve))
}

async fn nothing_here() -> Result<&'static str, error::PageError> {
    Err(error::PageError::NoPage)
}
