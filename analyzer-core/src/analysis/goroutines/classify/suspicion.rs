//! What groups are only suspected of: no finding has these codes.

use super::catalog::Rule;

/// Never more than a suspicion, so no code of a finding: dumps cannot tell work
/// from a loop that spins.
pub const BUSY_LOOP: Rule = Rule {
    code: "goroutine.busy-loop",
    title: "A goroutine runs without pause",
    meaning: "The same goroutine runs at the same place in every dump.",
    advice: &["Take a CPU profile: it shows whether this is work or a loop that spins."],
    against: "Processor-bound work looks the same.",
};
