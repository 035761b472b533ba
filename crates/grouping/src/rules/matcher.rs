//! What a rule looks at.

use mayday_event::{Event, model::Exception, model::Frame};

use super::{
    SyntaxError,
    glob::{Glob, Kind, prepared},
    scan::Scanner,
};

/// Most matchers of one rule.
const MATCHERS: usize = 20;

/// One condition: `!stack.function:"std::*"`.
#[derive(Debug, Clone)]
pub(super) struct Matcher {
    pub(super) field: Field,
    negated: bool,
    pattern: Pattern,
}

#[derive(Debug, Clone)]
enum Pattern {
    Glob(Glob),
    /// Any of these names: `javascript,native`.
    Names(Vec<String>),
    Flag(bool),
}

/// What of an event a matcher looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Field {
    Type,
    Value,
    Mechanism,
    Message,
    Logger,
    Level,
    Tag(String),
    Release,
    Sdk,
    Family,
    Path,
    Module,
    Function,
    Package,
    App,
    Category,
}

/// What has to fit together: all matchers of a kind are about the same frame, exception or message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Event,
    Exception,
    Message,
    Frame,
}

impl Field {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "type" | "error.type" => Self::Type,
            "value" | "error.value" => Self::Value,
            "mechanism" | "error.mechanism" => Self::Mechanism,
            "message" => Self::Message,
            "logger" => Self::Logger,
            "level" => Self::Level,
            "release" => Self::Release,
            "sdk" => Self::Sdk,
            "family" => Self::Family,
            "path" | "stack.abs_path" => Self::Path,
            "module" | "stack.module" => Self::Module,
            "function" | "stack.function" => Self::Function,
            "package" | "stack.package" => Self::Package,
            "app" => Self::App,
            "category" => Self::Category,
            tag => Self::Tag(tag.strip_prefix("tags.").filter(|tag| !tag.is_empty())?.to_owned()),
        })
    }

    pub(super) fn about(&self) -> About {
        match self {
            Self::Type | Self::Value | Self::Mechanism => About::Exception,
            Self::Message => About::Message,
            Self::Logger | Self::Level | Self::Tag(_) | Self::Release | Self::Sdk | Self::Family => {
                About::Event
            }
            Self::Path | Self::Module | Self::Function | Self::Package | Self::App | Self::Category => {
                About::Frame
            }
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Path | Self::Package => Kind::Path,
            Self::Value | Self::Message | Self::Level => Kind::AnyCase,
            _ => Kind::Plain,
        }
    }
}

impl Matcher {
    /// Those that come next in a line, in order, until something else does.
    pub(super) fn all(
        scanner: &mut Scanner<'_>,
        allowed: &dyn Fn(&Field) -> bool,
    ) -> Result<Vec<Self>, SyntaxError> {
        let mut matchers = Vec::new();
        while let Some(matcher) = Self::next(scanner, allowed)? {
            if matchers.len() == MATCHERS {
                return scanner.refuse(format!("a rule has at most {MATCHERS} matchers"));
            }
            matchers.push(matcher);
        }
        Ok(matchers)
    }

    fn next(
        scanner: &mut Scanner<'_>,
        allowed: &dyn Fn(&Field) -> bool,
    ) -> Result<Option<Self>, SyntaxError> {
        let place = scanner.rest();
        let negated = scanner.skip("!");
        let Some(key) = scanner.key() else {
            return match negated {
                true => scanner.refuse("a matcher such as stack.function:name has to follow the !"),
                false => Ok(None),
            };
        };
        let Some(field) = Field::named(&key).filter(|field| allowed(field)) else {
            return Err(scanner.error_at(place, format!("there is no matcher {key} in such rules")));
        };
        let place = scanner.here();
        let text = scanner.text(&[])?;
        if text.is_empty() {
            return Err(scanner.error_at(place, format!("{key}: has no pattern")));
        }
        let pattern = pattern(&field, &text).map_err(|problem| scanner.error_at(place, problem))?;
        Ok(Some(Self { field, negated, pattern }))
    }

    fn says(&self, fits: bool) -> bool {
        fits != self.negated
    }

    fn fits_text(&self, text: Option<&str>) -> bool {
        match (&self.pattern, text) {
            (Pattern::Glob(glob), Some(text)) => glob.fits(&prepared(text, self.field.kind())),
            _ => false,
        }
    }

