//! What a project received and what became of it, in the shape of Sentry's `stats_v2`.

use std::collections::BTreeMap;

use actix_web::web::Data;
use mayday_catalog::projects::DsnKey;
use serde_json::{Map, Value, json};

use super::{
    endpoint::Endpoint,
    in_project::InProject,
    params::Params,
    respond::{Answer, date, ok},
};
use crate::{
    Query, QueryError,
    auth::ProjectRead,
    read::{
        self,
        outcomes::{Buckets, Counted, Dimension, GroupKey, Imbalance, Outcomes},
    },
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::at("/projects/{organization}/{project}/outcomes/").get(list)]
}

/// What `groupBy` may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Outcome,
    By(Dimension),
}

const GROUPS: [(&str, Group); 4] = [
    ("outcome", Group::Outcome),
    ("category", Group::By(Dimension::Category)),
    ("reason", Group::By(Dimension::Reason)),
    ("key", Group::By(Dimension::Key)),
];

async fn list(project: InProject<ProjectRead>, query: Data<Query>, params: Params) -> Answer {
    let groups = groups(&params)?;
    let window = params.span(&query)?;
    let buckets = match params.length("interval")? {
        Some(width) => Buckets::with_width(window, width),
        None => Buckets::of(window),
    };
    let by: Vec<Dimension> = groups
        .iter()
        .filter_map(|(_, group)| match group {
            Group::By(dimension) => Some(*dimension),
            Group::Outcome => None,
        })
        .collect();
    let outcomes = read::outcomes::list(&query, &project, buckets, &by).await?;
    let keys = match by.contains(&Dimension::Key) {
        true => read::projects::keys(&query, &project).await?,
        false => Vec::new(),
    };
    ok(outcomes_json(&outcomes, buckets, &groups, &keys))
}

