//! `mayday schema`: ClickHouse's definitions, to be read or run by whoever keeps a cluster.

use clap::Args;
use mayday_store::cluster_schema;

use crate::{
    banner,
    config::{DEFAULT_RETENTION_DAYS, MAX_RETENTION_DAYS},
};

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// The cluster, as ClickHouse's remote_servers names it
    #[arg(long, value_name = "NAME")]
    cluster: String,
    /// Days after which events are deleted
    #[arg(long, value_name = "DAYS", default_value_t = DEFAULT_RETENTION_DAYS, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_RETENTION_DAYS)))]
    retention_days: u32,
}

pub(crate) fn run(args: &SchemaArgs) -> anyhow::Result<()> {
    let statements = cluster_schema(&args.cluster, args.retention_days)?;
    Ok(banner::put(&(statements.join(";\n\n") + ";"))?)
}
