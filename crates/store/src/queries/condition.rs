//! Which events: an expression over what is stored of each.
//!
//! It becomes SQL whose values, names of tags and flags included, are parameters; nothing that a person typed is
//! ever part of the text.

use clickhouse::query::Query;
use mayday_event::GroupHash;

use super::stored_tags;
use crate::rows::tags::{is_paired, pair};

/// What an event is searched by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Field {
    Level,
    Platform,
    Release,
    Dist,
    Environment,
    Title,
    /// Title and message together, in lower case.
    Message,
    ErrorType,
    ErrorValue,
    /// `true`, `false`, or nothing where no SDK said.
    Handled,
    Mechanism,
    /// `id:7`, `email:…`: what tells users apart.
    User,
    UserId,
    UserEmail,
    OsName,
    OsVersion,
    DeviceFamily,
    DeviceModel,
    AppVersion,
    SdkName,
    SdkVersion,
    StackFunction,
    StackFilename,
    StackModule,
    StackPackage,
    Flag(String),
    Tag(String),
}

/// A text with gaps: its parts in order, anything between them. The first is how the text begins, the last how it
/// ends; one part is the whole text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern(pub Vec<String>);

/// Which events.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Condition {
    /// Each of these; none: every event.
    All(Vec<Self>),
    /// One of these or more; none: no event.
    Any(Vec<Self>),
    Not(Box<Self>),
    /// The field is one of these, to the letter. Of a stack: one of its frames.
    OneOf(Field, Vec<String>),
    /// As [`Self::OneOf`], whatever the case of letters.
    Like(Field, Pattern),
    /// The field is there and not empty.
    Has(Field),
    /// Title and message have all these words, as [`words`] makes them.
    Words(Vec<String>),
    /// Of these hashes.
    Hashes(Vec<GroupHash>),
}

/// Every event.
impl Default for Condition {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

/// The words of a text, as the index over title and message has them.
pub fn words(text: &str) -> Vec<String> {
    text.split(is_separator).filter(|word| !word.is_empty()).map(str::to_ascii_lowercase).collect()
}

/// As ClickHouse's tokenizer `splitByNonAlpha` sees it.
fn is_separator(char: char) -> bool {
    char.is_ascii() && !char.is_ascii_alphanumeric()
}

/// What the index `words` is over; the text must be as in the schema.
const TEXT: &str = "lower(concat(title, '\\n', error_value))";

impl Condition {
    /// Whether it lets every event through.
    pub fn is_everything(&self) -> bool {
        matches!(self, Self::All(all) if all.iter().all(Self::is_everything))
    }

    /// ` AND …`, its values put aside in `values`; empty if every event passes.
    pub(super) fn and(&self, values: &mut Values) -> String {
        if self.is_everything() { String::new() } else { format!(" AND {}", self.sql(values)) }
    }

    /// Whether it asks for nothing but hashes and fields that `has` lets through.
    pub(super) fn asks_only(&self, has: &impl Fn(&Field) -> bool) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().all(|part| part.asks_only(has)),
            Self::Not(condition) => condition.asks_only(has),
            Self::OneOf(field, _) | Self::Like(field, _) | Self::Has(field) => has(field),
            Self::Words(_) => false,
            Self::Hashes(_) => true,
        }
    }

    /// An expression that is 0 or 1.
    pub(super) fn sql(&self, values: &mut Values) -> String {
        match self {
            Self::All(all) if all.is_empty() => "1".into(),
            Self::Any(any) if any.is_empty() => "0".into(),
            Self::All(all) => joined(all, " AND ", values),
            Self::Any(any) => joined(any, " OR ", values),
            Self::Not(condition) => format!("NOT {}", condition.sql(values)),
            Self::OneOf(Field::Tag(key), texts) if texts.iter().all(|text| !text.is_empty()) => {
                let key_sql = values.text(key);
                let is = |text: &String| stored_tags::is(key, text, [&key_sql, &values.text(text)]);
                format!("({})", texts.iter().map(is).collect::<Vec<_>>().join(" OR "))
            }
            Self::OneOf(field, texts) => {
                let expression = field.sql(values);
                let texts = values.list(texts);
                match field.is_list() {
                    true => format!("arrayExists(name -> name IN {texts}, {expression})"),
                    false => format!("({expression} IN {texts})"),
                }
            }
            Self::Like(field, pattern) => like(field, pattern, values),
            Self::Has(Field::Tag(key)) if is_paired(key) => {
                let key = values.text(&pair(key, ""));
                format!("arrayExists(pair -> startsWith(pair, {key}), tag_pairs)")
            }
            Self::Has(field) => match (field, field.sql(values)) {
                (field, expression) if field.is_list() => format!("notEmpty({expression})"),
                (_, expression) => format!("({expression} != '')"),
            },
            Self::Words(words) => format!("hasAllTokens({TEXT}, {})", values.list(words)),
            Self::Hashes(hashes) => {
                format!(
                    "(group_hash IN {})",
                    values.push(Value::Hashes(hashes.iter().map(|h| h.0).collect()))
                )
            }
        }
    }
}

