//! The flavor for a server when the configuration names none.

/// What Nova says of a flavor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlavorFact {
    /// Its name.
    pub name: String,
    /// Virtual processors.
    pub vcpus: u32,
    /// Memory in MiB.
    pub ram_mib: u64,
    /// Root disk in GiB; 0 means as large as the image.
    pub disk_gib: u64,
}

/// What a server needs at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// Virtual processors.
    pub vcpus: u32,
    /// Memory in MiB.
    pub ram_mib: u64,
    /// Root disk in GiB.
    pub disk_gib: u64,
}

/// A member: an interpreter, a few processes of 50-90 MiB each, and Puppet for
/// some seconds at boot.
pub const MEMBER: Need = Need {
    vcpus: 1,
    ram_mib: 512,
    disk_gib: 5,
};

/// A build machine: a base, a seed and several images side by side on its disk.
pub const BUILD_MACHINE: Need = Need {
    vcpus: 2,
    ram_mib: 2048,
    disk_gib: 20,
};

/// The smallest flavor that is enough: by memory, then processors, then disk,
/// then name, so that every run chooses the same.
pub fn smallest(flavors: &[FlavorFact], need: Need) -> Option<&FlavorFact> {
    flavors
        .iter()
        .filter(|flavor| {
            flavor.vcpus >= need.vcpus
                && flavor.ram_mib >= need.ram_mib
                && (flavor.disk_gib == 0 || flavor.disk_gib >= need.disk_gib)
        })
        .min_by_key(|flavor| {
            (
                flavor.ram_mib,
                flavor.vcpus,
                flavor.disk_gib,
                flavor.name.clone(),
            )
        })
}

#[cfg(test)]
mod tests {
    use super::{BUILD_MACHINE, FlavorFact, MEMBER, smallest};

    fn flavor(name: &str, vcpus: u32, ram_mib: u64, disk_gib: u64) -> FlavorFact {
        FlavorFact {
            name: name.to_owned(),
            vcpus,
            ram_mib,
            disk_gib,
        }
    }

    #[test]
    fn the_smallest_that_is_enough_is_taken() {
        let flavors = [
            flavor("tiny", 1, 256, 4),
            flavor("small", 1, 512, 6),
            flavor("medium", 1, 1024, 8),
            flavor("build", 2, 4096, 24),
        ];
        let name = |need| smallest(&flavors, need).map(|flavor| flavor.name.as_str());
        assert_eq!(name(MEMBER), Some("small"));
        assert_eq!(name(BUILD_MACHINE), Some("build"));
        assert_eq!(smallest(&flavors[..1], MEMBER), None);
    }
}
