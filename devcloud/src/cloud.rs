//! The calls: up, down, status, env, logs, exec.

use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::{self, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::daemon::{self, DAEMONS};
use crate::env::Env;
use crate::error::Error;
use crate::files;
use crate::host::Host;
use crate::keeper::Keeper;
use crate::layout::Layout;
use crate::network as net;
use crate::progress::{Progress, Reporter};
use crate::resolver;
use crate::rootfs;
use crate::secrets::Secrets;
use crate::settings::{Release, Settings};
use crate::status::{self, Status};
use crate::threads::joined;
use crate::{down, up};

/// A running Keystone on this host accepts at once; anything slower is as good as down.
const ACCEPT_LIMIT: Duration = Duration::from_millis(3);

/// One embedded cloud, running or not.
#[derive(Debug, Clone)]
pub struct Devcloud {
    settings: Settings,
    layout: Layout,
}

/// Where the running cloud is, for clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `OS_AUTH_URL`.
    pub auth_url: String,
    /// Its region.
    pub region: String,
    /// Name of the external network.
    pub public_network: String,
    /// Name servers that servers can reach; a subnet needs them as `dns_nameservers`.
    pub dns: Vec<IpAddr>,
    /// Base images by name, with their URLs; each has its checksum at URL + `.sha512`.
    pub base_images: Vec<(String, String)>,
}

impl Devcloud {
    /// The cloud of that root directory.
    pub fn new(settings: Settings) -> Self {
        let home = path::absolute(&settings.root).unwrap_or_else(|_| settings.root.clone());
        let layout = Layout::new(&home);
        Self { settings, layout }
    }

    /// Makes and starts whatever is missing, then says where the cloud is.
    pub fn up(&self, progress: &mut dyn FnMut(Progress)) -> Result<Endpoint, Error> {
        Host::this().check()?;
        let bases = self.settings.wanted_bases();
        with_progress(progress, |report| up::up(&self.layout, &bases, report))?;
        Ok(self.endpoint())
    }

    /// Stops it; with `purge`, removes all that it ever made.
    pub fn down(&self, purge: bool, progress: &mut dyn FnMut(Progress)) -> Result<(), Error> {
        Host::this().check()?;
        with_progress(progress, |report| down::down(&self.layout, purge, report))
    }

    /// Whether it is up: a look at two files and one connection, under 5 ms.
    pub fn is_up(&self) -> bool {
        let address = SocketAddr::from((net::API_ADDRESS, net::KEYSTONE_PORT));
        up::marked_ready(&self.layout) && TcpStream::connect_timeout(&address, ACCEPT_LIMIT).is_ok()
    }

    /// Looks at every daemon.
    pub fn status(&self) -> Result<Status, Error> {
        status::look(
            &self.layout,
            up::marked_ready(&self.layout),
            rootfs::complete(&self.layout),
        )
    }

    /// Credentials of the project that deployments go to.
    pub fn env(&self) -> Result<Env, Error> {
        Ok(Env::demo(self.secrets()?))
    }

    /// Credentials of the administrator.
    pub fn admin_env(&self) -> Result<Env, Error> {
        Ok(Env::admin(self.secrets()?))
    }

    /// Where the cloud is, or will be.
    pub fn endpoint(&self) -> Endpoint {
        let known = Release::ALL.into_iter().filter(|release| {
            self.settings.wanted_bases().contains(release)
                || self.layout.checksum(*release).exists()
        });
        Endpoint {
            auth_url: net::auth_url(),
            region: net::REGION.to_owned(),
            public_network: net::PUBLIC_NETWORK.to_owned(),
            dns: resolver::host_name_servers(),
            base_images: known
                .map(|release| (release.image_name().to_owned(), base_image_url(release)))
                .collect(),
        }
    }

    /// Names of all daemons, for `logs`.
    pub fn daemon_names() -> Vec<&'static str> {
        DAEMONS.iter().map(|daemon| daemon.name).collect()
    }

    /// The log of a daemon.
    pub fn log(&self, name: &str) -> Result<PathBuf, Error> {
        daemon::named(name).map(|daemon| self.layout.log(daemon.name))
    }

    /// A program inside the cloud's namespaces and root file system, with the administrator's `OS_*`: for tests, such as
    /// `exec("openstack")` with arguments.
    pub fn exec(&self, program: &str) -> Result<Command, Error> {
        let keeper = Keeper::running(&self.layout).ok_or(Error::NotUp)?;
        let mut command = keeper.command(program);
        command.envs(self.admin_env()?.variables());
        Ok(command)
    }

    fn secrets(&self) -> Result<Secrets, Error> {
        // Kept in a file that only root can read, so its absence and its mode both mean: not for this user.
        files::read(&self.layout.secrets())?.ok_or(Error::NotUp)?;
        Secrets::load(&self.layout)?.ok_or(Error::NotUp)
    }
}

/// Where a base image is served while the cloud is up; `.sha512` appended gives its checksum file.
pub fn base_image_url(release: Release) -> String {
    format!(
        "{}/{}.raw",
        net::api_url(net::IMAGES_PORT),
        release.image_name()
    )
}

/// Runs the work in a thread and its reports here, as the caller's closure need not be sendable.
fn with_progress<T: Send>(
    progress: &mut dyn FnMut(Progress),
    work: impl FnOnce(&Reporter) -> Result<T, Error> + Send,
) -> Result<T, Error> {
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        let worker = scope.spawn(move || work(&Reporter::new(sender)));
        for report in receiver {
            progress(report);
        }
        joined(worker.join())
    })
}
