//! What tasks need to look at a tag's images or to make them.

use crate::bake::identify::Identified;
use crate::bake::run::Kitchen;
use crate::openstack::client::Cloud;
use crate::tasks::context::Context;
use crate::tasks::folders;
use crate::tasks::loading::Loaded;

/// A kitchen for one tag.
pub fn kitchen<'a>(
    context: &'a Context,
    loaded: &'a Loaded,
    cloud: &'a Cloud,
    identified: &'a Identified,
) -> Kitchen<'a> {
    Kitchen {
        config: &loaded.config,
        catalog: &loaded.catalog,
        identified,
        git_cache: folders::git_cache(),
        logs: folders::build_logs(),
        cloud,
        reporter: &context.reporter,
    }
}
