//! What users see of an update: v1 to v2 and back again, under a constant load
//! of requests and a stream of jobs; ours, and plain Heat's.

mod figures;
mod heat;
mod jobs;
mod load;
mod ours;
mod release;
mod run;
mod side;
mod site;

pub(crate) use run::run;
pub(crate) use side::Side;
