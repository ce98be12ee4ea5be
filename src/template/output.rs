//! What a stack tells about itself: enough for any operator on any machine to
//! know what runs there, without a file of ours.

use indexmap::IndexMap;
use serde_json::json;

use super::fill::advertised_host;
use super::hot::{Output, Term};
use super::model::Template;
use super::place::Placed;
use super::release::Records;
use crate::topology::Topology;

pub(super) fn outputs(topology: &Topology, placed: &[Placed]) -> IndexMap<String, Output> {
    let outputs = [
        (
            "address",
            "where the public services answer",
            advertised_host(),
        ),
        ("urls", "URL of each public service", urls(topology)),
        ("members", "every server", members(placed)),
    ];
    outputs
        .into_iter()
        .map(|(name, description, value)| {
            let description = description.to_owned();
            (name.to_owned(), Output { description, value })
        })
        .collect()
}

impl Template {
    /// The same with `records` in its outputs. They are not in the digest: who
    /// deployed it, and when, makes it no other stack.
    #[must_use]
    pub fn with_records(mut self, records: &Records) -> Self {
        let outputs = [
            (
                "release",
                "what runs here, or is being left",
                json!(records.current()),
            ),
            (
                "history",
                "the releases that ran here, oldest first",
                json!(records.history),
            ),
            (
                "update",
                "an update that has not ended",
                json!(records.update),
            ),
        ];
        for (name, description, value) in outputs {
            self.json["outputs"][name] = json!({"description": description, "value": value});
        }
        self
    }
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
