//! What a tag comes to: the images and commits that both sides deploy, read from
//! the template that ours would send.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::Value;

/// The images and commits of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Release {
    /// The tag.
    pub(crate) tag: &'static str,
    /// Id of the image of each service.
    pub(crate) images: BTreeMap<String, String>,
    /// Commit of each service that has code.
    pub(crate) commits: BTreeMap<String, String>,
    /// Flavor of every server.
    pub(crate) flavor: String,
}

/// Reads it from what `stack template --format json` writes.
pub(crate) fn of(tag: &'static str, template: &str) -> Result<Release> {
    let template: Value = serde_json::from_str(template)?;
    let resources = template["template"]["resources"].as_object();
    let resources = resources.context("a template without resources")?;
    let mut release = Release {
        tag,
        images: BTreeMap::new(),
        commits: BTreeMap::new(),
        flavor: String::new(),
    };
    for resource in resources.values() {
        let properties = &resource["properties"];
        let Some(service) = properties["metadata"]["ptero_service"].as_str() else {
            continue;
        };
        let image = properties["image"].as_str();
        let image = image.with_context(|| format!("no image of {service}"))?;
        release.images.insert(service.to_owned(), image.to_owned());
        if let Some(commit) = properties["document"]["environment"]["GIT_SHA"].as_str() {
            release
                .commits
                .insert(service.to_owned(), commit.to_owned());
        }
        if let Some(flavor) = properties["flavor"].as_str() {
            flavor.clone_into(&mut release.flavor);
        }
    }
    Ok(release)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Release, of};
    use serde_json::json;

    /// A release as the peer needs it.
    pub(crate) fn example() -> Release {
        let member = |service: &str, environment: serde_json::Value| {
            json!({"properties": {
                "image": format!("image-of-{service}"),
                "flavor": "m1.ptero",
                "metadata": {"ptero_service": service},
                "document": {"environment": environment},
            }})
        };
        let template = json!({"template": {"resources": {
            "network": {"type": "OS::Neutron::Net"},
            "a": member("postgresql", json!({})),
            "b": member("rabbitmq", json!({})),
            "c": member("gateway", json!({})),
            "d": member("workflow", json!({"GIT_SHA": "1a"})),
            "e": member("shell-command", json!({"GIT_SHA": "2b"})),
        }}});
        of("v1", &template.to_string()).unwrap()
    }

    #[test]
    fn members_tell_images_and_commits() {
        let release = example();
        assert_eq!(release.images.len(), 5);
        assert_eq!(release.images["gateway"], "image-of-gateway");
        assert_eq!(release.commits.len(), 2);
        assert_eq!(release.commits["shell-command"], "2b");
        assert_eq!(release.flavor, "m1.ptero");
    }

    #[test]
    fn what_is_no_template_is_an_error() {
        assert!(of("v1", "{}").is_err());
        assert!(of("v1", "v1").is_err());
    }
}
