use crate::detectors::course::fixtures::{Row, borrowed, fds, moment, tcp};
use crate::detectors::testing::{check, verdicts};
use crate::report::Confidence::{Likely, Possible};
use crate::report::Severity::{Info, Warning};

/// An EndpointSlice of instances at port 8080: the last byte of 10.4.1.x, and whether it is ready.
fn slice(instances: &[(u8, bool)]) -> String {
    let mut text = "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: checkout-x7x\n  namespace: shop\n  labels:\n    kubernetes.io/service-name: checkout\naddressType: IPv4\nports:\n- name: http\n  port: 8080\n  protocol: TCP\nendpoints:\n".to_owned();
    for (last, is_ready) in instances {
        text.push_str(&format!("- addresses:\n  - 10.4.1.{last}\n  conditions:\n    ready: {is_ready}\n"));
    }
    text
}

/// Sockets of the process toward 10.4.1.x:8080 (or another port): the last byte, state and count.
fn client(label: &str, peers: &[(u8, &str, u64)]) -> Vec<(String, String)> {
    let mut files = moment(label, &[], &[]);
    let mut rows = tcp(&[Row { local: 9000, remote: 0, state: "0A", queue: 0, inode: 9, count: 1 }]);
    let mut inode = 1_000;
    let mut held = vec![(9, 1)];
    for (last, state, count) in peers {
        for index in 0..*count {
            rows.push_str(&format!(
                " 7: 0201040A:{:04X} {last:02X}01040A:1F90 {state} 00000000:00000000 00:00000000 00000000     0        0 {} 1\n",
                40_000 + index,
                inode + index
            ));
        }
        held.push((inode, *count));
        inode += count;
    }
    for (path, text) in &mut files {
        if path.ends_with("net/tcp") {
            text.clone_from(&rows);
        } else if path.ends_with("fd.txt") {
            *text = fds(&held, &[]);
        }
    }
    files
}

fn with(mut files: Vec<(String, String)>, lists: &[(&str, String)]) -> Vec<(String, String)> {
    files.extend(lists.iter().map(|(path, text)| ((*path).to_owned(), text.clone())));
    files
}

const READY: [(u8, bool); 3] = [(7, true), (8, true), (9, true)];

#[test]
fn dials_to_an_address_that_the_slice_does_not_have_are_told() {
    let files = with(
        client("t0", &[(7, "01", 4), (8, "01", 4), (9, "01", 4), (66, "02", 2)]),
        &[("slices.yaml", slice(&READY))],
    );
    let found = check("net", &borrowed(&files), &["net.stale_target"]);
    assert_eq!(verdicts(&found), [(Warning, Likely, Some(2))]);
    let claim = &found[0].claim;
    assert!(claim.contains("2 dials without an answer to 10.4.1.66:8080"), "{claim}");
    assert!(claim.contains("shop/checkout (Kubernetes)"), "{claim}");
    assert!(found[0].against.iter().any(|line| line.contains("is unknown when")), "{:?}", found[0].against);
}

#[test]
fn a_client_that_knows_only_the_old_address_is_told_by_its_dials() {
    let consul = r#"[{"Node": {"Node": "n1", "Address": "10.4.1.7"}, "Service": {"Service": "checkout", "Address": "", "Port": 8080}, "Checks": [{"Status": "passing"}]}]"#;
    let files = with(client("t0", &[(66, "02", 1)]), &[("consul.json", consul.to_owned())]);
    check("net.stale_target", &borrowed(&files), &["net.stale_target"]);
}

#[test]
fn connections_to_an_instance_that_an_earlier_list_has_are_told() {
    let lists = [
        ("shop/t0/slices.yaml", slice(&[(7, true), (66, true)])),
        ("shop/t1/slices.yaml", slice(&[(7, true)])),
    ];
    let moments =
        [client("t0", &[(7, "01", 2), (66, "01", 2)]), client("t1", &[(7, "01", 2), (66, "01", 2)])];
    let found = check("net.stale_target", &borrowed(&with(moments.concat(), &lists)), &["net.stale_target"]);
    assert_eq!(verdicts(&found), [(Warning, Likely, Some(2))]);
    assert!(found[0].claim.contains("(Kubernetes) any more"), "{}", found[0].claim);
}

#[test]
fn dials_to_an_instance_that_is_listed_as_failing_are_told() {
    let envoy = "checkout::10.4.1.7:8080::cx_active::2\ncheckout::10.4.1.7:8080::health_flags::healthy\ncheckout::10.4.1.66:8080::cx_active::0\ncheckout::10.4.1.66:8080::health_flags::/failed_active_hc\n";
    let files = with(client("t0", &[(7, "01", 2), (66, "02", 3)]), &[("clusters.txt", envoy.to_owned())]);
    let found = check("net.stale_target", &borrowed(&files), &["net.stale_target"]);
    assert!(found[0].claim.contains("lists as failing"), "{}", found[0].claim);
}

