//! The daemons' settings: files/ rendered into the root file system.

use crate::error::Error;
use crate::files::{self, PRIVATE, PROGRAM, PUBLIC};
use crate::layout::Layout;
use crate::network as net;
use crate::resolver;
use crate::secrets::Secrets;
use crate::template::Values;

/// Path inside the cloud, mode, text.
type File = (&'static str, u32, &'static str);

/// Files with passwords are root's alone; all daemons but the database and the queue run as root.
const TEMPLATES: [File; 19] = [
    (
        "/etc/mysql/mariadb.conf.d/90-devcloud.cnf",
        PUBLIC,
        include_str!("../files/etc/mariadb.cnf"),
    ),
    (
        "/etc/rabbitmq/rabbitmq.conf",
        PUBLIC,
        include_str!("../files/etc/rabbitmq.conf"),
    ),
    (
        "/etc/rabbitmq/rabbitmq-env.conf",
        PUBLIC,
        include_str!("../files/etc/rabbitmq-env.conf"),
    ),
    (
        "/etc/keystone/keystone.conf",
        PRIVATE,
        include_str!("../files/etc/keystone.conf"),
    ),
    (
        "/etc/glance/glance-api.conf",
        PRIVATE,
        include_str!("../files/etc/glance-api.conf"),
    ),
    (
        "/etc/placement/placement.conf",
        PRIVATE,
        include_str!("../files/etc/placement.conf"),
    ),
    (
        "/etc/nova/nova.conf",
        PRIVATE,
        include_str!("../files/etc/nova.conf"),
    ),
    (
        "/etc/neutron/neutron.conf",
        PRIVATE,
        include_str!("../files/etc/neutron.conf"),
    ),
    (
        "/etc/neutron/plugins/ml2/ml2_conf.ini",
        PUBLIC,
        include_str!("../files/etc/ml2_conf.ini"),
    ),
    (
        "/etc/neutron/plugins/ml2/linuxbridge_agent.ini",
        PUBLIC,
        include_str!("../files/etc/linuxbridge_agent.ini"),
    ),
    (
        "/etc/neutron/dhcp_agent.ini",
        PUBLIC,
        include_str!("../files/etc/dhcp_agent.ini"),
    ),
    (
        "/etc/neutron/l3_agent.ini",
        PUBLIC,
        include_str!("../files/etc/l3_agent.ini"),
    ),
    (
        "/etc/neutron/metadata_agent.ini",
        PRIVATE,
        include_str!("../files/etc/metadata_agent.ini"),
    ),
    (
        "/etc/heat/heat.conf",
        PRIVATE,
        include_str!("../files/etc/heat.conf"),
    ),
    ("/etc/hosts", PUBLIC, include_str!("../files/etc/hosts")),
    (
        "/root/admin.rc",
        PRIVATE,
        include_str!("../files/inside/admin.rc"),
    ),
    (
        "/root/demo.rc",
        PRIVATE,
        include_str!("../files/inside/demo.rc"),
    ),
    (
        "/opt/devcloud/databases.sql",
        PRIVATE,
        include_str!("../files/inside/databases.sql"),
    ),
    (
        "/etc/libvirt/hooks/lxc",
        PROGRAM,
        include_str!("../files/inside/lxc-hook"),
    ),
];

/// Programs of ours, taken as they are.
const PROGRAMS: [File; 7] = [
    (
        "/opt/devcloud/join",
        PROGRAM,
        include_str!("../files/inside/join"),
    ),
    (
        "/opt/devcloud/daemon",
        PROGRAM,
        include_str!("../files/inside/daemon"),
    ),
    (
        "/opt/devcloud/loop-nodes",
        PROGRAM,
        include_str!("../files/inside/loop-nodes"),
    ),
    (
        "/opt/devcloud/identity.py",
        PUBLIC,
        include_str!("../files/inside/identity.py"),
    ),
    (
        "/opt/devcloud/resources.py",
        PUBLIC,
        include_str!("../files/inside/resources.py"),
    ),
    (
        "/usr/local/sbin/ebtables",
        PROGRAM,
        include_str!("../files/inside/ebtables"),
    ),
    (
        "/opt/devcloud/heat-engine",
        PROGRAM,
        include_str!("../files/inside/heat-engine"),
    ),
];

/// Directories that services other than Debian's units expect to find.
const DIRECTORIES: [&str; 10] = [
    "/var/log/devcloud",
    "/var/lib/devcloud",
    "/var/lib/glance/images",
    "/var/lib/nova/instances",
    "/var/lib/neutron",
    "/var/lock/glance",
    "/var/lock/nova",
    "/var/lock/neutron",
    "/srv/images",
    "/run/mysqld",
];

/// Directories to make inside the running cloud, where /run is.
pub(crate) fn directories() -> &'static [&'static str] {
    &DIRECTORIES
}

/// Writes all of them; the same secrets give the same files, so this may be repeated.
pub(crate) fn write(layout: &Layout, secrets: &Secrets) -> Result<(), Error> {
    let values = values(secrets);
    for (path, mode, text) in TEMPLATES {
        files::write(
            &layout.inside(path),
            values.render(path, text)?.as_bytes(),
            mode,
        )?;
    }
    values.all_used()?;
    for (path, mode, text) in PROGRAMS {
        files::write(&layout.inside(path), text.as_bytes(), mode)?;
    }
    let servers: Vec<String> = resolver::host_name_servers()
        .iter()
        .map(|server| format!("nameserver {server}"))
        .collect();
    files::write(
        &layout.inside("/etc/resolv.conf"),
        (servers.join("\n") + "\n").as_bytes(),
        PUBLIC,
    )?;
    // Debian's packages put the hypervisor's kind here, which would win over nova.conf.
    files::remove(&layout.inside("/etc/nova/nova-compute.conf"))
}

fn values(secrets: &Secrets) -> Values {
    Values::new([
        ("API_ADDRESS", net::API_ADDRESS.to_string()),
        ("PROVIDER_LINK", net::PUBLIC_LINK_CLOUD.to_owned()),
        ("REGION", net::REGION.to_owned()),
        ("KEYSTONE_URL", net::api_url(net::KEYSTONE_PORT)),
        ("AUTH_URL", net::auth_url()),
        ("GLANCE_URL", net::api_url(net::GLANCE_PORT)),
        ("HEAT_CFN_URL", net::api_url(net::HEAT_CFN_PORT)),
        ("ADMIN_PASSWORD", secrets.admin.clone()),
        ("DEMO_PASSWORD", secrets.demo.clone()),
        ("SERVICE_PASSWORD", secrets.service.clone()),
        ("DATABASE_PASSWORD", secrets.database.clone()),
        ("RABBIT_PASSWORD", secrets.rabbit.clone()),
        ("HEAT_DOMAIN_PASSWORD", secrets.heat_domain.clone()),
        ("HEAT_ENCRYPTION_KEY", secrets.heat_encryption.clone()),
        ("METADATA_SECRET", secrets.metadata.clone()),
    ])
}

#[cfg(test)]
mod tests {
    use super::{TEMPLATES, values};
    use crate::secrets::Secrets;

    #[test]
    fn every_template_renders_and_every_value_is_used() {
        let word = || "x".to_owned();
        let secrets = Secrets {
            admin: word(),
            demo: word(),
            service: word(),
            database: word(),
            rabbit: word(),
            heat_domain: word(),
            heat_encryption: word(),
            metadata: word(),
        };
        let values = values(&secrets);
        for (path, _, text) in TEMPLATES {
            values.render(path, text).unwrap();
        }
        values.all_used().unwrap();
    }
}
