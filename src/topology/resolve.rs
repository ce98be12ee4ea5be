//! Configuration and catalogue in, [`Topology`] out.

use indexmap::IndexMap;

use super::catalog::{Catalog, Kind, Role, Service};
use super::flow::flows;
use super::model::{Member, RecipeGroup, RecipeName, RoleKey, Topology};
use crate::config::{BaseImage, Config, Placement, Problems, StackConfig};
use crate::name::{EnvName, PoolName, RoleName, ServiceName};

/// The pool of servers for which nothing else is said.
const DEFAULT_POOL: &str = "default";
/// A host name's length; Nova cuts longer ones, and two members become one name.
const HOST_NAME_MAX: usize = 63;
/// `-` and eight digits, behind every slot's name.
const DIGEST_PART: usize = 9;

impl Topology {
    /// Works out one environment.
    pub fn resolve(config: &Config, catalog: &Catalog, env: &EnvName) -> Result<Self, Problems> {
        let stack = config.stack(env)?;
        let services: IndexMap<ServiceName, Service> = catalog
            .deployed()
            .map(|(name, service)| (name.clone(), service.clone()))
            .collect();
        let members = services
            .iter()
            .flat_map(|(name, service)| members(name, service, stack))
            .collect::<Vec<_>>();
        for member in &members {
            let name = member.slot_name();
            if name.len() + DIGEST_PART > HOST_NAME_MAX {
                return Err(Problems::whole_file(
                    &config.origin,
                    format!("`{name}` is too long for a host name: shorten the pool's name"),
                ));
            }
        }
        let recipes = recipe_groups(config, catalog)
            .into_iter()
            .flat_map(|group| {
                let RecipeGroup {
                    name,
                    service,
                    roles,
                    ..
                } = group;
                roles.into_iter().map(move |role| {
                    let service = service.clone();
                    (RoleKey { service, role }, name.clone())
                })
            })
            .collect();
        let flows = flows(&services);
        Ok(Self {
            env: env.clone(),
            catalog: catalog.name.clone(),
            stack: stack.clone(),
            services,
            members,
            flows,
            recipes,
        })
    }
}

fn members(name: &ServiceName, service: &Service, stack: &StackConfig) -> Vec<Member> {
    service
        .roles
        .iter()
        .flat_map(|(role_name, role)| {
            let key = RoleKey {
                service: name.clone(),
                role: role_name.clone(),
            };
            pools(&key, role, stack)
                .into_iter()
                .flat_map(move |(pool, count)| {
                    let key = key.clone();
                    (0..count).map(move |slot| Member {
                        role: key.clone(),
                        kind: service.kind,
                        pool: pool.clone(),
                        slot,
                    })
                })
        })
        .collect()
}

/// The pools of a role with their counts: `default` first, the others by name, so
/// that the order of the configuration changes nothing.
fn pools(key: &RoleKey, role: &Role, stack: &StackConfig) -> Vec<(PoolName, u32)> {
    let of_role =
        |placement: &&Placement| placement.service == key.service && placement.role == key.role;
    let mut pools: Vec<(PoolName, u32)> = stack
        .instances
        .iter()
        .filter(|(placement, _)| of_role(placement))
        .map(|(placement, count)| (placement.pool.clone(), *count))
        .collect();
    if !pools.iter().any(|(pool, _)| pool.as_str() == DEFAULT_POOL)
        && let Ok(pool) = PoolName::new(DEFAULT_POOL)
    {
        pools.push((pool, role.instances));
    }
    pools.sort_by_key(|(pool, _)| (pool.as_str() != DEFAULT_POOL, pool.clone()));
    pools
}

/// The images of a catalogue: roles of a service with one base image share one.
pub fn recipe_groups(config: &Config, catalog: &Catalog) -> Vec<RecipeGroup> {
    catalog
        .deployed()
        .flat_map(|(name, service)| groups_of(config, name, service))
        .collect()
}

fn groups_of(config: &Config, name: &ServiceName, service: &Service) -> Vec<RecipeGroup> {
    let urls = &config.build.base_image_urls;
    let mut by_base: IndexMap<&BaseImage, Vec<RoleName>> = IndexMap::new();
    for role in service.roles.keys() {
        by_base
            .entry(urls.of(name, role))
            .or_default()
            .push(role.clone());
    }
    let own = urls.of_service(name);
    by_base
        .into_iter()
        .map(|(base, roles)| {
            let text = if base == own || service.kind != Kind::Application {
                name.to_string()
            } else {
                let roles: Vec<&str> = roles.iter().map(RoleName::as_str).collect();
                format!("{name}-{}", roles.join("-")).replace('_', "-")
            };
            RecipeGroup {
                name: RecipeName::new(text),
                service: name.clone(),
                roles,
                base: base.clone(),
            }
        })
        .collect()
}
