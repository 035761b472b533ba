//! Whether a rollout may go on.
//!
//! A release is held against a baseline by three shares: sessions that crashed, users with a crash, sessions that ended
//! in an ANR; each by a one-sided two-proportion test. Without a baseline that has enough sessions, the lower ends of
//! their confidence intervals are held against fixed limits. Issues that are new in the release are held against how
//! many sessions it has. The worst finding is the verdict.

use mayday_store::queries::sessions::SessionCounts;
use serde::Serialize;

use super::share::{Share, z_score};

/// Sessions of a release, and of a baseline, before their shares are trusted to be healthy.
const MIN_SESSIONS: u64 = 200;
/// Failures below which the test's approximation is not trusted at all, and below which it stops no rollout.
const MIN_FAILURES: u64 = 3;
const MIN_FAILURES_TO_HALT: u64 = 5;
/// Standard deviations: by chance alone in 5 %, and in 0.1 % of releases that are no worse.
const Z_WATCH: f64 = 1.645;
const Z_HALT: f64 = 3.090;
/// A share that rose by less is no reason, however sure it is.
const MIN_RISE: f64 = 0.001;
/// Events of one new issue, and events a session, that are a reason to watch.
const NEW_ISSUE_EVENTS: u64 = 5;
const NEW_ISSUE_RATE: f64 = 0.001;
/// Those that stop a rollout, if the issue is fatal.
const FATAL_ISSUE_EVENTS: u64 = 10;
const FATAL_ISSUE_RATE: f64 = 0.01;

/// What to do with a rollout; the worse, the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    Healthy,
    Watch,
    Halt,
}

impl Verdict {
    /// The name in the API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Watch => "watch",
            Self::Halt => "halt",
        }
    }
}

/// What is known of a release.
#[derive(Debug, Clone, Default)]
pub(crate) struct Evidence {
    pub(crate) version: String,
    pub(crate) counts: SessionCounts,
}

/// An issue that is new in the release.
#[derive(Debug, Clone)]
pub(crate) struct NewIssue {
    pub(crate) short_id: String,
    pub(crate) is_fatal: bool,
    /// Its events of the release.
    pub(crate) events: u64,
}

/// A verdict and what it comes from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Assessment {
    pub(crate) verdict: Verdict,
    /// The worst first; at least one.
    pub(crate) reasons: Vec<Reason>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Reason {
    pub(crate) verdict: Verdict,
    /// `crashed_sessions`, `crashed_users`, `anr_sessions`, `new_issues` or `sample`.
    pub(crate) check: &'static str,
    /// For people.
    pub(crate) text: String,
    /// Standard deviations above the baseline; `None` where none is compared.
    pub(crate) z: Option<f64>,
}

/// A share that should be small.
struct Check {
    name: &'static str,
    /// In a sentence.
    words: &'static str,
    part: fn(&SessionCounts) -> (u64, u64),
    /// Shares that are a reason without a baseline.
    watch: f64,
    halt: f64,
}

const CHECKS: [Check; 3] = [
    Check {
        name: "crashed_sessions",
        words: "of sessions crashed",
        part: |counts| (counts.crashed, counts.sessions),
        watch: 0.01,
        halt: 0.02,
    },
    Check {
        name: "crashed_users",
        words: "of users had a crash",
        part: |counts| (counts.crashed_users, counts.users),
        watch: 0.01,
        halt: 0.02,
    },
    Check {
        name: "anr_sessions",
        words: "of sessions ended in an ANR",
        part: |counts| (counts.anr, counts.sessions),
        watch: 0.005,
        halt: 0.01,
    },
];

/// Holds a release against a baseline; `None`: it has no sessions.
pub(crate) fn assess(
    release: &Evidence,
    baseline: Option<&Evidence>,
    new_issues: &[NewIssue],
) -> Option<Assessment> {
    let sessions = release.counts.sessions;
    if sessions == 0 {
        return None;
    }
    let baseline = baseline.filter(|baseline| baseline.counts.sessions >= MIN_SESSIONS);
    let mut reasons: Vec<Reason> =
        CHECKS.iter().filter_map(|check| check.find(&release.counts, baseline)).collect();
    reasons.extend(new_issues.iter().filter_map(|issue| of_new_issue(issue, sessions)));
    if sessions < MIN_SESSIONS {
        let text = format!("only {sessions} sessions so far; at least {MIN_SESSIONS} tell a healthy release");
        reasons.push(Reason { verdict: Verdict::Watch, check: "sample", text, z: None });
    }
    // The sort is stable: findings of one kind stay in the order of the checks.
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.verdict));
    let verdict = reasons.first().map_or(Verdict::Healthy, |reason| reason.verdict);
    Some(Assessment { verdict, reasons })
}

