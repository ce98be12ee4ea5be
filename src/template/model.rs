//! What a template is made from, and what comes out.

use indexmap::IndexMap;
use serde_json::Value;

use crate::name::{ServiceName, Tag};
use crate::topology::{Member, RecipeName};

/// What a stack is made of, besides its topology.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseInput {
    /// The tag that was asked for.
    pub tag: Tag,
    /// The commit of each application.
    pub commits: IndexMap<ServiceName, String>,
    /// The image of each recipe.
    pub images: IndexMap<RecipeName, ImageRef>,
    /// The flavor of roles for which the configuration names none.
    pub default_flavor: String,
    /// Certificates (PEM) of the authority that the cloud's APIs are certified by, where
    /// a base image does not know it. Members that are there are not made anew for it.
    pub cloud_ca: Option<String>,
}

/// An image in Glance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRef {
    /// Glance's id.
    pub id: String,
    /// The digest of its recipe.
    pub digest: String,
}

/// A stack, ready to be sent to Heat.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// The root template, as JSON.
    pub json: Value,
    /// The texts of nested templates, by the name they are called by.
    pub files: IndexMap<String, String>,
    /// Digest of the root template and its files: 64 hexadecimal digits.
    pub digest: String,
    /// The stack's tags, by which it is found again.
    pub tags: Vec<String>,
    /// Every server of the stack.
    pub members: Vec<RenderedMember>,
}

/// A server of a stack and the resource that makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedMember {
    /// Its place.
    pub member: Member,
    /// Its name and host name: place and digest.
    pub name: String,
    /// The resource of the root template.
    pub resource: String,
    /// The digest of all that is in it: 64 hexadecimal digits.
    pub digest: String,
}

/// Why a topology and a release make no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The release has no image for a recipe.
    #[error("the release has no image for `{0}`")]
    NoImage(RecipeName),
    /// The release has no commit for a service.
    #[error("the release has no commit for `{0}`")]
    NoCommit(ServiceName),
    /// The stack still has a gate of an earlier step. What passed it then would pass
    /// whatever comes now: Heat does not wait anew at a condition that it has.
    #[error("the gate `{0}` of an earlier step is still in the stack")]
    GateThere(&'static str),
}