fn joined(conditions: &[Condition], by: &str, values: &mut Values) -> String {
    let parts: Vec<String> = conditions.iter().map(|condition| condition.sql(values)).collect();
    format!("({})", parts.join(by))
}

fn like(field: &Field, pattern: &Pattern, values: &mut Values) -> String {
    let expression = field.sql(values);
    let text = values.text(&pattern.like(*field == Field::Message));
    match field {
        field if field.is_list() => format!("arrayExists(name -> name ILIKE {text}, {expression})"),
        Field::Message => format!("({expression} LIKE {text}{})", pattern.indexed(values)),
        Field::Title | Field::ErrorValue => format!("({expression} ILIKE {text}{})", pattern.indexed(values)),
        _ => format!("({expression} ILIKE {text})"),
    }
}

impl Pattern {
    /// For `LIKE`.
    pub(super) fn like(&self, in_lower_case: bool) -> String {
        let escaped = |part: &String| {
            let part = part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            // As `lower` does it.
            if in_lower_case { part.to_ascii_lowercase() } else { part }
        };
        self.0.iter().map(escaped).collect::<Vec<_>>().join("%")
    }

    /// ` AND …` that says with the index what the pattern implies: the words in it that are whole.
    fn indexed(&self, values: &mut Values) -> String {
        let last = self.0.len().saturating_sub(1);
        let whole = |(at, part): (usize, &String)| {
            let mut words: Vec<String> = part.split(is_separator).map(str::to_ascii_lowercase).collect();
            if at < last {
                words.pop();
            }
            if at > 0 && !words.is_empty() {
                words.remove(0);
            }
            words
        };
        let words: Vec<String> =
            self.0.iter().enumerate().flat_map(whole).filter(|word| !word.is_empty()).collect();
        if words.is_empty() {
            return String::new();
        }
        format!(" AND hasAllTokens({TEXT}, {})", values.list(&words))
    }
}

impl Field {
    /// Whether it is the names in a stack.
    pub(super) fn is_list(&self) -> bool {
        matches!(self, Self::StackFunction | Self::StackFilename | Self::StackModule | Self::StackPackage)
    }

    /// A text, or a list of them; empty where the event has none.
    pub(super) fn sql(&self, values: &mut Values) -> String {
        let column = match self {
            Self::Level => "level",
            Self::Platform => "platform",
            Self::Release => "release",
            Self::Dist => "dist",
            Self::Environment => "environment",
            Self::Title => "title",
            Self::Message => TEXT,
            Self::ErrorType => "error_type",
            Self::ErrorValue => "error_value",
            Self::Handled => "ifNull(toString(handled), '')",
            Self::Mechanism => "mechanism",
            Self::User => "user",
            Self::UserId => "if(startsWith(user, 'id:'), substring(user, 4), '')",
            Self::UserEmail => "user_email",
            Self::OsName => "os_name",
            Self::OsVersion => "os_version",
            Self::DeviceFamily => "device_family",
            Self::DeviceModel => "device_model",
            Self::AppVersion => "app_version",
            Self::SdkName => "sdk_name",
            Self::SdkVersion => "sdk_version",
            Self::StackFunction => "stack_functions",
            Self::StackFilename => "stack_filenames",
            Self::StackModule => "stack_modules",
            Self::StackPackage => "stack_packages",
            Self::Flag(name) => return format!("flags[{}]", values.text(name)),
            Self::Tag(key) => return stored_tags::value(key, &values.text(key)),
        };
        column.to_owned()
    }
}

