//! Of `/proc`, figures and the kernel's own words stay; names of processes,
//! arguments, the environment and paths of control groups do not.

use super::process::{GO_VARIABLES, split_cgroup, split_stat};
use crate::base::reader::Lines;
use crate::base::source::Input;
use crate::formats::record::decimal;
use crate::formats::redaction::{Kind, Marks, VALUES, is_amount, is_figures, is_kernel_key};

type Outcome = Result<(), &'static str>;

pub(in crate::formats) fn status(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for line in Lines::new(input.bytes) {
        if let Some(name) = line.bytes.strip_prefix(b"Name:") {
            marks.keep(line.bytes.get(..5).unwrap_or_default());
            marks.words(name, Kind::Name);
        } else if is_status(line.text()) {
            marks.keep(line.bytes);
        }
    }
    Ok(())
}

/// One key of the kernel's with any count of numbers, masks or known words.
fn is_status(text: &str) -> bool {
    let Some((key, value)) = text.split_once(':') else { return text.trim().is_empty() };
    let is_mask =
        ["Sig", "Cap", "Shd", "Cpus_allowed", "Mems_allowed"].iter().any(|start| key.starts_with(start))
            && value.bytes().all(|byte| byte.is_ascii_hexdigit() || b", \t/".contains(&byte));
    let is_words = || {
        value.split(|c: char| !c.is_alphanumeric()).all(|word| {
            word.is_empty()
                || VALUES.contains(word.as_bytes())
                || word.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    is_kernel_key(key.as_bytes()) && (is_mask || is_figures(value.as_bytes()) || is_words())
}

pub(super) fn stat(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    let text = std::str::from_utf8(input.bytes).unwrap_or("").trim();
    let (_, command, rest) = split_stat(text).ok_or("not of the form of stat")?;
    let at = command.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    marks.keep(text.get(..at).unwrap_or_default().as_bytes());
    marks.words(command.as_bytes(), Kind::Name);
    for (index, field) in rest.into_iter().enumerate() {
        let is_state = index == 0 && field.len() == 1;
        if is_state || field.parse::<i128>().is_ok() {
            marks.keep(field.as_bytes());
        }
    }
    Ok(())
}

pub(super) fn limits(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    for line in Lines::new(input.bytes) {
        marks.keep_known(line.bytes, &VALUES);
    }
    Ok(())
}

pub(super) fn cgroup(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    const CONTROLLERS: &str = "cpuset cpu cpuacct blkio io memory devices freezer net_cls net_prio net cls prio \
        perf_event perf event hugetlb pids rdma misc name systemd";
    for line in Lines::new(input.bytes) {
        let text = line.text().trim();
        if let Some((controllers, path)) = split_cgroup(text) {
            let (hierarchy, _) = text.split_once(':').unwrap_or_default();
            marks.keep(hierarchy.as_bytes());
            marks.words_beside(CONTROLLERS, controllers.as_bytes(), Kind::Name);
            marks.cgroup_path(path.as_bytes());
        }
    }
    Ok(())
}

pub(super) fn cmdline(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    marks.words(input.bytes, Kind::Argument);
    Ok(())
}

pub(super) fn environ(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    // A value may hold line ends where NULs part the variables.
    let end = if input.bytes.contains(&0) { 0 } else { b'\n' };
    for entry in input.bytes.split(|&byte| byte == end) {
        let equals = memchr::memchr(b'=', entry).unwrap_or(entry.len());
        let (name, value) = entry.split_at(equals);
        variable(name, value.get(1..).unwrap_or_default(), marks);
    }
    Ok(())
}

/// Variables that machines have whoever owns them.
const COMMON_VARIABLES: &str = "PATH HOME HOSTNAME PWD USER SHELL LANG TERM TZ LOGNAME OLDPWD SHLVL KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT";

/// Marks a variable: the runtime's own stay, with values that are of their kind.
pub(in crate::formats) fn variable(name: &[u8], value: &[u8], marks: &mut Marks<'_>) {
    let is_go = GO_VARIABLES.iter().any(|variable| variable.as_bytes() == name);
    if is_go && is_setting(name, value) {
        marks.keep(name);
        return marks.keep(value);
    }
    let is_common = COMMON_VARIABLES.split(' ').any(|known| known.as_bytes() == name);
    if is_go || is_common {
        marks.keep(name);
    } else {
        marks.quoted(name, Kind::Environment);
    }
    marks.quoted(value, Kind::Environment);
}

/// True for a value that a variable of the runtime can have: an amount, `off`, `gctrace=1,madvdontneed=1`.
pub(in crate::formats) fn is_setting(name: &[u8], value: &[u8]) -> bool {
    const KNOWN: &str = "gctrace gcpacertrace madvdontneed scavtrace schedtrace scheddetail allocfreetrace asyncpreemptoff \
        cgocheck clobberfree efence gccheckmark gcshrinkstackoff gcstoptheworld inittrace invalidptr sbrk tracefpunwindoff \
        tracebackancestors tracebacklabels panicnil http2client http2server http2debug netdns execerrdot asynctimerchan \
        disablethp dontfreezetheworld profstackdepth checkfinalizers decoratemappings";
    match name {
        b"GODEBUG" => value.split(|&byte| byte == b',').all(|setting| {
            let equals = memchr::memchr(b'=', setting).unwrap_or(setting.len());
            let (key, number) = setting.split_at(equals);
            let number = number.get(1..).unwrap_or_default();
            setting.is_empty()
                || (KNOWN.split_ascii_whitespace().any(|known| known.as_bytes() == key)
                    && number.len() <= 6
                    && (number.iter().all(u8::is_ascii_digit) || matches!(number, b"go" | b"cgo")))
        }),
        _ => is_amount(value) || value == b"off",
    }
}

/// Settings stay as far as they are numbers or the kernel's own words, of others the marks between words.
pub(super) fn kernel_text(input: &Input<'_>, marks: &mut Marks<'_>) -> Outcome {
    let mut is_first = true;
    for line in Lines::new(input.bytes) {
        let text = line.text().trim();
        if text.is_empty() {
            continue;
        }
        let is_setting = super::host::is_thp_setting(text) || is_figures(line.bytes);
        if is_setting {
            marks.keep(line.bytes);
        } else if is_first {
            first_line(text, marks);
        }
        is_first = false;
    }
    Ok(())
}

/// The line that is kept as text: of a kernel's version and of mounts, what every machine has.
fn first_line(text: &str, marks: &mut Marks<'_>) {
    const WORDS: &str = "Linux version SMP PREEMPT_DYNAMIC PREEMPT DYNAMIC x86_64 x86 aarch64 amd64 GNU gcc Debian Ubuntu \
        Filename Type Size Used Priority slabinfo name active_objs active objs num_objs objsize objperslab pagesperslab \
        tunables limit batchcount sharedfactor slabdata rchar Inter face Receive Transmit BOOT_IMAGE root ro rw quiet \
        overlay ext4 xfs proc sysfs tmpfs cgroup cgroup2 on type relatime noatime nosuid nodev noexec";
    for word in text.split_whitespace() {
        let is_release = is_release(word);
        if is_release {
            // `6.1.0-18-amd64`: what a builder adds may name one.
            let end = word.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(word.len());
            let (release, build) = word.split_at(end);
            marks.keep(release.as_bytes());
            marks.words_beside(WORDS, build.as_bytes(), Kind::Name);
        } else if word.parse::<i64>().is_ok() && text == word {
            marks.keep(word.as_bytes());
        } else {
            marks.words_beside(WORDS, word.as_bytes(), Kind::Name);
        }
    }
}

/// Begins as a kernel's release does: `6.1.0-18-amd64`.
fn is_release(text: &str) -> bool {
    let mut parts = text.split('.');
    let is_small =
        |part: Option<&str>| part.and_then(decimal).is_some_and(|number| (0..1000).contains(&number));
    is_small(parts.next()) && is_small(parts.next()) && !text.contains('@')
}
