//! An id type per entity, so that no two can be confused.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What was wrong with an id that a client sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{input:?} is not {expected}")]
pub struct InvalidId {
    input: String,
    expected: &'static str,
}

impl InvalidId {
    fn new(input: &str, expected: &'static str) -> Self {
        Self { input: input.chars().take(64).collect(), expected }
    }
}

macro_rules! numeric_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// The form that SQL columns hold (signed, 64 bits).
            pub fn to_sql(self) -> i64 {
                i64::from_ne_bytes(self.0.to_ne_bytes())
            }

            /// Back from the form that SQL columns hold.
            pub fn from_sql(value: i64) -> Self {
                Self(u64::from_ne_bytes(value.to_ne_bytes()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(s: &str) -> Result<Self, InvalidId> {
                s.parse().map(Self).map_err(|_| InvalidId::new(s, "a decimal number"))
            }
        }
    };
}

numeric_id!(
    /// An organisation; `u64`, given by the catalog.
    OrganizationId
);
numeric_id!(
    /// A project; `u64`, given by the catalog, the last path segment of a DSN.
    ProjectId
);
numeric_id!(
    /// An issue; `u64`, given by the catalog.
    IssueId
);

/// The 64-bit hash of a fingerprint: what ClickHouse rows carry and the catalog maps to an issue.
///
/// Shown as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupHash(pub u64);

impl GroupHash {
    /// The form that the catalog's signed 64-bit columns hold.
    pub fn to_sql(self) -> i64 {
        i64::from_ne_bytes(self.0.to_ne_bytes())
    }

    /// Back from the form that the catalog's columns hold.
    pub fn from_sql(value: i64) -> Self {
        Self(u64::from_ne_bytes(value.to_ne_bytes()))
    }
}

impl fmt::Display for GroupHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for GroupHash {
    type Err = InvalidId;

    fn from_str(s: &str) -> Result<Self, InvalidId> {
        u64::from_str_radix(s, 16).map(Self).map_err(|_| InvalidId::new(s, "16 hexadecimal digits"))
    }
}

/// An event's id, given by the SDK: a UUID, written as 32 hexadecimal digits without hyphens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub Uuid);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

impl FromStr for EventId {
    type Err = InvalidId;

    /// Accepts 32 hexadecimal digits, with or without hyphens, in either case.
    fn from_str(s: &str) -> Result<Self, InvalidId> {
        Uuid::try_parse(s)
            .map(Self)
            .map_err(|_| InvalidId::new(s, "an event id (32 hexadecimal digits, hyphens optional)"))
    }
}

impl Serialize for EventId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The public half of a DSN key: 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 16]);

impl PublicKey {
    /// A key of these 128 bits.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for PublicKey {
    type Err = InvalidId;

    fn from_str(s: &str) -> Result<Self, InvalidId> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(s, &mut bytes)
            .map_err(|_| InvalidId::new(s, "a DSN public key (32 hexadecimal digits)"))?;
        Ok(Self(bytes))
    }
}
