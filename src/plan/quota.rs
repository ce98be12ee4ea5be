//! Whether a stack fits into what the project may have, before anything is made.

/// What is allowed and used of one kind of thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// What is allowed; below 0 is no limit.
    pub limit: i64,
    /// What is used.
    pub used: i64,
}

/// One kind of thing: what is allowed, used and wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// What it is, in words of the operator, e.g. `servers`.
    pub what: &'static str,
    /// What is allowed; below 0 is no limit.
    pub limit: i64,
    /// What is used already.
    pub used: i64,
    /// What the stack needs.
    pub wanted: i64,
}

impl Demand {
    fn fits(&self) -> bool {
        self.limit < 0 || self.used + self.wanted <= self.limit
    }
}

/// What does not fit, one line each; all of it at once.
pub fn shortages(demands: &[Demand]) -> Vec<String> {
    demands
        .iter()
        .filter(|demand| !demand.fits())
        .map(|demand| {
            format!(
                "{}: {} needed, {} of {} are free",
                demand.what,
                demand.wanted,
                (demand.limit - demand.used).max(0),
                demand.limit
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Demand, shortages};

    fn demand(what: &'static str, limit: i64, used: i64, wanted: i64) -> Demand {
        Demand {
            what,
            limit,
            used,
            wanted,
        }
    }

    #[test]
    fn all_that_does_not_fit_is_named_and_no_limit_always_fits() {
        let demands = [
            demand("servers", 10, 4, 6),
            demand("cores", 10, 8, 6),
            demand("memory in MiB", -1, 999, 999),
            demand("floating IPs", 1, 2, 1),
        ];
        let expected = [
            "cores: 6 needed, 2 of 10 are free",
            "floating IPs: 1 needed, 0 of 1 are free",
        ];
        assert_eq!(shortages(&demands), expected);
    }
}
