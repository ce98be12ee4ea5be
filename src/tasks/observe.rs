//! What an update's plan needs to know of the cloud: the stack, its members, the
//! images, and the room that is left.

use indexmap::IndexMap;
use jiff::Timestamp;

use crate::apply::brake::why_down;
use crate::apply::{journal, roll};
use crate::bake::observe;
use crate::error::{Failure, Kind};
use crate::openstack::client::Cloud;
use crate::openstack::glance::Image;
use crate::openstack::nova::{Flavor, Server};
use crate::openstack::stack::{HeatEvent, Resource, Stack};
use crate::openstack::stack_status::{Action, State};
use crate::plan::images::ImageFact;
use crate::plan::quota::Quota;
use crate::plan::update::model::{MemberSeen, Room, Size, StackSeen, Trouble};
use crate::tasks::earlier::{earlier, took};
use crate::template::present::{Present, PresentMember};
use crate::topology::{Role, RoleKey, Topology};

/// What is known of the cloud.
pub struct Observed {
    /// The stack, where there is one.
    pub stack: Option<(StackSeen, Present)>,
    /// Every image of ours, usable ones and others.
    pub images: Vec<Image>,
    /// What is known of them.
    pub facts: Vec<ImageFact>,
    /// What the project may have.
    pub room: Room,
    flavors: Vec<Flavor>,
}

/// What belongs to one member, looked up by its resource.
struct Around<'a> {
    topology: &'a Topology,
    resources: &'a [Resource],
    events: &'a [HeatEvent],
    servers: &'a [Server],
    images: &'a [Image],
    flavors: &'a [Flavor],
    /// Whether Heat is at work on the stack.
    busy: bool,
    /// Members that serve and yet have to be made anew.
    renew: &'a [String],
}

/// Looks at everything; `stack` is the environment's, where there is one.
pub async fn observe(
    cloud: &Cloud,
    topology: &Topology,
    stack: Option<&Stack>,
) -> Result<Observed, Failure> {
    let nova = cloud.nova();
    let (images, flavors, room) = tokio::join!(observe::images(cloud), nova.flavors(), room(cloud));
    let (images, flavors, room) = (images?, flavors?, room?);
    let now = Timestamp::now();
    let facts = images.iter().map(|one| observe::fact(one, now)).collect();
    let stack = match stack {
        Some(stack) => Some(seen(cloud, topology, stack, &images, &flavors).await?),
        None => None,
    };
    Ok(Observed {
        stack,
        images,
        facts,
        room,
        flavors,
    })
}

/// What the project may have, and has.
pub async fn room(cloud: &Cloud) -> Result<Room, Failure> {
    let (nova, neutron) = (cloud.nova(), cloud.neutron());
    let (limits, quotas) = tokio::join!(nova.limits(), neutron.quotas());
    let (limits, quotas) = (limits?, quotas?);
    let quota = |limit, used| Quota { limit, used };
    let of = |one: &crate::openstack::neutron::Quota| quota(one.limit, one.used);
    Ok(Room {
        servers: quota(limits.max_total_instances, limits.total_instances_used),
        cores: quota(limits.max_total_cores, limits.total_cores_used),
        ram_mib: quota(limits.max_total_ram_mib, limits.total_ram_used_mib),
        networks: of(&quotas.network),
        routers: of(&quotas.router),
        floating_ips: of(&quotas.floatingip),
        ports: of(&quotas.port),
        security_groups: of(&quotas.security_group),
    })
}

impl Observed {
    /// What a member of each role takes of the quota.
    pub fn sizes(
        &self,
        topology: &Topology,
        default_flavor: &str,
    ) -> Result<IndexMap<RoleKey, Size>, Failure> {
        let size = |role: &RoleKey| {
            let named = topology.stack.flavor_of(&role.service, &role.role);
            let named = named.unwrap_or(default_flavor);
            let flavor = flavor(&self.flavors, named);
            flavor
                .map(|flavor| (role.clone(), size(flavor)))
                .ok_or_else(|| {
                    let message = format!("{role}: there is no flavor `{named}`");
                    Failure::new(Kind::Usage, message)
                })
        };
        topology.roles().into_iter().map(size).collect()
    }
}