/// `groupBy=outcome,reason` or once for each; by outcome where nobody says.
fn groups(params: &Params) -> Result<Vec<(&'static str, Group)>, QueryError> {
    let names = params.all("groupBy").flat_map(|names| names.split(',')).filter(|name| !name.is_empty());
    let mut groups = Vec::new();
    for name in names {
        let known = GROUPS.into_iter().find(|(known, _)| *known == name);
        let unknown =
            || QueryError::Invalid(format!("groupBy: {name:?} is not outcome, category, reason or key"));
        let group = known.ok_or_else(unknown)?;
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    Ok(if groups.is_empty() { vec![GROUPS[0]] } else { groups })
}

fn outcomes_json(
    outcomes: &Outcomes,
    buckets: Buckets,
    groups: &[(&'static str, Group)],
    keys: &[DsnKey],
) -> Value {
    let points = outcomes.starts.len();
    let received = Counted::sum(outcomes.received.values(), points);
    json!({
        "start": date(Some(buckets.window.from)),
        "end": date(Some(buckets.window.to)),
        "interval": interval(buckets.width_ms),
        "intervals": outcomes.starts.iter().map(|start| date(Some(*start))).collect::<Vec<_>>(),
        "groups": grouped(outcomes, groups, keys, points),
        "received": { "totals": totals(&received), "series": series(&received) },
        "balanced": outcomes.unbalanced.is_empty(),
        "unbalanced": outcomes.unbalanced.iter().map(imbalance_json).collect::<Vec<_>>(),
    })
}

fn grouped(
    outcomes: &Outcomes,
    groups: &[(&'static str, Group)],
    keys: &[DsnKey],
    points: usize,
) -> Vec<Value> {
    let is_by_outcome = groups.iter().any(|(_, group)| *group == Group::Outcome);
    let mut together: BTreeMap<GroupKey, Vec<&Counted>> = BTreeMap::new();
    for (key, counted) in &outcomes.outcomes {
        let outcome = if is_by_outcome { key.outcome.clone() } else { String::new() };
        together.entry(GroupKey { outcome, ..key.clone() }).or_default().push(counted);
    }
    let group = |(key, counted): (GroupKey, Vec<&Counted>)| {
        let by: Map<String, Value> =
            groups.iter().map(|(name, group)| ((*name).to_owned(), value(&key, *group, keys))).collect();
        let sum = Counted::sum(counted, points);
        json!({ "by": by, "totals": totals(&sum), "series": series(&sum) })
    };
    together.into_iter().map(group).collect()
}

fn value(key: &GroupKey, group: Group, keys: &[DsnKey]) -> Value {
    match group {
        Group::Outcome => key.outcome.as_str().into(),
        Group::By(Dimension::Category) => key.category.as_str().into(),
        Group::By(Dimension::Reason) => key.reason.as_str().into(),
        // The public key; null where it could not be told or was deleted since.
        Group::By(Dimension::Key) => {
            let found = keys.iter().find(|known| known.id == key.key_id);
            found.map_or(Value::Null, |known| known.public_key.to_string().into())
        }
    }
}

fn totals(counted: &Counted) -> Value {
    json!({ "sum(quantity)": counted.total })
}

fn series(counted: &Counted) -> Value {
    json!({ "sum(quantity)": counted.series })
}

fn imbalance_json(imbalance: &Imbalance) -> Value {
    json!({
        "category": imbalance.category,
        "received": imbalance.received,
        "accounted": imbalance.accounted,
    })
}

/// `5m`, `1h`, `1d`
fn interval(width_ms: i64) -> String {
    let minutes = width_ms / 60_000;
    match minutes {
        _ if minutes % 1440 == 0 => format!("{}d", minutes / 1440),
        _ if minutes % 60 == 0 => format!("{}h", minutes / 60),
        _ => format!("{minutes}m"),
    }
}

#[cfg(test)]
mod tests {
    use mayday_event::Timestamp;
    use mayday_store::queries::{Window, outcomes::OutcomeCount};

    use super::*;
    use crate::fixture::now;

    #[test]
    fn outcomes_are_grouped_as_asked_and_what_was_received_is_beside_them() {
        let window = Window { from: now().plus_ms(-2 * Timestamp::HOUR_MS), to: now() };
        let buckets = Buckets::with_width(window, Timestamp::HOUR_MS);
        let count = |outcome: &str, reason: &str, quantity| OutcomeCount {
            start: buckets.window.from,
            outcome: outcome.into(),
            category: String::new(),
            reason: reason.into(),
            key_id: 0,
            quantity,
        };
        let counts = vec![
            count("received", "", 9),
            count("accepted", "", 5),
            count("filtered", "duplicate", 3),
            count("rate_limited", "duplicate", 1),
        ];
        let outcomes = Outcomes::new(buckets, counts, Vec::new());
        let by_outcome = outcomes_json(&outcomes, buckets, &GROUPS[..1], &[]);
        insta::assert_json_snapshot!(by_outcome, @r#"
        {
          "balanced": true,
          "end": "2026-11-24T05:00:00.000Z",
          "groups": [
            {
              "by": {
                "outcome": "accepted"
              },
              "series": {
                "sum(quantity)": [
                  5,
                  0,
                  0
                ]
              },
              "totals": {
                "sum(quantity)": 5
              }
            },
            {
              "by": {
                "outcome": "filtered"
              },
              "series": {
                "sum(quantity)": [
                  3,
                  0,
                  0
                ]
              },
              "totals": {
                "sum(quantity)": 3
              }
            },
            {
              "by": {
                "outcome": "rate_limited"
              },
              "series": {
                "sum(quantity)": [
                  1,
                  0,
                  0
                ]
              },
              "totals": {
                "sum(quantity)": 1
              }
            }
          ],
          "interval": "1h",
          "intervals": [
            "2026-11-24T02:00:00.000Z",
            "2026-11-24T03:00:00.000Z",
            "2026-11-24T04:00:00.000Z"
          ],
          "received": {
            "series": {
              "sum(quantity)": [
                9,
                0,
                0
              ]
            },
            "totals": {
              "sum(quantity)": 9
            }
          },
          "start": "2026-11-24T02:00:00.000Z",
          "unbalanced": []
        }
        "#);
        let by_reason = outcomes_json(&outcomes, buckets, &GROUPS[2..3], &[]);
        let groups = by_reason["groups"].as_array().unwrap();
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[1]["by"], json!({ "reason": "duplicate" }));
        assert_eq!(groups[1]["totals"]["sum(quantity)"], 4);
    }
}
