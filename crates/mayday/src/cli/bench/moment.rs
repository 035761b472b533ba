//! One crash of the fleet, as an SDK's event and as the row that is stored of it.

use std::collections::BTreeSet;

use anyhow::Context;
use mayday_catalog::batch::Occurrence;
use mayday_event::{
    EventId, ProjectId, Timestamp,
    normalize::{Arrival, event_from_json},
};
use mayday_store::rows::EventRow;
use serde_json::json;

use super::{
    fleet::{self, PEOPLE, Person},
    issues::{Frequencies, ISSUES, Issue},
};
use crate::cli::dice::Dice;

/// Days that the crashes are spread over.
pub(super) const DAYS: i64 = 30;
/// Tries to find an issue that has begun, and somebody whom it could happen to.
const TRIES: usize = 12;
/// From a crash until its report comes.
const ON_ITS_WAY_MS: i64 = 2_000;

/// A crash that happens to somebody at some time.
#[derive(Debug)]
pub(super) struct Moment {
    pub(super) issue: Issue,
    person: Person,
    event_id: EventId,
    pub(super) at: Timestamp,
    release: usize,
    number: usize,
}

impl Moment {
    /// The crash at a time; the same seed rolls the same.
    pub(super) fn roll(seed: u64, frequencies: &Frequencies, at: Timestamp, until: Timestamp) -> Self {
        let mut dice = Dice::new(seed);
        let issue = (0..TRIES)
            .map(|_| frequencies.pick(&mut dice))
            .find(|issue| issue.born(until) <= at)
            .unwrap_or(Issue { number: 0 });
        let mut person = Person::of(0);
        for _ in 0..TRIES {
            // Some people crash more than others.
            person = Person::of((dice.fraction().powi(2) * PEOPLE as f64) as u64);
            if issue.fits(&person, &mut dice) {
                break;
            }
        }
        let event_id = EventId(dice.uuid(0));
        let release = person.release(at, until);
        Self { issue, person, event_id, at, release, number: dice.below(90_000) + 10_000 }
    }

    pub(super) fn release_name(&self) -> String {
        fleet::release_name(self.release)
    }

    fn received(&self) -> Timestamp {
        self.at.plus_ms(ON_ITS_WAY_MS)
    }

    /// All of it: as if it had come over the network.
    pub(super) fn whole(&self, project: ProjectId) -> anyhow::Result<(Occurrence, EventRow)> {
        let Person { number, system, os_version, brand, family, model, locale, .. } = &self.person;
        let (version, build) = (fleet::version(self.release), fleet::build(self.release));
        let payload = json!({
            "event_id": self.event_id,
            "timestamp": self.at.to_string(),
            "platform": match system { fleet::System::Android => "java", fleet::System::Apple => "cocoa" },
            "level": self.issue.level(),
            "sdk": {"name": "sentry.fleet", "version": "8.12.0"},
            "release": self.release_name(),
            "dist": build,
            "environment": self.person.environment(),
            "transaction": self.issue.screen(),
            "exception": self.issue.exception(self.number),
            "tags": {"locale": locale, "screen": self.issue.screen()},
            "user": {"id": format!("u{number:06}")},
            "contexts": {
                "os": {"name": system.name(), "version": os_version},
                "device": {"family": family, "model": model, "brand": brand},
                "app": {"app_version": version, "app_build": build},
                "flags": {"values": [{"flag": "new_checkout", "result": self.person.has_new_checkout}]},
            },
        });
        let arrival = Arrival {
            event_id: self.event_id,
            received: self.received(),
            sent_at: None,
            remote_addr: None,
            client: None,
        };
        let event = event_from_json(payload.to_string().as_bytes(), &arrival)?;
        Ok(mayday_worker::stored_forms(project, event)?)
    }

