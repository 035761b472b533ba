//! Why, as a tree: each way to a fingerprint that an event offers, what it is made of, and which one decides.

use mayday_event::{Event, GroupHash, model::Exception};
use serde::Serialize;

use crate::{Case, Component, Grouping, VERSION, hash, prepare, rules::Rules, strategies};

/// An event's fingerprint, and all ways that were open to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    pub grouping: Grouping,
    /// In the order in which they are asked; the first that has something to say decides.
    pub variants: Vec<Variant>,
}

/// One way to a fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Variant {
    /// The strategy's name.
    pub key: &'static str,
    /// For people.
    pub description: &'static str,
    /// What the fingerprint is, or would be if this way decided.
    #[serde(with = "hash::as_hex")]
    pub hash: GroupHash,
    /// Whether it decides.
    pub contributes: bool,
    pub component: Node,
}

/// A part of a variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// `exception`, `stacktrace`, `frame`, `type`, `code`, `message`, `fingerprint`, `fallback` …
    pub id: String,
    pub contributes: bool,
    /// Why it counts or does not; `None` of what only holds others.
    pub hint: Option<String>,
    /// The text before what varies was replaced, where that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original: Option<String>,
    pub values: Vec<Part>,
}

/// A text, or what it is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Part {
    Text(String),
    Node(Node),
}

/// Groups an event as [`crate::group`] does, and tells how.
pub fn explain(event: &Event, rules: &Rules) -> Explanation {
    let (title, crashed_in, rule) = prepare(event, rules);
    let case = Case { event, title: &title, crashed_in, rules, rule };
    let (strategy, components) = strategies::decide(case);
    let mut variants = Vec::new();
    if strategy == "rule" || strategy == "sdk" {
        variants.push(variant(strategy, true, event, components.clone()));
    }
    for (key, components) in strategies::open_to(case) {
        variants.push(variant(key, key == strategy, event, components));
    }
    let hash = hash::of(VERSION, &components);
    let grouping = Grouping { version: VERSION, hash, strategy: strategy.to_owned(), components };
    Explanation { grouping, variants }
}

fn variant(key: &'static str, contributes: bool, event: &Event, components: Vec<Component>) -> Variant {
    let hash = hash::of(VERSION, &components);
    Variant { key, description: description(key), hash, contributes, component: tree(key, event, components) }
}

fn description(key: &str) -> &'static str {
    match key {
        "rule" => "the fingerprint of a rule of the project",
        "sdk" => "the fingerprint that the app gave",
        "stacktrace" => "the root cause's type, the frames near the crash and the error codes in its message",
        "exception" => "the root cause's type and message",
        "message" => "the log message",
        _ => "platform, level and place, where there is nothing else",
    }
}

/// Frames that follow one another belong to a stack trace.
fn tree(key: &str, event: &Event, components: Vec<Component>) -> Node {
    let mut values: Vec<Part> = Vec::new();
    for component in components {
        let is_frame = component.kind == "frame";
        let node = leaf(event, component);
        match values.last_mut() {
            Some(Part::Node(stack)) if is_frame && stack.id == "stacktrace" => {
                stack.contributes |= node.contributes;
                stack.values.push(Part::Node(node));
            }
            _ if is_frame => values.push(Part::Node(holder("stacktrace", vec![Part::Node(node)]))),
            _ => values.push(Part::Node(node)),
        }
    }
    holder(key, values)
}

fn holder(id: &str, values: Vec<Part>) -> Node {
    let contributes = values.iter().any(|part| matches!(part, Part::Node(node) if node.contributes));
    Node { id: id.to_owned(), contributes, hint: None, original: None, values }
}

fn leaf(event: &Event, component: Component) -> Node {
    let original = (component.kind == "message").then(|| original(event)).flatten();
    Node {
        id: component.kind,
        contributes: component.contributes,
        hint: Some(component.reason),
        original: original.filter(|original| *original != component.value),
        values: vec![Part::Text(component.value)],
    }
}

/// The message that grouping read: of the root cause, else of the log.
fn original(event: &Event) -> Option<String> {
    let of_cause = |cause: &Exception| cause.value.clone();
    let of_entry = || event.logentry.as_ref().and_then(|entry| entry.formatted.clone());
    event.root_cause().map_or_else(of_entry, of_cause)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tests::read;

    #[test]
    fn every_way_is_told_with_what_it_leaves_out() {
        let settings = mayday_event::grouping::GroupingSettings {
            stack_trace_rules: "function:send -group".to_owned(),
            ..Default::default()
        };
        let rules = Rules::compile(&settings).unwrap();
        let event = read(&json!({
            "platform": "java",
            "exception": [{ "type": "IOException", "value": "No answer from 10.0.0.1 in 30 s", "stacktrace": { "frames": [
                { "module": "android.os.Looper", "function": "loop", "in_app": false },
                { "module": "shop.Checkout", "function": "pay", "in_app": true },
                { "module": "shop.Client", "function": "send", "in_app": true },
            ] } }],
        }));
        let explanation = explain(&event, &rules);
        assert_eq!(explanation.grouping, crate::group(event, &rules).grouping);
        insta::assert_json_snapshot!(explanation.variants);
    }
}
