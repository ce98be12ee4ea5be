//! The stories, in the order in which they build on each other.

mod across;
mod allowed;
mod bad_input;
mod broken_builds;
mod broken_creates;
mod changed;
mod demo;
pub(crate) mod deployed;
mod faults;
mod flows;
mod front_door;
mod killed;
mod killed_updates;
mod policies;
mod promoted;
mod purge;
mod real;
mod unchanged;
mod update_howto;
mod updates;

use crate::report::Story;

/// Every story by name. Later ones use what earlier ones left in the cloud.
pub(crate) const ALL: &[(&str, Story)] = &[
    ("demo_from_nothing", demo::from_nothing),
    ("only_declared_flows", flows::of_the_demo),
    ("unchanged_build_writes_nothing", unchanged::build),
    ("bad_input_touches_nothing", bad_input::touches_nothing),
    ("front_door", front_door::howto),
    ("killed_builds", killed::builds),
    ("killed_and_run_again", killed::and_run_again),
    ("updates_lose_no_work", updates::lose_no_work),
    ("and_back_again", updates::and_back),
    ("broken_updates_go_back", updates::go_back),
    (
        "refused_without_way_back",
        updates::refused_without_way_back,
    ),
    ("the_real_ptero_deployed", real::deployed),
    ("the_real_ptero_updated", real::updated),
    ("the_real_ptero_back_and_forth", real::back_and_forth),
    ("the_real_ptero_scaled", real::scaled),
    ("the_real_ptero_lost_job", real::lost_job),
    ("the_real_ptero_deleted", real::deleted),
    ("images_go_when_unused", front_door::images_go),
    ("purge_leaves_nothing", purge::leaves_nothing),
];

/// Stories that take longer than CI may: run by name, from a stack that
/// `demo_from_nothing` left.
pub(crate) const LONG: &[(&str, Story)] = &[
    ("broken_builds", broken_builds::builds),
    ("broken_creates", broken_creates::creates),
    ("update_howto", update_howto::howto),
    ("deployed_and_promoted", promoted::deployed_and_promoted),
    ("killed_before_update", killed_updates::before),
    ("killed_in_migration", killed_updates::in_migration),
    ("killed_in_canary", killed_updates::in_canary),
    ("killed_before_verified", killed_updates::before_verified),
    ("killed_between_steps", killed_updates::between_steps),
    ("killed_in_drain", killed_updates::in_drain),
    ("killed_and_aborted", killed_updates::aborted),
    ("server_deleted_in_update", faults::server_deleted),
    ("database_rebooted_in_update", faults::database_rebooted),
    ("agent_dead_in_update", faults::agent_dead),
    ("metadata_away_in_update", faults::metadata_away),
    ("token_ends_in_drain", faults::token_ends_in_drain),
    ("stateful_replaced", allowed::stateful),
    ("no_room_beside", allowed::remove_first),
    ("drain_policy_abort", policies::abort),
    ("drain_policy_requeue", policies::requeue),
    ("drain_policy_wait", policies::wait),
];
