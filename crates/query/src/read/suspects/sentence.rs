//! Suspects in words: `97 % on Android 14 (12 % of other users), 90 % with flag new_checkout on (30 %)`.

use super::{Measured, Pair, Suspect};

/// Most parts of a sentence.
const PARTS: usize = 3;

/// `unit` is what is counted: `users`. Empty without suspects.
pub(super) fn sentence(suspects: &[Suspect], pairs: &[Pair], unit: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    let pair = pairs.first();
    let attributes = pair.map(|pair| &pair.attributes[..]).unwrap_or_default();
    if let Some(pair) = pair {
        let [(first, value), (second, other)] = &pair.attributes;
        parts.push(format!(
            "{} {} and {}",
            percent(pair.measured.share),
            phrase(first, value),
            phrase(second, other)
        ));
    }
    let rest = suspects.iter().filter(|suspect| {
        !attributes.iter().any(|(key, value)| *key == suspect.key && *value == suspect.value)
    });
    let measured: Vec<Measured> = pair
        .map(|pair| pair.measured)
        .into_iter()
        .chain(rest.clone().map(|suspect| suspect.measured))
        .collect();
    parts.extend(rest.map(|it| format!("{} {}", percent(it.measured.share), phrase(&it.key, &it.value))));
    let parts = parts.into_iter().zip(measured).take(PARTS).enumerate().map(|(at, (part, measured))| {
        let of_whom = if at == 0 { format!(" of other {unit}") } else { String::new() };
        format!("{part} ({}{of_whom})", percent(measured.baseline))
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// `97 %`, `under 1 %`
pub(crate) fn percent(share: f64) -> String {
    match share * 100.0 {
        0.0 => "0 %".into(),
        percent if percent < 1.0 => "under 1 %".into(),
        percent => format!("{percent:.0} %"),
    }
}

/// `on Android 14`
fn phrase(key: &str, value: &str) -> String {
    let flag = key.strip_prefix("flags[").and_then(|rest| rest.strip_suffix(']'));
    match (key, flag) {
        (_, Some(flag)) => match value {
            "true" => format!("with flag {flag} on"),
            "false" => format!("with flag {flag} off"),
            _ => format!("with flag {flag} {value}"),
        },
        ("os" | "os.name" | "device" | "device.family" | "device.model" | "device.brand" | "browser", _) => {
            format!("on {value}")
        }
        ("release", _) => format!("in release {value}"),
        ("app.version", _) => format!("in version {value}"),
        ("dist" | "app.build", _) => format!("in build {value}"),
        ("environment", _) => format!("in {value}"),
        _ => format!("with {key} {value}"),
    }
}

#[cfg(test)]
mod tests {
    use mayday_store::queries::voices::Sides;

    use super::*;

    fn measured(share: f64, baseline: f64) -> Measured {
        let users = Sides::default();
        Measured { users, share, baseline, lift: 1.0, p_value: 0.0, adjusted_p_value: 0.0 }
    }

    #[test]
    fn a_sentence_begins_with_what_says_most() {
        let suspect = |key: &str, value: &str, share, baseline| Suspect {
            key: key.into(),
            value: value.into(),
            measured: measured(share, baseline),
        };
        let suspects = [
            suspect("os", "Android 14", 0.97, 0.12),
            suspect("device.family", "Samsung", 0.99, 0.4),
            suspect("flags[new_checkout]", "true", 1.0, 0.004),
        ];
        assert_eq!(sentence(&[], &[], "users"), "");
        assert_eq!(
            sentence(&suspects, &[], "users"),
            "97 % on Android 14 (12 % of other users), 99 % on Samsung (40 %), \
             100 % with flag new_checkout on (under 1 %)"
        );
        let pair = Pair {
            attributes: [("os".into(), "Android 14".into()), ("device.family".into(), "Samsung".into())],
            measured: measured(0.96, 0.05),
        };
        assert_eq!(
            sentence(&suspects, &[pair], "events"),
            "96 % on Android 14 and on Samsung (5 % of other events), 100 % with flag new_checkout on (under 1 %)"
        );
    }
}
