//! What a stack tells about itself: enough for any operator on any machine to
//! know what runs there, without a file of ours.

use indexmap::IndexMap;
use serde_json::json;

use super::fill::advertised_host;
use super::hot::{Output, Term};
use super::model::ReleaseInput;
use super::place::Placed;
use crate::topology::Topology;

/// The version of the release's format.
const VERSION: u32 = 1;

pub(super) fn outputs(
    topology: &Topology,
    release: &ReleaseInput,
    placed: &[Placed],
) -> IndexMap<String, Output> {
    let outputs = [
        (
            "address",
            "where the public services answer",
            advertised_host(),
        ),
        ("urls", "URL of each public service", urls(topology)),
        ("members", "every server", members(placed)),
        (
            "release",
            "what runs here",
            self::release(topology, release, placed),
        ),
    ];
    outputs
        .into_iter()
        .map(|(name, description, value)| {
            let description = description.to_owned();
            (name.to_owned(), Output { description, value })
        })
        .collect()
}

fn urls(topology: &Topology) -> Term {
    let public = topology
        .advertised()
        .filter(|(_, service, _)| service.public);
    let urls = public.map(|(name, _, port)| {
        let url = Term::Replace {
            template: format!("http://<%0%>:{port}"),
            params: [("<%0%>".to_owned(), advertised_host())].into(),
        };
        (name.to_string(), url)
    });
    Term::Map(urls.collect())
}

fn members(placed: &[Placed]) -> Term {
    let members = placed.iter().map(|placed| {
        let member = &placed.rendered.member;
        Term::map([
            ("name", placed.rendered.name.as_str().into()),
            ("service", member.role.service.as_str().into()),
            ("role", member.role.role.as_str().into()),
            ("pool", member.pool.as_str().into()),
            ("slot", member.slot.into()),
            ("address", placed.address.clone()),
            (
                "server_id",
                Term::attr(&placed.rendered.resource, "server_id"),
            ),
        ])
    });
    Term::List(members.collect())
}

fn release(topology: &Topology, release: &ReleaseInput, placed: &[Placed]) -> Term {
    let digests: IndexMap<&str, &str> = release
        .images
        .iter()
        .map(|(recipe, image)| (recipe.as_str(), image.digest.as_str()))
        .collect();
    let members: IndexMap<&str, &str> = placed
        .iter()
        .map(|placed| {
            let member = &placed.rendered;
            (member.resource.as_str(), member.digest.as_str())
        })
        .collect();
    Term::Plain(json!({
        "version": VERSION,
        "env": topology.env,
        "tag": release.tag,
        "catalog": topology.catalog,
        "commits": release.commits,
        "images": digests,
        "members": members,
    }))
}
