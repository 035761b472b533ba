//! One crash as an SDK would send it.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use mayday_event::{EventId, Timestamp};
use serde_json::{Value, json};

use super::{
    crashes::{CRASHES, Crash, Frame, Sdk},
    fleet::{ANDROID, APPLE, Device, Dice, LOCALES, RELEASES, USERS},
};

/// A crash that happens to somebody at some time.
#[derive(Debug)]
pub(super) struct Moment {
    pub(super) timestamp: Timestamp,
    event_id: EventId,
    crash: &'static Crash,
    device: &'static Device,
    release: (&'static str, &'static str),
    user: usize,
    locale: &'static str,
    number: usize,
    free_memory_mib: usize,
    on_wifi: bool,
}

impl Moment {
    /// Somewhere in the last `days`, more in the evenings and after the release that brought the crash.
    pub(super) fn roll(dice: &mut Dice, now: Timestamp, days: i64) -> Self {
        let crash = dice.weighted(CRASHES, |crash| crash.weight);
        let timestamp = loop {
            let age = dice.fraction();
            let timestamp = now.plus_ms(-((age * (days * Timestamp::DAY_MS) as f64) as i64));
            if release_at(age) >= crash.since_release && dice.fraction() < busyness(timestamp) {
                break timestamp;
            }
        };
        let age = now.since_ms(timestamp) as f64 / (days * Timestamp::DAY_MS) as f64;
        // Not everybody has the newest release.
        let lag = usize::from(dice.fraction() < 0.3);
        let release = RELEASES[release_at(age).saturating_sub(lag).max(crash.since_release)];
        let devices = match crash.sdk {
            Sdk::Android | Sdk::Native | Sdk::ReactNative => ANDROID,
            Sdk::Cocoa | Sdk::Flutter => APPLE,
        };
        let fitting: Vec<_> = devices
            .iter()
            .filter(|device| crash.only_brand.is_none_or(|brand| device.brand == brand))
            .collect();
        Self {
            timestamp,
            event_id: dice.event_id(),
            crash,
            device: *dice.weighted(&fitting, |device| device.weight),
            release,
            // Some people crash more than others.
            user: (dice.fraction().powi(2) * USERS as f64) as usize,
            locale: LOCALES[dice.below(LOCALES.len())],
            number: dice.below(90_000) + 10_000,
            free_memory_mib: dice.below(1_800) + 60,
            on_wifi: dice.fraction() < 0.6,
        }
    }

    /// Whether the app ended with it.
    pub(super) fn is_crash(&self) -> bool {
        !self.crash.handled
    }

    /// Whether the system ended the app, for it did not answer.
    pub(super) fn is_anr(&self) -> bool {
        self.crash.error_type == "ApplicationNotResponding"
    }

    /// The person's id.
    pub(super) fn user(&self) -> String {
        user_id(self.user)
    }

    pub(super) fn release(&self) -> String {
        let (version, build) = self.release;
        format!("{}@{version}+{build}", self.crash.sdk.package())
    }

