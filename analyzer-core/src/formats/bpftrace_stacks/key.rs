//! A key of a map: call stacks and other parts, with `,` between.

/// The outermost functions of the kernel in a stack: where a system call, a fault or an interrupt enters, or a thread begins.
const ENTRIES: [&str; 12] = [
    "entry_SYSCALL",
    "asm_",
    "ret_from_fork",
    "el0t_",
    "el0_",
    "el1h_",
    "el1_",
    "do_syscall_64",
    "secondary_startup",
    "cpu_startup_entry",
    "irqentry_",
    "syscall_return",
];

/// What a key says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Key<'a> {
    /// Each innermost first.
    stacks: Vec<Vec<&'a str>>,
    /// The parts that are no stacks.
    pub others: Vec<&'a str>,
}

impl<'a> Key<'a> {
    /// Reads a key; `None` if it has no stack with frames.
    pub(super) fn of(key: &'a str) -> Option<Self> {
        let mut parts = Self::default();
        let mut is_open = false;
        for line in key.split('\n') {
            match frame(line) {
                Some(name) => {
                    if !is_open {
                        parts.stacks.push(Vec::new());
                        is_open = true;
                    }
                    parts.stacks.last_mut()?.push(name);
                }
                None => {
                    // The end of a stack is followed by the comma before the next part.
                    is_open &= line.is_empty();
                    let others = line.split(',').map(str::trim).filter(|part| !part.is_empty());
                    parts.others.extend(others);
                }
            }
        }
        (!parts.stacks.is_empty()).then_some(parts)
    }

    /// The frames from the root, and whether each is the kernel's: what runs in the kernel was called by the process.
    pub(super) fn root_first(&self) -> impl Iterator<Item = (&'a str, bool)> + '_ {
        let is_kernel = |stack: &&Vec<&str>| {
            stack.last().is_some_and(|root| ENTRIES.iter().any(|entry| root.starts_with(entry)))
        };
        let only = self.stacks.len() < 2;
        // `[kstack, ustack]` is the order of the manual where the frames do not tell.
        let told = self.stacks.iter().position(|stack| is_kernel(&stack)).or(Some(0).filter(|_| !only));
        let process = self.stacks.iter().enumerate().filter(move |(at, _)| Some(*at) != told);
        let kernel = told.and_then(|at| self.stacks.get(at));
        let of_process = process.flat_map(|(_, stack)| stack.iter().rev().map(|name| (*name, false)));
        of_process.chain(kernel.into_iter().flat_map(|stack| stack.iter().rev().map(|name| (*name, true))))
    }
}

/// `    runtime.cgocall+117`: the function.
pub(super) fn frame(line: &str) -> Option<&str> {
    let name = line.strip_prefix("    ")?.trim();
    if name.is_empty() {
        return None;
    }
    let plain = name
        .rsplit_once('+')
        .filter(|(_, offset)| !offset.is_empty() && offset.bytes().all(|byte| byte.is_ascii_digit()));
    Some(plain.map_or(name, |(name, _)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(key: &str) -> (Vec<(&str, bool)>, Vec<&str>) {
        let key = Key::of(key).unwrap();
        (key.root_first().collect(), key.others.clone())
    }

    #[test]
    fn parts_stand_in_any_order() {
        assert_eq!(
            read("\n    main.hash+24\n    main.main+212\n,video"),
            (vec![("main.main", false), ("main.hash", false)], vec!["video"])
        );
        assert_eq!(read("video,12,\n    main.hash+24\n"), (vec![("main.hash", false)], vec!["video", "12"]));
        let kernel_last =
            read("\n    main.f+1\n,\n    do_futex+1\n    entry_SYSCALL_64_after_hwframe+118\n,a b").0;
        let kernel_first =
            read("\n    do_futex+1\n    entry_SYSCALL_64_after_hwframe+118\n,\n    main.f+1\n,a b").0;
        assert_eq!(kernel_last, kernel_first);
        assert_eq!(
            kernel_first,
            [("main.f", false), ("entry_SYSCALL_64_after_hwframe", true), ("do_futex", true)]
        );
        assert_eq!(read("\n    do_idle+1\n,\n    main.f+1\n").0, [("main.f", false), ("do_idle", true)]);
    }

    #[test]
    fn keys_without_frames_are_none() {
        for key in ["", "video", "\n,video", "12,13"] {
            assert_eq!(Key::of(key), None, "{key}");
        }
        assert_eq!(frame("    main.(*T).M+12"), Some("main.(*T).M"));
        assert_eq!(frame("    0x7f10a800"), Some("0x7f10a800"));
        assert_eq!(frame("    operator+"), Some("operator+"));
    }
}
