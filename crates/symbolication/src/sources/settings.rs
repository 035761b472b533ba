//! A project's symbol sources as people write them.

use serde::{Deserialize, Serialize};
use url::Url;

use super::{FileType, Layout, paths};
use crate::ImageId;

/// Most sources of a project: each is asked for each file.
pub const SOURCES: usize = 20;
/// Longest text of any field, bytes.
const TEXT_BYTES: usize = 1000;
/// Most platforms, and most paths.
const LIST: usize = 50;

/// Where else than among its uploads a project's symbols are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SourceSettings {
    /// For people; in the reasons of frames. No two sources have the same.
    pub name: String,
    #[serde(rename = "type")]
    pub ty: SourceType,
    /// Of a symbol server: the root of its layout. Of a bucket: the service's address, if it is not Amazon's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Url>,
    /// Of a directory on the server that mayday runs on: below one that the operator allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Of a bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// Of a bucket: where it is, such as `eu-central-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Of a bucket: what names of files begin with, without a slash at its ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// How files are named.
    pub layout: Option<Layout>,
    /// Asked only for these: `elf`, `macho`, `pe`, `breakpad`; empty: all.
    pub platforms: Vec<Platform>,
    /// Asked only for binaries loaded from such a path, `*` standing for anything; empty: all.
    pub paths: Vec<String>,
    /// Of a symbol server that asks for it; of a bucket, the id of the access key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Its password, a bearer token without a user name, or a bucket's secret access key. Written only: it is never shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

/// What a source is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceType {
    /// A symbol server, over HTTP.
    #[default]
    Http,
    /// A bucket of Amazon S3, or of a service that speaks its protocol.
    S3,
    Directory,
}

/// Of what a source has files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    Elf,
    MachO,
    Pe,
    Breakpad,
}