impl Check {
    /// `None`: there is nothing to have a share of.
    fn find(&self, counts: &SessionCounts, baseline: Option<&Evidence>) -> Option<Reason> {
        let (part, whole) = (self.part)(counts);
        let share = Share::of(part, whole)?;
        let of_baseline = baseline.and_then(|baseline| {
            let (base_part, base_whole) = (self.part)(&baseline.counts);
            let z = z_score((part, whole), (base_part, base_whole));
            Share::of(base_part, base_whole).map(|share| (baseline, share, z))
        });
        let (verdict, text, z) = match of_baseline {
            Some((baseline, base, z)) => {
                let verdict = compared(part, share.rate - base.rate, z);
                let than = match verdict {
                    Verdict::Healthy => "no clear rise from",
                    Verdict::Watch => "probably more than",
                    Verdict::Halt => "more than",
                };
                let (base, version) = (percent(base.rate), &baseline.version);
                let text = format!("{} {}: {than} {base} in {version}", percent(share.rate), self.words);
                (verdict, text, Some(z))
            }
            None => {
                let verdict = self.alone(part, share);
                let (low, high) = (percent(share.low), percent(share.high));
                let text = format!("{} {} ({low} to {high})", percent(share.rate), self.words);
                (verdict, text, None)
            }
        };
        Some(Reason { verdict, check: self.name, text, z })
    }

    fn alone(&self, part: u64, share: Share) -> Verdict {
        match share.low {
            low if low >= self.halt && part >= MIN_FAILURES_TO_HALT => Verdict::Halt,
            low if low >= self.watch && part >= MIN_FAILURES => Verdict::Watch,
            _ => Verdict::Healthy,
        }
    }
}

fn compared(failures: u64, rise: f64, z: f64) -> Verdict {
    if rise < MIN_RISE || z < Z_WATCH || failures < MIN_FAILURES {
        return Verdict::Healthy;
    }
    if z < Z_HALT || failures < MIN_FAILURES_TO_HALT { Verdict::Watch } else { Verdict::Halt }
}

/// `None`: too few events to be a reason.
fn of_new_issue(issue: &NewIssue, sessions: u64) -> Option<Reason> {
    let rate = issue.events as f64 / sessions as f64;
    if issue.events < NEW_ISSUE_EVENTS || rate < NEW_ISSUE_RATE {
        return None;
    }
    let halts = issue.is_fatal && issue.events >= FATAL_ISSUE_EVENTS && rate >= FATAL_ISSUE_RATE;
    let kind = if issue.is_fatal { "new fatal issue" } else { "new issue" };
    let per = rate * 1000.0;
    Some(Reason {
        verdict: if halts { Verdict::Halt } else { Verdict::Watch },
        check: "new_issues",
        text: format!("{kind} {}: {} events, {per:.1} per 1,000 sessions", issue.short_id, issue.events),
        z: None,
    })
}

