//! Device, operating system, app and whatever else the SDK told about the surroundings.

use mayday_event::Event;
use serde_json::{Map, Value};

use super::values::{self, Pair};
use crate::pages::moment::bytes;

/// A named table.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) rows: Vec<Pair>,
    /// Where tables fold: shown from the start.
    pub(crate) open: bool,
}

impl Table {
    /// `None`: it has no rows.
    fn filled(id: &str, title: impl Into<String>, rows: Vec<Pair>) -> Option<Self> {
        (!rows.is_empty()).then(|| Self { id: id.into(), title: title.into(), rows, open: false })
    }
}

/// What people look at first; the others follow by name.
const FIRST: [&str; 3] = ["device", "os", "app"];

/// An event's contexts as tables; empty ones are left out.
pub(crate) fn contexts(event: &Event) -> Vec<Table> {
    let first = FIRST.into_iter().filter_map(|name| event.contexts.get_key_value(name));
    let others = event.contexts.iter().filter(|(name, _)| !FIRST.contains(&name.as_str()));
    first.chain(others).filter_map(|(name, value)| table(name, value)).collect()
}

fn table(name: &str, value: &Value) -> Option<Table> {
    let rows = match value {
        Value::Object(fields) => match fields.get("values").and_then(Value::as_array) {
            Some(all) if name == "flags" => flags(all),
            _ => rows(fields),
        },
        Value::Null => Vec::new(),
        other => vec![Pair::new(label(name), values::text(other))],
    };
    Table::filled(name, title(name), rows)
}

fn rows(fields: &Map<String, Value>) -> Vec<Pair> {
    let shown = fields.iter().filter(|(name, value)| *name != "type" && !value.is_null());
    let (mut head, tail): (Vec<_>, Vec<_>) = shown.partition(|(name, _)| rank(name).is_some());
    head.sort_by_key(|(name, _)| rank(name));
    head.into_iter().chain(tail).map(|(name, value)| Pair::new(label(name), field(name, value))).collect()
}

/// Feature flags by their names, the one looked at last first.
fn flags(all: &[Value]) -> Vec<Pair> {
    let pair = |flag: &Value| {
        let name = flag.get("flag").and_then(Value::as_str)?;
        Some(Pair::new(name, flag.get("result").map_or_else(String::new, values::text)))
    };
    all.iter().rev().filter_map(pair).collect()
}

/// Names come before details.
fn rank(name: &str) -> Option<usize> {
    const HEAD: [&str; 8] =
        ["app_name", "name", "app_version", "version", "app_build", "manufacturer", "brand", "model"];
    HEAD.into_iter().position(|known| known == name)
}

fn field(name: &str, value: &Value) -> String {
    let is_size = name.ends_with("_memory") || name.ends_with("_storage") || name.ends_with("_size");
    match value {
        Value::Number(n) if is_size => n.as_u64().map_or_else(|| n.to_string(), bytes),
        Value::Number(n) if name == "battery_level" => format!("{n} %"),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        _ => values::text(value),
    }
}

fn title(name: &str) -> String {
    match name {
        "os" => "Operating system".into(),
        "gpu" => "GPU".into(),
        _ => label(name),
    }
}

/// `Model id` of `model_id`.
fn label(name: &str) -> String {
    let spaced = name.replace('_', " ");
    let mut characters = spaced.chars();
    let first = characters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", characters.as_str())
}

/// The user, as a table.
pub(crate) fn user(event: &Event) -> Option<Table> {
    let user = event.user.as_ref()?;
    let known = [
        ("Id", &user.id),
        ("E-mail", &user.email),
        ("Username", &user.username),
        ("Name", &user.name),
        ("IP address", &user.ip_address),
    ];
    let known = known.into_iter().filter_map(|(name, value)| Some(Pair::new(name, value.clone()?)));
    let rows: Vec<Pair> = known.chain(values::pairs(&user.data)).collect();
    Table::filled("user", "User", rows)
}

/// The HTTP request, as a table.
pub(crate) fn request(event: &Event) -> Option<Table> {
    let request = event.request.as_ref()?;
    let line = match (&request.method, &request.url) {
        (Some(method), Some(url)) => Some(format!("{method} {url}")),
        (method, url) => url.clone().or_else(|| method.clone()),
    };
    let mut rows: Vec<Pair> = line.map(|line| Pair::new("Request", line)).into_iter().collect();
    rows.extend(request.query_string.as_ref().map(|value| Pair::new("Query", values::text(value))));
    rows.extend(request.data.as_ref().map(|value| Pair::new("Body", values::text(value))));
    rows.extend(request.headers.iter().map(|(name, value)| Pair::new(name, value)));
    rows.extend(values::pairs(&request.env));
    Some(Table { open: true, ..Table::filled("request", "HTTP request", rows)? })
}

/// What the app added, folded.
pub(crate) fn extra(event: &Event) -> Option<Table> {
    Table::filled("extra", "Additional data", values::pairs(&event.extra))
}

/// The packages that the app is made of, folded.
pub(crate) fn modules(event: &Event) -> Option<Table> {
    let rows = event.modules.iter().map(|(name, version)| Pair::new(name, version)).collect();
    Table::filled("modules", "Packages", rows)
}

/// The binaries that were loaded, folded.
pub(crate) fn images(event: &Event) -> Option<Table> {
    let rows = event.debug_images.iter().map(|image| {
        let file = image.code_file.as_ref().or(image.debug_file.as_ref()).unwrap_or(&image.ty);
        let id = image.debug_id.as_ref().or(image.code_id.as_ref());
        let at = image.image_addr.as_ref().map(|address| format!("at {address}"));
        let known = [id.cloned(), image.arch.clone(), at].into_iter().flatten();
        Pair::new(file, known.collect::<Vec<_>>().join(" · "))
    });
    Table::filled("images", "Loaded binaries", rows.collect())
}

/// What sent it.
pub(crate) fn client(event: &Event) -> Option<Table> {
    let sdk = event.sdk.clone().unwrap_or_default();
    let sdk = sdk.name.map(|name| format!("{name} {}", sdk.version.unwrap_or_default()));
    let known = [
        ("SDK", sdk),
        ("Platform", Some(event.platform.clone())),
        ("Logger", event.logger.clone()),
        ("Transaction", event.transaction.clone()),
        ("Server", event.server_name.clone()),
    ];
    let rows = known.into_iter().filter_map(|(name, value)| Some(Pair::new(name, value?)));
    Table::filled("client", "Reported by", rows.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sizes_and_flags_are_readable_and_names_come_first() {
        let device = json!({
            "type": "device", "free_memory": 2147483648u64, "model": "Pixel 8", "simulator": false,
            "battery_level": 71, "screen": {"width": 1080}, "gone": null
        });
        let table = table("device", &device).unwrap();
        let rows: Vec<String> = table.rows.iter().map(|row| format!("{}={}", row.name, row.value)).collect();
        assert_eq!(
            rows,
            [
                "Model=Pixel 8",
                "Battery level=71 %",
                "Free memory=2.0 GiB",
                "Screen={\n  \"width\": 1080\n}",
                "Simulator=no"
            ]
        );
    }

    #[test]
    fn flags_go_by_their_names() {
        let flags = json!({ "values": [{ "flag": "new_checkout", "result": true }, { "flag": "theme", "result": "b" }, 7] });
        let rows: Vec<String> = table("flags", &flags)
            .unwrap()
            .rows
            .iter()
            .map(|row| format!("{}={}", row.name, row.value))
            .collect();
        assert_eq!(rows, ["theme=b", "new_checkout=true"]);
    }
}
