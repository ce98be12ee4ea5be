//! One environment's settings, whole: defaults filled in, and checked together.

use super::cidr::Cidr;
use super::model::StackConfig;
use super::partial::PartialStack;
use super::reader::{Item, Reader};
use crate::name::{EnvName, StackName};

/// The stack's own network, unless said: rarely routed anywhere.
const NETWORK: &str = "10.157.0.0/24";
/// How long one member may take: a small server on a busy cloud boots in minutes,
/// and installs nothing.
const MEMBER_DEADLINE_S: u32 = 900;
/// The whole stack: two members one after the other, and slack.
const CREATE_TIMEOUT_MINUTES: u32 = 45;
/// Jobs have no limit of their own; an operator waits about so long before asking.
const DRAIN_DEADLINE_MINUTES: u32 = 60;

/// Fills in the defaults; `item` is the environment's entry.
pub(crate) fn finish(
    reader: &mut Reader<'_>,
    item: &Item<'_>,
    env: EnvName,
    stack: PartialStack,
) -> Option<StackConfig> {
    let mut wrong = |text: &str, message: String| {
        reader.wrong(item.key.at, &item.path, text, message, None);
    };
    if stack.public_net_id.is_none() && !stack.refused {
        wrong(
            "",
            "missing key `public_net_id`, here or in `stacks.common`".to_owned(),
        );
    }
    if stack.ssh_cidr.is_some() && stack.key_name.is_none() {
        wrong("", "`ssh_cidr` is of no use without `key_name`".to_owned());
    }
    let member_deadline_s = stack.member_deadline_s.unwrap_or(MEMBER_DEADLINE_S);
    let create_timeout_minutes = stack
        .create_timeout_minutes
        .unwrap_or(CREATE_TIMEOUT_MINUTES);
    // Otherwise the stack gives up before a member can say why it failed.
    if member_deadline_s >= create_timeout_minutes * 60 {
        wrong(
            "",
            format!(
                "`member_deadline_s` ({member_deadline_s} s) has to be shorter than `create_timeout_minutes` ({create_timeout_minutes} min)"
            ),
        );
    }
    let stack_name = match stack.stack_name {
        Some(name) => name,
        None => StackName::new(format!("ptero-{env}")).ok()?,
    };
    Some(StackConfig {
        env,
        stack_name,
        public_net_id: stack.public_net_id?,
        instances: stack.instances,
        flavor: stack.flavor,
        role_flavors: stack.role_flavors,
        client_cidr: stack.client_cidr.unwrap_or(Cidr::ANY),
        network_cidr: stack.network_cidr.or_else(|| Cidr::parse(NETWORK).ok())?,
        dns_nameservers: stack.dns_nameservers.unwrap_or_default(),
        key_name: stack.key_name,
        ssh_cidr: stack.ssh_cidr,
        availability_zone: stack.availability_zone,
        anti_affinity: stack.anti_affinity.unwrap_or(false),
        member_deadline_s,
        create_timeout_minutes,
        drain_deadline_minutes: stack
            .drain_deadline_minutes
            .unwrap_or(DRAIN_DEADLINE_MINUTES),
        drain_policy: stack.drain_policy.unwrap_or_default(),
    })
}
