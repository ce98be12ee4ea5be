//! What one entry below `stacks` says, before `common` is merged under it.
//! Reading each entry by itself reports a mistake in `common` once.

use std::collections::BTreeMap;
use std::net::IpAddr;

use indexmap::IndexMap;

use super::cidr::Cidr;
use super::known::{Known, joined};
use super::model::{DrainPolicy, Placement};
use super::problem::nearest;
use super::reader::{Fields, Item, Reader};
use crate::name::{PoolName, RoleName, ServiceName, StackName};

/// Above this a mistyped count is likelier than a wish; quotas end far below.
const INSTANCES_MAX: u32 = 500;
/// Heat keeps a time limit in minutes; a day is more than any deployment takes.
const TIMEOUT_MINUTES_MAX: u32 = 1440;

/// The settings of one entry, each where it was given.
#[derive(Debug, Clone, Default)]
pub(crate) struct PartialStack {
    pub(crate) stack_name: Option<StackName>,
    pub(crate) public_net_id: Option<String>,
    pub(crate) instances: IndexMap<Placement, u32>,
    pub(crate) flavor: Option<String>,
    pub(crate) role_flavors: BTreeMap<(ServiceName, RoleName), String>,
    pub(crate) client_cidr: Option<Cidr>,
    pub(crate) network_cidr: Option<Cidr>,
    pub(crate) dns_nameservers: Option<Vec<String>>,
    pub(crate) key_name: Option<String>,
    pub(crate) ssh_cidr: Option<Cidr>,
    pub(crate) availability_zone: Option<String>,
    pub(crate) anti_affinity: Option<bool>,
    pub(crate) member_deadline_s: Option<u32>,
    pub(crate) create_timeout_minutes: Option<u32>,
    pub(crate) drain_deadline_minutes: Option<u32>,
    pub(crate) drain_policy: Option<DrainPolicy>,
    /// Whether a setting of this entry was refused; it is not missing then.
    pub(crate) refused: bool,
}

impl PartialStack {
    pub(crate) fn read(reader: &mut Reader<'_>, item: &Item<'_>, known: &Known) -> Self {
        let before = reader.problems.len();
        let mut stack = Self::default();
        if item.node.what() != "nothing"
            && let Some(fields) = reader.map(item)
        {
            stack.fill(reader, fields, known);
        }
        stack.refused = reader.problems.len() > before;
        stack
    }

    fn fill(&mut self, reader: &mut Reader<'_>, mut fields: Fields<'_>, known: &Known) {
        let f = &mut fields;
        self.stack_name = f
            .take("stack_name")
            .and_then(|i| reader.name(&i, StackName::new));
        self.public_net_id = f.take("public_net_id").and_then(|i| reader.text(&i));
        self.flavor = f.take("flavor").and_then(|i| reader.text(&i));
        self.client_cidr = f
            .take("client_cidr")
            .and_then(|i| reader.parsed(&i, Cidr::parse));
        self.network_cidr = f
            .take("network_cidr")
            .and_then(|i| reader.parsed(&i, network));
        self.dns_nameservers = f.take("dns_nameservers").map(|i| {
            let items = reader.list(&i);
            items
                .iter()
                .filter_map(|i| reader.parsed(i, address))
                .collect()
        });
        self.key_name = f.take("key_name").and_then(|i| reader.text(&i));
        self.ssh_cidr = f
            .take("ssh_cidr")
            .and_then(|i| reader.parsed(&i, Cidr::parse));
        self.availability_zone = f.take("availability_zone").and_then(|i| reader.text(&i));
        self.anti_affinity = f.take("anti_affinity").and_then(|i| reader.truth(&i));
        self.member_deadline_s = f
            .take("member_deadline_s")
            .and_then(|i| reader.whole(&i, 30, TIMEOUT_MINUTES_MAX * 60));
        self.create_timeout_minutes = f
            .take("create_timeout_minutes")
            .and_then(|i| reader.whole(&i, 1, TIMEOUT_MINUTES_MAX));
        self.drain_deadline_minutes = f
            .take("drain_deadline_minutes")
            .and_then(|i| reader.whole(&i, 1, TIMEOUT_MINUTES_MAX));
        self.drain_policy = f
            .take("drain_policy")
            .and_then(|i| reader.parsed(&i, policy));
        let fixed = fields.known().to_vec();
        for item in fields.rest() {
            self.parameter(reader, &item, known, &fixed);
        }
    }

