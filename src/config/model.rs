//! The checked configuration: everything downstream of here is known to be
//! well-formed, and every default has been filled in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use url::Url;

use super::cidr::Cidr;
use super::problem::{Problem, Problems, nearest};
use crate::name::{EnvName, PoolName, RoleName, ServiceName, StackName};

/// A checked config.yaml.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The file it came from, for messages about it.
    pub origin: PathBuf,
    /// How images are made.
    pub build: BuildConfig,
    /// What is said about single services.
    pub services: IndexMap<ServiceName, ServiceConfig>,
    /// What is said about further trees that services need, by their name.
    pub trees: IndexMap<String, TreeConfig>,
    /// The catalogue: a built-in one's name, or a path; none means `ptero`.
    pub catalog: Option<String>,
    /// The environments, each with `stacks.common` merged under it.
    pub stacks: IndexMap<EnvName, StackConfig>,
}

impl Config {
    /// The stack of `env`; where there is none, a problem that lists those there are.
    pub fn stack(&self, env: &EnvName) -> Result<&StackConfig, Problems> {
        self.stacks.get(env).ok_or_else(|| {
            let known: Vec<&str> = self.stacks.keys().map(EnvName::as_str).collect();
            let there = if known.is_empty() {
                "there is none".to_owned()
            } else {
                format!("there are `{}`", known.join("`, `"))
            };
            Problems::from(Problem {
                path: self.origin.clone(),
                line: 0,
                column: 0,
                key: String::new(),
                text: env.to_string(),
                message: format!("no stack `{env}`: {there}"),
                nearest: nearest(env.as_str(), known),
            })
        })
    }

    /// A path that the file names: a relative one starts at the file's folder.
    pub fn path(&self, named: &Path) -> PathBuf {
        below(&self.origin, named)
    }

    /// The environments, in the order of the file.
    pub fn environments(&self) -> impl Iterator<Item = &EnvName> {
        self.stacks.keys()
    }
}

/// A path that the configuration file `origin` names.
pub fn below(origin: &Path, named: &Path) -> PathBuf {
    origin.parent().unwrap_or(Path::new("")).join(named)
}

/// `images.build`.
#[derive(Debug, Clone, PartialEq)]
pub struct BuildConfig {
    /// Where images are made.
    pub build_machine: BuildMachine,
    /// What they are made from.
    pub base_image_urls: BaseUrls,
    /// Flavor of the build machine; none: the smallest that is big enough.
    pub build_machine_flavor: Option<String>,
    /// Network (name or id) the build machine is put on; none: one of its own behind a public network.
    pub build_machine_network: Option<String>,
    /// Public network (name or id) for the build machine's own network; none: that of the stacks.
    pub public_net_id: Option<String>,
    /// Certificates that the build machine trusts besides its own.
    pub ca_bundle: Option<PathBuf>,
    /// How the build machine downloads.
    pub downloads: Downloads,
    /// Folder of the site's own Puppet modules, as it was written.
    pub puppet_modules: Option<PathBuf>,
    /// How many recipes are baked side by side; none: as many as the machine has processors.
    pub parallel: Option<u32>,
}

/// How the build machine downloads. It is not in a recipe: what is downloaded makes
/// an image, not the way it came.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Downloads {
    /// URL of the proxy for all downloads, without user and password.
    pub http_proxy: Option<String>,
    /// Hosts, and domains with a leading `.`, that are reached without it.
    pub no_proxy: Vec<String>,
    /// URL of a mirror of Debian, for debian.org; security updates are at the same
    /// with `-security` behind it.
    pub apt_mirror: Option<String>,
    /// URL of a package index for pip, for that of `PyPI`.
    pub pypi_index: Option<String>,
}

/// Where images are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildMachine {
    /// This host, as root.
    Local,
    /// A server booted from this image (name or id).
    Image(String),
}

/// `images.build.base_image_urls`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrls {
    /// For every role that says nothing else.
    pub default: BaseImage,
    /// Per service.
    pub services: IndexMap<ServiceName, ServiceBaseUrls>,
}

/// The base images of one service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceBaseUrls {
    /// For the service's roles that say nothing else.
    pub default: Option<BaseImage>,
    /// Per role.
    pub roles: IndexMap<RoleName, BaseImage>,
}

impl BaseUrls {
    /// The base image of one role: its own, else its service's, else the default.
    pub fn of(&self, service: &ServiceName, role: &RoleName) -> &BaseImage {
        self.services
            .get(service)
            .and_then(|own| own.roles.get(role).or(own.default.as_ref()))
            .unwrap_or(&self.default)
    }

    /// The base image of a service as a whole, without regard to single roles.
    pub fn of_service(&self, service: &ServiceName) -> &BaseImage {
        self.services
            .get(service)
            .and_then(|own| own.default.as_ref())
            .unwrap_or(&self.default)
    }
}

