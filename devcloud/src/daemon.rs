//! The table of daemons: name, command, when they count as ready. Starting one, and asking after all.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::command;
use crate::error::Error;
use crate::files;
use crate::keeper::Keeper;
use crate::layout::Layout;
use crate::network as net;
use crate::process;

/// Twenty Python daemons starting at once on two cores take up to a minute to import; three leave room for other work.
const READY_LIMIT: Duration = Duration::from_secs(240);
const READY_POLL: Duration = Duration::from_millis(100);
/// An API that does not answer within this is not up.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// Lines of a log that an error shows.
const TAIL_LINES: usize = 8;

/// When a daemon counts as ready.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ready {
    /// It listens on this port inside.
    Port(u16),
    /// It accepts connections on this Unix socket.
    Socket(&'static str),
    /// It answers this path over HTTP with any status below 500.
    Http(u16, &'static str),
    /// It tells the database; `signs` waits for that.
    Sign,
}

/// A row of the table.
#[derive(Debug)]
pub(crate) struct Daemon {
    pub(crate) name: &'static str,
    command: &'static [&'static str],
    ready: Ready,
    /// Must be ready before this one starts.
    pub(crate) after: Option<&'static str>,
}

const NEUTRON: &str = "--config-file=/etc/neutron/neutron.conf";

/// In the order of their start. Before: the database and the queue; then Keystone, which everything asks.
pub(crate) const DAEMONS: [Daemon; 19] = [
    Daemon {
        name: "mariadb",
        command: &["mariadbd", "--user=mysql"],
        ready: Ready::Socket("/run/mysqld/mysqld.sock"),
        after: None,
    },
    Daemon {
        name: "rabbitmq",
        command: &[
            "setpriv",
            "--reuid=rabbitmq",
            "--regid=rabbitmq",
            "--init-groups",
            "--",
            "env",
            "HOME=/var/lib/rabbitmq",
            "rabbitmq-server",
        ],
        ready: Ready::Port(net::RABBIT_PORT),
        after: None,
    },
    Daemon {
        name: "keystone",
        command: &uwsgi("172.31.250.2:5000", "/usr/bin/keystone-wsgi-public", "2"),
        ready: Ready::Http(net::KEYSTONE_PORT, "/v3"),
        after: None,
    },
    Daemon {
        name: "placement",
        command: &uwsgi("172.31.250.2:8778", "/usr/bin/placement-api", "1"),
        ready: Ready::Http(net::PLACEMENT_PORT, "/"),
        after: None,
    },
    Daemon {
        name: "glance-api",
        command: &["glance-api"],
        ready: Ready::Http(net::GLANCE_PORT, "/healthcheck"),
        after: None,
    },
    Daemon {
        name: "neutron-server",
        command: &[
            "neutron-server",
            NEUTRON,
            "--config-file=/etc/neutron/plugins/ml2/ml2_conf.ini",
        ],
        ready: Ready::Http(net::NEUTRON_PORT, "/"),
        after: Some("rabbitmq"),
    },
    Daemon {
        name: "nova-api",
        command: &["nova-api"],
        ready: Ready::Http(net::NOVA_PORT, "/"),
        after: None,
    },
    Daemon {
        name: "nova-conductor",
        command: &["nova-conductor"],
        ready: Ready::Sign,
        after: None,
    },
    Daemon {
        name: "nova-scheduler",
        command: &["nova-scheduler"],
        ready: Ready::Sign,
        after: None,
    },
    Daemon {
        name: "libvirtd",
        command: &["libvirtd"],
        ready: Ready::Socket("/run/libvirt/libvirt-sock"),
        after: None,
    },
    Daemon {
        name: "heat-api",
        command: &["heat-api"],
        ready: Ready::Http(net::HEAT_PORT, "/"),
        after: None,
    },
    Daemon {
        name: "heat-api-cfn",
        command: &["heat-api-cfn"],
        ready: Ready::Http(net::HEAT_CFN_PORT, "/"),
        after: None,
    },
    Daemon {
        name: "heat-engine",
        command: &["/opt/devcloud/heat-engine"],
        ready: Ready::Sign,
        after: None,
    },
    Daemon {
        name: "images",
        command: &[
            "python3",
            "-m",
            "http.server",
            "--bind",
            "172.31.250.2",
            "--directory",
            "/srv/images",
            "8080",
        ],
        ready: Ready::Http(net::IMAGES_PORT, "/"),
        after: None,
    },
    // nova-compute disables its own service while libvirtd is away.
    Daemon {
        name: "nova-compute",
        command: &["nova-compute"],
        ready: Ready::Sign,
        after: Some("libvirtd"),
    },
    // An agent whose first report finds no server waits a minute for an answer.
    Daemon {
        name: "neutron-linuxbridge-agent",
        command: &[
            "neutron-linuxbridge-agent",
            NEUTRON,
            "--config-file=/etc/neutron/plugins/ml2/linuxbridge_agent.ini",
        ],
        ready: Ready::Sign,
        after: Some("neutron-server"),
    },
    Daemon {
        name: "neutron-dhcp-agent",
        command: &[
            "neutron-dhcp-agent",
            NEUTRON,
            "--config-file=/etc/neutron/dhcp_agent.ini",
        ],
        ready: Ready::Sign,
        after: Some("neutron-server"),
    },
    Daemon {
        name: "neutron-l3-agent",
        command: &[
            "neutron-l3-agent",
            NEUTRON,
            "--config-file=/etc/neutron/l3_agent.ini",
        ],
        ready: Ready::Sign,
        after: Some("neutron-server"),
    },
    Daemon {
        name: "neutron-metadata-agent",
        command: &[
            "neutron-metadata-agent",
            NEUTRON,
            "--config-file=/etc/neutron/metadata_agent.ini",
        ],
        ready: Ready::Sign,
        after: Some("neutron-server"),
    },
];

