//! Addresses of sockets: the kernel's hex, and what tools print.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::base::intern::StringTable;
use crate::evidence::resources::{Endpoint, SocketState};

/// `0100007F:17AC`: words of the address in the machine's order, the port in the network's.
pub(super) fn kernel(text: &str, strings: &mut StringTable) -> Option<Endpoint> {
    let (host, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    if !matches!(host.len(), 8 | 32) || !host.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    // A pseudonym stays what it is.
    let shown = hex(host).map_or_else(|| host.to_owned(), |host| host.to_canonical().to_string());
    Some(Endpoint { host: strings.intern(&shown), port: (port != 0).then_some(port) })
}

fn hex(host: &str) -> Option<IpAddr> {
    let word = |at: usize| host.get(at..at + 8).and_then(|part| u32::from_str_radix(part, 16).ok());
    if host.len() == 8 {
        return Some(IpAddr::V4(Ipv4Addr::from(word(0)?.to_le_bytes())));
    }
    let mut bytes = [0_u8; 16];
    for (index, part) in bytes.chunks_exact_mut(4).enumerate() {
        part.copy_from_slice(&word(index * 8)?.to_le_bytes());
    }
    Some(IpAddr::V6(Ipv6Addr::from(bytes)))
}

/// `10.0.0.7:443`, `[fd00::1]:443`, `:::8080`, `*:8080`, `127.0.0.53%lo:53`.
pub(super) fn printed(text: &str, strings: &mut StringTable) -> Option<Endpoint> {
    let (host, port) = split(text)?;
    let host = host.trim_matches(['[', ']']).split('%').next().unwrap_or_default();
    let shown =
        host.parse::<IpAddr>().map_or_else(|_| host.to_owned(), |host| host.to_canonical().to_string());
    Some(Endpoint { host: strings.intern(&shown), port: port.parse().ok() })
}

/// Host and port of a printed address.
pub(super) fn split(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    let is_port = port == "*"
        || (!port.is_empty() && port.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    (is_port && !host.is_empty()).then_some((host, port))
}

/// True for addresses that every machine has.
pub(super) fn is_common(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']).split('%').next().unwrap_or_default();
    let is_local = |ip: IpAddr| ip.to_canonical().is_unspecified() || ip.to_canonical().is_loopback();
    let printed =
        host.parse::<IpAddr>().ok().or_else(|| if matches!(host.len(), 8 | 32) { hex(host) } else { None });
    host == "*" || printed.is_some_and(is_local)
}

/// A state's number in `/proc/net/tcp`.
pub(super) fn state_of_number(text: &str) -> SocketState {
    match text {
        "01" => SocketState::Established,
        "02" => SocketState::SynSent,
        "03" | "0C" => SocketState::SynRecv,
        "04" => SocketState::FinWait1,
        "05" => SocketState::FinWait2,
        "06" => SocketState::TimeWait,
        "07" => SocketState::Close,
        "08" => SocketState::CloseWait,
        "09" => SocketState::LastAck,
        "0A" => SocketState::Listen,
        "0B" => SocketState::Closing,
        _ => SocketState::Unknown,
    }
}

/// A state's name: `ESTAB`, `CLOSE-WAIT` (ss), `ESTABLISHED`, `CLOSE_WAIT` (netstat, lsof).
pub(super) fn state_of_name(text: &str) -> Option<SocketState> {
    Some(match text.replace('_', "-").as_str() {
        "ESTAB" | "ESTABLISHED" => SocketState::Established,
        "SYN-SENT" => SocketState::SynSent,
        "SYN-RECV" | "NEW-SYN-RECV" => SocketState::SynRecv,
        "FIN-WAIT-1" | "FIN-WAIT1" => SocketState::FinWait1,
        "FIN-WAIT-2" | "FIN-WAIT2" => SocketState::FinWait2,
        "TIME-WAIT" => SocketState::TimeWait,
        "UNCONN" | "CLOSE" | "CLOSED" => SocketState::Close,
        "CLOSE-WAIT" => SocketState::CloseWait,
        "LAST-ACK" => SocketState::LastAck,
        "LISTEN" => SocketState::Listen,
        "CLOSING" => SocketState::Closing,
        _ => return None,
    })
}
