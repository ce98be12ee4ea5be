//! Images of ours, as Glance has them now.

use jiff::Timestamp;

use crate::bake::owner::{Alive, Owner};
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::glance::{Image, ImageStatus};
use crate::plan::images::{ImageFact, Maker};

/// Property that says who is making an image.
pub const OWNER: &str = "ptero_owner";

/// Property that says what was built, written before the upload: whoever finds
/// the image can tell whether Glance has all of it.
pub const SHA512: &str = "ptero_sha512";

/// No build takes longer; an unfinished image of another host that is older
/// was left by a run that died.
pub const BUILD_LONGEST_S: i64 = 3 * 3600;

/// All images of ours, also unfinished ones.
pub async fn images(cloud: &Cloud) -> Result<Vec<Image>, CloudError> {
    let all = cloud.glance().own_images(&[]).await?;
    Ok(all
        .into_iter()
        .filter(|image| image.property("ptero_recipe").is_some())
        .collect())
}

/// What the plan needs to know of an image; `now` tells the old from the new.
pub fn fact(image: &Image, now: Timestamp) -> ImageFact {
    let text = |name| image.property(name).unwrap_or_default();
    ImageFact {
        id: image.id.clone(),
        name: image.name.clone().unwrap_or_else(|| image.id.clone()),
        active: image.status == ImageStatus::Active && is_whole(image),
        recipe: text("ptero_recipe").to_owned(),
        tags: text("ptero_tags")
            .split(',')
            .map(str::trim)
            .filter(|tag| !tag.is_empty())
            .map(ToOwned::to_owned)
            .collect(),
        maker: maker(text(OWNER), image.created_at, now),
    }
}

/// Whether Glance has what was built. A run that was killed while its machine
/// uploaded never compared the two.
fn is_whole(image: &Image) -> bool {
    image
        .property(SHA512)
        .is_none_or(|built| image.os_hash_value.as_deref() == Some(built))
}

/// Whether whoever made an object may still be at work on it.
pub fn maker(mark: &str, created: Option<Timestamp>, now: Timestamp) -> Maker {
    let alive = Owner::parse(mark).map_or(Alive::Elsewhere, |owner| owner.alive());
    let old = created.is_some_and(|at| now.duration_since(at).as_secs() > BUILD_LONGEST_S);
    match alive {
        Alive::No => Maker::Dead,
        Alive::Elsewhere if old => Maker::Dead,
        Alive::Yes | Alive::Elsewhere => Maker::MayLive,
    }
}

#[cfg(test)]
mod tests {
    use super::{BUILD_LONGEST_S, fact, maker};
    use crate::bake::owner::Owner;
    use crate::plan::images::Maker;
    use jiff::{SignedDuration, Timestamp};

    #[test]
    fn an_image_that_is_not_what_was_built_is_not_used() {
        let image = |hash: &str| {
            let text = format!(
                r#"{{"id": "i", "name": "n", "status": "active", "size": 1, "os_hash_algo": "sha512",
                    "os_hash_value": "{hash}", "ptero_recipe": "d", "ptero_sha512": "aa"}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        assert!(fact(&image("aa"), Timestamp::UNIX_EPOCH).active);
        assert!(!fact(&image("bb"), Timestamp::UNIX_EPOCH).active);
    }

    #[test]
    fn a_maker_elsewhere_is_dead_only_after_the_longest_build() {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(10 * BUILD_LONGEST_S);
        let ago = |seconds| Some(now - SignedDuration::from_secs(seconds));
        assert_eq!(maker("elsewhere:b:1:2", ago(60), now), Maker::MayLive);
        assert_eq!(
            maker("elsewhere:b:1:2", ago(BUILD_LONGEST_S + 1), now),
            Maker::Dead
        );
        assert_eq!(maker("no mark", None, now), Maker::MayLive);
        let own = Owner::current().to_string();
        assert_eq!(maker(&own, ago(BUILD_LONGEST_S + 1), now), Maker::MayLive);
    }
}
