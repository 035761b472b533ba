//! Secrets that are needed again: encrypted, with a key that is not in the database.

use std::sync::Arc;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::{CatalogError, secrets::random};

/// Bytes of a key.
pub const SEAL_KEY_BYTES: usize = 32;

/// What secrets are encrypted with.
#[derive(Clone)]
pub struct SealKey(Arc<LessSafeKey>);

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey")
    }
}

impl SealKey {
    /// Of random bytes that are kept elsewhere.
    pub fn new(bytes: &[u8; SEAL_KEY_BYTES]) -> Result<Self, CatalogError> {
        let key = UnboundKey::new(&CHACHA20_POLY1305, bytes)
            .map_err(|_| CatalogError::corrupt("key of secrets", "a key of another length"))?;
        Ok(Self(Arc::new(LessSafeKey::new(key))))
    }

    /// One that is forgotten with the process: what it sealed cannot be opened afterwards.
    pub fn of_this_process() -> Result<Self, CatalogError> {
        Self::new(&random()?)
    }

    /// Encrypts a secret: random nonce, then the text, in hexadecimal. It opens only in the same `place`.
    pub(crate) fn seal(&self, place: &str, secret: &str) -> Result<String, CatalogError> {
        let nonce = random::<NONCE_LEN>()?;
        let mut sealed = secret.as_bytes().to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place), &mut sealed)
            .map_err(|_| CatalogError::corrupt("secret", "a secret that is too long"))?;
        Ok(hex::encode(nonce) + &hex::encode(sealed))
    }

    /// The secret; an error where it was sealed with another key, or in another place.
    pub(crate) fn open(&self, place: &str, sealed: &str) -> Result<String, CatalogError> {
        let wrong = || CatalogError::corrupt("secret", "one that was encrypted with another key");
        let bytes = hex::decode(sealed).map_err(|_| wrong())?;
        let (nonce, text) = bytes.split_at_checked(NONCE_LEN).ok_or_else(wrong)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong())?;
        let mut text = text.to_vec();
        let opened = self.0.open_in_place(nonce, Aad::from(place), &mut text).map_err(|_| wrong())?;
        String::from_utf8(opened.to_vec()).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_only_with_its_key_and_in_its_place() {
        let (key, other) = (SealKey::new(&[1; 32]).unwrap(), SealKey::new(&[2; 32]).unwrap());
        let sealed = key.seal("7:symbols", "hunter2").unwrap();
        assert!(!sealed.contains("hunter2") && !sealed.contains(&hex::encode("hunter2")));
        assert_ne!(sealed, key.seal("7:symbols", "hunter2").unwrap());
        assert_eq!(key.open("7:symbols", &sealed).unwrap(), "hunter2");
        assert!(other.open("7:symbols", &sealed).is_err());
        assert!(key.open("8:symbols", &sealed).is_err());
        for broken in ["", "zz", "00", sealed.split_at(2).1] {
            assert!(key.open("7:symbols", broken).is_err());
        }
    }
}
