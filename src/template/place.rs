//! Each member's resource in the root template, and the digest that names it.

use indexmap::IndexMap;
use serde_json::json;

use super::boot;
use super::drain;
use super::hot::{Resource, Term};
use super::member::{self, Shape};
use super::model::{ImageRef, ReleaseInput, RenderError, RenderedMember};
use super::names;
use crate::digest;
use crate::topology::{Kind, Member, Topology};

/// A member, ready to be put into the root template.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) rendered: RenderedMember,
    pub(super) resource: Resource,
    /// The nested template: what it is called by, and its text.
    pub(super) file: (String, String),
    /// Its address inside the stack.
    pub(super) address: Term,
}

pub(super) fn place(
    topology: &Topology,
    release: &ReleaseInput,
    member: &Member,
) -> Result<Placed, RenderError> {
    let image = image(topology, release, member)?;
    let commit = commit(release, member)?;
    let shape = shape(topology, member);
    let file = file(shape);
    let fixed = fixed_properties(topology, release, member, shape);
    // Everything that is in the member, its own name left out: the same digest is
    // the same member, which an update leaves alone.
    let digest = digest::of(&json!({
        "file": file.0,
        "image": [image.id, image.digest],
        "properties": fixed,
        "document": boot::document(topology, member, "", commit),
    }));
    let digest8 = digest::short(&digest);
    let name = format!("{}-{digest8}", member.slot_name());
    let resource_name = names::member(member, digest8);
    let mut resource = Resource::new(
        file.0.as_str(),
        [
            ("name", name.as_str().into()),
            ("image", image.id.as_str().into()),
        ],
    )
    // Without a way out it could not fetch its document.
    .after(names::ROUTER_INTERFACE);
    resource.properties.extend(fixed);
    let document = boot::document(topology, member, &name, commit);
    let metadata = metadata(topology, member, &name, &digest);
    let resource = resource
        .with("metadata", Some(metadata))
        .with("document", Some(document))
        // No part of the digest: whoever deploys from a host that knows the authority by
        // itself has the same members.
        .with(
            "user_data",
            release
                .cloud_ca
                .as_deref()
                .map(|pem| member::user_data(pem).into()),
        )
        .with(
            "drain_document",
            shape
                .drained
                .then(|| drain::document(topology, member, &name)),
        );
    let address = if shape.own_port {
        Term::attr(&resource_name, "address")
    } else {
        Term::address(&names::fixed_port(&member.role))
    };
    Ok(Placed {
        rendered: RenderedMember {
            member: member.clone(),
            name,
            resource: resource_name,
            digest,
        },
        resource,
        file,
        address,
    })
}

fn image<'a>(
    topology: &Topology,
    release: &'a ReleaseInput,
    member: &Member,
) -> Result<&'a ImageRef, RenderError> {
    let recipe = &topology.recipes[&member.role];
    let image = release.images.get(recipe);
    image.ok_or_else(|| RenderError::NoImage(recipe.clone()))
}

/// What an application's member runs; the others run none of its code.
fn commit<'a>(release: &'a ReleaseInput, member: &Member) -> Result<&'a str, RenderError> {
    if member.kind != Kind::Application {
        return Ok("");
    }
    let service = &member.role.service;
    let commit = release.commits.get(service);
    commit
        .map(String::as_str)
        .ok_or_else(|| RenderError::NoCommit(service.clone()))
}

/// What Nova keeps beside the server, and hands to whoever lists them.
fn metadata(topology: &Topology, member: &Member, name: &str, digest: &str) -> Term {
    Term::map([
        ("ptero_env", topology.env.as_str().into()),
        ("ptero_stack", topology.stack.stack_name.as_str().into()),
        ("ptero_service", member.role.service.as_str().into()),
        ("ptero_role", member.role.role.as_str().into()),
        ("ptero_pool", member.pool.as_str().into()),
        ("ptero_member", name.into()),
        ("ptero_digest", digest.into()),
    ])
}

fn shape(topology: &Topology, member: &Member) -> Shape {
    let application = member.kind == Kind::Application;
    Shape {
        own_port: application,
        drained: application,
        key: topology.stack.key_name.is_some(),
        zone: topology.stack.availability_zone.is_some(),
        spread: application && topology.stack.anti_affinity,
    }
}

/// The nested template's text, called by its own digest: a later program whose
/// template differs must not change members that are there.
fn file(shape: Shape) -> (String, String) {
    let template = json!(member::template(shape));
    let digest = digest::of(&template);
    // Heat takes a type for a nested template by this ending only, and JSON is YAML.
    let name = format!("member-{}.yaml", digest::short(&digest));
    (name, template.to_string())
}

fn fixed_properties(
    topology: &Topology,
    release: &ReleaseInput,
    member: &Member,
    shape: Shape,
) -> IndexMap<String, Term> {
    let (key, stack) = (&member.role, &topology.stack);
    let flavor = stack
        .flavor_of(&key.service, &key.role)
        .unwrap_or(&release.default_flavor);
    let mut properties = vec![("flavor", Term::from(flavor))];
    if shape.own_port {
        properties.push(("network", Term::resource(names::NETWORK)));
        properties.push(("subnet", Term::resource(names::SUBNET)));
        let group = names::security_group(key);
        properties.push(("security_group", Term::resource(&group)));
    } else {
        properties.push(("port", Term::resource(&names::fixed_port(key))));
    }
    if let Some(key_name) = &stack.key_name {
        properties.push(("key_name", key_name.as_str().into()));
    }
    if let Some(zone) = &stack.availability_zone {
        properties.push(("availability_zone", zone.as_str().into()));
    }
    if shape.spread {
        let group = names::server_group(key);
        properties.push(("server_group", Term::resource(&group)));
    }
    properties
        .into_iter()
        .map(|(name, term)| (name.to_owned(), term))
        .collect()
}
