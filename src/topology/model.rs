//! One environment, worked out: which servers there are and who calls whom.

use indexmap::IndexMap;

use super::catalog::{Kind, Role, Service};
use crate::config::{BaseImage, StackConfig};
use crate::name::{EnvName, PoolName, RoleName, ServiceName};

/// One environment, worked out from configuration and catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct Topology {
    /// The environment.
    pub env: EnvName,
    /// The name of the catalogue.
    pub catalog: String,
    /// The stack's settings.
    pub stack: StackConfig,
    /// The services that are deployed, backing ones only where needed.
    pub services: IndexMap<ServiceName, Service>,
    /// Every server, in the order of services, roles, pools and slots.
    pub members: Vec<Member>,
    /// Who calls whom.
    pub flows: Vec<Flow>,
    /// The image of each role.
    pub recipes: IndexMap<RoleKey, RecipeName>,
}

/// A role of a service.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleKey {
    /// The service.
    pub service: ServiceName,
    /// The role.
    pub role: RoleName,
}

/// The name of a recipe: a service's, or a service's and a role's where the role
/// has a base image of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecipeName(String);

/// One image of a service: its name, its base and the roles that boot from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipeGroup {
    /// The recipe's name.
    pub name: RecipeName,
    /// The service.
    pub service: ServiceName,
    /// The roles that boot from it.
    pub roles: Vec<RoleName>,
    /// What it is made from.
    pub base: BaseImage,
}

/// One server, in one slot of a pool. What is in it is decided by the release.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Member {
    /// Service and role.
    pub role: RoleKey,
    /// What kind of server it is.
    pub kind: Kind,
    /// The pool.
    pub pool: PoolName,
    /// Its place in the pool, from 0.
    pub slot: u32,
}

impl Member {
    /// `service-role-pool-slot`, a host name without the digest of its content.
    pub fn slot_name(&self) -> String {
        format!(
            "{}-{}-{}-{}",
            self.role.service, self.role.role, self.pool, self.slot
        )
        .replace('_', "-")
    }
}

/// One end of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Party {
    /// Whoever uses the system from outside.
    Clients,
    /// The members of a role.
    Role(RoleKey),
}

/// Something that has to be let through: who calls whom, on which port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flow {
    /// The caller.
    pub from: Party,
    /// The called.
    pub to: RoleKey,
    /// The TCP port.
    pub port: u16,
    /// Why, e.g. `workflow's database`.
    pub purpose: String,
}

impl Topology {
    /// The gateway's role.
    pub fn gateway(&self) -> Option<RoleKey> {
        self.of_kind(Kind::Gateway)
    }

    /// The role of the backing service of `kind`, where there is one.
    pub fn of_kind(&self, kind: Kind) -> Option<RoleKey> {
        self.members
            .iter()
            .find(|member| member.kind == kind)
            .map(|member| member.role.clone())
    }

    /// The members of one role.
    pub fn members_of(&self, role: &RoleKey) -> impl Iterator<Item = &Member> {
        self.members
            .iter()
            .filter(move |member| member.role == *role)
    }

    /// The roles that have a member, each once, in order.
    pub fn roles(&self) -> Vec<&RoleKey> {
        let mut roles: Vec<&RoleKey> = Vec::new();
        for member in &self.members {
            if !roles.contains(&&member.role) {
                roles.push(&member.role);
            }
        }
        roles
    }

    /// The catalogue's entry of a role.
    pub fn role(&self, key: &RoleKey) -> Option<&Role> {
        self.services.get(&key.service)?.roles.get(&key.role)
    }

    /// Whether any member asks for jobs whose end was lost.
    pub fn asks_for_lost_jobs(&self) -> bool {
        let mut roles = self.services.values().flat_map(|one| one.roles.values());
        roles.any(|role| role.lost_jobs.is_some())
    }

    /// The services that answer on a port of the gateway, with that port, in order.
    pub fn advertised(&self) -> impl Iterator<Item = (&ServiceName, &Service, u16)> {
        self.services.iter().filter_map(|(name, service)| {
            let port = service.port.filter(|_| service.kind == Kind::Application)?;
            Some((name, service, port))
        })
    }
}

impl RecipeName {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for RecipeName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::fmt::Display for RoleKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.service, self.role)
    }
}
