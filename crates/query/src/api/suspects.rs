//! What an issue's users have in common.

use actix_web::web::{Data, Path};
use mayday_store::queries::voices::Sides;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    issue::{self, IssuePath, PREFIXES},
    params::Params,
    respond::{Answer, date, known, ok},
};
use crate::{
    Query,
    auth::{EventRead, Granted},
    read::{
        self,
        suspects::{FALSE_DISCOVERY_RATE, Measured, Suspects},
    },
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    PREFIXES.map(|prefix| Endpoint::at(format!("{prefix}/suspects/")).get(show)).into()
}

async fn show(
    principal: Granted<EventRead>,
    query: Data<Query>,
    path: Path<IssuePath>,
    params: Params,
) -> Answer {
    let (window, filter) = (params.optional_span(&query)?, params.event_filter()?);
    let issue = issue::find(&query, &principal, &path).await?;
    let found = read::suspects::of_issue(&query, &issue, window, &filter).await?;
    ok(suspects_json(&found))
}

fn suspects_json(found: &Suspects) -> Value {
    let Sides { affected, others } = found.users;
    let suspects: Vec<Value> = found
        .suspects
        .iter()
        .map(|suspect| {
            let attribute = [("key", &suspect.key), ("value", &suspect.value)];
            measured_json(suspect.measured, attribute.map(|(name, text)| (name, json!(text))))
        })
        .collect();
    let pairs: Vec<Value> = found
        .pairs
        .iter()
        .map(|pair| {
            let attributes = pair.attributes.iter().map(|(key, value)| json!({ "key": key, "value": value }));
            measured_json(pair.measured, [("attributes", attributes.collect())])
        })
        .collect();
    json!({
        "start": date(Some(found.window.from)),
        "end": date(Some(found.window.to)),
        "affected": { "users": affected, "events": found.events.affected, "sampled": found.is_affected_sampled },
        "others": { "users": others, "events": found.events.others, "sampled": found.is_others_sampled },
        "falseDiscoveryRate": FALSE_DISCOVERY_RATE,
        "summary": known(&found.sentence),
        "reason": known(found.reason),
        "suspects": suspects,
        "pairs": pairs,
    })
}

fn measured_json(measured: Measured, named: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let mut json = json!({
        "users": measured.users.affected,
        "otherUsers": measured.users.others,
        "share": measured.share,
        "baseline": measured.baseline,
        "lift": measured.lift,
        "pValue": measured.p_value,
        "adjustedPValue": measured.adjusted_p_value,
    });
    for (name, value) in named {
        json[name] = value;
    }
    json
}
