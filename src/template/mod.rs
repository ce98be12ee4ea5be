//! Templates: a topology and a release in, what Heat is sent out. The same
//! input gives the same text, so that a digest of it means something.

mod render;

pub use render::{ImageRef, ReleaseInput, RenderError, RenderedMember, Template, render};
