//! What the captures of a container show of its settings: the last snapshot that tells.

use crate::analysis::memory::Reviewed;
use crate::analysis::memory::cgroup::least;
use crate::analysis::memory::term::Term;
use crate::base::source::{Position, SourceSpan};
use crate::evidence::Evidence;
use crate::evidence::memory::UNLIMITED;
use crate::report::{Citation, RecipeFactId, Resources, Subject, SubjectId};

use super::settings::{gogc, gomemlimit};

/// A setting as a capture shows it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// In base units; [`UNLIMITED`] for none.
    pub value: i64,
    /// Where it stands.
    pub citation: Citation,
}

/// What captures are looked up in.
#[derive(Clone, Copy, Debug)]
pub struct Captured<'a> {
    /// The tables.
    pub evidence: &'a Evidence,
    /// Processes and containers.
    pub subjects: &'a [Subject],
    /// Moments of memory.
    pub moments: &'a [Reviewed<'a>],
    /// Sockets, descriptors, threads and processors.
    pub resources: Option<&'a Resources>,
}

impl Captured<'_> {
    /// A setting as the last snapshot of a subject shows it.
    pub fn setting(&self, subject: SubjectId, id: RecipeFactId) -> Option<Seen> {
        match id {
            RecipeFactId::MemoryLimit => self
                .last(subject, |reviewed| {
                    let moment = &reviewed.moment;
                    let own = moment.cgroup.as_ref()?.limit.clone()?;
                    let outer = moment.ancestors.iter().filter_map(|outer| outer.finite_limit().cloned());
                    least(std::iter::once(Some(own)).chain(outer.map(Some)))
                })
                .and_then(of_term),
            RecipeFactId::Gomemlimit => self.variable(subject, "GOMEMLIMIT", gomemlimit).or_else(|| {
                let read = |reviewed: &Reviewed<'_>| {
                    let moment = &reviewed.moment;
                    moment.go.iter().chain(&moment.other_readings).find_map(|go| go.gomemlimit.clone())
                };
                self.last(subject, read).and_then(of_term)
            }),
            RecipeFactId::Gogc => self.variable(subject, "GOGC", gogc).or_else(|| {
                let read = |reviewed: &Reviewed<'_>| {
                    let moment = &reviewed.moment;
                    moment.go.iter().chain(&moment.other_readings).find_map(|go| go.gogc.clone())
                };
                self.last(subject, read).and_then(of_term)
            }),
            RecipeFactId::CpuLimit => self.cpu_limit(subject),
            RecipeFactId::Gomaxprocs => {
                self.resource(subject, |moment| moment.cpu.as_ref()?.gomaxprocs_citation.clone())
            }
            RecipeFactId::Pids => self.resource(subject, |moment| moment.threads.as_ref()?.pids_max.clone()),
            RecipeFactId::Nofile => {
                self.resource(subject, |moment| moment.descriptors.as_ref()?.hard_limit.clone())
            }
            RecipeFactId::MemoryRequest
            | RecipeFactId::MemoryVolume
            | RecipeFactId::Grace
            | RecipeFactId::GoVersion => None,
        }
    }

    /// The Go version of a subject, and the source that names it.
    pub fn go_version(&self, subject: SubjectId) -> Option<(&str, Citation)> {
        let subject = self.subjects.iter().find(|other| other.id == subject)?;
        let version = subject.go_version.as_deref()?;
        let source = subject.sources().find(|source| {
            let own = self.evidence.sources.get(*source).and_then(|source| source.go_version.as_deref());
            own == Some(version)
        })?;
        let span = SourceSpan { source, at: Position::default() };
        Some((
            version,
            Citation { at: None, quantity: Some("Go version".to_owned()), ..Citation::place(span) },
        ))
    }

    fn last(&self, subject: SubjectId, read: impl Fn(&Reviewed<'_>) -> Option<Term>) -> Option<Term> {
        let own = self.moments.iter().rev().filter(|reviewed| reviewed.moment.subject == subject);
        own.into_iter().find_map(read)
    }

    /// A variable as the environment of the process has it.
    fn variable(&self, subject: SubjectId, name: &str, read: fn(&str) -> Option<i64>) -> Option<Seen> {
        let own = self.moments.iter().rev().filter(|reviewed| reviewed.moment.subject == subject);
        own.into_iter().find_map(|reviewed| {
            let environ = reviewed.moment.process.as_ref()?.thing.file("environ")?;
            let value = read(environ.text(name)?)?;
            let at = environ.place_of_text(name)?;
            Some(Seen {
                value,
                citation: Citation { quantity: Some(name.to_owned()), ..Citation::place(at) },
            })
        })
    }

    fn resource(
        &self,
        subject: SubjectId,
        read: impl Fn(&crate::report::ResourceSnapshot) -> Option<Citation>,
    ) -> Option<Seen> {
        let moments = self.resources?.snapshots.iter().rev();
        let citation = moments.filter(|moment| moment.subject == subject).find_map(read)?;
        Some(Seen { value: citation.value?, citation })
    }

    /// In thousandths of a processor.
    fn cpu_limit(&self, subject: SubjectId) -> Option<Seen> {
        let moments = self.resources?.snapshots.iter().rev();
        moments.filter(|moment| moment.subject == subject).find_map(|moment| {
            let cpu = moment.cpu.as_ref()?;
            let citation = cpu.quota_citation.clone()?;
            let value = cpu.quota_milli.map_or(UNLIMITED, |milli| i64::try_from(milli).unwrap_or(UNLIMITED));
            Some(Seen { value, citation })
        })
    }
}

/// The greatest charge that cannot be dropped, over the moments of some subjects.
pub fn working_set(moments: &[Reviewed<'_>], subjects: &[SubjectId]) -> Option<Term> {
    let own = moments.iter().filter(|reviewed| subjects.contains(&reviewed.moment.subject));
    let sets = own.filter_map(|reviewed| reviewed.moment.cgroup.as_ref()?.working_set());
    sets.max_by_key(|set| set.value)
}

fn of_term(term: Term) -> Option<Seen> {
    Some(Seen { value: term.value, citation: term.from.into_iter().next()? })
}
