//! Samples, whatever form they were written in.

use super::dictionary::{Attribute, Dictionary};
use crate::base::convert::{clamp_i64, to_usize};
use crate::base::error::ParseError;
use crate::base::intern::StringTable;
use crate::base::limits;
use crate::base::source::SourceId;
use crate::base::units::Nanos;
use crate::base::words::one_or_many;
use crate::evidence::profiles::{Label, Profile, ValueType};
use crate::formats::Facts;
use crate::formats::sampled::{Builder, ON_CPU};

/// What a profile of a message says of all its samples.
#[derive(Clone, Debug, Default)]
pub(super) struct Head {
    /// Indexes of type and unit of its values.
    pub sample_type: (u64, u64),
    pub period_type: (u64, u64),
    pub period: i64,
    pub time: u64,
    pub duration: u64,
}

/// A sample.
#[derive(Clone, Debug, Default)]
pub(super) struct Sample {
    pub stack: u64,
    pub attributes: Vec<u64>,
    pub values: Vec<i64>,
    pub times: Vec<u64>,
}

/// Writes the profiles of all messages into one.
pub(super) struct Reader<'e> {
    pub builder: Builder<'e>,
    /// Labels of the resource at hand.
    resource: Vec<Label>,
    labels: Vec<Label>,
    /// Column of the profile at hand; none past the limit.
    column: Option<usize>,
    left_out: u64,
    /// Samples with neither value nor time.
    empty: u64,
    dangling: u64,
    profiles: u64,
}

impl<'e> Reader<'e> {
    pub(super) fn new(source: SourceId, strings: &'e mut StringTable) -> Self {
        Self {
            builder: Builder::new(source, strings),
            resource: Vec::new(),
            labels: Vec::new(),
            column: None,
            left_out: 0,
            empty: 0,
            dangling: 0,
            profiles: 0,
        }
    }

    /// Takes in what a profile counts, before the samples of any are read.
    pub(super) fn announce(&mut self, head: &Head, dictionary: &Dictionary<'_>) {
        let column = self.value_type(head.sample_type, dictionary);
        let columns = &self.builder.profile.sample_types;
        if !columns.contains(&column) && columns.len() < limits::OTLP_SAMPLE_TYPES {
            self.builder.profile.sample_types.push(column);
        }
        let profile = &mut self.builder.profile;
        let time = |nanos: u64| i64::try_from(nanos).ok().filter(|nanos| *nanos > 0).map(Nanos);
        let (begin, end) = (time(head.time), time(head.time.saturating_add(head.duration)));
        let known_end =
            profile.time.zip(profile.duration).map(|(begin, span)| Nanos(begin.0.saturating_add(span.0)));
        let begin = [profile.time, begin].into_iter().flatten().min();
        let end = [known_end, end.filter(|_| head.duration > 0)].into_iter().flatten().max();
        profile.time = begin;
        profile.duration = begin.zip(end).map(|(begin, end)| Nanos(end.0.saturating_sub(begin.0)));
        if head.period != 0 {
            let period_type = self.value_type(head.period_type, dictionary);
            self.builder.profile.period_type = Some(period_type);
            self.builder.profile.period = Some(head.period);
        }
    }

    fn value_type(&mut self, (kind, unit): (u64, u64), dictionary: &Dictionary<'_>) -> ValueType {
        let strings = &mut *self.builder.strings;
        let kind = Some(dictionary.string(kind)).filter(|kind| !kind.is_empty()).unwrap_or("samples");
        ValueType { kind: strings.intern(kind), unit: strings.intern(dictionary.string(unit)) }
    }

