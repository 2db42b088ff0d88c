//! Which mappings are listed, and in which order.

use std::cmp::Reverse;

use analyzer_core::base::order::StableOrder;
use analyzer_core::report::Mapping;

use crate::state::Params;

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Key {
    /// Resident pages.
    #[default]
    Resident,
    /// Address space.
    Size,
    /// Anonymous pages.
    Anonymous,
    /// Pages in swap.
    Swap,
    /// Address.
    Address,
    /// Name.
    Name,
}

impl Key {
    /// Every key: name in the address, title of its column.
    pub const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Address, "address", "Address"),
        (Self::Name, "name", "Name"),
        (Self::Size, "size", "Size"),
        (Self::Resident, "", "Resident"),
        (Self::Anonymous, "anonymous", "Anonymous"),
        (Self::Swap, "swap", "Swap"),
    ];

    fn find(name: &str) -> Self {
        Self::ALL.iter().find(|(_, known, _)| *known == name).map_or_else(Self::default, |(key, ..)| *key)
    }
}

/// What the address says of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Id of the class that is listed alone.
    pub class: Option<String>,
    /// What names, addresses and permissions must have in them; in lower case.
    pub search: String,
    /// What the list is sorted by.
    pub key: Key,
}

impl Choice {
    /// Reads the address.
    pub fn of(params: &Params) -> Self {
        Self {
            class: params.get("class").map(str::to_owned),
            search: params.get("q").unwrap_or_default().to_lowercase(),
            key: Key::find(params.get("sort").unwrap_or_default()),
        }
    }

    /// True if the largest mappings alone would not do.
    pub fn is_narrow(&self) -> bool {
        *self != Self::default()
    }

    fn admits(&self, mapping: &Mapping) -> bool {
        let is_of_class = self.class.as_ref().is_none_or(|class| *class == mapping.class);
        let has = |text: &str| text.to_lowercase().contains(&self.search);
        is_of_class
            && (self.search.is_empty()
                || has(&mapping.name)
                || has(&mapping.permissions)
                || mapping.start.contains(&self.search))
    }

    /// Indices of the mappings that are listed, in order.
    pub fn rows(&self, mappings: &[Mapping]) -> Vec<usize> {
        let mut rows: Vec<usize> =
            mappings.iter().enumerate().filter(|(_, m)| self.admits(m)).map(|(index, _)| index).collect();
        // Mappings come the most resident first: a stable sort keeps that among equals.
        let amount = |of: fn(&Mapping) -> i64| move |&row: &usize| Reverse(of(&mappings[row]));
        match self.key {
            Key::Resident => rows.order_by_key(amount(|mapping| mapping.rss.0)),
            Key::Size => rows.order_by_key(amount(|mapping| mapping.size.0)),
            Key::Anonymous => rows.order_by_key(amount(|mapping| mapping.anonymous.0)),
            Key::Swap => rows.order_by_key(amount(|mapping| mapping.swap.0)),
            // Hexadecimal digits without leading zeros: longer is greater.
            Key::Address => rows.order_by_key(|&row| (mappings[row].start.len(), &mappings[row].start)),
            Key::Name => rows.order_by_key(|&row| (mappings[row].name.is_empty(), &mappings[row].name)),
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use analyzer_core::base::source::{Position, SourceId, SourceSpan};
    use analyzer_core::base::units::{Bytes, Unit};
    use analyzer_core::report::Citation;

    use super::*;

    fn mapping(class: &str, name: &str, start: &str, size: i64, rss: i64) -> Mapping {
        let span = SourceSpan { source: SourceId(0), at: Position::line(1) };
        Mapping {
            class: class.to_owned(),
            name: name.to_owned(),
            start: start.to_owned(),
            permissions: "rw-p".to_owned(),
            size: Bytes(size),
            rss: Bytes(rss),
            anonymous: Bytes(rss),
            swap: Bytes(0),
            citation: Citation::figure(span, "Rss", rss, Unit::Bytes),
        }
    }

    fn three() -> Vec<Mapping> {
        vec![
            mapping("go-arena", "", "c000000000", 64, 60),
            mapping("file", "/lib/libc.so", "7f0000000000", 90, 20),
            mapping("file", "/srv/data", "400000", 10, 10),
        ]
    }

    fn rows(class: &str, search: &str, sort: &str) -> Vec<usize> {
        let params = Params::default().with("class", class).with("q", search).with("sort", sort);
        Choice::of(&params).rows(&three())
    }

    #[test]
    fn the_most_resident_come_first_and_each_column_sorts() {
        assert_eq!(rows("", "", ""), [0, 1, 2]);
        assert_eq!(rows("", "", "size"), [1, 0, 2]);
        assert_eq!(rows("", "", "address"), [2, 0, 1]);
        assert_eq!(rows("", "", "name"), [1, 2, 0]);
    }

    #[test]
    fn class_and_search_narrow_the_list() {
        assert_eq!(rows("file", "", ""), [1, 2]);
        assert_eq!(rows("", "LIBC", ""), [1]);
        assert_eq!(rows("file", "c0000", ""), Vec::<usize>::new());
        assert_eq!(rows("", "rw-p", ""), [0, 1, 2]);
        assert!(!Choice::of(&Params::default().with("moment", "2")).is_narrow());
    }
}
