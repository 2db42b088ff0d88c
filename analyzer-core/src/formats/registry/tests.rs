use crate::base::source::{Input, SourceId};
use crate::evidence::Evidence;
use crate::evidence::registry::Health::{Failing, Leaving, Passing};
use crate::evidence::registry::{Health, Listed};
use crate::formats::{Facts, Probe, recognize, redaction};
use crate::session::Session;

fn lists(path: &str, text: &str) -> (Option<&'static str>, Vec<Listed>) {
    let format = recognize(&Probe { path, bytes: text.as_bytes() }).expect("a known format");
    let mut evidence = Evidence::default();
    let input = Input { source: SourceId(0), path, bytes: text.as_bytes() };
    (format.parse)(&input, &mut evidence, &mut Facts::default()).expect("instances");
    (Some(format.name), evidence.registry.lists)
}

fn rows(list: &Listed) -> Vec<(String, Option<u16>, Health)> {
    list.instances.iter().map(|row| (row.host.clone(), row.port, row.health)).collect()
}

const SLICES: &str = r#"{"apiVersion": "v1", "kind": "List", "items": [{
    "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
    "metadata": {"name": "checkout-x7x", "namespace": "shop", "labels": {"kubernetes.io/service-name": "checkout"},
        "annotations": {"endpoints.kubernetes.io/last-change-trigger-time": "2026-11-29T17:28:00Z"}},
    "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}, {"name": "dns", "port": 53, "protocol": "UDP"}],
    "endpoints": [
        {"addresses": ["10.4.1.7"], "conditions": {"ready": true, "serving": true, "terminating": false}},
        {"addresses": ["10.4.1.8"], "conditions": {"ready": false, "serving": true, "terminating": true}},
        {"addresses": ["10.4.1.9"], "conditions": {"ready": false}},
        {"addresses": ["10.4.1.10"], "conditions": {}}]}]}"#;

#[test]
fn a_slice_says_who_is_ready_who_ends_and_when_it_changed() {
    let (format, lists) = lists("slices.json", SLICES);
    assert_eq!(format, Some("endpoints"));
    assert_eq!((lists[0].service.as_str(), lists[0].object.as_str()), ("shop/checkout", "shop/checkout-x7x"));
    assert!(lists[0].changed_at.is_some());
    let expected =
        [("10.4.1.7", Passing), ("10.4.1.8", Leaving), ("10.4.1.9", Failing), ("10.4.1.10", Passing)];
    assert_eq!(rows(&lists[0]), expected.map(|(host, health)| (host.to_owned(), Some(8080), health)));
}

#[test]
fn endpoints_say_who_is_ready_in_yaml_and_in_the_apis_own_lists() {
    let yaml = "apiVersion: v1\nkind: Endpoints\nmetadata:\n  name: checkout\nsubsets:\n- addresses:\n  - ip: 10.4.1.7\n    nodeName: n1\n  notReadyAddresses:\n  - ip: fd00::9\n  ports:\n  - port: 8080\n";
    let (format, found) = lists("endpoints.yaml", yaml);
    assert_eq!(format, Some("endpoints"));
    let expected =
        vec![("10.4.1.7".to_owned(), Some(8080), Passing), ("fd00::9".to_owned(), Some(8080), Failing)];
    assert_eq!(rows(&found[0]), expected);
    assert_eq!(found[0].instances[0].at.line, Some(7));
    let list = r#"{"kind": "EndpointsList", "apiVersion": "v1", "items": [{"metadata": {"name": "a"}, "subsets": [{"addresses": [{"ip": "10.4.1.7"}], "ports": [{"port": 80}]}]}]}"#;
    assert_eq!(rows(&lists("endpoints.json", list).1[0]), [("10.4.1.7".to_owned(), Some(80), Passing)]);
}

#[test]
fn endpoints_among_other_objects_are_read_too() {
    let all = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\nspec:\n  template:\n    spec:\n      containers:\n      - name: a\n---\napiVersion: v1\nkind: Endpoints\nmetadata:\n  name: a\nsubsets:\n- addresses:\n  - ip: 10.4.1.7\n  ports:\n  - port: 80\n";
    let (format, found) = lists("all.yaml", all);
    assert_eq!(format, Some("manifest"));
    assert_eq!(found.len(), 1);
}

const CONSUL: &str = r#"[
    {"Node": {"Node": "n1", "Address": "10.4.1.7"},
     "Service": {"ID": "c-1", "Service": "checkout", "Address": "", "Port": 8080},
     "Checks": [{"CheckID": "serfHealth", "Status": "passing"}, {"CheckID": "c", "Status": "warning"}]},
    {"Node": {"Node": "n2", "Address": "10.4.0.2"},
     "Service": {"ID": "c-2", "Service": "checkout", "Address": "10.4.1.8", "Port": 8081},
     "Checks": [{"CheckID": "serfHealth", "Status": "passing"}, {"CheckID": "c", "Status": "critical"}]}]"#;