    pub(super) fn environment(&self) -> &'static str {
        environment(self.user)
    }

    /// The request body: an envelope, gzip.
    pub(super) fn envelope(&self, now: Timestamp) -> anyhow::Result<Vec<u8>> {
        let header = json!({"event_id": self.event_id, "sent_at": now.to_string(), "sdk": self.sdk()});
        let payload = serde_json::to_vec(&self.payload())?;
        let item = json!({"type": "event", "content_type": "application/json", "length": payload.len()});
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        writeln!(gzip, "{header}\n{item}")?;
        gzip.write_all(&payload)?;
        gzip.write_all(b"\n")?;
        Ok(gzip.finish()?)
    }

    fn payload(&self) -> Value {
        let (_, build) = self.release;
        json!({
            "event_id": self.event_id,
            "timestamp": self.timestamp.to_string(),
            "platform": self.crash.sdk.platform(),
            "level": if self.crash.handled { "error" } else { "fatal" },
            "sdk": self.sdk(),
            "release": self.release(),
            "dist": build,
            "environment": self.environment(),
            "transaction": self.crash.screen,
            "exception": {"values": self.exceptions()},
            "threads": {"values": self.threads()},
            "breadcrumbs": {"values": self.breadcrumbs()},
            "tags": {
                "screen": self.crash.screen,
                "network": if self.on_wifi { "wifi" } else { "cellular" },
            },
            "user": {"id": self.user(), "email": format!("user{:05}@example.com", self.user)},
            "contexts": self.contexts(),
            "extra": {"cart_items": self.number % 7},
        })
    }

    fn on_apple(&self) -> bool {
        self.device.brand == "Apple"
    }

    /// What caught it: on Apple's systems a signal and an exception are caught by different means.
    fn mechanism(&self) -> &'static str {
        match self.crash.error_type {
            "EXC_BAD_ACCESS" | "EXC_BREAKPOINT" => "mach",
            _ if self.is_anr() => "AppExitInfo",
            _ => self.crash.sdk.mechanism(),
        }
    }

    fn threads(&self) -> Value {
        let other = match self.on_apple() {
            true => json!({"id": 6, "name": "com.apple.NSURLConnectionLoader"}),
            false => json!({"id": 17, "name": "OkHttp Dispatcher", "state": "WAITING"}),
        };
        json!([
            {"id": 1, "name": "main", "current": true, "crashed": !self.crash.handled, "main": true},
            other,
        ])
    }

    fn exceptions(&self) -> Vec<Value> {
        let main = json!({
            "type": self.crash.error_type,
            "value": self.value(self.crash.error_value),
            "module": self.crash.error_module,
            "mechanism": {"type": self.mechanism(), "handled": self.crash.handled},
            "stacktrace": {"frames": self.crash.frames.iter().map(frame).collect::<Vec<_>>()},
        });
        let cause = self.crash.cause.map(|(error_type, value)| {
            json!({
                "type": error_type,
                "value": self.value(value),
                "stacktrace": {"frames": self.crash.frames.iter().rev().take(2).rev().map(frame).collect::<Vec<_>>()},
            })
        });
        cause.into_iter().chain([main]).collect()
    }

    /// A message with this moment's number in place of `{n}`.
    fn value(&self, template: &str) -> String {
        template.replace("{n}", &self.number.to_string())
    }

    fn breadcrumbs(&self) -> Vec<Value> {
        let at = |seconds: i64| self.timestamp.plus_ms(-1000 * seconds).to_string();
        let status = if self.crash.handled { 503 } else { 200 };
        vec![
            json!({"timestamp": at(42), "type": "navigation", "category": "navigation", "level": "info",
                   "data": {"from": "Launch", "to": "Home"}}),
            json!({"timestamp": at(17), "type": "user", "category": "ui.click", "level": "info",
                   "message": format!("tap on row {}", self.number % 40)}),
            json!({"timestamp": at(9), "type": "navigation", "category": "navigation", "level": "info",
                   "data": {"from": "Home", "to": self.crash.screen}}),
            json!({"timestamp": at(3), "type": "http", "category": "http", "level": "info",
                   "data": {"url": format!("https://api.example.com/v2/orders/{}", self.number), "method": "GET",
                            "status_code": status, "duration_ms": 80 + self.number % 900}}),
            json!({"timestamp": at(1), "category": "app.memory", "level": "warning",
                   "message": format!("{} MiB free", self.free_memory_mib)}),
        ]
    }

    fn contexts(&self) -> Value {
        let device = self.device;
        let (version, build) = self.release;
        json!({
            "device": {"family": device.family, "model": device.model, "brand": device.brand,
                       "manufacturer": device.brand, "arch": device.arch, "simulator": false,
                       "battery_level": self.number % 100, "orientation": "portrait", "locale": self.locale,
                       "free_memory": self.free_memory_mib << 20, "memory_size": 8_u64 << 30},
            "os": {"name": device.os, "version": device.os_version,
                   if self.on_apple() { "jailbroken" } else { "rooted" }: false},
            "app": {"app_identifier": self.crash.sdk.package(), "app_name": "Parcel", "app_version": version,
                    "app_build": build, "in_foreground": true},
            "culture": {"locale": self.locale, "timezone": "Europe/Berlin"},
            "flags": {"values": [{"flag": "new_checkout", "result": self.user.is_multiple_of(3)}]},
        })
    }

    fn sdk(&self) -> Value {
        let (name, version) = self.crash.sdk.name_and_version();
        json!({"name": name, "version": version})
    }
}

fn frame(frame: &Frame) -> Value {
    let mut json = json!({
        "module": frame.module, "function": frame.function, "filename": frame.filename,
        "lineno": frame.lineno, "in_app": frame.in_app,
    });
    if let Some((before, line, after)) = frame.source {
        json["pre_context"] = before.lines().collect::<Value>();
        json["context_line"] = line.into();
        json["post_context"] = after.lines().collect::<Value>();
    }
    json
}

pub(super) fn user_id(user: usize) -> String {
    format!("u{user:05}")
}

/// Some people get what is tried out.
pub(super) fn environment(user: usize) -> &'static str {
    if user.is_multiple_of(25) { "beta" } else { "production" }
}

/// Index of the newest release at `age`: 1.0 is the oldest moment, 0.0 is now.
pub(super) fn release_at(age: f64) -> usize {
    (((1.0 - age) * RELEASES.len() as f64) as usize).min(RELEASES.len() - 1)
}

/// How much is going on at that hour, 0.25 to 1.0: quiet at night, busy in the evening.
fn busyness(timestamp: Timestamp) -> f64 {
    let hour = timestamp.0.rem_euclid(Timestamp::DAY_MS) as f64 / Timestamp::HOUR_MS as f64;
    0.625 + 0.375 * ((hour - 20.0) / 24.0 * std::f64::consts::TAU).cos()
}
