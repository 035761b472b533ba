//! Where else than among its uploads a project's symbols are looked for.

use mayday_catalog::{access::Principal, projects::Project, symbol_sources::SymbolSource};
use mayday_event::settings::RuleError;
use mayday_symbolication::sources::{SOURCES, SourceSettings};
use serde_json::Value;

use crate::{Query, QueryError, read::symbol_sources::HAS_PASSWORD};

/// Replaces a project's sources. A source that is sent without its password keeps the one that it has, as long as it is
/// for the same user of the same server.
pub(crate) async fn put(
    query: &Query,
    principal: &Principal,
    project: &Project,
    values: &[Value],
) -> Result<(), QueryError> {
    if values.len() > SOURCES {
        return Err(QueryError::Invalid(format!("a project has at most {SOURCES} symbol sources")));
    }
    let known = query.catalog.symbol_sources(project.id).await?;
    let mut sources = Vec::with_capacity(values.len());
    for (place, value) in values.iter().enumerate() {
        sources.push(source(place, value, &known)?);
    }
    query.catalog.put_symbol_sources(project.id, &sources, &principal.email).await?;
    tracing::info!(project = project.id.0, by = principal.email, "symbol sources changed");
    Ok(())
}

/// A source as it would be stored, to be tried; `place` is in the list that it is of.
pub(crate) async fn tried(
    query: &Query,
    project: &Project,
    place: usize,
    value: &Value,
) -> Result<SourceSettings, QueryError> {
    let known = query.catalog.symbol_sources(project.id).await?;
    let SymbolSource { settings, secret, .. } = source(place, value, &known)?;
    let settings = serde_json::from_str::<SourceSettings>(&settings);
    let settings = settings.map_err(|error| QueryError::Internal(error.into()))?;
    Ok(SourceSettings { password: secret, ..settings })
}

fn source(place: usize, value: &Value, known: &[SymbolSource]) -> Result<SymbolSource, QueryError> {
    let mut value = value.clone();
    if let Value::Object(fields) = &mut value {
        fields.remove(HAS_PASSWORD);
    }
    let invalid = |field: &str, problem: String| {
        QueryError::Rule(RuleError { place: format!("sources[{place}]{field}"), problem })
    };
    let mut settings: SourceSettings =
        serde_json::from_value(value).map_err(|error| invalid("", error.to_string()))?;
    settings.check().map_err(|(field, problem)| invalid(&format!(".{field}"), problem))?;
    let secret = match settings.password.take() {
        Some(password) => Some(password).filter(|password| !password.is_empty()),
        None => kept_secret(&settings, known),
    };
    let text = serde_json::to_string(&settings).map_err(|error| QueryError::Internal(error.into()))?;
    Ok(SymbolSource { name: settings.name, settings: text, secret })
}

fn kept_secret(settings: &SourceSettings, known: &[SymbolSource]) -> Option<String> {
    let before = known.iter().find(|known| known.name == settings.name)?;
    let was: SourceSettings = serde_json::from_str(&before.settings).ok()?;
    let is_same = was.url == settings.url && was.username == settings.username && was.ty == settings.ty;
    before.secret.clone().filter(|_| is_same)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn server(url: &str) -> Value {
        json!({"name": "ours", "type": "http", "url": url, "layout": "symstore", "username": "ann"})
    }

    #[test]
    fn a_password_stays_with_its_server_and_is_in_no_settings() {
        let mut with_password = server("https://a.example/");
        with_password["password"] = json!("hunter2");
        let first = source(0, &with_password, &[]).unwrap();
        assert_eq!(first.secret.as_deref(), Some("hunter2"));
        assert!(!first.settings.contains("hunter2"));
        let known = [first];
        let again = |value: &Value| source(0, value, &known).unwrap().secret;
        let mut shown = server("https://a.example/");
        shown[HAS_PASSWORD] = json!(true);
        assert_eq!(again(&shown).as_deref(), Some("hunter2"));
        assert_eq!(again(&server("https://evil.example/")), None);
        shown["password"] = json!("");
        assert_eq!(again(&shown), None);
    }

    #[test]
    fn what_is_wrong_is_named_by_its_place() {
        let error = |value: Value| source(2, &value, &[]).unwrap_err().to_string();
        let mut unknown = server("https://a.example/");
        unknown["colour"] = json!("red");
        assert!(error(unknown).starts_with("sources[2]: unknown field `colour`"));
        assert!(error(server("ftp://a.example/")).starts_with("sources[2].url: must begin with http://"));
    }
}
