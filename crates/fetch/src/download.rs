//! Files of symbol servers, over HTTP.

use std::{
    error::Error,
    net::{IpAddr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use futures_util::StreamExt;
use mayday_event::Timestamp;
use mayday_symbolication::sources::{SourceSettings, SourceType};
use reqwest::{
    Client, RequestBuilder, Response, StatusCode, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header::LOCATION,
    redirect::Policy,
};
use tokio::{fs::File, io::AsyncWriteExt};

use crate::{
    FetchError,
    address::is_public,
    signature::{self, Credentials},
};

/// Until a connection is there.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// Redirections that are followed; each is checked as the first address was.
const REDIRECTIONS: usize = 5;

/// Asks symbol servers.
#[derive(Debug)]
pub(crate) struct Downloader {
    client: Option<Client>,
    allow_private: bool,
}

/// What a server answered.
enum Answer {
    File(Response),
    Elsewhere(Url),
}

impl Downloader {
    pub(crate) fn new(allow_private: bool) -> Self {
        let client = Client::builder()
            .connect_timeout(CONNECT_TIME)
            .redirect(Policy::none())
            .no_proxy()
            .user_agent(concat!("mayday/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(Resolver { allow_private }))
            .build();
        let client = client.inspect_err(|error| tracing::error!(%error, "symbol servers cannot be asked"));
        Self { client: client.ok(), allow_private }
    }

    /// Downloads a source's file to a path, if it has at most so many bytes. No time limit: that is the caller's.
    pub(crate) async fn fetch(
        &self,
        source: &SourceSettings,
        place: &str,
        to: (&Path, u64),
        now: Timestamp,
    ) -> Result<(), FetchError> {
        let response = self.open(source, place, now).await?;
        save(response, to).await
    }

    /// Asks for a source's file; its content is still to be read.
    pub(crate) async fn open(
        &self,
        source: &SourceSettings,
        place: &str,
        now: Timestamp,
    ) -> Result<Response, FetchError> {
        let first = root_of(source).and_then(|root| Url::parse(&format!("{root}/{place}")).ok());
        let first = first.ok_or(FetchError::NoAddress)?;
        let mut url = first.clone();
        for _ in 0..=REDIRECTIONS {
            // Secrets are for the server that they were given for.
            let is_same =
                (url.host(), url.port(), url.scheme()) == (first.host(), first.port(), first.scheme());
            match self.ask(source, url, is_same.then_some(now)).await? {
                Answer::File(response) => return Ok(response),
                Answer::Elsewhere(next) => url = next,
            }
        }
        Err(FetchError::RedirectsForever)
    }

    /// With the source's secret, if it is for this address: signed now.
    async fn ask(
        &self,
        source: &SourceSettings,
        url: Url,
        with_secret: Option<Timestamp>,
    ) -> Result<Answer, FetchError> {
        // Names are checked when they are resolved.
        let literal = match url.host() {
            Some(url::Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(url::Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            _ => None,
        };
        let is_web = matches!(url.scheme(), "http" | "https");
        if !is_web || literal.is_some_and(|address| !self.allow_private && !is_public(address)) {
            return Err(FetchError::PrivateAddress);
        }
        let mut request = self.client.as_ref().ok_or(FetchError::Unavailable)?.get(url.clone());
        if let Some(now) = with_secret {
            request = authorized(request, source, &url, now);
        }
        let response = request.send().await.map_err(|error| failed(&error))?;
        let status = response.status();
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
            let next = location.and_then(|location| url.join(location).ok());
            return next.map(Answer::Elsewhere).ok_or(FetchError::RedirectsNowhere);
        }
        match status {
            StatusCode::OK => Ok(Answer::File(response)),
            status => Err(FetchError::Answered(status.as_u16())),
        }
    }
}

/// Where a source's layout begins, without a slash at its end.
fn root_of(source: &SourceSettings) -> Option<String> {
    let url = source.url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
    if source.ty != SourceType::S3 {
        return url;
    }
    let (bucket, region) = (source.bucket.as_ref()?, source.region.as_ref()?);
    let root = match url {
        Some(service) => format!("{service}/{bucket}"),
        None => format!("https://{bucket}.s3.{region}.amazonaws.com"),
    };
    Some(match &source.prefix {
        Some(prefix) => format!("{root}/{prefix}"),
        None => root,
    })
}

fn authorized(request: RequestBuilder, source: &SourceSettings, url: &Url, now: Timestamp) -> RequestBuilder {
    match (source.ty, &source.username, &source.password) {
        (SourceType::S3, Some(key_id), Some(secret)) => {
            let region = source.region.as_deref().unwrap_or_default();
            let signed = signature::headers(Credentials { key_id, secret, region }, url, &[], now);
            signed.into_iter().fold(request, |request, (name, value)| request.header(name, value))
        }
        (SourceType::Http, Some(user), password) => request.basic_auth(user, password.as_ref()),
        (SourceType::Http, None, Some(token)) => request.bearer_auth(token),
        _ => request,
    }
}

async fn save(response: Response, (to, most): (&Path, u64)) -> Result<(), FetchError> {
    let too_large = FetchError::TooLarge { mib: most >> 20 };
    if response.content_length().is_some_and(|length| length > most) {
        return Err(too_large);
    }
    let mut file = File::create(to).await.map_err(|_| FetchError::Unavailable)?;
    let (mut pieces, mut length) = (response.bytes_stream(), 0);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| failed(&error))?;
        length += piece.len() as u64;
        if length > most {
            return Err(too_large);
        }
        file.write_all(&piece).await.map_err(|_| FetchError::Unavailable)?;
    }
    file.flush().await.map_err(|_| FetchError::Unavailable)
}

/// Why a request failed.
fn failed(error: &reqwest::Error) -> FetchError {
    let mut causes = std::iter::successors(error.source(), |&error| error.source());
    let private = FetchError::PrivateAddress.to_string();
    if causes.any(|cause| cause.is::<FetchError>() || cause.to_string() == private) {
        FetchError::PrivateAddress
    } else if error.is_timeout() {
        FetchError::TimedOut
    } else if error.is_connect() {
        FetchError::Unreachable
    } else {
        FetchError::BrokeOff
    }
}

/// Gives only addresses that may be asked: what is checked is what is connected to.
struct Resolver {
    allow_private: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if !allow_private && found.iter().any(|address| !is_public(address.ip())) {
                return Err(Box::new(FetchError::PrivateAddress) as Box<dyn Error + Send + Sync>);
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