    fn fits_name(&self, name: Option<&str>) -> bool {
        match &self.pattern {
            Pattern::Names(names) => {
                names.iter().any(|known| known == "all" || name.is_some_and(|name| known == name))
            }
            Pattern::Glob(_) | Pattern::Flag(_) => false,
        }
    }

    /// A matcher about the event as a whole.
    pub(super) fn fits_event(&self, event: &Event) -> bool {
        self.says(match &self.field {
            Field::Logger => self.fits_text(event.logger.as_deref()),
            Field::Level => self.fits_text(Some(event.level.name())),
            Field::Release => self.fits_text(event.release.as_deref()),
            Field::Tag(tag) => self.fits_text(event.tags.get(tag).map(String::as_str)),
            Field::Sdk => self.fits_name(event.sdk.as_ref().and_then(|sdk| sdk.name.as_deref())),
            Field::Family => self.fits_name(Some(family(&event.platform))),
            _ => false,
        })
    }

    /// A matcher about an exception.
    pub(super) fn fits_exception(&self, exception: &Exception) -> bool {
        let mechanism = || exception.mechanism.as_ref().and_then(|mechanism| mechanism.ty.as_deref());
        self.says(match &self.field {
            Field::Type => self.fits_text(exception.ty.as_deref()),
            Field::Value => self.fits_text(exception.value.as_deref()),
            Field::Mechanism => self.fits_text(mechanism()),
            _ => false,
        })
    }

    /// A matcher about a message.
    pub(super) fn fits_message(&self, message: &str) -> bool {
        self.says(self.fits_text(Some(message)))
    }

    /// A matcher about a frame, or the family of its platform.
    pub(super) fn fits_frame(&self, facts: &FrameFacts<'_>) -> bool {
        let frame = facts.frame;
        let glob = |text: Option<&str>| match (&self.pattern, text) {
            (Pattern::Glob(glob), Some(text)) => glob.fits(text),
            _ => false,
        };
        self.says(match &self.field {
            Field::Path => glob(facts.abs_path.as_deref()) || glob(facts.filename.as_deref()),
            Field::Package => glob(facts.package.as_deref()),
            Field::Module => glob(frame.module.as_deref()),
            Field::Function => glob(frame.function.as_deref()),
            Field::Category => glob(facts.category.as_deref()),
            Field::App => matches!(self.pattern, Pattern::Flag(app) if app == facts.app),
            Field::Family => self.fits_name(Some(facts.family)),
            _ => false,
        })
    }
}

fn pattern(field: &Field, text: &str) -> Result<Pattern, String> {
    Ok(match field {
        Field::App => match text {
            "yes" | "true" | "1" => Pattern::Flag(true),
            "no" | "false" | "0" => Pattern::Flag(false),
            other => return Err(format!("app: is yes or no, not {other}")),
        },
        Field::Family | Field::Sdk => {
            let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
            let unknown =
                names.iter().find(|name| !["javascript", "native", "other", "all"].contains(&name.as_str()));
            match unknown {
                Some(unknown) if *field == Field::Family => {
                    return Err(format!("family: is javascript, native, other or all, not {unknown}"));
                }
                _ => Pattern::Names(names),
            }
        }
        field => Pattern::Glob(Glob::new(text, field.kind())?),
    })
}

/// The general family of a platform.
pub(super) fn family(platform: &str) -> &'static str {
    match platform {
        "javascript" | "node" => "javascript",
        "native" | "c" | "cpp" | "rust" | "cocoa" | "objc" | "swift" => "native",
        _ => "other",
    }
}

/// What matchers ask of a frame, made ready once.
pub(super) struct FrameFacts<'f> {
    frame: &'f Frame,
    family: &'static str,
    abs_path: Option<String>,
    filename: Option<String>,
    package: Option<String>,
    /// As the rules before have left it.
    pub(super) app: bool,
    pub(super) category: Option<String>,
}

impl<'f> FrameFacts<'f> {
    pub(super) fn new(frame: &'f Frame, platform: &str, app: bool, category: Option<&str>) -> Self {
        let path = |path: &Option<String>| path.as_deref().map(|path| prepared(path, Kind::Path));
        Self {
            frame,
            family: family(frame.platform.as_deref().unwrap_or(platform)),
            abs_path: path(&frame.abs_path),
            filename: path(&frame.filename),
            package: path(&frame.package),
            app,
            category: category.map(str::to_owned),
        }
    }
}
