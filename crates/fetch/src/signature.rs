//! Requests to buckets, signed: <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html>.

use hmac::{Hmac, KeyInit, Mac};
use mayday_event::Timestamp;
use sha2::{Digest, Sha256};
use url::Url;

/// Of no body.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Whose requests they are.
#[derive(Clone, Copy)]
pub(crate) struct Credentials<'a> {
    pub(crate) key_id: &'a str,
    pub(crate) secret: &'a str,
    pub(crate) region: &'a str,
}

/// The headers that sign a GET request for a URL without a query, `more` being further headers that are to be signed.
pub(crate) fn headers(
    credentials: Credentials<'_>,
    url: &Url,
    more: &[(&'static str, &str)],
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let time: String = now.to_string().chars().take(19).filter(|c| !matches!(c, '-' | ':')).collect();
    let (day, time) = (time.chars().take(8).collect::<String>(), format!("{time}Z"));
    let host = match (url.host_str().unwrap_or_default(), url.port()) {
        (host, Some(port)) => format!("{host}:{port}"),
        (host, None) => host.to_owned(),
    };
    let mut signed =
        vec![("host", host), ("x-amz-content-sha256", EMPTY_SHA256.to_owned()), ("x-amz-date", time.clone())];
    signed.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    signed.sort_unstable();
    let names = signed.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let lines: Vec<String> = signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let request = format!("GET\n{}\n\n{}\n{names}\n{EMPTY_SHA256}", url.path(), lines.concat());
    let scope = format!("{day}/{}/s3/aws4_request", credentials.region);
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex::encode(Sha256::digest(request)));
    let key = [day.as_str(), credentials.region, "s3", "aws4_request"]
        .into_iter()
        .fold(format!("AWS4{}", credentials.secret).into_bytes(), |key, part| mac(&key, part));
    let signature = hex::encode(mac(&key, &text));
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope},SignedHeaders={names},Signature={signature}",
        credentials.key_id
    );
    signed.retain(|(name, _)| *name != "host");
    signed.push(("authorization", authorization));
    signed
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    // Keys may have any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Amazon's documentation.
    #[test]
    fn a_request_is_signed_as_amazon_does() {
        let credentials = Credentials {
            key_id: "AKIAIOSFODNN7EXAMPLE",
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            region: "us-east-1",
        };
        let url = Url::parse("https://examplebucket.s3.amazonaws.com/test.txt").unwrap();
        let now = Timestamp::parse("2013-05-24T00:00:00Z").unwrap();
        let signed = headers(credentials, &url, &[("range", "bytes=0-9")], now);
        let (_, authorization) = signed.iter().find(|(name, _)| *name == "authorization").unwrap();
        assert_eq!(
            authorization,
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
             SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,\
             Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
    }
}
