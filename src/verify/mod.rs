//! Whether a deployment does what PTero is for.
