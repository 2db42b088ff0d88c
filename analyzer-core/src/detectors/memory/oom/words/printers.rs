//! Who prints kernel logs, and what they put before each message.

/// Who prints the record: what stands before a message, and how lines of one message are told apart.
pub struct Printer {
    pub name: &'static str,
    prefix: &'static str,
    between: &'static str,
    suffix: &'static str,
}

pub const PRINTERS: [Printer; 19] = [
    Printer { name: "dmesg", prefix: "[  200.000001] ", between: "\n               ", suffix: "" },
    Printer { name: "dmesg --raw", prefix: "<4>[  200.000001] ", between: "\n", suffix: "" },
    Printer {
        name: "dmesg -T",
        prefix: "[Tue Nov 10 11:40:11 2026] ",
        between: "\n                           ",
        suffix: "",
    },
    Printer {
        name: "dmesg --time-format iso",
        prefix: "2026-11-10T11:40:11,000001+00:00 ",
        between: "\n",
        suffix: "",
    },
    Printer { name: "/dev/kmsg", prefix: "4,559,200000001,-;", between: "\\x0a", suffix: "" },
    Printer {
        name: "journalctl",
        prefix: "Nov 10 11:40:11 node-3 kernel: ",
        between: "\n                               ",
        suffix: "",
    },
    Printer {
        name: "rsyslog",
        prefix: "Nov 10 11:40:11 node-3 kernel: [  200.000001] ",
        between: "#012",
        suffix: "",
    },
    Printer {
        name: "syslog-ng, ISO",
        prefix: "2026-11-10T11:40:11.000+00:00 node-3 kernel: [  200.000001] ",
        between: "\n",
        suffix: "",
    },
    Printer { name: "journalctl -o cat", prefix: "", between: "\n", suffix: "" },
    // Those of the intake.
    Printer {
        name: "printk's caller",
        prefix: "[  200.000001][   T42] ",
        between: "\n                       ",
        suffix: "",
    },
    Printer { name: "the identifier alone", prefix: "kernel: ", between: "\n        ", suffix: "" },
    Printer { name: "klogd", prefix: "Nov 10 11:40:11 node-3 kernel[0]: ", between: "#012", suffix: "" },
    Printer {
        name: "Talos",
        prefix: "node-3: kern: warning: [2026-11-10T11:40:11.913975631Z]: ",
        between: "\n",
        suffix: "",
    },
    Printer {
        name: "a tab",
        prefix: "2026-11-10T11:40:11.000+00:00\t[  200.000001] ",
        between: "\n",
        suffix: "",
    },
    Printer {
        name: "a guest's console",
        prefix: "2026-11-10T10:49:30.127Z In(05) vcpu-5 - Guest: <6>[  200.000001] ",
        between: "\n",
        suffix: "",
    },
    Printer {
        name: "CRI",
        prefix: "2026-11-10T11:40:11.913975631Z stdout F [  200.000001] ",
        between: "\n",
        suffix: "",
    },
    Printer {
        name: "journalctl -o json",
        prefix: "{\"_TRANSPORT\": \"kernel\", \"MESSAGE\": \"",
        between: "\\n",
        suffix: "\"}",
    },
    Printer {
        name: "Docker's json-file",
        prefix: "{\"log\": \"[  200.000001] ",
        between: "\\n",
        suffix: "\\n\", \"stream\": \"stdout\"}",
    },
    Printer {
        name: "kubectl logs --prefix",
        prefix: "[pod/agent-x/agent] [  200.000001] ",
        between: "\n",
        suffix: "",
    },
];

impl Printer {
    /// The log.
    pub fn print(&self, lines: &[String]) -> String {
        let one =
            |line: &String| format!("{}{}{}\n", self.prefix, line.replace('\n', self.between), self.suffix);
        lines.iter().map(one).collect()
    }
}
