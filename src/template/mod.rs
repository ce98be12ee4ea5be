//! Templates: a topology and a release in, what Heat is sent out. The same
//! input gives the same text, so that a digest of it means something.

mod boot;
mod demand;
mod drain;
mod fill;
mod firewall;
mod hot;
mod member;
mod model;
mod names;
mod network;
mod output;
mod place;
mod print;
mod render;
mod secret;

pub use hot::{Hot, Output, Parameter, ParameterType, Resource, Term, VERSION};
pub use model::{ImageRef, ReleaseInput, RenderError, RenderedMember, Template};
pub use render::render;