/// `Connection: close`, because uwsgi resets the connection of a PUT without a body otherwise.
const fn uwsgi(
    socket: &'static str,
    file: &'static str,
    processes: &'static str,
) -> [&'static str; 16] {
    [
        "uwsgi_python3",
        "--http-socket",
        socket,
        "--wsgi-file",
        file,
        "--master",
        "--processes",
        processes,
        "--threads",
        "4",
        "--lazy-apps",
        "--enable-threads",
        "--buffer-size",
        "65535",
        "--add-header",
        "Connection: close",
    ]
}

/// The row with that name.
pub(crate) fn named(name: &str) -> Result<&'static Daemon, Error> {
    DAEMONS
        .iter()
        .find(|daemon| daemon.name == name)
        .ok_or_else(|| Error::UnknownDaemon {
            name: name.to_owned(),
            known: DAEMONS.map(|daemon| daemon.name).join(", "),
        })
}

impl Daemon {
    /// Its process inside, if it runs.
    pub(crate) fn pid(&self, keeper: &Keeper) -> Option<i32> {
        let pid = fs::read_to_string(keeper.view(&format!("/run/devcloud/{}.pid", self.name)))
            .ok()?
            .trim()
            .parse()
            .ok()?;
        let stat = fs::read_to_string(keeper.view(&format!("/proc/{pid}/stat"))).ok()?;
        process::parse_stat(&stat)
            .filter(|stat| !stat.zombie)
            .map(|_| pid)
    }

    /// Starts it unless it runs; does not wait.
    pub(crate) fn start(&self, keeper: &Keeper) -> Result<(), Error> {
        if self.pid(keeper).is_none() {
            let mut start = keeper.command("/opt/devcloud/daemon");
            command::output(
                &format!("starting {}", self.name),
                start.arg(self.name).args(self.command),
            )?;
        }
        Ok(())
    }

    /// Waits until it is ready; fails at once when it ends.
    pub(crate) fn wait(&self, keeper: &Keeper, layout: &Layout) -> Result<(), Error> {
        let until = Instant::now() + READY_LIMIT;
        while !self.is_ready(keeper) {
            let log = layout.log(self.name);
            let tail = || files::tail(&log, TAIL_LINES);
            if self.pid(keeper).is_none() {
                return Err(Error::Died {
                    name: self.name.to_owned(),
                    tail: tail(),
                    log,
                });
            }
            if Instant::now() > until {
                return Err(Error::NotReady {
                    what: self.name.to_owned(),
                    limit_s: READY_LIMIT.as_secs(),
                    tail: tail(),
                    log,
                });
            }
            thread::sleep(READY_POLL);
        }
        Ok(())
    }

    /// Whether it does its work now, as far as one look tells.
    pub(crate) fn is_ready(&self, keeper: &Keeper) -> bool {
        match self.ready {
            Ready::Port(port) => {
                let table = |name: &str| {
                    fs::read_to_string(format!("/proc/{}/net/{name}", keeper.pid()))
                        .unwrap_or_default()
                };
                process::listens(&table("tcp"), port) || process::listens(&table("tcp6"), port)
            }
            Ready::Socket(path) => UnixStream::connect(keeper.view(path)).is_ok(),
            Ready::Http(port, path) => answers(port, path),
            Ready::Sign => self.pid(keeper).is_some(),
        }
    }
}

/// One HTTP request by hand; any answer but a server's error counts.
pub(crate) fn answers(port: u16, path: &str) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream =
            TcpStream::connect_timeout(&SocketAddr::from((net::API_ADDRESS, port)), ANSWER_LIMIT)?;
        stream.set_read_timeout(Some(ANSWER_LIMIT))?;
        write!(
            stream,
            "GET {path} HTTP/1.0\r\nHost: {}\r\nConnection: close\r\n\r\n",
            net::API_ADDRESS
        )?;
        let mut start = [0_u8; 12];
        stream.read_exact(&mut start)?;
        Ok(String::from_utf8_lossy(&start).into_owned())
    };
    ask().is_ok_and(|start| status(&start).is_some_and(|status| status < 500))
}

fn status(start: &str) -> Option<u16> {
    start.strip_prefix("HTTP/1.")?.get(2..)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{DAEMONS, named, status};
    use crate::network as net;

    #[test]
    fn the_status_is_read() {
        assert_eq!(status("HTTP/1.1 300"), Some(300));
        assert_eq!(status("HTTP/1.0 503"), Some(503));
        assert_eq!(status("SSH-2.0-Open"), None);
    }

    #[test]
    fn an_unknown_daemon_is_answered_with_all_names() {
        assert!(
            named("nova")
                .unwrap_err()
                .to_string()
                .contains("nova-api, nova-conductor")
        );
        assert_eq!(named("heat-api").unwrap().name, "heat-api");
    }

    #[test]
    fn addresses_in_commands_are_those_of_the_network() {
        let text = format!("{DAEMONS:?}");
        assert!(text.contains(&format!("{}:{}", net::API_ADDRESS, net::KEYSTONE_PORT)));
        assert!(text.contains(&format!("{}:{}", net::API_ADDRESS, net::PLACEMENT_PORT)));
        assert!(text.contains(&format!("\"{}\"", net::IMAGES_PORT)));
    }
}
