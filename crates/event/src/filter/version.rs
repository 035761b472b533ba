//! Versions of apps, compared as semver does, but with any number of parts.

/// `4.2.0`, `4.2`, `v4.2.0-beta.2+45`, `4.2 (420)`, `1.0b3`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    /// Without zeros at the end: 4.2 is 4.2.0.
    numbers: Vec<u64>,
    stage: Stage,
}

/// What is before a release is older than it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Before(Vec<Identifier>),
    Released,
}

/// As in semver, numbers are older than words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    Number(u64),
    Word(String),
}

impl Version {
    /// `None` for what does not start with a number, or has one above 2^64-1. The build (after `+` or a space) does
    /// not count.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let text = text.split(|c: char| c == '+' || c.is_whitespace()).next()?;
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (numbers, stage) = text.split_at_checked(end)?;
        let numbers = numbers.trim_end_matches('.');
        let mut numbers: Vec<u64> =
            numbers.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        while numbers.last() == Some(&0) {
            numbers.pop();
        }
        let stage = stage.trim_start_matches('-');
        let identifier = |part: &str| match part.parse() {
            Ok(number) => Identifier::Number(number),
            Err(_) => Identifier::Word(part.to_lowercase()),
        };
        let stage = match stage {
            "" => Stage::Released,
            stage => Stage::Before(stage.split('.').map(identifier).collect()),
        };
        Some(Self { numbers, stage })
    }
}