    /// Whose samples follow.
    pub(super) fn resource(&mut self, attributes: &[Attribute<'_>], dictionary: &Dictionary<'_>) {
        self.resource.clear();
        for attribute in attributes {
            self.resource.extend(dictionary.label(attribute, &mut self.builder));
        }
    }

    /// The profile whose samples follow.
    pub(super) fn profile(&mut self, head: &Head, dictionary: &Dictionary<'_>) {
        let column = self.value_type(head.sample_type, dictionary);
        self.column = self.builder.profile.sample_types.iter().position(|known| *known == column);
        self.profiles += 1;
    }

    /// A sample: each of its times counts one if it has no values, else its values count.
    /// # Errors
    /// Past the limits of profiles.
    pub(super) fn sample(
        &mut self,
        sample: &Sample,
        dictionary: &mut Dictionary<'_>,
        at: usize,
    ) -> Result<(), ParseError> {
        if self.column.is_none() {
            self.left_out += 1;
            return Ok(());
        }
        if sample.values.is_empty() && sample.times.is_empty() {
            self.empty += 1;
            return Ok(());
        }
        let stack = dictionary.stack(sample.stack, &mut self.builder, at)?;
        self.labels.clear();
        self.labels.extend_from_slice(&self.resource);
        for &index in &sample.attributes {
            let attribute = to_usize(index).and_then(|index| dictionary.attributes.get(index));
            self.labels
                .extend(attribute.and_then(|attribute| dictionary.label(attribute, &mut self.builder)));
        }
        let labels = self.builder.labels(&self.labels);
        let has_value_each = sample.values.is_empty() || sample.values.len() == sample.times.len();
        if !has_value_each || sample.times.is_empty() {
            let sum = clamp_i64(sample.values.iter().map(|value| i128::from(*value)).sum());
            // One time stands for the whole; of several, none is the value's.
            let time = sample.times.first().filter(|_| sample.times.len() == 1);
            self.builder.sample(stack, labels, at, time.and_then(|time| nanos(*time)))?;
            self.value(sum);
            return Ok(());
        }
        for (index, time) in sample.times.iter().enumerate() {
            self.builder.sample(stack, labels, at, nanos(*time))?;
            self.value(sample.values.get(index).copied().unwrap_or(1));
        }
        Ok(())
    }

    fn value(&mut self, value: i64) {
        let (column, width) = (self.column, self.builder.profile.sample_types.len());
        self.builder
            .profile
            .samples
            .values
            .extend((0..width).map(|at| if Some(at) == column { value } else { 0 }));
    }

    /// The message is over.
    pub(super) fn end(&mut self, dictionary: &Dictionary<'_>) {
        self.dangling = self.dangling.saturating_add(dictionary.dangling);
    }

    pub(super) fn finish(self, facts: &mut Facts) -> Profile {
        facts.captured_at = self.builder.profile.time;
        facts.kind = self.kind();
        if self.left_out > 0 {
            let message = format!(
                "Samples with more than {} types are omitted ({})",
                limits::OTLP_SAMPLE_TYPES,
                self.left_out
            );
            facts.notes.data_loss("sample-types", None, message);
        }
        if self.empty > 0 {
            let message = one_or_many(
                self.empty,
                "sample has neither a value nor a timestamp and is not counted",
                "samples have neither a value nor a timestamp and are not counted",
            );
            facts.notes.data_loss("empty-samples", None, message);
        }
        if self.dangling > 0 {
            let message = one_or_many(
                self.dangling,
                "referenced stack or location is not in the dictionary",
                "referenced stacks or locations are not in the dictionary",
            );
            facts.notes.data_loss("dangling-index", None, message);
        }
        if self.profiles > 1 {
            let message =
                format!("The file's {} profiles are read as one; labels distinguish them", self.profiles);
            facts.notes.info("profiles-merged", None, message);
        }
        let mut builder = self.builder;
        if builder.profile.sample_types.is_empty() {
            builder.column("samples", "count");
        }
        builder.finish(&mut facts.notes)
    }

    fn kind(&self) -> Option<String> {
        let profile = &self.builder.profile;
        let name = |id| self.builder.strings.get(id);
        let kinds: Vec<&str> = profile.sample_types.iter().map(|column| name(column.kind)).collect();
        let period = profile.period_type.map_or("", |period| name(period.kind));
        let kind = match kinds.as_slice() {
            ["cpu"] => ON_CPU,
            ["samples"] if period == "cpu" => ON_CPU,
            [first, ..] => first,
            [] => return None,
        };
        Some(kind.to_owned())
    }
}

fn nanos(time: u64) -> Option<Nanos> {
    i64::try_from(time).ok().filter(|time| *time != 0).map(Nanos)
}