#[test]
fn consuls_instances_are_as_healthy_as_their_worst_check() {
    let (format, found) = lists("checkout.json", CONSUL);
    assert_eq!((format, found.len()), (Some("consul-health"), 1));
    assert_eq!(found[0].service, "checkout");
    let expected =
        vec![("10.4.1.7".to_owned(), Some(8080), Passing), ("10.4.1.8".to_owned(), Some(8081), Failing)];
    assert_eq!(rows(&found[0]), expected);
}

const ENVOY: &str = "outbound|8080||checkout::observability_name::checkout\noutbound|8080||checkout::default_priority::max_connections::1024\noutbound|8080||checkout::10.4.1.7:8080::cx_active::2\noutbound|8080||checkout::10.4.1.7:8080::health_flags::healthy\noutbound|8080||checkout::[fd00::8]:8080::cx_active::0\noutbound|8080||checkout::[fd00::8]:8080::health_flags::/failed_active_hc/active_hc_timeout\noutbound|8080||checkout::10.4.1.9:8080::health_flags::/pending_dynamic_removal\n";

#[test]
fn envoys_clusters_are_told_by_their_hosts() {
    let (format, found) = lists("clusters.txt", ENVOY);
    assert_eq!((format, found.len()), (Some("envoy-clusters"), 1));
    let expected = [("10.4.1.7", Passing), ("fd00::8", Failing), ("10.4.1.9", Leaving)];
    assert_eq!(rows(&found[0]), expected.map(|(host, health)| (host.to_owned(), Some(8080), health)));
    assert!(found[0].instances[0].was_reached && !found[0].instances[1].was_reached);
}

const ENVOY_JSON: &str = r#"{"cluster_statuses": [
    {"name": "checkout", "added_via_api": true, "host_statuses": [
        {"address": {"socket_address": {"address": "10.4.1.7", "port_value": 8080}},
         "stats": [{"name": "cx_active", "type": "GAUGE", "value": "2"}, {"name": "cx_connect_fail"}],
         "health_status": {"eds_health_status": "HEALTHY"}},
        {"address": {"socket_address": {"address": "10.4.1.8", "port_value": 8080}}, "stats": [{"name": "cx_active", "type": "GAUGE"}],
         "health_status": {"failed_active_health_check": true, "eds_health_status": "HEALTHY"}},
        {"address": {"pipe": {"path": "/run/secret.sock"}}}]},
    {"name": "empty"}]}"#;

#[test]
fn envoys_json_says_the_same() {
    let (format, found) = lists("clusters.json", ENVOY_JSON);
    assert_eq!((format, found.len()), (Some("envoy-clusters-json"), 1));
    let expected = [("10.4.1.7", Passing), ("10.4.1.8", Failing)];
    assert_eq!(rows(&found[0]), expected.map(|(host, health)| (host.to_owned(), Some(8080), health)));
    assert!(found[0].instances[0].was_reached && !found[0].instances[1].was_reached);
}

#[test]
fn what_is_broken_says_where() {
    let mut session = Session::default();
    session.add("slices.json", SLICES.as_bytes().get(..400).unwrap_or_default().to_vec());
    session.add("clusters.json", br#"{"cluster_statuses": []}"#.to_vec());
    for row in session.report().sources {
        assert!(!row.notes.is_empty(), "{}", row.path);
    }
}

/// Every address and name is gone, and health, ports and counts stay.
#[test]
fn addresses_and_names_of_registries_are_replaced_in_every_form() {
    let secret = ["10.4.1", "checkout", "shop", "fd00", "n1", "secret"];
    let yaml = "apiVersion: v1\nkind: Endpoints\nmetadata:\n  name: checkout\n  namespace: shop\nsubsets:\n- addresses:\n  - ip: 10.4.1.7\n    nodeName: n1\n  - ip: fd00::9\n  ports:\n  - port: 8080\n";
    for (text, marks, kept) in [
        (
            SLICES,
            super::secrets::kubernetes as redaction::Secrets,
            &["\"port\": 8080", "\"terminating\": true", "2026-11-29T17:28:00Z", "EndpointSlice"][..],
        ),
        (yaml, super::secrets::kubernetes, &["kind: Endpoints", "  - port: 8080", "  - ip: "]),
        (CONSUL, super::secrets::json, &["\"Status\": \"critical\"", "\"Port\": 8081"]),
        (
            ENVOY,
            super::secrets::envoy_text,
            &["::cx_active::2", "::health_flags::/failed_active_hc/active_hc_timeout", ":8080::"],
        ),
        (
            ENVOY_JSON,
            super::secrets::json,
            &["\"cx_active\"", "\"value\": \"2\"", "\"failed_active_health_check\": true"],
        ),
    ] {
        let shown = redaction::shown(text, b'*', |input, out| marks(input, out).unwrap());
        for word in secret {
            assert!(!shown.contains(word), "{word} in {shown}");
        }
        for words in kept {
            assert!(shown.contains(words), "{words} not in {shown}");
        }
        assert_eq!(shown.len(), text.len());
    }
}
