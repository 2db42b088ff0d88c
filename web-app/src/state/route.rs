//! What the URL's hash says: `#goroutines?verdict=leak&q=worker`.

use std::collections::BTreeMap;

use analyzer_core::report::SubjectId;

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

/// Whose captures are shown, where there are those of several services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of them.
    All,
    /// One service's.
    One(SubjectId),
}

impl Scope {
    fn parse(text: &str) -> Option<Self> {
        if text == "all" { Some(Self::All) } else { text.parse().ok().map(|id| Self::One(SubjectId(id))) }
    }

    /// Its name in the address.
    pub fn name(self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::One(SubjectId(id)) => id.to_string(),
        }
    }
}

/// Name of the scope in the address.
const SERVICE: &str = "service";

/// A view, and how it is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// What is shown.
    pub view: ViewId,
    /// How it is set.
    pub params: Params,
    /// Whose captures; `None` leaves that as it is.
    pub scope: Option<Scope>,
}

impl ViewId {
    /// This view, set in one way: what a link points to.
    pub fn with(self, params: Params) -> Route {
        Route { view: self, params, scope: None }
    }
}

impl Route {
    /// A view with its defaults.
    pub fn to(view: ViewId) -> Self {
        view.with(Params::default())
    }

    /// Reads a hash, with or without its `#`. Unknown views are the first one.
    pub fn parse(hash: &str) -> Self {
        let text = hash.strip_prefix('#').unwrap_or(hash);
        let (name, query) = text.split_once('?').unwrap_or((text, ""));
        let pairs = form_urlencoded::parse(query.as_bytes());
        let mut params: BTreeMap<String, String> = pairs
            .filter(|(name, value)| !name.is_empty() && !value.is_empty())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        let scope = params.remove(SERVICE).and_then(|text| Scope::parse(&text));
        Self { view: ViewId::find(name).unwrap_or_default(), params: Params(params), scope }
    }

    /// The hash of this route, with its `#`: what a link to it points to.
    pub fn href(&self) -> String {
        let scope = self.scope.map(|scope| (SERVICE, scope.name()));
        if self.params.is_empty() && scope.is_none() {
            return format!("#{}", self.view.name());
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.params.0).extend_pairs(scope);
        format!("#{}?{}", self.view.name(), query.finish())
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
            scope: Some(Scope::One(SubjectId(3))),
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
    fn a_scope_is_no_parameter_of_the_view() {
        assert_eq!(Route::parse("#memory?service=all").scope, Some(Scope::All));
        let route = Route::parse("#memory?service=2&row=idle");
        assert_eq!((route.scope, route.params.get("service")), (Some(Scope::One(SubjectId(2))), None));
        assert_eq!(Route::parse("#memory?service=x").scope, None);
    }

    #[test]
    fn a_default_leaves_no_trace_in_the_address() {
        let params = Params::default().with("q", "x").with("q", "");
        assert_eq!(Route { params, ..Route::default() }.href(), "#overview");
    }
}
