//! Which images may go: never one that a live stack uses.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::images::{ImageFact, Maker};

/// Who uses an image: image id to the names of the stacks.
pub type Users = BTreeMap<String, BTreeSet<String>>;

/// What `images.delete TAG` or `images.prune` will do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Removal {
    /// Images to delete: (id, name).
    pub deleted: Vec<(String, String)>,
    /// Images that other tags name too: (id, name, tags that stay).
    pub untagged: Vec<(String, String, BTreeSet<String>)>,
    /// Images that stay because stacks use them: (name, stacks).
    pub refused: Vec<(String, BTreeSet<String>)>,
}

impl Removal {
    /// Whether there is nothing to remove and nothing was refused.
    pub fn is_nothing(&self) -> bool {
        self.deleted.is_empty() && self.untagged.is_empty() && self.refused.is_empty()
    }
}

/// Removes what only `tag` names.
pub fn of_tag(tag: &str, there: &[ImageFact], users: &Users) -> Removal {
    let mut removal = Removal::default();
    for image in there.iter().filter(|image| image.tags.contains(tag)) {
        let mut others = image.tags.clone();
        others.remove(tag);
        match users.get(&image.id) {
            // A tag may go from an image in use when another tag keeps it.
            Some(stacks) if others.is_empty() => {
                removal.refused.push((image.name.clone(), stacks.clone()));
            }
            _ if others.is_empty() => removal.deleted.push(named(image)),
            _ => removal
                .untagged
                .push((image.id.clone(), image.name.clone(), others)),
        }
    }
    removal
}

/// Removes all but the images of the `keep` newest tags; what stacks use stays
/// without being an error. `newest_first` orders the tags by their images' age.
pub fn of_old_tags(
    newest_first: &[String],
    keep: usize,
    there: &[ImageFact],
    users: &Users,
) -> Removal {
    let kept: BTreeSet<&String> = newest_first.iter().take(keep).collect();
    let mut removal = Removal::default();
    for image in there {
        let unfinished = !image.active && image.maker == Maker::MayLive;
        let wanted = image.tags.iter().any(|tag| kept.contains(tag));
        if !unfinished && !wanted && !users.contains_key(&image.id) {
            removal.deleted.push(named(image));
        }
    }
    removal
}

fn named(image: &ImageFact) -> (String, String) {
    (image.id.clone(), image.name.clone())
}

#[cfg(test)]
mod tests {
    use super::{Users, of_old_tags, of_tag};
    use crate::plan::images::{ImageFact, Maker};

    fn image(id: &str, tags: &[&str]) -> ImageFact {
        ImageFact {
            id: id.to_owned(),
            name: id.to_owned(),
            active: true,
            recipe: id.to_owned(),
            tags: tags.iter().map(ToString::to_string).collect(),
            maker: Maker::Dead,
        }
    }

    fn used(id: &str) -> Users {
        Users::from([(id.to_owned(), ["staging".to_owned()].into())])
    }

    #[test]
    fn what_only_the_tag_names_goes_and_what_others_name_is_untagged() {
        let there = [
            image("a", &["v1"]),
            image("b", &["v1", "v2"]),
            image("c", &["v2"]),
        ];
        let removal = of_tag("v1", &there, &Users::new());
        assert_eq!(removal.deleted, [("a".to_owned(), "a".to_owned())]);
        assert_eq!(removal.untagged.len(), 1);
        assert!(removal.refused.is_empty());
    }

    #[test]
    fn an_image_in_use_stays_and_its_stack_is_named() {
        let removal = of_tag("v1", &[image("a", &["v1"])], &used("a"));
        assert!(removal.deleted.is_empty());
        assert!(removal.refused[0].1.contains("staging"));
    }

    #[test]
    fn an_image_in_use_may_lose_a_tag_when_another_keeps_it() {
        let removal = of_tag("v1", &[image("a", &["v1", "v2"])], &used("a"));
        assert!(removal.refused.is_empty());
        assert_eq!(removal.untagged.len(), 1);
    }

    #[test]
    fn prune_keeps_the_newest_tags_and_all_in_use() {
        let there = [
            image("a", &["v1"]),
            image("b", &["v2"]),
            image("c", &["v3"]),
        ];
        let order = ["v3".to_owned(), "v2".to_owned(), "v1".to_owned()];
        let removal = of_old_tags(&order, 1, &there, &used("a"));
        assert_eq!(removal.deleted, [("b".to_owned(), "b".to_owned())]);
    }
}
