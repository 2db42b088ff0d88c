//! Which views there are: what an address can name. What they show is theirs.

/// The only list of views, in the order of their tabs; the first is the
/// default. Each has the name of its module, in the address too.
macro_rules! views {
    ($with:ident) => {
        $with! {
            Overview overview,
            Memory memory,
            Goroutines goroutines,
            Sockets sockets,
            Recipe recipe,
            Profiles profiles,
            Source source,
            Trace trace,
            Gc gc,
            Tables tables,
            Files files,
        }
    };
}

macro_rules! ids {
    ($($id:ident $module:ident,)*) => {
        /// A view.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ViewId {
            $(#[doc = concat!("The view `", stringify!($module), "`.")] $id,)*
        }

        impl ViewId {
            /// Every view, in the order of their tabs.
            pub const ALL: &[Self] = &[$(Self::$id),*];

            /// Its name in the address.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$id => stringify!($module),)*
                }
            }
        }
    };
}

views!(ids);

pub(crate) use views;

impl ViewId {
    /// The view of this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|view| view.name() == name)
    }
}

impl Default for ViewId {
    /// The view that an empty address names.
    fn default() -> Self {
        Self::ALL[0]
    }
}
