//! What the URL's hash says: `#goroutines?verdict=leak&q=worker`.

use std::collections::BTreeMap;

use super::ViewId;

/// The parameters of a view: its selection, filters and zoom, by name.
///
/// A parameter that has its default value is not there, so that the same
/// picture has one address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(BTreeMap<String, String>);

impl Params {
    /// The value of a parameter, if it is set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of a parameter as a number, if it is one.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }

    /// The same parameters with one set, or with it removed if `value` is empty.
    #[must_use]
    pub fn with(&self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        let mut params = self.clone();
        if value.is_empty() {
            params.0.remove(name);
        } else {
            params.0.insert(name.to_owned(), value);
        }
        params
    }

    /// The same parameters without one.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        self.with(name, "")
    }

    /// True if nothing differs from the view's defaults.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A view, and how it is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// What is shown.
    pub view: ViewId,
    /// How it is set.
    pub params: Params,
}

impl ViewId {
    /// This view, set in one way: what a link points to.
    pub fn with(self, params: Params) -> Route {
        Route { view: self, params }
    }
}

impl Route {
    /// A view with its defaults.
    pub fn to(view: ViewId) -> Self {
        Self { view, params: Params::default() }
    }

    /// Reads a hash, with or without its `#`. Unknown views are the first one.
    pub fn parse(hash: &str) -> Self {
        let text = hash.strip_prefix('#').unwrap_or(hash);
        let (name, query) = text.split_once('?').unwrap_or((text, ""));
        let pairs = form_urlencoded::parse(query.as_bytes());
        let params = pairs
            .filter(|(name, value)| !name.is_empty() && !value.is_empty())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        Self { view: ViewId::find(name).unwrap_or_default(), params: Params(params) }
    }

    /// The hash of this route, with its `#`: what a link to it points to.
    pub fn href(&self) -> String {
        if self.params.is_empty() {
            return format!("#{}", self.view.name());
        }
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.params.0).finish();
        format!("#{}?{query}", self.view.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_survives_its_address() {
        let files = Route {
            view: ViewId::Files,
            params: Params::default().with("source", "t0/a b&c=#é.txt").with("line", "12"),
        };
        assert_eq!(Route::parse(&files.href()), files);
        assert_eq!(files.params.number("line"), Some(12));
    }

    #[test]
    fn an_unknown_or_broken_address_is_the_first_view() {
        for hash in ["", "#", "#nothing", "#?", "#%%%"] {
            assert_eq!(Route::parse(hash), Route::default(), "{hash}");
        }
        assert_eq!(Route::parse("#overview?=1&a=").params, Params::default());
    }

    #[test]
    fn a_default_leaves_no_trace_in_the_address() {
        let params = Params::default().with("q", "x").with("q", "");
        assert_eq!(Route { params, ..Route::default() }.href(), "#overview");
    }
}
