//! From components to the 64 bits that name a group.

use mayday_event::GroupHash;
use sha2::{Digest, Sha256};

use crate::Component;

/// The first 8 bytes of SHA-256 over the version and what contributes. Lengths go in before texts, so that no
/// two lists of components read the same.
pub(crate) fn of(version: u32, components: &[Component]) -> GroupHash {
    let mut sha = Sha256::new();
    sha.update(version.to_be_bytes());
    for component in components.iter().filter(|component| component.contributes) {
        for text in [&component.kind, &component.value] {
            sha.update((text.len() as u64).to_be_bytes());
            sha.update(text);
        }
    }
    let first = sha.finalize().into_iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(byte));
    GroupHash(first)
}

/// A hash in JSON: 16 hexadecimal digits, because JavaScript cannot hold 64 bits.
pub(crate) mod as_hex {
    use mayday_event::GroupHash;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(hash: &GroupHash, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(hash)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<GroupHash, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
