//! From an empty set of namespaces to a cloud whose APIs answer.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::command;
use crate::config;
use crate::daemon::{self, DAEMONS, Daemon};
use crate::error::{At as _, Error};
use crate::files;
use crate::keeper::Keeper;
use crate::layout::Layout;
use crate::network as net;
use crate::progress::Reporter;
use crate::secrets::Secrets;
use crate::threads::joined;

/// An agent reports when it has started; on a busy machine that took 40 s.
const SIGN_LIMIT: Duration = Duration::from_secs(240);
const SIGN_POLL: Duration = Duration::from_millis(500);
/// RabbitMQ's data: messages of daemons that are gone by the next start. A killed broker may fail to read it again.
const QUEUES: &str = "/var/lib/rabbitmq/mnesia";

/// Users of the services with their catalogue entries: name, type, port, path.
const CATALOGUE: [(&str, &str, u16, &str); 6] = [
    ("glance", "image", net::GLANCE_PORT, ""),
    ("placement", "placement", net::PLACEMENT_PORT, ""),
    ("nova", "compute", net::NOVA_PORT, "/v2.1"),
    ("neutron", "network", net::NEUTRON_PORT, ""),
    (
        "heat",
        "orchestration",
        net::HEAT_PORT,
        "/v1/%(project_id)s",
    ),
    ("heat-cfn", "cloudformation", net::HEAT_CFN_PORT, "/v1"),
];

/// Schema migrations: marker, program and arguments, several commands of one database in their order.
const MIGRATIONS: [(&str, &[&[&str]]); 5] = [
    ("glance", &[&["glance-manage", "db_sync"]]),
    ("placement", &[&["placement-manage", "db", "sync"]]),
    (
        "nova",
        &[
            &["nova-manage", "api_db", "sync"],
            &["nova-manage", "cell_v2", "map_cell0"],
            &["nova-manage", "db", "sync"],
            // Exit status 2 tells that the cell exists, after a start that was killed between this and its marker.
            &[
                "sh",
                "-c",
                "nova-manage cell_v2 create_cell --name=cell1 || [ $? -eq 2 ]",
            ],
        ],
    ),
    (
        "neutron",
        &[&[
            "neutron-db-manage",
            "--config-file=/etc/neutron/neutron.conf",
            "--config-file=/etc/neutron/plugins/ml2/ml2_conf.ini",
            "upgrade",
            "heads",
        ]],
    ),
    ("heat", &[&["heat-manage", "db_sync"]]),
];

/// What every step needs.
pub(crate) struct Services<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) keeper: &'a Keeper,
    pub(crate) secrets: &'a Secrets,
    pub(crate) report: &'a Reporter,
}

