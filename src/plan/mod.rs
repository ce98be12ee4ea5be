//! What will be done, as plain values: computed from what was asked and what
//! was observed, before anything is touched.

pub mod flavor;
pub mod image_removal;
pub mod images;
pub mod quota;
pub mod schema;
pub mod update;
pub mod way_back;
