//! Of registries, health, ports, times and the formats' own words stay; addresses and names do not.

use super::envoy;
use crate::base::source::Input;
use crate::formats::record::text_lines;
use crate::formats::redaction::{Kind, Marks, Part, Verdict, is_number, is_time, walk_json};

type Outcome = Result<(), &'static str>;

/// Members that are read, or that say what a part is.
const MEMBERS: &str = "apiVersion kind metadata name namespace labels annotations creationTimestamp managedFields time \
    ownerReferences items addressType endpoints addresses notReadyAddresses conditions ready serving terminating ports port \
    protocol subsets ip targetRef nodeName zone hostname spec clusterIP clusterIPs kubernetes.io/service-name \
    endpoints.kubernetes.io/last-change-trigger-time \
    Node Service Checks Address Port Status Namespace ID CheckID Name ServiceID ServiceName \
    cluster_statuses host_statuses address socket_address port_value stats value type health_status eds_health_status \
    failed_active_health_check failed_outlier_check failed_active_degraded_check pending_dynamic_removal pending_active_hc \
    excluded_via_immediate_hc_fail active_hc_timeout weight added_via_api";

/// Members whose values are words of the formats.
const WORDS: &str =
    "apiVersion kind addressType protocol Status eds_health_status type ready serving terminating";

/// These words.
const VALUES: &str = "v1 v1beta1 discovery.k8s.io/v1 discovery.k8s.io/v1beta1 List EndpointSlice EndpointSliceList Endpoints \
    EndpointsList Service Pod Node IPv4 IPv6 FQDN TCP UDP SCTP passing warning critical maintenance HEALTHY UNHEALTHY DRAINING \
    TIMEOUT DEGRADED UNKNOWN GAUGE COUNTER true false";

/// Members whose numbers are figures.
const FIGURES: &str = "port Port port_value value";

/// Members whose values are times.
const TIMES: &str = "creationTimestamp time endpoints.kubernetes.io/last-change-trigger-time";

/// What Envoy counts of a host.
const STATS: &str = "cx_active cx_connect_fail cx_total rq_active rq_error rq_success rq_timeout rq_total hostname health_flags \
    weight region zone sub_zone canary priority success_rate local_origin_success_rate";

/// Flags of a host's health.
const FLAGS: &str = "healthy failed_active_hc failed_outlier_check failed_eds_health active_hc_timeout pending_active_hc \
    pending_dynamic_removal excluded_via_immediate_hc_fail eds_status_draining degraded_active_hc degraded_eds_health \
    degraded_outlier_detection";

fn has(list: &str, word: &[u8]) -> bool {
    list.split_ascii_whitespace().any(|known| known.as_bytes() == word)
}

/// Whether a value under this key stays.
fn stays(own: &[u8], text: &[u8]) -> bool {
    (has(WORDS, own) && has(VALUES, text))
        || (has(FIGURES, own) && text.len() <= 20 && is_number(text))
        || (has(TIMES, own) && is_time(text))
        || (own == b"name" && has(STATS, text))
}

pub(super) fn json(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    walk_json(input.bytes, marks, &mut |_, keys, part, text| {
        let own = keys.last().copied().unwrap_or_default();
        match part {
            Part::Key if has(MEMBERS, text) => Verdict::Keep,
            Part::Key => Verdict::Replace(Kind::Label),
            Part::Number | Part::Value if stays(own, text) => Verdict::Keep,
            Part::Number | Part::Value => Verdict::Replace(Kind::Name),
        }
    })
}

/// YAML is judged line by line: what is not `key: value` or an item of a list keeps nothing.
pub(super) fn kubernetes(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    if input.bytes.trim_ascii_start().starts_with(b"{") {
        return json(input, marks);
    }
    for (_, text) in text_lines(input.bytes) {
        let mut bare = text.trim();
        while let Some(rest) = bare.strip_prefix("- ") {
            bare = rest.trim_start();
        }
        let Some((key, value)) = bare.split_once(':') else {
            marks.words(bare.as_bytes(), Kind::Name);
            continue;
        };
        // The colon of an address is none of a key.
        if !(value.is_empty() || value.starts_with(' ')) {
            marks.words(bare.as_bytes(), Kind::Name);
            continue;
        }
        let value = value.trim();
        if has(MEMBERS, key.as_bytes()) {
            marks.keep(key.as_bytes());
        } else {
            marks.words(key.as_bytes(), Kind::Label);
        }
        let inside = value.trim_matches(['"', '\'']);
        if stays(key.as_bytes(), inside.as_bytes()) {
            marks.keep(inside.as_bytes());
        } else {
            marks.words(value.as_bytes(), Kind::Name);
        }
    }
    Ok(())
}

pub(super) fn envoy_text(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for (_, text) in text_lines(input.bytes) {
        let Some(row) = envoy::host_line(text) else {
            marks.words(text.as_bytes(), Kind::Name);
            continue;
        };
        marks.words(row.cluster.as_bytes(), Kind::Name);
        marks.words(row.host.as_bytes(), Kind::Name);
        marks.keep(row.port.as_bytes());
        if has(STATS, row.name.as_bytes()) {
            marks.keep(row.name.as_bytes());
        }
        let is_figure = row.value.len() <= 20 && is_number(row.value.as_bytes());
        let is_flags = row.name == "health_flags"
            && row.value.split('/').all(|flag| flag.is_empty() || has(FLAGS, flag.as_bytes()));
        if is_figure || is_flags {
            marks.keep(row.value.as_bytes());
        } else {
            marks.words(row.value.as_bytes(), Kind::Name);
        }
    }
    Ok(())
}