    /// What differs from one event of an issue to the next, put into the row of another.
    fn row(&self, of_same_issue: &EventRow) -> EventRow {
        let Person { number, system, os_version, brand, family, model, locale, .. } = &self.person;
        let (release, dist) = (self.release_name(), fleet::build(self.release));
        let (app_version, user) = (fleet::version(self.release), format!("id:u{number:06}"));
        let error_value = self.issue.error_value(self.number);
        let mut tags = of_same_issue.tags.clone();
        let os = format!("{} {os_version}", system.name());
        for (key, value) in [
            ("release", release.as_str()),
            ("dist", &dist),
            ("environment", self.person.environment()),
            ("user", &user),
            ("locale", locale),
            ("os", &os),
            ("os.version", os_version),
            ("device", model),
            ("device.family", family),
            ("device.model", model),
            ("device.brand", brand),
            ("app.version", &app_version),
            ("app.build", &dist),
        ] {
            if let Some(tag) = tags.get_mut(key) {
                value.clone_into(tag);
            }
        }
        let flags = [("new_checkout".to_owned(), self.person.has_new_checkout.to_string())].into();
        EventRow {
            event_id: self.event_id,
            timestamp: self.at,
            received: self.received(),
            release,
            dist,
            environment: self.person.environment().to_owned(),
            title: format!("{}: {error_value}", self.issue.error_type()),
            error_value,
            user,
            os_version: (*os_version).to_owned(),
            device_family: family.clone(),
            device_model: model.clone(),
            app_version,
            flags,
            tags,
            payload: String::new(),
            grouping: String::new(),
            ..of_same_issue.clone()
        }
    }
}

/// Makes rows: the first few of each issue whole, the others without a payload, as past a project's budget.
#[derive(Debug)]
pub(super) struct Rows {
    project: ProjectId,
    /// Rows so far and the first of them, by issue.
    issues: Vec<(usize, Option<EventRow>)>,
    releases: BTreeSet<usize>,
}

/// Events of each issue whose payload is kept.
const KEPT_PAYLOADS: usize = 20;

impl Rows {
    pub(super) fn new(project: ProjectId) -> Self {
        Self { project, issues: vec![(0, None); ISSUES], releases: BTreeSet::new() }
    }

    /// An event's row, and its occurrence where the catalog has not seen its issue or release.
    pub(super) fn make(&mut self, moment: &Moment) -> anyhow::Result<(EventRow, Option<Occurrence>)> {
        let (made, first) =
            self.issues.get_mut(moment.issue.number).context("there are not so many issues")?;
        let is_news = self.releases.insert(moment.release) || *made == 0;
        *made += 1;
        match first {
            Some(first) if *made > KEPT_PAYLOADS && !is_news => Ok((moment.row(first), None)),
            _ => {
                let (occurrence, row) = moment.whole(self.project)?;
                let alike = EventRow { payload: String::new(), grouping: String::new(), ..row.clone() };
                first.get_or_insert(alike);
                Ok((row, is_news.then_some(occurrence)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNTIL: Timestamp = Timestamp(1_795_492_921_500);

    fn moment(seed: u64) -> Moment {
        let at = UNTIL.plus_ms(-((seed % 700) as i64 * Timestamp::HOUR_MS));
        Moment::roll(seed, &Frequencies::new(), at, UNTIL)
    }

    /// The short way to a row gives what the whole way gives.
    #[test]
    fn a_row_is_as_if_it_had_come_over_the_network() {
        for seed in 0..300 {
            let moment = moment(seed);
            let other = Moment { issue: moment.issue, ..self::moment(seed + 1_000) };
            let of = |moment: &Moment| moment.whole(ProjectId(1)).unwrap().1;
            let (whole, of_same_issue) = (of(&moment), of(&other));
            if moment.person.system != other.person.system {
                continue;
            }
            let expected = EventRow { payload: String::new(), grouping: String::new(), ..whole };
            assert_eq!(moment.row(&of_same_issue), expected, "seed {seed}");
        }
    }

    #[test]
    fn each_kind_of_crash_is_an_issue_of_its_own() {
        let hashes: BTreeSet<_> = (0..ISSUES)
            .map(|number| {
                let moment = Moment { issue: Issue { number }, ..moment(number as u64) };
                moment.whole(ProjectId(1)).unwrap().1.hash
            })
            .collect();
        assert_eq!(hashes.len(), ISSUES);
    }

    #[test]
    fn the_same_seed_makes_the_same_event() {
        assert_eq!(moment(7).whole(ProjectId(1)).unwrap(), moment(7).whole(ProjectId(1)).unwrap());
    }
}
