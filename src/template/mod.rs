//! Templates: a topology and a release in, what Heat is sent out. The same
//! input gives the same text, so that a digest of it means something.

mod boot;
mod drain;
mod fill;
mod firewall;
pub mod gate;
mod hot;
mod member;
mod model;
mod names;
mod network;
mod output;
mod place;
pub mod present;
mod print;
pub mod release;
mod render;
mod secret;

pub use hot::{Hot, Output, Parameter, ParameterType, Resource, Term, VERSION};
pub use model::{ImageRef, ReleaseInput, RenderError, RenderedMember, Template};
pub use render::{Stage, render, stage};
