//! What a deployment expects to find in the cloud: flavors, the network `public`, quotas, images.

use serde_json::{Value, json};

use crate::base_image;
use crate::error::Error;
use crate::layout::IMAGES_INSIDE;
use crate::network as net;
use crate::services::Services;
use crate::settings::Release;

/// Name, processors, memory in MiB, disk in GiB.
const FLAVORS: [(&str, u32, u32, u32); 4] = [
    ("m1.tiny", 1, 256, 4),
    ("m1.small", 1, 512, 6),
    ("m1.medium", 1, 1024, 8),
    // Builds several images side by side.
    ("m1.build", 2, 4096, 24),
];

impl Services<'_> {
    /// Flavors, network and quotas.
    pub(crate) fn install_resources(&self) -> Result<(), Error> {
        self.resources(
            "installing flavors, network and quotas",
            &["flavors", "public_network", "quotas"],
            &[],
        )
    }

    /// Images of Glance, each uploaded again when its content differs.
    pub(crate) fn install_images(&self, releases: &[Release]) -> Result<(), Error> {
        self.resources("putting base images into Glance", &["images"], releases)
    }

    fn resources(&self, what: &str, steps: &[&str], releases: &[Release]) -> Result<(), Error> {
        let images = releases
            .iter()
            .map(|release| image(self, *release))
            .collect::<Result<Vec<_>, _>>()?;
        let parameters = json!({
            "steps": steps,
            "auth_url": net::auth_url(),
            "admin_password": self.secrets.admin,
            "flavors": FLAVORS.map(|(name, vcpus, ram, disk)| json!({"name": name, "vcpus": vcpus, "ram": ram, "disk": disk})),
            "public": {
                "name": net::PUBLIC_NETWORK, "cidr": net::PUBLIC_CIDR, "gateway": net::PUBLIC_GATEWAY,
                "first": net::PUBLIC_FIRST, "last": net::PUBLIC_LAST,
            },
            // Two releases of a large environment side by side.
            "compute_quota": {"instances": 60, "cores": 200, "ram": 204_800, "key_pairs": 100, "server_groups": 50},
            "network_quota": {
                "port": 500, "network": 50, "subnet": 50, "router": 50, "floatingip": 50, "security_group": 200, "security_group_rule": 2000,
            },
            "images": images,
        });
        self.python(what, "/opt/devcloud/resources.py", &parameters)
    }
}

fn image(services: &Services<'_>, release: Release) -> Result<Value, Error> {
    let name = release.image_name();
    Ok(json!({
        "name": name,
        "version": release.version(),
        "path": format!("{IMAGES_INSIDE}/{name}.raw"),
        "sha512": base_image::sha512(services.layout, release)?,
    }))
}
