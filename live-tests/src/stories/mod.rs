//! The stories, in the order in which they build on each other.

mod bad_input;
mod demo;
mod front_door;
mod killed;
mod purge;
mod unchanged;
mod updates;

use crate::report::Story;

/// Every story by name. Later ones use what earlier ones left in the cloud.
pub(crate) const ALL: &[(&str, Story)] = &[
    ("demo_from_nothing", demo::from_nothing),
    ("unchanged_build_writes_nothing", unchanged::build),
    ("bad_input_touches_nothing", bad_input::touches_nothing),
    ("front_door", front_door::howto),
    ("killed_builds", killed::builds),
    ("killed_and_run_again", killed::and_run_again),
    ("updates_lose_no_work", updates::lose_no_work),
    ("broken_updates_go_back", updates::go_back),
    ("images_go_when_unused", front_door::images_go),
    ("purge_leaves_nothing", purge::leaves_nothing),
];