/// A base image: where it is, and what it has to be.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BaseImage {
    /// Where it is fetched from; without a fragment.
    pub url: Url,
    /// From `#sha512=HEX` behind the URL: what the file has to be.
    pub checksum: Option<Checksum>,
}

/// What a file has to be.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Checksum {
    /// `sha256` or `sha512`.
    pub algorithm: String,
    /// Lower-case hexadecimal.
    pub value: String,
}

/// `services.<name>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceConfig {
    /// Git repository, in place of the catalogue's.
    pub repo: Option<String>,
    /// Branch, tag or commit, in place of the tag asked for.
    pub git_ref: Option<String>,
    /// Whether it is deployed; none: what the catalogue says.
    pub enabled: Option<bool>,
    /// Debian packages in its images besides the catalogue's.
    pub packages: Vec<String>,
    /// Classes of the site's own Puppet modules that its images get.
    pub puppet_classes: Vec<String>,
    /// What is said about its roles that run jobs.
    pub jobs: JobsConfig,
}

/// What `services.<name>` says about jobs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobsConfig {
    /// Users besides the catalogue's as whom jobs may run.
    pub users: Vec<String>,
    /// How many jobs a worker runs at a time; none: what the catalogue says.
    pub at_once: Option<u32>,
    /// The file systems that its workers have before they run a job.
    pub mounts: Vec<Mount>,
}

/// A file system of another server, mounted where jobs run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mount {
    /// What is mounted: `host:/path`.
    pub source: String,
    /// The mount point: an absolute path outside of the system's own folders.
    pub at: String,
    /// Its type.
    #[serde(rename = "type")]
    pub file_system: FileSystem,
    /// Mount options, separated by `,`.
    pub options: String,
}

/// The type of a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileSystem {
    /// NFS of the newest version that both sides know.
    Nfs,
    /// NFS of version 4.
    Nfs4,
}

/// `services.<name>` of a tree that is no service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TreeConfig {
    /// Git repository, in place of the catalogue's.
    pub repo: Option<String>,
    /// Full commit id, in place of the catalogue's.
    pub commit: Option<String>,
}

/// One role in one pool: what an instance count is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Placement {
    /// The pool.
    pub pool: PoolName,
    /// The service.
    pub service: ServiceName,
    /// The role of that service.
    pub role: RoleName,
}

/// `stacks.<env>`, with `stacks.common` under it and every default filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct StackConfig {
    /// The environment.
    pub env: EnvName,
    /// The Heat stack's name; `ptero-<env>` unless said.
    pub stack_name: StackName,
    /// The public network, by name or id.
    pub public_net_id: String,
    /// Server counts that were given; others are the catalogue's.
    pub instances: IndexMap<Placement, u32>,
    /// Flavor of every server that has none of its own; none: chosen from the cloud's.
    pub flavor: Option<String>,
    /// Flavors of single roles.
    pub role_flavors: BTreeMap<(ServiceName, RoleName), String>,
    /// Who may use the public services from outside.
    pub client_cidr: Cidr,
    /// The stack's own network.
    pub network_cidr: Cidr,
    /// Name servers for the members; none: those of the cloud.
    pub dns_nameservers: Vec<String>,
    /// Key pair for logging in; none: nobody can.
    pub key_name: Option<String>,
    /// From where logging in at the gateway is possible; only with a key.
    pub ssh_cidr: Option<Cidr>,
    /// Availability zone; none: the cloud chooses.
    pub availability_zone: Option<String>,
    /// Whether members of a role are spread over hosts as far as possible.
    pub anti_affinity: bool,
    /// How long one member may take to be ready, in seconds.
    pub member_deadline_s: u32,
    /// How long the whole stack may take to be created, in minutes.
    pub create_timeout_minutes: u32,
    /// How long the jobs of a member that goes have to come to their end, in minutes.
    pub drain_deadline_minutes: u32,
    /// What happens to jobs that have not ended by then.
    pub drain_policy: DrainPolicy,
}

/// What happens to jobs that have not ended by the deadline of a drain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrainPolicy {
    /// They are waited for.
    #[default]
    Wait,
    /// They are killed and begin anew on another member.
    Requeue,
    /// They are ended and count as failed.
    Abort,
}

impl DrainPolicy {
    /// Every policy.
    pub const ALL: [Self; 3] = [Self::Wait, Self::Requeue, Self::Abort];

    /// As it is written in config.yaml.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Requeue => "requeue",
            Self::Abort => "abort",
        }
    }
}

impl StackConfig {
    /// The flavor asked for `role` of `service`: its own, else the stack's, else none.
    pub fn flavor_of(&self, service: &ServiceName, role: &RoleName) -> Option<&str> {
        self.role_flavors
            .get(&(service.clone(), role.clone()))
            .or(self.flavor.as_ref())
            .map(String::as_str)
    }
}
