//! `spec.tmpfs.counted`: volumes in memory that share the limit with GOMEMLIMIT.

use super::support::{
    Draft, draft, gomemlimit, judge, list, memory, missing_inputs, place, served, text, written,
};
use crate::base::convert::to_u64;
use crate::detectors::{Detector, Rule};
use crate::report::Severity;
use crate::report::number_format::counted;

const COUNTED: Rule = Rule {
    code: "spec.tmpfs.counted",
    severity: Severity::Warning,
    title: "Memory-backed volume and GOMEMLIMIT exceed the limit",
    meaning: "Data in a memory-backed emptyDir or a tmpfs is charged to the container.",
};

/// The rule.
pub const DETECTOR: Detector = Detector {
    rules: &[COUNTED],
    missing_inputs,
    detect: |case| {
        judge(case, |unit| {
            let container = served(unit)?;
            let limit = container.memory_limit.as_ref()?;
            let volumes = &container.memory_volumes;
            let open = volumes.iter().find(|volume| volume.size.is_none());
            let sum = volumes.iter().filter_map(|volume| volume.size).fold(0_i64, i64::saturating_add);
            let (value, words, _) = gomemlimit(unit).unwrap_or((0, "", container.at));
            let is_over = sum > 0 && value > 0 && value.saturating_add(sum) > limit.value;
            let said = match open {
                Some(volume) => format!("the volume {} is memory-backed and has no size limit", volume.name),
                None if is_over => format!(
                    "GOMEMLIMIT={words} and {} in memory of up to {} do not fit",
                    counted(to_u64(volumes.len()), "volume", "volumes"),
                    text(sum)
                ),
                None => return None,
            };
            let cited = volumes.iter().map(|volume| place(volume.at, &format!("volume {}", volume.name)));
            Some(Draft {
                claim: format!(
                    "{} is limited to {}, and {said}: data in the volume counts toward the limit.",
                    unit.name(),
                    written(limit)
                ),
                citations: cited.chain([memory(limit, "memory limit")]).collect(),
                against: list(&["A volume that stays nearly empty takes almost no memory."]),
                advice: list(&[
                    "Set a size limit for the volume, and keep the sum of GOMEMLIMIT and all size limits below the memory limit.",
                ]),
                ..draft(
                    COUNTED,
                    "GOMEMLIMIT and the size limits of memory-backed volumes add up to more than the memory limit, or a volume has no size limit.",
                )
            })
        })
    },
};

#[cfg(test)]
mod tests {
    use crate::detectors::testing::check;

    fn pod(volume: &str, mount: &str) -> [(&'static str, String); 1] {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  volumes: [{{name: v, emptyDir: {volume}}}]\n  containers:\n  - name: api\n    env: [{{name: GOMEMLIMIT, value: 450MiB}}]\n    volumeMounts: [{mount}]\n    resources: {{limits: {{memory: 512Mi}}}}\n"
        );
        [("pod.yaml", text)]
    }

    const MOUNT: &str = "{name: v, mountPath: /v}";

    #[test]
    fn a_mounted_volume_in_memory_counts_against_the_limit() {
        for volume in ["{medium: Memory, sizeLimit: 64Mi}", "{medium: Memory}"] {
            check("spec", &pod(volume, MOUNT), &["spec.tmpfs.counted"]);
        }
    }

    #[test]
    fn disks_small_volumes_and_what_others_mount_do_not() {
        check("spec.tmpfs.counted", &pod("{medium: Memory, sizeLimit: 62Mi}", MOUNT), &[]);
        check("spec.tmpfs.counted", &pod("{sizeLimit: 4Gi}", MOUNT), &[]);
        check("spec.tmpfs.counted", &pod("{medium: Memory}", ""), &[]);
    }
}
