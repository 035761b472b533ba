//! TLS: certificate and key from files, taken up again when they change, without touching open connections.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use arc_swap::ArcSwap;
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};
use tokio::signal::unix::{SignalKind, signal};
use tokio_rustls::TlsAcceptor;

/// How often the files are looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Where certificate and key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// PEM: the server's certificate first, then those that lead to a root.
    pub(crate) certificates: PathBuf,
    /// PEM: PKCS#8, PKCS#1 or SEC1.
    pub(crate) key: PathBuf,
}

/// The certificate that new connections are shown.
pub(super) struct Certificate {
    files: TlsFiles,
    shown: Arc<Shown>,
    read: Pem,
}

/// What the files held.
#[derive(PartialEq, Eq)]
struct Pem {
    certificates: Vec<u8>,
    key: Vec<u8>,
}

#[derive(Debug)]
struct Shown(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

impl Certificate {
    /// Reads the files; the error names the one that will not do.
    pub(super) fn load(files: TlsFiles) -> anyhow::Result<Self> {
        let read = Pem::read(&files)?;
        let shown = Arc::new(Shown(ArcSwap::from_pointee(read.certified(&files)?)));
        Ok(Self { files, shown, read })
    }

    /// Accepts connections with whatever certificate is the newest. TLS 1.2 and 1.3; HTTP/2 for those who can.
    pub(super) fn acceptor(&self) -> anyhow::Result<TlsAcceptor> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_no_client_auth()
            .with_cert_resolver(self.shown.clone());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config).into())
    }

    /// Takes up what the files hold, if that is new. The error leaves everything as it was.
    fn look_again(&mut self) -> anyhow::Result<bool> {
        let pem = Pem::read(&self.files)?;
        if pem == self.read {
            return Ok(false);
        }
        self.shown.0.store(Arc::new(pem.certified(&self.files)?));
        self.read = pem;
        Ok(true)
    }

    /// Looks at the files again and again, and on `SIGHUP`.
    pub(super) async fn follow(mut self) {
        let mut hangup = match signal(SignalKind::hangup()) {
            Ok(hangup) => hangup,
            Err(error) => return tracing::error!(%error, "TLS certificate will not be reloaded"),
        };
        let mut refused = String::new();
        loop {
            let asked = tokio::select! {
                Some(()) = hangup.recv() => true,
                () = tokio::time::sleep(LOOK_AGAIN) => false,
            };
            match self.look_again() {
                Ok(true) => {
                    tracing::info!(file = %self.files.certificates.display(), "TLS certificate reloaded")
                }
                Ok(false) if asked => tracing::info!("TLS certificate has not changed"),
                Ok(false) => refused.clear(),
                // Between two writes certificate and key may not fit: said once, until it changes.
                Err(error) => {
                    let problem = format!("{error:#}");
                    if problem != refused || asked {
                        tracing::error!(problem, "TLS certificate cannot be reloaded; the one before stays");
                    }
                    refused = problem;
                }
            }
        }
    }
}

impl Pem {
    fn read(files: &TlsFiles) -> anyhow::Result<Self> {
        let read =
            |path: &Path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display()));
        Ok(Self { certificates: read(&files.certificates)?, key: read(&files.key)? })
    }

    fn certified(&self, files: &TlsFiles) -> anyhow::Result<CertifiedKey> {
        let (certificates, key) = (files.certificates.display(), files.key.display());
        let chain = CertificateDer::pem_slice_iter(&self.certificates)
            .collect::<Result<Vec<_>, _>>()
            .with_context(|| format!("{certificates} is not PEM"))?;
        if chain.is_empty() {
            bail!("{certificates} holds no certificate (PEM, BEGIN CERTIFICATE)");
        }
        let secret = PrivateKeyDer::from_pem_slice(&self.key)
            .with_context(|| format!("{key} holds no private key (PEM, BEGIN PRIVATE KEY)"))?;
        CertifiedKey::from_der(chain, secret, &provider())
            .with_context(|| format!("{certificates} and {key} do not fit together"))
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Writes a new self-signed certificate for `localhost` and 127.0.0.1 and returns it.
    pub(in crate::server) fn write_certificate(files: &TlsFiles) -> rcgen::Certificate {
        let made =
            rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
        std::fs::write(&files.certificates, made.cert.pem()).unwrap();
        made.cert
    }

    pub(in crate::server) fn files_in(folder: &Path) -> TlsFiles {
        TlsFiles { certificates: folder.join("tls.crt"), key: folder.join("tls.key") }
    }

    #[test]
    fn a_bad_file_is_named() {
        let temp = tempfile::tempdir().unwrap();
        let files = files_in(temp.path());
        let problem = || format!("{:#}", Certificate::load(files.clone()).map(|_| ()).unwrap_err());
        assert!(problem().contains("tls.crt"), "{}", problem());
        write_certificate(&files);
        let key = std::fs::read(&files.key).unwrap();
        std::fs::write(&files.key, "nothing").unwrap();
        assert!(problem().contains("tls.key holds no private key"), "{}", problem());
        write_certificate(&files);
        std::fs::write(&files.key, key).unwrap();
        assert!(problem().contains("do not fit together"), "{}", problem());
        std::fs::write(&files.certificates, "").unwrap();
        assert!(problem().contains("tls.crt holds no certificate"), "{}", problem());
    }

    #[test]
    fn a_new_certificate_is_taken_up_and_a_broken_one_is_not() {
        let temp = tempfile::tempdir().unwrap();
        let files = files_in(temp.path());
        let first = write_certificate(&files);
        let mut certificate = Certificate::load(files.clone()).unwrap();
        let shown = |certificate: &Certificate| certificate.shown.0.load().cert[0].to_vec();
        assert_eq!(shown(&certificate), first.der().to_vec());
        assert!(!certificate.look_again().unwrap());

        std::fs::write(&files.certificates, "-----BEGIN CERTIFICATE-----\nhalf").unwrap();
        certificate.look_again().unwrap_err();
        assert_eq!(shown(&certificate), first.der().to_vec());

        let second = write_certificate(&files);
        assert!(certificate.look_again().unwrap());
        assert_eq!(shown(&certificate), second.der().to_vec());
    }
}
