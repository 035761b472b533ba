//! What build servers upload with the `sentry-cli` that they have, and what is left of it here.

pub(crate) mod build;
mod debug_files;
mod hostile;
mod lists;
mod releases;
mod source_maps;

use std::path::Path;

use crate::harness::{Client, TestServer, command, run};

/// `sentry-cli` as npm brings it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SentryCli(&'static str);

pub(crate) const VERSION_3: SentryCli = SentryCli("@sentry/cli-linux-x64/bin/sentry-cli");
const VERSION_2: SentryCli = SentryCli("@sentry/cli-2/node_modules/@sentry/cli-linux-x64/bin/sentry-cli");

impl SentryCli {
    /// Runs a command in a folder and gives what it printed; it must succeed.
    pub(crate) async fn ok(self, server: &TestServer, folder: &Path, arguments: &[&str]) -> String {
        let (status, printed) = self.run(server, folder, arguments).await;
        assert_eq!(status, Some(0), "{arguments:?}: {printed}");
        printed
    }

    /// Runs a command in a folder: its exit code and what it printed.
    async fn run(self, server: &TestServer, folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = command(Client::Npm(self.0));
        command
            .args(arguments)
            .current_dir(folder)
            .env("HOME", folder)
            .env("SENTRY_URL", &server.bootstrap.url)
            .env("SENTRY_AUTH_TOKEN", &server.bootstrap.api_token)
            .env("SENTRY_ORG", &server.bootstrap.organization)
            .env("SENTRY_PROJECT", &server.bootstrap.project)
            .env("SENTRY_DISABLE_UPDATE_CHECK", "1");
        run("sentry-cli", command).await
    }
}
