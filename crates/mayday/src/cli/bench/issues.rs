//! What goes wrong in the fleet: kinds of crashes, the frequent ones first.

use mayday_event::Timestamp;
use serde_json::{Value, json};

use super::{
    fleet::{Person, System},
    moment::DAYS,
};
use crate::cli::dice::Dice;

/// Kinds of crashes.
pub(super) const ISSUES: usize = 5_000;
/// Half of them are older than the data.
const OLD: usize = ISSUES / 2;
/// How often the next one happens against the one before: the k-th has a share of 1 / k to the power of this.
const TAIL: f64 = 1.05;

const JAVA_ERRORS: [(&str, &str); 6] = [
    ("IllegalStateException", "Fragment {f} not attached to a context"),
    ("NullPointerException", "Attempt to invoke virtual method on a null object reference"),
    ("SQLiteConstraintException", "UNIQUE constraint failed: {f}.id (code 2067)"),
    ("IndexOutOfBoundsException", "Index: {n}, Size: 3"),
    ("SocketTimeoutException", "failed to connect to {f}.example.com after {n}ms"),
    ("OutOfMemoryError", "Failed to allocate a {n} byte allocation"),
];
const APPLE_ERRORS: [(&str, &str); 4] = [
    ("NSInvalidArgumentException", "unrecognized selector sent to instance of {f}"),
    ("EXC_BAD_ACCESS", "KERN_INVALID_ADDRESS at 0x{n}"),
    ("NSRangeException", "index {n} beyond bounds [0 .. 2]"),
    ("Fatal error", "Unexpectedly found nil while unwrapping an Optional value in {f}"),
];
const FEATURES: [&str; 20] = [
    "checkout",
    "cart",
    "search",
    "profile",
    "feed",
    "chat",
    "camera",
    "maps",
    "login",
    "payments",
    "orders",
    "catalog",
    "reviews",
    "push",
    "sync",
    "media",
    "settings",
    "wallet",
    "support",
    "onboarding",
];
const CLASSES: [&str; 10] = [
    "Presenter",
    "ViewModel",
    "Repository",
    "Adapter",
    "Controller",
    "Service",
    "Loader",
    "Cache",
    "Parser",
    "Router",
];

/// One way in which the app fails.
#[derive(Debug, Clone, Copy)]
pub(super) struct Issue {
    pub(super) number: usize,
}

impl Issue {
    pub(super) fn system(self) -> System {
        if self.number % 5 < 3 { System::Android } else { System::Apple }
    }

    /// When it first happens.
    pub(super) fn born(self, until: Timestamp) -> Timestamp {
        let age = match self.number.checked_sub(OLD) {
            None => DAYS * Timestamp::DAY_MS,
            Some(young) => ((1.0 - young as f64 / OLD as f64) * (DAYS * Timestamp::DAY_MS) as f64) as i64,
        };
        until.plus_ms(-age)
    }

    /// Whether it could happen to somebody: some kinds of crashes have a cause in a system's version or behind a flag,
    /// and happen elsewhere seldom.
    pub(super) fn fits(self, person: &Person, dice: &mut Dice) -> bool {
        let seldom = dice.below(10) == 0;
        person.system == self.system()
            && (self.number % 7 != 3
                || person.os_version.starts_with("14")
                || person.os_version == "17.5.1"
                || seldom)
            && (self.number % 11 != 5 || person.has_new_checkout || seldom)
    }

    fn feature(self) -> &'static str {
        FEATURES[self.number % FEATURES.len()]
    }

    fn class(self) -> String {
        format!("{}{}", CLASSES[self.number / FEATURES.len() % CLASSES.len()], self.number / 200)
    }

    fn error(self) -> (&'static str, &'static str) {
        match self.system() {
            System::Android => JAVA_ERRORS[self.number % JAVA_ERRORS.len()],
            System::Apple => APPLE_ERRORS[self.number % APPLE_ERRORS.len()],
        }
    }

    pub(super) fn error_type(self) -> &'static str {
        self.error().0
    }

    /// Its message with a number that differs each time.
    pub(super) fn error_value(self, number: usize) -> String {
        self.error().1.replace("{f}", self.feature()).replace("{n}", &number.to_string())
    }

    pub(super) fn screen(self) -> String {
        format!("{}/{}", self.feature(), self.number % 3)
    }

    /// The exception as an SDK sends it.
    pub(super) fn exception(self, number: usize) -> Value {
        let handled = self.number % 4 == 1;
        let mechanism = match self.system() {
            System::Android => "UncaughtExceptionHandler",
            System::Apple => "NSException",
        };
        json!({"values": [{
            "type": self.error_type(),
            "value": self.error_value(number),
            "mechanism": {"type": if handled { "generic" } else { mechanism }, "handled": handled},
            "stacktrace": {"frames": self.frames()},
        }]})
    }

    pub(super) fn level(self) -> &'static str {
        if self.number % 4 == 1 { "error" } else { "fatal" }
    }

    fn frames(self) -> Vec<Value> {
        let (feature, class) = (self.feature(), self.class());
        match self.system() {
            System::Android => {
                let frame = |module: String, function: String, line: usize, in_app: bool| json!({"module": module, "function": function, "filename": "Source.kt", "lineno": line, "in_app": in_app});
                let app = format!("com.example.fleet.{feature}");
                vec![
                    frame("android.os.Handler".into(), "dispatchMessage".into(), 106, false),
                    frame("android.view.View".into(), "performClick".into(), 7455, false),
                    frame(format!("{app}.Main"), "onClick".into(), 31, true),
                    frame(format!("{app}.{class}"), format!("load{}", self.number % 9), 88, true),
                    frame(format!("{app}.{class}"), format!("bind{}", self.number), 142, true),
                ]
            }
            System::Apple => {
                let frame = |package: &str, function: String, in_app: bool| json!({"package": package, "function": function, "in_app": in_app});
                let app = "/private/var/containers/Bundle/Application/Fleet.app/Fleet";
                vec![
                    frame(
                        "/System/Library/Frameworks/UIKitCore.framework/UIKitCore",
                        "UIApplicationMain".into(),
                        false,
                    ),
                    frame(app, format!("{feature}.{class}.load{}()", self.number % 9), true),
                    frame(app, format!("{feature}.{class}.bind{}()", self.number), true),
                ]
            }
        }
    }
}

/// Picks issues by how often they happen.
#[derive(Debug)]
pub(super) struct Frequencies {
    /// Of the issues so far, summed up.
    upto: Vec<f64>,
}

impl Frequencies {
    pub(super) fn new() -> Self {
        let mut sum = 0.0;
        let upto = (1..=ISSUES).map(|rank| {
            sum += (rank as f64).powf(-TAIL);
            sum
        });
        Self { upto: upto.collect() }
    }

    /// The frequent ones are spread over all numbers, so that they are of all kinds and ages.
    pub(super) fn pick(&self, dice: &mut Dice) -> Issue {
        let at = dice.fraction() * self.upto.last().copied().unwrap_or_default();
        let rank = self.upto.partition_point(|upto| *upto <= at).min(ISSUES - 1);
        Issue { number: rank * 1_237 % ISSUES }
    }
}
