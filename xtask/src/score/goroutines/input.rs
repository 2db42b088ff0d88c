//! Which files of a case are given to the engine.

/// One kind of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The last `debug=2` dump.
    One,
    /// The last dump, from the leak endpoint.
    OneFromLeakEndpoint,
    /// The last two `debug=2` dumps.
    Two,
    /// The first and the last.
    FirstAndLast,
    /// The first two.
    FirstTwo,
    /// All three.
    Three,
    /// Three `debug=1` texts.
    ThreeCounts,
    /// Three protobuf profiles.
    ThreeProfiles,
    /// Everything that was captured.
    Everything,
}

impl Input {
    pub const ALL: &[Self] = &[
        Self::One,
        Self::OneFromLeakEndpoint,
        Self::Two,
        Self::FirstAndLast,
        Self::FirstTwo,
        Self::Three,
        Self::ThreeCounts,
        Self::ThreeProfiles,
        Self::Everything,
    ];

    /// Name in the tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::One => "1 debug=2",
            Self::OneFromLeakEndpoint => "1 goroutineleak",
            Self::Two => "2 debug=2 (t1 t2)",
            Self::FirstAndLast => "2 debug=2 (t0 t2)",
            Self::FirstTwo => "2 debug=2 (t0 t1)",
            Self::Three => "3 debug=2",
            Self::ThreeCounts => "3 debug=1",
            Self::ThreeProfiles => "3 protobuf",
            Self::Everything => "all files",
        }
    }

    /// The moment at which the labels are taken.
    pub const fn labelled_moment(self) -> &'static str {
        if matches!(self, Self::FirstTwo) { "t1" } else { "t2" }
    }

    /// True if a file of this name belongs to it.
    pub fn takes(self, name: &str) -> bool {
        let is =
            |moments: &[&str], rest: &str| moments.iter().any(|moment| name == format!("{moment}.{rest}"));
        const ALL: &[&str] = &["t0", "t1", "t2"];
        match self {
            Self::One => is(&["t2"], "goroutine.debug2.txt.gz"),
            Self::OneFromLeakEndpoint => is(&["t2"], "goroutineleak.debug2.txt.gz"),
            Self::Two => is(&["t1", "t2"], "goroutine.debug2.txt.gz"),
            Self::FirstAndLast => is(&["t0", "t2"], "goroutine.debug2.txt.gz"),
            Self::FirstTwo => is(&["t0", "t1"], "goroutine.debug2.txt.gz"),
            Self::Three => is(ALL, "goroutine.debug2.txt.gz"),
            Self::ThreeCounts => is(ALL, "goroutine.debug1.txt.gz"),
            Self::ThreeProfiles => is(ALL, "goroutine.pb.gz"),
            Self::Everything => name.contains("goroutine"),
        }
    }
}
