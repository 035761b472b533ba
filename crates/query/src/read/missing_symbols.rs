//! Symbol files that a project's events lack, and how each is uploaded.

use mayday_catalog::projects::Project;
use mayday_store::queries::{Window, missing_symbols::MissingSymbol};

use crate::{Query, QueryError};

/// A file that events lack.
#[derive(Debug, Clone)]
pub(crate) struct MissingFile {
    pub(crate) symbol: MissingSymbol,
    /// What uploads it, as typed into a shell.
    pub(crate) command: String,
}

/// The files that events of a window lack, those that most events want first.
pub(crate) async fn list(
    query: &Query,
    project: &Project,
    window: Window,
    limit: usize,
) -> Result<Vec<MissingFile>, QueryError> {
    let missing = query.store.missing_symbols(project.id, window, limit).await?;
    let file = |symbol: MissingSymbol| {
        let command = command(&query.base_url, &project.organization_slug, &project.slug, &symbol);
        MissingFile { symbol, command }
    };
    Ok(missing.into_iter().map(file).collect())
}

/// The `sentry-cli` command that uploads a file; what only its owner knows stands in capitals.
fn command(base_url: &str, organization: &str, project: &str, missing: &MissingSymbol) -> String {
    let cli = format!("sentry-cli --url {}", quoted(base_url));
    let to = format!("--org {} --project {}", quoted(organization), quoted(project));
    let symbol = quoted(&missing.symbol);
    match missing.kind.as_str() {
        "proguard" => format!("{cli} upload-proguard {to} --uuid {symbol} MAPPING.TXT"),
        "dart" => format!("{cli} dart-symbol-map upload {to} OBFUSCATION_MAP.JSON DEBUG_FILE"),
        "source_map" if missing.release.is_empty() => {
            format!("{cli} sourcemaps inject FOLDER && {cli} sourcemaps upload {to} FOLDER")
        }
        "source_map" => {
            let release = quoted(&missing.release);
            let dist = match missing.dist.as_str() {
                "" => String::new(),
                dist => format!(" --dist {}", quoted(dist)),
            };
            format!("{cli} sourcemaps upload {to} --release {release}{dist} FOLDER")
        }
        // A code id alone is no id that the command searches for.
        _ if missing.symbol.starts_with("code:") => {
            format!("{cli} debug-files upload {to} --include-sources FOLDER")
        }
        _ => format!("{cli} debug-files upload {to} --include-sources --id {symbol} FOLDER"),
    }
}

/// One word for a shell, whatever it holds: much of it was chosen by clients.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@+,=".contains(c);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let word: String = word.chars().filter(|c| !c.is_control()).collect();
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use mayday_event::Timestamp;

    use super::*;

    fn of(kind: &str, symbol: &str, release: &str, dist: &str) -> String {
        let missing = MissingSymbol {
            symbol: symbol.into(),
            kind: kind.into(),
            file: "libshop.so".into(),
            code_id: String::new(),
            arch: "arm64".into(),
            status: "missing".into(),
            reason: "not uploaded".into(),
            release: release.into(),
            dist: dist.into(),
            events: 1,
            users: 1,
            first_seen: Timestamp(0),
            last_seen: Timestamp(0),
        };
        command("https://crash.example.com", "acme", "shop", &missing)
    }

    #[test]
    fn each_kind_of_file_has_its_command() {
        let id = "3249d99d-0c40-4931-8610-f4e4fb0b6936";
        let cli = "sentry-cli --url https://crash.example.com";
        let to = "--org acme --project shop";
        assert_eq!(
            of("native", id, "", ""),
            format!("{cli} debug-files upload {to} --include-sources --id {id} FOLDER")
        );
        assert_eq!(
            of("native", "code:5ab380779000", "", ""),
            format!("{cli} debug-files upload {to} --include-sources FOLDER")
        );
        assert_eq!(of("proguard", id, "", ""), format!("{cli} upload-proguard {to} --uuid {id} MAPPING.TXT"));
        assert_eq!(
            of("source_map", "x", "shop@1.0", "7"),
            format!("{cli} sourcemaps upload {to} --release shop@1.0 --dist 7 FOLDER")
        );
        assert_eq!(
            of("source_map", id, "", ""),
            format!("{cli} sourcemaps inject FOLDER && {cli} sourcemaps upload {to} FOLDER")
        );
    }

    #[test]
    fn what_clients_chose_stays_one_word() {
        for (word, expected) in [
            ("1.0 beta", "'1.0 beta'"),
            ("$(rm -rf ~)", "'$(rm -rf ~)'"),
            ("a'; reboot; '", "'a'\\''; reboot; '\\'''"),
            ("--help", "'--help'"),
            ("a\nb", "'ab'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