async fn seen(
    cloud: &Cloud,
    topology: &Topology,
    stack: &Stack,
    images: &[Image],
    flavors: &[Flavor],
) -> Result<(StackSeen, Present), Failure> {
    let reference = stack.reference();
    let (heat, nova) = (cloud.heat(), cloud.nova());
    let (present, records, resources, events, servers) = tokio::join!(
        roll::present(cloud, &reference),
        journal::records(cloud, &reference),
        heat.resources(&reference, 0),
        heat.events(&reference, None, 0),
        nova.servers(&[]),
    );
    let (present, records) = (present?, records?);
    let (resources, events, servers) = (resources?, events?, servers?);
    let around = Around {
        topology,
        resources: &resources,
        events: &events,
        servers: &servers,
        images,
        flavors,
        busy: stack.status.state == State::InProgress,
        renew: records.update.as_ref().map_or(&[], |one| &one.renew),
    };
    let members = present
        .members(topology)
        .into_iter()
        .map(|member| around.member(member))
        .collect();
    let earlier = earlier(&events, &records);
    let seen = StackSeen {
        id: stack.id.clone(),
        name: stack.name.clone(),
        status: stack.status.to_string(),
        updated: stack
            .updated_time
            .clone()
            .unwrap_or_else(|| stack.creation_time.clone()),
        members,
        release: records.current().cloned(),
        history: records.history,
        unfinished: records.update,
        earlier,
    };
    Ok((seen, present))
}

impl Around<'_> {
    fn member(&self, present: PresentMember) -> MemberSeen {
        let PresentMember {
            rendered,
            image,
            flavor: named,
            ..
        } = present;
        let resource = self
            .resources
            .iter()
            .find(|one| one.name == rendered.resource);
        let trouble = self.trouble(resource, &rendered.name);
        let image = self.images.iter().find(|one| one.id == image);
        let flavor = flavor(self.flavors, &named);
        let boot_s = took(self.events, &rendered.resource, &Action::Create);
        let RoleKey { service, role } = &rendered.member.role;
        let services = &self.topology.services;
        let role = services.get(service).and_then(|one| one.roles.get(role));
        let jobs_max = role.and_then(Role::jobs_at_once);
        MemberSeen {
            member: rendered.member,
            name: rendered.name,
            resource: rendered.resource,
            digest: rendered.digest,
            image_digest: image
                .and_then(|image| image.property("ptero_recipe"))
                .map(str::to_owned),
            healthy: trouble.is_none(),
            trouble,
            jobs_max,
            size: flavor.map(size).unwrap_or_default(),
            boot_s,
        }
    }

    fn trouble(&self, resource: Option<&Resource>, name: &str) -> Option<Trouble> {
        let known = |why: String| {
            let unknown_to_heat = false;
            Some(Trouble {
                why,
                unknown_to_heat,
            })
        };
        match resource {
            Some(one) if one.status.is_failed() => {
                return known(format!("Heat says {}", one.status));
            }
            // While Heat is at work, what is not there yet may still come.
            _ if self.busy => return None,
            None => return known("it was never made".to_owned()),
            Some(one) if one.status.action == Action::Init => {
                return known("it was never made".to_owned());
            }
            Some(one) if self.renew.contains(&one.name) => {
                return Some(Trouble {
                    why: "what it works on is gone".to_owned(),
                    unknown_to_heat: true,
                });
            }
            Some(_) => {}
        }
        let server = self.servers.iter().find(|server| server.name == name);
        why_down(server).map(|why| Trouble {
            why: why.to_owned(),
            unknown_to_heat: true,
        })
    }
}

/// The flavor that is called so, or has this id.
pub fn flavor<'a>(flavors: &'a [Flavor], named: &str) -> Option<&'a Flavor> {
    let mut flavors = flavors.iter();
    flavors.find(|one| one.name == named || one.id == named)
}

/// What a server of this flavor takes of the quota.
pub fn size(flavor: &Flavor) -> Size {
    Size {
        cores: i64::from(flavor.vcpus),
        ram_mib: i64::try_from(flavor.ram_mib).unwrap_or(i64::MAX),
    }
}