impl SourceSettings {
    /// What is wrong with it, by the field.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let long = |text: &str| text.len() > TEXT_BYTES;
        if self.name.trim().is_empty() || long(&self.name) {
            return Err(("name", format!("must have 1 to {TEXT_BYTES} bytes")));
        }
        if self.layout.is_none() {
            return Err(("layout", format!("is missing; there are {}", names())));
        }
        if self.paths.len() > LIST || self.platforms.len() > LIST || self.paths.iter().any(|path| long(path))
        {
            return Err(("paths", format!("must be at most {LIST} of {TEXT_BYTES} bytes")));
        }
        if [&self.username, &self.password].into_iter().flatten().any(|text| long(text)) {
            return Err(("password", format!("is longer than {TEXT_BYTES} bytes")));
        }
        if let Some(url) = &self.url {
            check_url(url)?;
        }
        match self.ty {
            SourceType::Http if self.url.is_none() => Err(("url", "is missing".to_owned())),
            SourceType::Http => Ok(()),
            SourceType::S3 => self.check_bucket(),
            SourceType::Directory => match &self.path {
                Some(path) if path.starts_with('/') && !long(path) => Ok(()),
                _ => Err(("path", "must be an absolute path".to_owned())),
            },
        }
    }

    fn check_bucket(&self) -> Result<(), (&'static str, String)> {
        let is_name = |text: &Option<String>, more: &str| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
            text.as_ref().is_some_and(|text| {
                !text.is_empty() && text.len() <= TEXT_BYTES && text.chars().all(is_plain)
            })
        };
        if !is_name(&self.bucket, "-._") {
            return Err(("bucket", "must be the name of a bucket".to_owned()));
        }
        if !is_name(&self.region, "-") {
            return Err(("region", "must be the name of a region, such as eu-central-1".to_owned()));
        }
        if self.prefix.is_some() && !is_name(&self.prefix, "-._/") {
            return Err(("prefix", "must be letters, digits, hyphens, dots and slashes".to_owned()));
        }
        match (&self.username, self.prefix.as_deref().unwrap_or_default()) {
            (None, _) => Err(("username", "must be the id of an access key".to_owned())),
            (_, prefix) if prefix.starts_with('/') || prefix.ends_with('/') => {
                Err(("prefix", "must have no slash at its ends".to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// Whether this source is asked for a binary's files of this type.
    pub fn serves(&self, ty: FileType, image: &ImageId) -> bool {
        let platform = match ty {
            FileType::ElfDebug | FileType::ElfCode => Some(Platform::Elf),
            FileType::MachDebug | FileType::MachCode => Some(Platform::MachO),
            FileType::Pdb | FileType::PortablePdb | FileType::Pe => Some(Platform::Pe),
            FileType::Breakpad => Some(Platform::Breakpad),
            FileType::SourceBundle => None,
        };
        let of_platform =
            self.platforms.is_empty() || platform.is_none_or(|platform| self.platforms.contains(&platform));
        let file = image.code_file.as_deref().or(image.debug_file.as_deref()).unwrap_or_default();
        of_platform && (self.paths.is_empty() || self.paths.iter().any(|pattern| matches(pattern, file)))
    }

    /// Where this source may have a binary's files of these types, as far as it is asked for them; below its root.
    pub fn places(&self, types: &[FileType], image: &ImageId) -> Vec<String> {
        let Some(layout) = self.layout else { return Vec::new() };
        let served = types.iter().filter(|ty| self.serves(**ty, image));
        served.flat_map(|ty| paths(layout, *ty, image)).collect()
    }
}

fn check_url(url: &Url) -> Result<(), (&'static str, String)> {
    let is_plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    match url.scheme() {
        "http" | "https" if is_plain && url.as_str().len() <= TEXT_BYTES => Ok(()),
        "http" | "https" => Err(("url", "must have no user name, password and query".to_owned())),
        _ => Err(("url", "must begin with http:// or https://".to_owned())),
    }
}

fn names() -> String {
    let names = Layout::ALL.map(|layout| serde_json::json!(layout).as_str().unwrap_or_default().to_owned());
    names.join(", ")
}

/// Whether a text is as a pattern says, `*` standing for anything; letters of either case.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> SourceSettings {
        SourceSettings {
            name: "symbols".into(),
            url: Url::parse("https://symbols.example.com/elf/").ok(),
            layout: Some(Layout::Debuginfod),
            ..SourceSettings::default()
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_its_field() {
        assert_eq!(server().check(), Ok(()));
        let url = |text: &str| SourceSettings { url: Url::parse(text).ok(), ..server() };
        let directory = SourceSettings { ty: SourceType::Directory, url: None, ..server() };
        let bucket = SourceSettings {
            ty: SourceType::S3,
            url: None,
            bucket: Some("symbols".into()),
            region: Some("eu-central-1".into()),
            prefix: Some("native/release".into()),
            username: Some("AKIA".into()),
            ..server()
        };
        assert_eq!(bucket.check(), Ok(()));
        let in_directory = |path: &str| SourceSettings { path: Some(path.into()), ..directory.clone() };
        assert_eq!(in_directory("/srv/symbols").check(), Ok(()));
        for (source, field) in [
            (SourceSettings { name: " ".into(), ..server() }, "name"),
            (SourceSettings { layout: None, ..server() }, "layout"),
            (url("ftp://example.com/"), "url"),
            (url("https://user:secret@example.com/"), "url"),
            (url("https://example.com/?token=secret"), "url"),
            (directory.clone(), "path"),
            (SourceSettings { url: None, ..server() }, "url"),
            (SourceSettings { bucket: Some("a/../b".into()), ..bucket.clone() }, "bucket"),
            (SourceSettings { region: None, ..bucket.clone() }, "region"),
            (SourceSettings { prefix: Some("/a".into()), ..bucket.clone() }, "prefix"),
            (SourceSettings { username: None, ..bucket.clone() }, "username"),
            (in_directory("symbols"), "path"),
            (SourceSettings { paths: vec![String::new(); LIST + 1], ..server() }, "paths"),
            (SourceSettings { password: Some("x".repeat(TEXT_BYTES + 1)), ..server() }, "password"),
        ] {
            assert_eq!(source.check().unwrap_err().0, field);
        }
    }

    #[test]
    fn a_source_is_asked_for_what_it_has() {
        let image = ImageId { code_file: Some("libShop.so".into()), ..ImageId::default() };
        let of = |platforms: &[Platform], paths: &[&str]| SourceSettings {
            platforms: platforms.to_vec(),
            paths: paths.iter().map(|&path| path.to_owned()).collect(),
            ..server()
        };
        assert!(of(&[], &[]).serves(FileType::ElfDebug, &image));
        assert!(of(&[Platform::Elf], &["libshop*"]).serves(FileType::ElfCode, &image));
        assert!(!of(&[Platform::Pe], &[]).serves(FileType::ElfDebug, &image));
        assert!(!of(&[], &["libc.*", "*.dll"]).serves(FileType::ElfDebug, &image));
    }

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c", "abcd", false),
            ("a*b*c", "axbxbxc", true),
            ("abc", "ABC", true),
            ("abc", "abcd", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
