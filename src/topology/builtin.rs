//! The catalogues that come with the program.

use std::path::Path;

use super::catalog::Catalog;

const PTERO: &str = include_str!("../../catalog/ptero.yaml");
const MINIPTERO: &str = include_str!("../../catalog/miniptero.yaml");

impl Catalog {
    /// The names of the built-in catalogues; the first is the default.
    pub const BUILT_IN: [&str; 2] = ["ptero", "miniptero"];

    /// `PTero`'s services.
    pub fn ptero() -> Self {
        built_in("catalog/ptero.yaml", PTERO)
    }

    /// The small services of the demo.
    pub fn miniptero() -> Self {
        built_in("catalog/miniptero.yaml", MINIPTERO)
    }

    /// A built-in catalogue by name.
    pub fn built_in(name: &str) -> Option<Self> {
        match name {
            "ptero" => Some(Self::ptero()),
            "miniptero" => Some(Self::miniptero()),
            _ => None,
        }
    }
}

fn built_in(origin: &str, text: &str) -> Catalog {
    match Catalog::parse(text, Path::new(origin)) {
        Ok(catalog) => catalog,
        // The tests below read the very same text.
        Err(problems) => unreachable!("a built-in catalogue is wrong:\n{problems}"),
    }
}

#[cfg(test)]
mod tests {
    use super::Catalog;

    #[test]
    fn the_built_in_catalogues_are_right() {
        for name in Catalog::BUILT_IN {
            let catalog = Catalog::built_in(name).unwrap();
            assert_eq!(catalog.name, name);
            assert!(catalog.services.len() > 4);
        }
        assert_eq!(Catalog::built_in("other"), None);
    }
}
