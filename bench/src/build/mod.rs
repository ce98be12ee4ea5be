//! One image made from nothing, and asked for again when nothing changed: ours, and
//! Packer's from the same payload on the same cloud.

mod figures;
mod packer;
mod run;
mod site;

pub(crate) use run::run;