    /// A key made of names: `<pool>_<service>_<role>_instances`, `<service>_<role>_flavor`.
    fn parameter(
        &mut self,
        reader: &mut Reader<'_>,
        item: &Item<'_>,
        known: &Known,
        fixed: &[&'static str],
    ) {
        let text = item.key.text.as_str();
        if let Some((pool, rest)) = text
            .strip_suffix("_instances")
            .and_then(|name| name.split_once('_'))
        {
            let found = PoolName::new(pool).ok().zip(known.split(rest));
            match found {
                Some((pool, (service, role))) => {
                    self.count(
                        reader,
                        item,
                        known,
                        Placement {
                            pool,
                            service,
                            role,
                        },
                    );
                }
                None => unknown_parameter(reader, item, known, rest),
            }
        } else if let Some(rest) = text.strip_suffix("_flavor") {
            match known.split(rest) {
                Some(role) => {
                    let flavor = reader.text(item);
                    self.role_flavors
                        .extend(flavor.map(|flavor| (role, flavor)));
                }
                None => unknown_parameter(reader, item, known, rest),
            }
        } else {
            let names = parameter_names(known);
            let all = fixed
                .iter()
                .copied()
                .chain(names.iter().map(String::as_str));
            reader.unknown(item, "key", all);
        }
    }

    fn count(
        &mut self,
        reader: &mut Reader<'_>,
        item: &Item<'_>,
        known: &Known,
        placement: Placement,
    ) {
        let Some(count) = reader.whole(item, 0, INSTANCES_MAX) else {
            return;
        };
        let (service, role) = (&placement.service, &placement.role);
        let found = known.services.get(service);
        let default = placement.pool.as_str() == "default";
        let refused = if found.is_some_and(|found| found.single.contains(role)) {
            let message = format!("`{service} {role}` is one server at most, in pool `default`");
            (count > 1 || !default).then_some(message)
        } else if found.is_some_and(|found| found.scalable) {
            None
        } else {
            let message = format!("`{service}` is always one server, in pool `default`");
            (count != 1 || !default).then_some(message)
        };
        match refused {
            Some(message) => reader.bad(item, message),
            None => {
                self.instances.insert(placement, count);
            }
        }
    }

    /// These settings, with those of `common` where there are none.
    pub(crate) fn over(self, common: &Self) -> Self {
        let mut instances = common.instances.clone();
        instances.extend(self.instances);
        let mut role_flavors = common.role_flavors.clone();
        role_flavors.extend(self.role_flavors);
        let common = common.clone();
        Self {
            stack_name: self.stack_name.or(common.stack_name),
            public_net_id: self.public_net_id.or(common.public_net_id),
            instances,
            flavor: self.flavor.or(common.flavor),
            role_flavors,
            client_cidr: self.client_cidr.or(common.client_cidr),
            network_cidr: self.network_cidr.or(common.network_cidr),
            dns_nameservers: self.dns_nameservers.or(common.dns_nameservers),
            key_name: self.key_name.or(common.key_name),
            ssh_cidr: self.ssh_cidr.or(common.ssh_cidr),
            availability_zone: self.availability_zone.or(common.availability_zone),
            anti_affinity: self.anti_affinity.or(common.anti_affinity),
            member_deadline_s: self.member_deadline_s.or(common.member_deadline_s),
            create_timeout_minutes: self
                .create_timeout_minutes
                .or(common.create_timeout_minutes),
            drain_deadline_minutes: self
                .drain_deadline_minutes
                .or(common.drain_deadline_minutes),
            drain_policy: self.drain_policy.or(common.drain_policy),
            refused: self.refused || common.refused,
        }
    }
}

/// `rest` is the part of the parameter's name that should be a service and a role.
fn unknown_parameter(reader: &mut Reader<'_>, item: &Item<'_>, known: &Known, rest: &str) {
    let text = item.key.text.as_str();
    let names: Vec<String> = known
        .roles()
        .map(|(service, role)| joined(service, role))
        .collect();
    let (why, near) = if known.split(rest).is_some() {
        let pool = text.split_once('_').map_or(text, |(pool, _)| pool);
        let why = format!("`{pool}` is no pool: lower-case letters and digits, at most 20");
        (why, Some(text.replacen(pool, "default", 1)))
    } else {
        // Only this part is compared: the rest is alike in all of them.
        let near = nearest(rest, names.iter().map(String::as_str));
        (
            known.unknown_part(rest),
            near.map(|near| text.replacen(rest, &near, 1)),
        )
    };
    let message = format!("unknown parameter `{text}`: {why}");
    let parent = item.path.strip_suffix(text).unwrap_or_default();
    reader.wrong(
        item.key.at,
        parent.trim_end_matches('.'),
        text,
        message,
        near,
    );
}

/// Every parameter made of known names, for the nearest one.
fn parameter_names(known: &Known) -> Vec<String> {
    known
        .roles()
        .flat_map(|(service, role)| {
            let name = joined(service, role);
            [
                format!("default_{name}_instances"),
                format!("{name}_flavor"),
            ]
        })
        .collect()
}

fn network(text: &str) -> Result<Cidr, String> {
    let cidr = Cidr::parse(text)?;
    if (16..=28).contains(&cidr.prefix()) {
        Ok(cidr)
    } else {
        Err(format!("`{text}`: the stack's network is from /16 to /28"))
    }
}

fn policy(text: &str) -> Result<DrainPolicy, String> {
    DrainPolicy::ALL
        .into_iter()
        .find(|policy| policy.as_str() == text)
        .ok_or_else(|| format!("`{text}` is none of wait, requeue and abort"))
}

fn address(text: &str) -> Result<String, String> {
    text.parse::<IpAddr>()
        .map(|address| address.to_string())
        .map_err(|_| format!("`{text}` is not an IP address"))
}
