//! What to paste into an app so that it reports here.

/// An SDK and what its set-up consists of.
#[derive(Debug, Clone)]
pub(crate) struct Sdk {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    /// Shown from the start.
    pub(crate) open: bool,
    pub(crate) parts: Vec<Part>,
}

/// Text for one place.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// Tells copy buttons of a page apart.
    pub(crate) id: String,
    /// A file or a shell.
    pub(crate) place: &'static str,
    pub(crate) text: String,
}

struct Template {
    id: &'static str,
    name: &'static str,
    /// What projects call it, besides `id`.
    platforms: &'static [&'static str],
    /// `{dsn}` stands for the DSN.
    parts: &'static [(&'static str, &'static str)],
}

const SDKS: [Template; 7] = [
    Template {
        id: "android",
        name: "Android",
        platforms: &["java", "kotlin"],
        parts: &[
            (
                "app/build.gradle.kts",
                "dependencies {\n    implementation(\"io.sentry:sentry-android:8.+\")\n}\n",
            ),
            (
                "AndroidManifest.xml, in <manifest>",
                concat!(
                    "<uses-permission android:name=\"android.permission.INTERNET\" />\n",
                    "<application>\n",
                    "    <meta-data android:name=\"io.sentry.dsn\" android:value=\"{dsn}\" />\n",
                    "    <meta-data android:name=\"io.sentry.anr.enable\" android:value=\"true\" />\n",
                    "</application>\n",
                ),
            ),
        ],
    },
    Template {
        id: "ios",
        name: "iOS",
        platforms: &["apple", "cocoa", "swift", "macos"],
        parts: &[
            ("Xcode, File › Add Package Dependencies", "https://github.com/getsentry/sentry-cocoa\n"),
            (
                "App.swift",
                concat!(
                    "import Sentry\n\n",
                    "@main\n",
                    "struct MyApp: App {\n",
                    "    init() {\n",
                    "        SentrySDK.start { options in\n",
                    "            options.dsn = \"{dsn}\"\n",
                    "        }\n",
                    "    }\n",
                    "    // …\n",
                    "}\n",
                ),
            ),
        ],
    },
    Template {
        id: "flutter",
        name: "Flutter",
        platforms: &["dart"],
        parts: &[
            ("Shell", "flutter pub add sentry_flutter\n"),
            (
                "lib/main.dart",
                concat!(
                    "import 'package:flutter/widgets.dart';\n",
                    "import 'package:sentry_flutter/sentry_flutter.dart';\n\n",
                    "Future<void> main() async {\n",
                    "  await SentryFlutter.init(\n",
                    "    (options) => options.dsn = '{dsn}',\n",
                    "    appRunner: () => runApp(const MyApp()),\n",
                    "  );\n",
                    "}\n",
                ),
            ),
        ],
    },
    Template {
        id: "react-native",
        name: "React Native",
        platforms: &[],
        parts: &[
            ("Shell", "npm install @sentry/react-native\n"),
            (
                "App.tsx",
                concat!(
                    "import * as Sentry from \"@sentry/react-native\";\n\n",
                    "Sentry.init({ dsn: \"{dsn}\" });\n\n",
                    "export default Sentry.wrap(App);\n",
                ),
            ),
        ],
    },
    Template {
        id: "javascript",
        name: "JavaScript",
        platforms: &["browser", "node"],
        parts: &[
            ("Shell", "npm install @sentry/browser\n"),
            (
                "main.js",
                concat!(
                    "import * as Sentry from \"@sentry/browser\"; // in Node: @sentry/node\n\n",
                    "Sentry.init({ dsn: \"{dsn}\" });\n",
                ),
            ),
        ],
    },
    Template {
        id: "python",
        name: "Python",
        platforms: &[],
        parts: &[
            ("Shell", "pip install sentry-sdk\n"),
            ("main.py", "import sentry_sdk\n\nsentry_sdk.init(dsn=\"{dsn}\")\n"),
        ],
    },
    Template {
        id: "rust",
        name: "Rust",
        platforms: &["native"],
        parts: &[
            ("Shell", "cargo add sentry\n"),
            (
                "src/main.rs",
                concat!(
                    "fn main() {\n",
                    "    let _guard = sentry::init((\n",
                    "        \"{dsn}\",\n",
                    "        sentry::ClientOptions { release: sentry::release_name!(), ..Default::default() },\n",
                    "    ));\n",
                    "    // …\n",
                    "}\n",
                ),
            ),
        ],
    },
];

/// The set-up of each SDK; that of the project's platform is open, else the first.
pub(crate) fn sdks(dsn: &str, platform: &str) -> Vec<Sdk> {
    let suits = |sdk: &Template| sdk.id == platform || sdk.platforms.contains(&platform);
    let open = SDKS.iter().position(suits).unwrap_or(0);
    SDKS.iter().enumerate().map(|(at, sdk)| filled(sdk, dsn, at == open)).collect()
}

fn filled(sdk: &Template, dsn: &str, open: bool) -> Sdk {
    let part = |(at, (place, text)): (usize, &(&'static str, &str))| Part {
        id: format!("snippet-{}-{at}", sdk.id),
        place,
        text: text.replace("{dsn}", dsn),
    };
    Sdk { id: sdk.id, name: sdk.name, open, parts: sdk.parts.iter().enumerate().map(part).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sdk_is_given_the_dsn() {
        let dsn = "http://0123@mayday.example/1";
        let sdks = sdks(dsn, "dart");
        for sdk in &sdks {
            assert!(sdk.parts.iter().any(|part| part.text.contains(dsn)), "{}", sdk.name);
        }
        let open: Vec<&str> = sdks.iter().filter(|sdk| sdk.open).map(|sdk| sdk.id).collect();
        assert_eq!(open, ["flutter"]);
    }
}
