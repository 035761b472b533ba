//! What symbols came.

use std::collections::{BTreeMap, VecDeque};

use mayday_event::{ProjectId, Timestamp};

use super::{Arrived, HEALED_MS, HealError, Healing};

/// Arrivals that are read in one go.
const ARRIVALS: usize = 500;
/// When, after a file came, events that lacked it are looked for again: a batch that was under way when it came writes down
/// only later what its events lack.
const LOOKS_MS: [i64; 3] = [0, 15_000, 60_000];
/// Clocks of several processes may differ by so much.
const CLOCKS_MS: i64 = 2_000;

/// What is known to have come, and what is to be done about it.
#[derive(Debug, Default)]
pub(super) struct News {
    /// The last debug file and artifact bundle that were looked at; `None` before the first look.
    seen: Option<(i64, i64)>,
    due: VecDeque<(Timestamp, Arrived)>,
}

impl News {
    /// The next to be done by now.
    pub(super) fn due(&mut self, now: Timestamp) -> Option<Arrived> {
        let at = self.due.iter().position(|(due, _)| *due <= now)?;
        self.due.remove(at).map(|(_, arrived)| arrived)
    }

    /// It could not be done.
    pub(super) fn put_back(&mut self, arrived: Arrived, now: Timestamp) {
        self.due.push_front((now, arrived));
    }

    fn add(&mut self, arrived: &Arrived, now: Timestamp) {
        for wait in LOOKS_MS {
            self.due.push_back((now.plus_ms(wait), arrived.clone()));
        }
    }
}

impl Healing<'_> {
    /// Finds out what came since it last looked, and lets the cache forget what it knew of it.
    pub(super) async fn take_news(&self, news: &mut News) -> Result<(), HealError> {
        let (catalog, symbols, now) = (&self.worker.catalog, &self.worker.symbols, self.worker.clock.now());
        symbols.take_changed_sources(now).await?;
        let Some((mut file, mut bundle)) = news.seen else {
            let seen = (catalog.last_debug_file().await?, catalog.last_artifact_bundle().await?);
            self.take_stock(news).await?;
            news.seen = Some(seen);
            return Ok(());
        };
        loop {
            let arrivals = catalog.debug_files_after(file, ARRIVALS).await?;
            for arrival in &arrivals {
                file = file.max(arrival.id);
                let code_id = arrival.code_id.as_ref().map(|id| format!("code:{id}"));
                for symbol in [Some(arrival.debug_id.clone()), code_id].into_iter().flatten() {
                    symbols.forget(arrival.project_id, &symbol);
                    let tried_before = arrival.uploaded.max(now).plus_ms(CLOCKS_MS);
                    news.add(&Arrived { project: arrival.project_id, symbol, tried_before }, now);
                }
            }
            if arrivals.len() < ARRIVALS {
                break;
            }
        }
        for (id, project) in catalog.artifact_bundles_after(bundle, ARRIVALS).await? {
            bundle = bundle.max(id);
            symbols.forget_absences(project);
            self.add_source_maps(project, news, now).await?;
        }
        news.seen = Some((file, bundle));
        for key in symbols.take_late() {
            let late = Arrived { project: key.project, symbol: key.id, tried_before: now };
            news.due.push_back((now, late));
        }
        Ok(())
    }

    /// Files that came while nobody looked.
    async fn take_stock(&self, news: &mut News) -> Result<(), HealError> {
        let (catalog, now) = (&self.worker.catalog, self.worker.clock.now());
        let mut wanted: BTreeMap<ProjectId, Vec<(String, Timestamp)>> = BTreeMap::new();
        for (project, symbol, tried) in self.worker.store.wanted_symbols(now.plus_ms(-HEALED_MS)).await? {
            wanted.entry(project).or_default().push((symbol, tried));
        }
        for (project, wanted) in wanted {
            let symbols: Vec<&str> = wanted.iter().map(|(symbol, _)| symbol.as_str()).collect();
            let code_ids: Vec<&str> =
                symbols.iter().filter_map(|symbol| symbol.strip_prefix("code:")).collect();
            let files = catalog.debug_files_by(project, &symbols, &code_ids).await?;
            for (symbol, tried) in wanted {
                let is_of = |file: &&mayday_catalog::debug_files::DebugFile| {
                    let code_id = symbol.strip_prefix("code:");
                    file.debug_id == symbol || code_id.is_some_and(|id| file.code_id.as_deref() == Some(id))
                };
                let newest = files.iter().filter(is_of).map(|file| file.uploaded).max();
                if newest.is_some_and(|uploaded| uploaded.plus_ms(CLOCKS_MS) >= tried) {
                    self.worker.symbols.forget(project, &symbol);
                    let tried_before = now.plus_ms(CLOCKS_MS);
                    news.due.push_back((now, Arrived { project, symbol, tried_before }));
                }
            }
        }
        Ok(())
    }

    /// A bundle may hold any source map of its project.
    async fn add_source_maps(
        &self,
        project: ProjectId,
        news: &mut News,
        now: Timestamp,
    ) -> Result<(), HealError> {
        let since = now.plus_ms(-HEALED_MS);
        for symbol in self.worker.store.wanted_symbols_of_kind(project, "source_map", since, ARRIVALS).await?
        {
            self.worker.symbols.forget(project, &symbol);
            news.add(&Arrived { project, symbol, tried_before: now.plus_ms(CLOCKS_MS) }, now);
        }
        Ok(())
    }
}
