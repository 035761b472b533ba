//! `mayday demo`: fills a running server, over its public endpoints, with a realistic fortnight of mobile crashes and sessions.

mod crashes;
mod event;
mod fleet;
mod send;
mod sessions;

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use mayday_event::Timestamp;
use url::Url;

use self::{crashes::CRASHES, event::Moment, fleet::Dice, send::Target};
use crate::{banner, bootstrap::BootstrapFile, roles::system_clock};

/// What `mayday demo` can be told.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Data directory of the server to fill: its bootstrap.json says where the server is
    #[arg(long, value_name = "DIR", default_value = "mayday-data", env = "MAYDAY_DATA_DIR")]
    data_dir: PathBuf,
    /// Fill the project of this DSN instead
    #[arg(long, value_name = "DSN")]
    dsn: Option<Url>,
    /// API token, to resolve two issues half-way so that they come back [default: the data directory's]
    #[arg(long, value_name = "TOKEN", env = "MAYDAY_API_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Crashes to send
    #[arg(long, default_value_t = 2_500, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    events: u32,
    /// The same seed gives the same crashes
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Days that the crashes are spread over.
const DAYS: i64 = 14;
/// Share of the crashes that are sent before two issues are resolved.
const BEFORE_FIX: f64 = 0.9;
/// How long the server may take to show what it accepted.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends the fortnight.
pub(crate) async fn run(args: DemoArgs) -> anyhow::Result<()> {
    let target = target(&args)?;
    let now = system_clock().now();
    let mut dice = Dice::new(args.seed, now);
    let mut moments = moments(&mut dice, args.events, now);
    let sessions = sessions::envelopes(&mut dice, &moments, now, DAYS)?;
    let late = moments.split_off((f64::from(args.events) * BEFORE_FIX) as usize);

    let progress = ProgressBar::new(u64::from(args.events));
    progress
        .set_style(ProgressStyle::with_template("  {bar:40} {pos}/{len} crashes  {per_sec}  {eta} left")?);
    target.send_all(&moments, now, &progress).await?;
    target.send_sessions(sessions).await?;
    let resolved = target.resolve_some(PATIENCE).await?;
    target.send_all(&late, now, &progress).await?;
    progress.finish();

    banner::say(&format!(
        "sent {} crashes of {} kinds over {DAYS} days; resolved {resolved} issues on the way. Look at {}/",
        args.events,
        CRASHES.len(),
        target.url()
    ));
    Ok(())
}

fn target(args: &DemoArgs) -> anyhow::Result<Target> {
    if let Some(dsn) = &args.dsn {
        return Target::new(dsn, args.token.clone(), None);
    }
    let path = args.data_dir.join(BootstrapFile::NAME);
    let Some(file) = BootstrapFile::read(&path)? else {
        bail!("there is no {}; start `mayday` first, or name its --data-dir or a --dsn", path.display());
    };
    let dsn = Url::parse(&file.dsn).context("bootstrap.json has no valid dsn")?;
    let token = args.token.clone().unwrap_or(file.api_token);
    Target::new(&dsn, Some(token), Some((file.organization, file.project)))
}

/// When which crash happens to whom, oldest first.
fn moments(dice: &mut Dice, events: u32, now: Timestamp) -> Vec<Moment> {
    let mut moments: Vec<_> = (0..events).map(|_| Moment::roll(dice, now, DAYS)).collect();
    moments.sort_by_key(|moment| moment.timestamp);
    moments
}