#[test]
fn connections_beside_the_list_without_a_dial_in_vain_are_only_worth_knowing() {
    let files = with(
        client("t0", &[(7, "01", 4), (8, "01", 4), (9, "01", 4), (66, "01", 2)]),
        &[("slices.yaml", slice(&READY))],
    );
    let found = check("net", &borrowed(&files), &["net.stale_target"]);
    assert_eq!(verdicts(&found), [(Info, Possible, Some(2))]);
}

#[test]
fn a_virtual_address_other_ports_and_other_networks_are_not_beside_the_list() {
    // Through the service's own address no instance is seen.
    let files = with(client("t0", &[(200, "01", 9)]), &[("slices.yaml", slice(&READY))]);
    check("net.stale_target", &borrowed(&files), &[]);
    let service =
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: checkout\nspec:\n  clusterIP: 10.4.1.200\n---\n"
            .to_owned()
            + &slice(&READY);
    let all = client("t0", &[(7, "01", 4), (8, "01", 4), (9, "01", 4), (200, "01", 9)]);
    check("net.stale_target", &borrowed(&with(all, &[("objects.yaml", service)])), &[]);
    let other_port = slice(&READY).replace("port: 8080", "port: 8443");
    check(
        "net.stale_target",
        &borrowed(&with(client("t0", &[(66, "02", 5)]), &[("slices.yaml", other_port)])),
        &[],
    );
    let other_network = slice(&READY).replace("10.4.1.", "203.0.113.");
    check(
        "net.stale_target",
        &borrowed(&with(client("t0", &[(66, "02", 5)]), &[("slices.yaml", other_network)])),
        &[],
    );
}

#[test]
fn an_instance_that_passes_and_does_not_answer_is_told() {
    let files =
        with(client("t0", &[(7, "01", 2), (8, "01", 2), (9, "02", 1)]), &[("slices.yaml", slice(&READY))]);
    let found = check("net", &borrowed(&files), &["net.instance.unreached"]);
    assert_eq!(verdicts(&found), [(Warning, Likely, Some(1))]);
    assert!(found[0].claim.contains("10.4.1.9:8080"), "{}", found[0].claim);
}

/// Past the rows that a report has, by address.
#[test]
fn an_instance_of_a_long_list_that_does_not_answer_is_told() {
    let mut list = slice(&READY);
    for number in 0..600 {
        let address = format!("10.3.{}.{}", number / 200, number % 200 + 1);
        list.push_str(&format!("- addresses:\n  - {address}\n  conditions:\n    ready: true\n"));
    }
    let files = with(client("t0", &[(7, "01", 2), (8, "01", 2), (9, "02", 1)]), &[("slices.yaml", list)]);
    let found = check("net.instance.unreached", &borrowed(&files), &["net.instance.unreached"]);
    assert!(found[0].claim.contains("10.4.1.9:8080"), "{}", found[0].claim);
}

#[test]
fn an_instance_that_nobody_reaches_is_worth_knowing() {
    let files = with(client("t0", &[(7, "01", 5), (8, "01", 5)]), &[("slices.yaml", slice(&READY))]);
    let found = check("net", &borrowed(&files), &["net.instance.unreached"]);
    assert_eq!(verdicts(&found), [(Info, Likely, Some(1))]);
    let few = with(client("t0", &[(7, "01", 1), (8, "01", 1)]), &[("slices.yaml", slice(&READY))]);
    check("net", &borrowed(&few), &[]);
    let failing = with(
        client("t0", &[(7, "01", 5), (8, "01", 5)]),
        &[("slices.yaml", slice(&[(7, true), (8, true), (9, false)]))],
    );
    check("net", &borrowed(&failing), &[]);
}

#[test]
fn another_client_that_reaches_the_instance_clears_it() {
    let other =
        client("t0", &[(9, "01", 3)]).into_iter().map(|(path, text)| (path.replace("shop/", "cart/"), text));
    let mut files = with(client("t0", &[(7, "01", 5), (8, "01", 5)]), &[("slices.yaml", slice(&READY))]);
    files.extend(other);
    check("net.instance.unreached", &borrowed(&files), &[]);
}

#[test]
fn a_client_with_all_connections_to_one_of_several_is_told_where_chance_does_not_make_it_so() {
    let files = with(client("t0", &[(8, "01", 6)]), &[("slices.yaml", slice(&READY))]);
    let found = check("net", &borrowed(&files), &["net.instance.pinned"]);
    assert!(found[0].claim.contains("All 6 connections"), "{}", found[0].claim);
    let two = with(client("t0", &[(8, "01", 2)]), &[("slices.yaml", slice(&READY))]);
    check("net.instance.pinned", &borrowed(&two), &[]);
    let only = with(client("t0", &[(8, "01", 6)]), &[("slices.yaml", slice(&[(8, true), (9, false)]))]);
    check("net.instance.pinned", &borrowed(&only), &[]);
}