/// `1.25%`
pub(crate) fn percent(rate: f64) -> String {
    format!("{:.2}%", rate * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(version: &str, [sessions, crashed, anr, users, crashed_users]: [u64; 5]) -> Evidence {
        let counts =
            SessionCounts { sessions, crashed, anr, users, crashed_users, ..SessionCounts::default() };
        Evidence { version: version.into(), counts }
    }

    fn issue(is_fatal: bool, events: u64) -> NewIssue {
        NewIssue { short_id: "APP-7".into(), is_fatal, events }
    }

    /// The verdict, and the checks that led to it.
    fn judged(release: [u64; 5], base: Option<[u64; 5]>, issues: &[NewIssue]) -> String {
        let base = base.map(|base| evidence("1.0", base));
        let Some(found) = assess(&evidence("1.1", release), base.as_ref(), issues) else {
            return "none".into();
        };
        let worst =
            found.reasons.iter().filter(|it| it.verdict == found.verdict && it.verdict > Verdict::Healthy);
        let checks: Vec<&str> = worst.map(|reason| reason.check).collect();
        format!("{} {}", found.verdict.name(), checks.join(" ")).trim().to_owned()
    }

    #[test]
    fn a_release_is_held_against_its_baseline() {
        let base = Some([10_000, 50, 10, 2_000, 40]);
        for (release, expected) in [
            ([0, 0, 0, 0, 0], "none"),
            ([5_000, 25, 5, 1_000, 20], "healthy"),
            // Better than before.
            ([5_000, 5, 0, 1_000, 5], "healthy"),
            // A rise that may be chance: 0.80 % from 0.50 %, z = 2.2 at this size.
            ([5_000, 40, 5, 1_000, 20], "watch crashed_sessions"),
            // 2 % from 0.5 %.
            ([5_000, 100, 5, 1_000, 20], "halt crashed_sessions"),
            ([5_000, 25, 5, 1_000, 80], "halt crashed_users"),
            ([5_000, 25, 60, 1_000, 20], "halt anr_sessions"),
            ([5_000, 100, 60, 1_000, 80], "halt crashed_sessions crashed_users anr_sessions"),
            // Too small to be called healthy, and two crashes are too few to say more.
            ([50, 0, 0, 20, 0], "watch sample"),
            ([50, 2, 0, 20, 2], "watch sample"),
            // A disaster is seen before the sample is full.
            ([50, 10, 0, 20, 8], "halt crashed_sessions crashed_users"),
            // Nobody tells who the users are.
            ([5_000, 25, 5, 0, 0], "healthy"),
        ] {
            assert_eq!(judged(release, base, &[]), expected, "{release:?}");
        }
    }

    #[test]
    fn a_sure_but_tiny_rise_is_no_reason() {
        let base = Some([100_000_000, 100_000, 0, 0, 0]);
        assert_eq!(judged([100_000_000, 150_000, 0, 0, 0], base, &[]), "healthy");
        assert_eq!(judged([100_000_000, 250_000, 0, 0, 0], base, &[]), "halt crashed_sessions");
    }

    #[test]
    fn without_a_baseline_limits_are_fixed() {
        for (release, expected) in [
            ([10_000, 50, 0, 0, 0], "healthy"),
            ([10_000, 150, 0, 0, 0], "watch crashed_sessions"),
            ([10_000, 300, 0, 0, 0], "halt crashed_sessions"),
            ([10_000, 0, 80, 0, 0], "watch anr_sessions"),
            ([10_000, 0, 150, 0, 0], "halt anr_sessions"),
            // 2 % of 200, but it may as well be less than 1 %.
            ([200, 4, 0, 0, 0], "healthy"),
        ] {
            assert_eq!(judged(release, None, &[]), expected, "{release:?}");
            let small = Some([MIN_SESSIONS - 1, 0, 0, 0, 0]);
            assert_eq!(judged(release, small, &[]), expected, "a baseline that is too small is none");
        }
    }

    #[test]
    fn new_issues_count_by_how_often_they_happen() {
        let release = [10_000, 50, 10, 2_000, 40];
        for (issue, expected) in [
            (issue(true, 4), "healthy"),
            (issue(true, 9), "healthy"),
            (issue(true, 10), "watch new_issues"),
            (issue(true, 100), "halt new_issues"),
            (issue(false, 1_000), "watch new_issues"),
        ] {
            assert_eq!(judged(release, Some(release), std::slice::from_ref(&issue)), expected, "{issue:?}");
        }
    }

    #[test]
    fn reasons_are_sentences() {
        let base = evidence("shop@1.0", [10_000, 50, 10, 2_000, 40]);
        let release = evidence("shop@1.1", [150, 6, 0, 100, 5]);
        let found = assess(&release, Some(&base), &[issue(true, 12)]).unwrap();
        let alone = assess(&evidence("shop@1.1", [5_000, 25, 5, 1_000, 20]), None, &[]).unwrap();
        let texts: Vec<String> = found
            .reasons
            .iter()
            .chain(&alone.reasons)
            .map(|reason| format!("{}: {}", reason.verdict.name(), reason.text))
            .collect();
        insta::assert_snapshot!(texts.join("\n"), @r"
        halt: 4.00% of sessions crashed: more than 0.50% in shop@1.0
        halt: new fatal issue APP-7: 12 events, 80.0 per 1,000 sessions
        watch: 5.00% of users had a crash: probably more than 2.00% in shop@1.0
        watch: only 150 sessions so far; at least 200 tell a healthy release
        healthy: 0.00% of sessions ended in an ANR: no clear rise from 0.10% in shop@1.0
        watch: 2.00% of users had a crash (1.30% to 3.07%)
        healthy: 0.50% of sessions crashed (0.34% to 0.74%)
        healthy: 0.10% of sessions ended in an ANR (0.04% to 0.23%)
        ");
    }
}