/// The parameters of a condition, in the order of their names `value0`, `value1` ….
#[derive(Debug, Default)]
pub(super) struct Values(Vec<Value>);

#[derive(Debug)]
enum Value {
    Text(String),
    List(Vec<String>),
    Hashes(Vec<u64>),
}

impl Values {
    pub(super) fn text(&mut self, text: &str) -> String {
        self.push(Value::Text(text.to_owned()))
    }

    fn list(&mut self, texts: &[String]) -> String {
        self.push(Value::List(texts.to_vec()))
    }

    /// How the value is written in SQL.
    fn push(&mut self, value: Value) -> String {
        let ty = match value {
            Value::Text(_) => "String",
            Value::List(_) => "Array(String)",
            Value::Hashes(_) => "Array(UInt64)",
        };
        let name = format!("{{value{}:{ty}}}", self.0.len());
        self.0.push(value);
        name
    }

    pub(super) fn bind(self, query: Query) -> Query {
        self.0.into_iter().enumerate().fold(query, |query, (number, value)| {
            let name = format!("value{number}");
            match value {
                Value::Text(text) => query.param(&name, text),
                Value::List(texts) => query.param(&name, texts),
                Value::Hashes(hashes) => query.param(&name, hashes),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(condition: &Condition) -> String {
        condition.sql(&mut Values::default())
    }

    #[test]
    fn what_somebody_typed_is_never_part_of_the_sql() {
        let typed = "'; DROP TABLE events --";
        let fields = [
            Field::Release,
            Field::Message,
            Field::StackFunction,
            Field::Flag(typed.into()),
            Field::Tag(typed.into()),
        ];
        for field in fields {
            let all = Condition::All(vec![
                Condition::OneOf(field.clone(), vec![typed.into()]),
                Condition::Not(Box::new(Condition::Like(
                    field.clone(),
                    Pattern(vec![typed.into(), "".into()]),
                ))),
                Condition::Any(vec![Condition::Has(field), Condition::Words(words(typed))]),
            ]);
            assert!(!sql(&all).contains("DROP") && !sql(&all).contains("drop"), "{}", sql(&all));
        }
    }

    #[test]
    fn a_pattern_tells_the_index_only_of_words_that_are_whole() {
        let words_of = |parts: &[&str]| {
            let mut values = Values::default();
            Pattern(parts.iter().map(|&part| part.to_owned()).collect()).indexed(&mut values);
            match values.0.pop() {
                Some(Value::List(words)) => words,
                _ => Vec::new(),
            }
        };
        assert_eq!(words_of(&["Out of memory"]), ["out", "of", "memory"]);
        assert_eq!(words_of(&["", "Out of memory", ""]), ["of"]);
        assert_eq!(words_of(&["Out of mem", " left"]), ["out", "of", "left"]);
        assert_eq!(words_of(&["", "time", ""]), [""; 0]);
        assert_eq!(words_of(&["", ""]), [""; 0]);
    }

    #[test]
    fn like_finds_the_letters_that_mean_something_to_it() {
        assert_eq!(Pattern(vec!["100%_".into(), "\\X".into()]).like(false), "100\\%\\_%\\\\X");
        assert_eq!(Pattern(vec!["".into(), "ÄX".into()]).like(true), "%Äx");
    }

    #[test]
    fn words_are_split_as_the_index_splits_them() {
        assert_eq!(words("Ärger: java.lang.NPE_2 (x)"), ["Ärger", "java", "lang", "npe", "2", "x"]);
        assert!(words("-- :)").is_empty());
    }
}
