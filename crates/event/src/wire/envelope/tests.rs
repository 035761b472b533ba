use super::*;

fn parse(text: &str) -> Result<Envelope, EnvelopeError> {
    Envelope::parse(Bytes::copy_from_slice(text.as_bytes()))
}

/// Types and payloads.
fn items(text: &str) -> Vec<(String, String)> {
    let text_of = |item: Item| (item.ty, String::from_utf8(item.payload.to_vec()).unwrap());
    parse(text).unwrap().items.into_iter().map(text_of).collect()
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.map(|(ty, payload)| (ty.to_owned(), payload.to_owned())).to_vec()
}

fn message(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn the_header_names_event_dsn_and_time_and_keeps_the_rest() {
    let envelope = parse(concat!(
        r#"{"event_id":"9ec79c33-ec99-42ab-8353-589fcb2e04dc","dsn":"https://k@h/1","#,
        r#""sent_at":"2026-11-24T04:02:01Z","trace":{"public_key":"k"}}"#,
    ));
    let envelope = envelope.unwrap();
    assert_eq!(envelope.event_id.unwrap().to_string(), "9ec79c33ec9942ab8353589fcb2e04dc");
    assert_eq!(envelope.dsn.as_deref(), Some("https://k@h/1"));
    assert_eq!(envelope.sent_at, Some(Timestamp(1_795_492_921_000)));
    assert_eq!(envelope.header.get("trace"), Some(&serde_json::json!({ "public_key": "k" })));
    assert_eq!(envelope.items, []);
}

#[test]
fn header_fields_of_the_wrong_kind_are_as_if_absent() {
    let envelope = parse(r#"{"event_id":"nonsense","dsn":7,"sent_at":"yesterday"}"#).unwrap();
    assert_eq!((envelope.event_id, envelope.dsn, envelope.sent_at), (None, None, None));
}

#[test]
fn a_payload_with_length_may_hold_newlines_and_carriage_returns() {
    let text = "{}\n{\"type\":\"attachment\",\"length\":10}\n\u{feff}Hello\r\n\n{\"type\":\"event\",\"length\":2}\n{}\n";
    assert_eq!(items(text), pairs([("attachment", "\u{feff}Hello\r\n"), ("event", "{}")]));
}

#[test]
fn a_payload_without_length_runs_to_the_newline_or_the_end() {
    assert_eq!(
        items("{}\n{\"type\":\"a\"}\none\n{\"type\":\"b\"}\ntwo"),
        pairs([("a", "one"), ("b", "two")])
    );
    assert_eq!(items("{}\n{\"type\":\"a\",\"length\":null}\none\n"), pairs([("a", "one")]));
}

#[test]
fn empty_payloads_are_items_too() {
    let empty = pairs([("a", ""), ("b", "")]);
    assert_eq!(items("{}\n{\"type\":\"a\",\"length\":0}\n\n{\"type\":\"b\",\"length\":0}\n"), empty);
    assert_eq!(items("{}\n{\"type\":\"a\"}\n\n{\"type\":\"b\"}"), empty);
    assert_eq!(items("{}\n{\"type\":\"a\",\"length\":0}\n\n{\"type\":\"b\",\"length\":0}"), empty);
}

#[test]
fn blank_lines_between_items_do_no_harm() {
    assert_eq!(items("{}\n\n\n{\"type\":\"a\",\"length\":1}\nx\n\n\n"), pairs([("a", "x")]));
}

#[test]
fn unknown_items_are_kept_with_their_header() {
    let envelope = parse("{}\n{\"type\":\"from_the_future\",\"x\":1}\npayload").unwrap();
    let item = envelope.items.first().unwrap();
    assert_eq!((item.ty.as_str(), item.header.get("x")), ("from_the_future", Some(&Value::from(1))));
    assert_eq!(item.category(), Category::Default);
}

#[test]
fn malformed_framing_says_what_is_wrong_and_where() {
    insta::assert_snapshot!(
        [
            "",
            "not json",
            "[]\n",
            "{}\nnot json\n",
            "{}\n{\"length\":1}\nx",
            "{}\n{\"type\":7}\nx",
            "{}\n{\"type\":\"event\",\"length\":-1}\nx",
            "{}\n{\"type\":\"event\",\"length\":\"ten\"}\nx",
            "{}\n{\"type\":\"event\",\"length\":10}\n{}",
            "{}\n{\"type\":\"event\",\"length\":18446744073709551615}\n{}",
            "{}\n{\"type\":\"event\",\"length\":1}\n{}\n",
        ]
        .map(message)
        .join("\n"),
        @r#"
    envelope is empty; it needs at least a header, such as {}
    envelope header is not a JSON object: expected ident at line 1 column 2
    envelope header is not a JSON object: invalid type: sequence, expected a map at line 1 column 0
    item 1 at byte 3: header is not a JSON object: expected ident at line 1 column 2
    item 1 at byte 3: header has no "type", or one that is no text
    item 1 at byte 3: header has no "type", or one that is no text
    item 1 at byte 3: "length" is -1, not a number of bytes
    item 1 at byte 3: "length" is "ten", not a number of bytes
    item 1: payload at byte 32 ends after 2 of 10 bytes
    item 1: payload at byte 50 ends after 2 of 18446744073709551615 bytes
    item 1: payload ends at byte 32, but no newline follows; check its "length"
    "#,
    );
}

#[test]
fn what_is_too_large_says_so_and_is_no_framing_error() {
    let long_header = format!("{{\"x\":\"{}\"}}", "x".repeat(limits::ENVELOPE_HEADER_BYTES));
    let many_items = format!("{{}}{}", "\n{\"type\":\"a\"}\n".repeat(limits::ENVELOPE_ITEMS + 1));
    let long_event = format!("{{}}\n{{\"type\":\"event\"}}\n{}", " ".repeat(limits::EVENT_BYTES + 1));
    for text in [long_header, many_items, long_event] {
        let error = parse(&text).unwrap_err();
        assert!(error.is_too_large(), "{error}");
        assert_eq!(error.reason(), "envelope_too_large");
    }
    assert_eq!(parse("nonsense").unwrap_err().reason(), "envelope_framing");
}
