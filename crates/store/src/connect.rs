//! The one ClickHouse client.

use std::time::Duration;

use clickhouse::{Client, Compression, query::Query};
use hyper_util::{
    client::legacy::{Client as HttpClient, connect::HttpConnector},
    rt::TokioExecutor,
};
use mayday_event::ProjectId;
use url::{Host, Url};

use crate::{StoreError, queries::counts::Readiness};

/// Where ClickHouse is and how long things are kept.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// `http://[user:password@]host:port`.
    pub url: String,
    /// Created if missing.
    pub database: String,
    /// Days after which events are deleted.
    pub retention_days: u32,
}

/// The store; cheap to clone.
#[derive(Clone)]
pub struct Store {
    /// Without a database, for what must work before there is one.
    pub(crate) server: Client,
    /// In our database.
    pub(crate) client: Client,
    pub(crate) database: String,
    pub(crate) retention_days: u32,
    pub(crate) readiness: Readiness,
}

/// A connection that says nothing for so long is asked whether it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// Connections that wait are closed before ClickHouse closes them, after 3 s by its default.
const IDLE: Duration = Duration::from_secs(2);

/// Limits of every query that a person's request leads to; ClickHouse's settings of these names.
const QUERY_LIMITS: [(&str, &str); 3] =
    [("max_execution_time", "15"), ("max_memory_usage", "1000000000"), ("max_result_rows", "1000000")];

/// Ways in which ClickHouse would otherwise rewrite a query.
const LEFT_AS_WRITTEN: [(&str, &str); 2] = [
    // The projections were defined with `user != ''`: a query that has it as `notEmpty(user)` would read all rows.
    ("optimize_empty_string_comparisons", "0"),
    // A part whose rows are all deleted has nothing that `tags['key']`, read as a subcolumn, could begin with: the query
    // would be refused (CANNOT_READ_ALL_DATA) for as long as the part is there.
    ("optimize_functions_to_subcolumns", "0"),
];

impl Store {
    /// Makes the client; does not connect.
    pub fn new(options: StoreOptions) -> Result<Self, StoreError> {
        let mut url = Url::parse(&options.url).map_err(|e| StoreError::Url(e.to_string()))?;
        let (user, password) = (decoded(url.username()), url.password().map(decoded));
        let unusable = || StoreError::Url("it is not http://[user:password@]host:port".into());
        url.set_username("").map_err(|()| unusable())?;
        url.set_password(None).map_err(|()| unusable())?;

        let mut server = client().with_url(url.as_str()).with_compression(compression(url.host()));
        if !user.is_empty() {
            server = server.with_user(user);
        }
        if let Some(password) = password {
            server = server.with_password(password);
        }
        let client = server.clone().with_database(&options.database);
        Ok(Self {
            server,
            client,
            database: options.database,
            retention_days: options.retention_days,
            readiness: Readiness::default(),
        })
    }

    /// Days after which events are deleted.
    pub fn retention_days(&self) -> u32 {
        self.retention_days
    }

    /// Ok when ClickHouse answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.server.query("SELECT 1").execute().await.map_err(StoreError::of_query)
    }

    /// A limited query over one project, `{project:UInt64}` being bound to it.
    pub(crate) fn query(&self, sql: &str, project: ProjectId) -> Query {
        self.limited(sql).param("project", project.0)
    }

    /// A query that is limited in time, memory and rows.
    pub(crate) fn limited(&self, sql: &str) -> Query {
        let settings = QUERY_LIMITS.into_iter().chain(LEFT_AS_WRITTEN);
        settings.fold(self.client.query_raw(sql), |query, (name, value)| query.with_setting(name, value))
    }
}

/// As the crate's own, but that what is written is sent at once: an insert is several writes, of which each would wait for
/// ClickHouse's delayed acknowledgement (40 ms) of the one before.
fn client() -> Client {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_keepalive(Some(KEEP_ALIVE));
    let pool = HttpClient::builder(TokioExecutor::new()).pool_idle_timeout(IDLE).build(connector);
    Client::with_http_client(pool)
}

/// Compressing costs more than it saves where the bytes never leave the machine.
fn compression(host: Option<Host<&str>>) -> Compression {
    let loopback = match host {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    if loopback { Compression::None } else { Compression::Lz4 }
}

fn decoded(part: &str) -> String {
    percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned()
}
