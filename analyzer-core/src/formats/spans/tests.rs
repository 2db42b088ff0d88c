use crate::base::source::{Input, SourceId};
use crate::evidence::Evidence;
use crate::evidence::spans::SpanKind;
use crate::formats::{Facts, Probe, recognize};

/// Trace, id, parent, service, kind, peer, start and length of each span.
type Row = (u128, u64, Option<u64>, String, SpanKind, String, i64, i64);

fn read(format: &str, bytes: &[u8]) -> Vec<Row> {
    let known = recognize(&Probe { path: "x", bytes }).expect("recognized");
    assert_eq!(known.name, format);
    let mut evidence = Evidence::default();
    let input = Input { source: SourceId(0), path: "x", bytes };
    (known.parse)(&input, &mut evidence, &mut Facts::default()).expect("parsed");
    let text = |id| evidence.strings.get(id).to_owned();
    let rows = evidence.spans.spans.iter();
    rows.map(|row| {
        (
            row.trace,
            row.id,
            row.parent,
            text(row.service),
            row.kind,
            text(row.peer),
            row.start,
            row.end - row.start,
        )
    })
    .collect()
}

fn wanted() -> Vec<Row> {
    vec![(
        0x5bc8,
        0xd76d,
        Some(0xb0c1),
        "cart".to_owned(),
        SpanKind::Client,
        "pricing".to_owned(),
        1_000_000,
        2_000,
    )]
}

const OTLP: &str = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},"scopeSpans":[{"spans":[{"traceId":"00000000000000000000000000005bc8","spanId":"000000000000d76d","parentSpanId":"000000000000b0c1","name":"AddItem","kind":3,"startTimeUnixNano":"1000000","endTimeUnixNano":"1002000","attributes":[{"key":"server.address","value":{"stringValue":"pricing"}},{"key":"n","value":{"intValue":"4"}}]}]}]}]}"#;

#[test]
fn every_form_gives_the_same_span() {
    assert_eq!(read("otlp-spans", OTLP.as_bytes()), wanted());
    assert_eq!(read("otlp-spans", format!("{OTLP}\n{OTLP}\n").as_bytes()), [wanted(), wanted()].concat());
    let old = OTLP
        .replace("\"kind\":3", "\"kind\":\"SPAN_KIND_CLIENT\"")
        .replace("scopeSpans", "instrumentationLibrarySpans");
    assert_eq!(read("otlp-spans", old.as_bytes()), wanted());
    let jaeger = r#"{"data":[{"traceID":"5bc8","spans":[{"traceID":"5bc8","spanID":"d76d","operationName":"AddItem","references":[{"refType":"CHILD_OF","traceID":"5bc8","spanID":"b0c1"}],"startTime":1000,"duration":2,"tags":[{"key":"span.kind","type":"string","value":"client"},{"key":"peer.service","value":"pricing"}],"processID":"p1"}],"processes":{"p1":{"serviceName":"cart","tags":[]}}}]}"#;
    assert_eq!(read("jaeger", jaeger.as_bytes()), wanted());
    let zipkin = r#"[{"traceId":"5bc8","id":"d76d","parentId":"b0c1","name":"AddItem","kind":"CLIENT","timestamp":1000,"duration":2,"localEndpoint":{"serviceName":"cart"},"remoteEndpoint":{"serviceName":"pricing"}}]"#;
    assert_eq!(read("zipkin", zipkin.as_bytes()), wanted());
    assert_eq!(read("zipkin", format!("[{zipkin}]").as_bytes()), wanted());
}

/// A field of bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len()).expect("short");
    [&[number << 3 | 2, length][..], bytes].concat()
}

fn proto() -> Vec<u8> {
    let pair =
        |key: &str, value: &str| [field(1, key.as_bytes()), field(2, &field(1, value.as_bytes()))].concat();
    let fixed = |number: u8, value: u64| [&[number << 3 | 1][..], &value.to_le_bytes()].concat();
    let span = [
        field(1, &0x5bc8_u128.to_be_bytes()),
        field(2, &0xd76d_u64.to_be_bytes()),
        field(4, &0xb0c1_u64.to_be_bytes()),
        field(5, b"AddItem"),
        vec![6 << 3, 3],
        fixed(7, 1_000_000),
        fixed(8, 1_002_000),
        field(9, &pair("server.address", "pricing")),
    ]
    .concat();
    let resource = field(1, &pair("service.name", "cart"));
    field(1, &[field(1, &resource), field(2, &field(2, &span))].concat())
}

#[test]
fn protobuf_gives_the_same_span_and_is_not_taken_for_a_profile() {
    // A resource's attributes are its field 1.
    assert_eq!(read("otlp-spans-proto", &proto()), wanted());
}

#[test]
fn broken_ends_keep_what_was_before_them() {
    let cut = [OTLP, "\n", &OTLP[..80]].concat();
    assert_eq!(read("otlp-spans", cut.as_bytes()), wanted());
    let cut = [proto(), proto()[..40].to_vec()].concat();
    assert_eq!(read("otlp-spans-proto", &cut), wanted());
}
