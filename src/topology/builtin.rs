//! The catalogues that come with the program, and reading any other.

use std::path::Path;

use super::catalog::Catalog;
use crate::config::{Known, KnownService, Problems};

impl Catalog {
    /// The names of the built-in catalogues.
    pub const BUILT_IN: [&str; 2] = ["ptero", "miniptero"];

    /// Reads and checks a catalogue; `origin` is only for messages.
    pub fn parse(text: &str, origin: &Path) -> Result<Self, Problems> {
        let _ = text;
        Err(Problems::whole_file(origin, "not written yet"))
    }

    /// A built-in catalogue by name, and its text.
    pub fn built_in(name: &str) -> Option<Self> {
        let _ = name;
        None
    }

    /// What a configuration may name.
    pub fn known(&self) -> Known {
        Known {
            services: self
                .services
                .iter()
                .map(|(name, service)| {
                    let known = KnownService {
                        roles: service.roles.keys().cloned().collect(),
                        scalable: service.kind == super::catalog::Kind::Application,
                    };
                    (name.clone(), known)
                })
                .collect(),
        }
    }
}