impl Services<'_> {
    /// Starts whatever does not run, on a first start with all that comes before.
    pub(crate) fn start(&self) -> Result<(), Error> {
        self.report.step("database", || self.foundation())?;
        // Neither needs the other, and each waits often enough to leave a core to the other.
        thread::scope(|scope| {
            let schemas = scope.spawn(|| self.report.step("database schemas", || self.migrate()));
            let identity = self
                .report
                .step("identity service and catalogue", || self.identity());
            joined(schemas.join()).and(identity)
        })?;
        self.report.step("daemons", || {
            DAEMONS
                .iter()
                .try_for_each(|daemon| self.start_in_order(daemon))?;
            DAEMONS
                .iter()
                .try_for_each(|daemon| daemon.wait(self.keeper, self.layout))
        })?;
        self.report.step("agents and compute node", || {
            self.wait_for_agents()?;
            self.once("cell", || {
                self.inside(
                    "mapping the compute node to its cell",
                    &["nova-manage", "cell_v2", "discover_hosts"],
                )
            })
        })
    }

    fn start_in_order(&self, daemon: &Daemon) -> Result<(), Error> {
        if let Some(before) = daemon.after {
            daemon::named(before)?.wait(self.keeper, self.layout)?;
        }
        daemon.start(self.keeper)
    }

    fn foundation(&self) -> Result<(), Error> {
        self.inside(
            "making directories",
            &[&["mkdir", "-p"], config::directories()].concat(),
        )?;
        self.inside("making directories", &["chown", "mysql", "/run/mysqld"])?;
        let (mariadb, rabbit) = (daemon::named("mariadb")?, daemon::named("rabbitmq")?);
        if rabbit.pid(self.keeper).is_none() {
            files::remove(&self.layout.inside(QUEUES))?;
        }
        self.once("mysql", || self.database_files())?;
        rabbit.start(self.keeper)?;
        mariadb.start(self.keeper)?;
        mariadb.wait(self.keeper, self.layout)?;
        self.once("databases", || {
            self.inside(
                "making the databases",
                &["sh", "-c", "mysql < /opt/devcloud/databases.sql"],
            )
        })?;
        self.forget_loop_numbers()
    }

    /// Nova writes down which loop device carries a server's disk, and detaches that number before it starts the server
    /// again. After a start of the whole cloud the number may be another server's, or another program's of the host.
    fn forget_loop_numbers(&self) -> Result<(), Error> {
        let first_start = !self.layout.marker("schema-nova").exists();
        if first_start || self.keeper.view("/run/devcloud/nova-compute.pid").exists() {
            return Ok(());
        }
        let query = "DELETE FROM nova.instance_system_metadata WHERE `key` = 'rootfs_device_name'";
        self.inside(
            "forgetting old loop devices",
            &["mysql", "--execute", query],
        )
    }

    /// Debian's package makes them when it is installed, unless that was cut short.
    fn database_files(&self) -> Result<(), Error> {
        if self.layout.inside("/var/lib/mysql/mysql").exists() {
            return Ok(());
        }
        self.inside(
            "making the database files",
            &["mariadb-install-db", "--user=mysql"],
        )
    }

    fn identity(&self) -> Result<(), Error> {
        self.once("keystone", || {
            let url = net::auth_url();
            self.inside("keystone-manage db_sync", &["keystone-manage", "db_sync"])?;
            for setup in ["fernet_setup", "credential_setup"] {
                self.inside(
                    "making Keystone's keys",
                    &[
                        "keystone-manage",
                        setup,
                        "--keystone-user=root",
                        "--keystone-group=root",
                    ],
                )?;
            }
            let mut bootstrap = self.keeper.command("keystone-manage");
            bootstrap.args(["bootstrap", "--bootstrap-region-id", net::REGION]);
            // Through nsenter's own environment: an argument would show the password to all users of the host.
            bootstrap.env("OS_BOOTSTRAP_PASSWORD", &self.secrets.admin);
            for interface in ["admin", "internal", "public"] {
                bootstrap.arg(format!("--bootstrap-{interface}-url={url}/"));
            }
            command::output("keystone-manage bootstrap", &mut bootstrap).map(drop)
        })?;
        let keystone = daemon::named("keystone")?;
        keystone.start(self.keeper)?;
        keystone.wait(self.keeper, self.layout)?;
        self.once("catalogue", || {
            self.python(
                "filling the catalogue",
                "/opt/devcloud/identity.py",
                &self.catalogue(),
            )
        })
    }

    fn catalogue(&self) -> serde_json::Value {
        let services = CATALOGUE.map(|(name, kind, port, path)| json!({"name": name, "type": kind, "url": format!("{}{path}", net::api_url(port))}));
        json!({
            "auth_url": net::auth_url(),
            "region": net::REGION,
            "admin_password": self.secrets.admin,
            "demo_password": self.secrets.demo,
            "service_password": self.secrets.service,
            "heat_domain_password": self.secrets.heat_domain,
            "service_users": ["glance", "placement", "nova", "neutron", "heat"],
            "services": services,
        })
    }

    /// All five at once: each waits for imports most of the time.
    fn migrate(&self) -> Result<(), Error> {
        thread::scope(|scope| {
            let one = |(name, commands): (&'static str, &'static [&'static [&'static str]])| {
                scope.spawn(move || {
                    self.once(&format!("schema-{name}"), || {
                        commands.iter().try_for_each(|command| {
                            self.inside(&format!("migrating the schema of {name}"), command)
                        })
                    })
                })
            };
            let running = MIGRATIONS.map(one);
            running
                .into_iter()
                .try_for_each(|thread| joined(thread.join()))
        })
    }

    /// All of them wrote to the database since their process started. A second's resolution is theirs.
    fn wait_for_agents(&self) -> Result<(), Error> {
        let until = Instant::now() + SIGN_LIMIT;
        loop {
            let missing = self.silent_agents()?;
            if missing.is_empty() {
                return Ok(());
            }
            if Instant::now() > until {
                let log = self.layout.log(if missing.contains("nova-compute") {
                    "nova-compute"
                } else {
                    "neutron-server"
                });
                return Err(Error::NotReady {
                    what: missing,
                    limit_s: SIGN_LIMIT.as_secs(),
                    tail: files::tail(&log, 8),
                    log,
                });
            }
            thread::sleep(SIGN_POLL);
        }
    }

    /// Names of agents that have not reported since the cloud started.
    fn silent_agents(&self) -> Result<String, Error> {
        const EXPECTED: [&str; 8] = [
            "nova-conductor",
            "nova-scheduler",
            "nova-compute",
            "heat-engine",
            "neutron-linuxbridge-agent",
            "neutron-dhcp-agent",
            "neutron-l3-agent",
            "neutron-metadata-agent",
        ];
        let mark = self.keeper.view("/run/devcloud/started");
        let started = fs::metadata(&mark)
            .and_then(|found| found.modified())
            .at("read", &mark)?;
        let seconds = started
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        let query = format!(
            "SET time_zone = '+00:00'; SET @since = FROM_UNIXTIME({seconds});\
             SELECT `binary` FROM nova.services WHERE COALESCE(last_seen_up, updated_at, created_at) >= @since AND deleted = 0;\
             SELECT `binary` FROM neutron.agents WHERE heartbeat_timestamp >= @since;\
             SELECT `binary` FROM heat.service WHERE COALESCE(updated_at, created_at) >= @since AND deleted_at IS NULL;\
             SELECT 'mapped' FROM nova.compute_nodes WHERE deleted = 0;"
        );
        let mut ask = self.keeper.command("mysql");
        let answer = command::fed(
            "asking the database for agents",
            ask.args(["--batch", "--skip-column-names"]),
            &query,
        )?;
        let seen: Vec<&str> = answer.lines().collect();
        // The node's row comes after its service's; only then can it be mapped to a cell.
        let missing = EXPECTED.into_iter().filter(|name| {
            !seen.contains(name) || (*name == "nova-compute" && !seen.contains(&"mapped"))
        });
        Ok(missing.collect::<Vec<_>>().join(", "))
    }

    /// Runs one of our Python programs with its parameters on standard input, where nobody can read the passwords.
    pub(crate) fn python(
        &self,
        what: &str,
        program: &str,
        parameters: &serde_json::Value,
    ) -> Result<(), Error> {
        let mut python = self.keeper.command("python3");
        command::fed(what, python.arg(program), &parameters.to_string()).map(drop)
    }

    /// Runs a program inside the cloud.
    fn inside(&self, what: &str, words: &[&str]) -> Result<(), Error> {
        let Some((program, arguments)) = words.split_first() else {
            return Ok(());
        };
        command::output(what, self.keeper.command(program).args(arguments)).map(drop)
    }

    /// Does something unless its marker says that it was done. It may be killed in the middle, so what it does must bear repeating.
    fn once(&self, name: &str, work: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
        let marker = self.layout.marker(name);
        if marker.exists() {
            return Ok(());
        }
        work()?;
        files::write(&marker, b"", files::PUBLIC)
    }
}
