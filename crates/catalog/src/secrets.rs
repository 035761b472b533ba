//! Secrets: made at random, stored as hashes.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use sha2::{Digest, Sha256};

use crate::CatalogError;

/// Letters and digits that cannot be taken for one another; 32 of them, five bits each.
const PASSWORD_ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// `N` random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], CatalogError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// 256 random bits in hexadecimal.
pub(crate) fn random_hex() -> Result<String, CatalogError> {
    Ok(hex::encode(random::<32>()?))
}

/// An API token: `mdy_` and 160 random bits in hexadecimal.
pub(crate) fn api_token() -> Result<String, CatalogError> {
    Ok(format!("mdy_{}", hex::encode(random::<20>()?)))
}

/// A password of 100 random bits: four groups of five letters and digits.
pub(crate) fn password() -> Result<String, CatalogError> {
    let symbols = random::<20>()?.map(|byte| char::from(PASSWORD_ALPHABET[usize::from(byte % 32)]));
    let groups: Vec<String> = symbols.chunks(5).map(|group| group.iter().collect()).collect();
    Ok(groups.join("-"))
}

/// How tokens are stored. They are random and long, so a plain hash suffices.
pub(crate) fn token_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}

/// Hashes a password with argon2id (19 MiB, two passes), off the async threads.
pub(crate) async fn hash_password(password: String) -> Result<String, CatalogError> {
    off_thread(move || {
        Argon2::default()
            .hash_password(password.as_bytes())
            .map(|hash| hash.to_string())
            .map_err(|error| CatalogError::Password(error.to_string()))
    })
    .await
}

/// Whether the password is right, off the async threads. Takes as long where there is no hash.
pub(crate) async fn verify_password(password: String, hash: Option<String>) -> Result<bool, CatalogError> {
    off_thread(move || match &hash {
        Some(hash) => {
            let hash = PasswordHash::new(hash)
                .map_err(|error| CatalogError::corrupt("password hash", error.to_string()))?;
            Ok(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        }
        None => {
            let hashed = Argon2::default().hash_password(password.as_bytes());
            hashed.map(|_| false).map_err(|error| CatalogError::Password(error.to_string()))
        }
    })
    .await
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CatalogError> + Send + 'static,
) -> Result<T, CatalogError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(CatalogError::Password(error.to_string())),
    }
}
