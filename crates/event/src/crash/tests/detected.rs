//! Which format bytes are, where nobody says it.

use super::*;

#[test]
fn every_format_is_known_by_its_beginning() {
    let of = |report: &str| CrashFormat::detect(report.as_bytes());
    assert_eq!(of("MDMP\0\0"), Some(CrashFormat::Minidump));
    assert_eq!(of("plcrash\x01"), Some(CrashFormat::PlCrash));
    assert_eq!(of("{\"bug_type\":\"309\"}\n{\"threads\":[]}"), Some(CrashFormat::Ips));
    assert_eq!(of("{\"threads\":[],\"usedImages\":[]}"), Some(CrashFormat::Ips));
    assert_eq!(of("{\"crash\":{\"error\":{}}}"), Some(CrashFormat::KsCrash));
    assert_eq!(of("{\"crashDiagnostics\":[]}"), Some(CrashFormat::MetricKit));
    assert_eq!(of("\nIncident Identifier: 1\nProcess: Shop"), Some(CrashFormat::Apple));
    assert_eq!(of("*** *** *** ***\nBuild fingerprint: 'a'"), Some(CrashFormat::TombstoneText));
    assert_eq!(of("----- pid 1 at x -----\nCmd line: a"), Some(CrashFormat::Anr));
    assert_eq!(of("\"main\" prio=5 tid=1 Native\n  at a.b(C.java:1)"), Some(CrashFormat::Anr));
    assert_eq!(of("java.lang.Error: no\n\tat a.b(C.java:1)"), None);
    assert_eq!(of("{\"event_id\":\"a\"}"), None);
    assert_eq!(of(""), None);
}

#[test]
fn a_tombstone_is_known_by_what_it_holds() {
    let tombstone = super::protobuf::tombstone();
    assert_eq!(CrashFormat::detect(&tombstone), Some(CrashFormat::Tombstone));
    assert_eq!(CrashFormat::detect(&[8, 1, 255, 255]), None);
}

proptest! {
    #[test]
    fn nothing_is_too_odd_to_be_looked_at(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
        let _whatever = CrashFormat::detect(&bytes);
    }
}
