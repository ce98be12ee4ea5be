//! Which images a tag needs, which of them are there, and what is left over
//! from runs that died.

use std::collections::BTreeSet;

/// An image of ours, as Glance has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFact {
    /// Glance's id.
    pub id: String,
    /// Glance's name.
    pub name: String,
    /// Whether it can be booted; else it is unfinished or broken.
    pub active: bool,
    /// `ptero_recipe`: the digest of its recipe.
    pub recipe: String,
    /// `ptero_tags`: the tags that name it.
    pub tags: BTreeSet<String>,
    /// What is known of its maker.
    pub maker: Maker,
}

/// What is known of the process that was making an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// It may still be at work.
    MayLive,
    /// It is dead, or has had more time than any build takes.
    Dead,
}

/// What a recipe needs to be recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The recipe's name, for people.
    pub name: String,
    /// The recipe's digest.
    pub digest: String,
}

/// What `images.build TAG` will do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImagePlan {
    /// Recipes whose image is there and has the tag: (name, image id).
    pub kept: Vec<(String, String)>,
    /// Recipes whose image is there but lacks the tag: (name, image id, all
    /// its tags with the new one).
    pub tagged: Vec<(String, String, BTreeSet<String>)>,
    /// Names of recipes to build.
    pub built: Vec<String>,
    /// Unfinished images of dead runs, to be deleted: ids.
    pub swept: Vec<String>,
}

impl ImagePlan {
    /// Whether nothing needs to be written to the cloud.
    pub fn is_nothing(&self) -> bool {
        self.tagged.is_empty() && self.built.is_empty() && self.swept.is_empty()
    }
}

/// Compares what `tag` wants with what is there.
pub fn plan(tag: &str, wanted: &[Wanted], there: &[ImageFact]) -> ImagePlan {
    let mut plan = ImagePlan::default();
    for recipe in wanted {
        match usable(&recipe.digest, there) {
            Some(image) if image.tags.contains(tag) => {
                plan.kept.push((recipe.name.clone(), image.id.clone()));
            }
            Some(image) => {
                let mut tags = image.tags.clone();
                tags.insert(tag.to_owned());
                plan.tagged
                    .push((recipe.name.clone(), image.id.clone(), tags));
            }
            None => plan.built.push(recipe.name.clone()),
        }
    }
    plan.swept = there
        .iter()
        .filter(|image| !image.active && image.maker == Maker::Dead)
        .map(|image| image.id.clone())
        .collect();
    plan
}

/// The image to use for a recipe. Two runs at the same moment can both have
/// made one; the smallest id wins, so that everybody picks the same.
pub fn usable<'a>(digest: &str, there: &'a [ImageFact]) -> Option<&'a ImageFact> {
    there
        .iter()
        .filter(|image| image.active && image.recipe == digest)
        .min_by(|a, b| a.id.cmp(&b.id))
}

#[cfg(test)]
mod tests {
    use super::{ImageFact, Maker, Wanted, plan};

    fn image(id: &str, recipe: &str, active: bool, tags: &[&str], maker: Maker) -> ImageFact {
        ImageFact {
            id: id.to_owned(),
            name: format!("name-{id}"),
            active,
            recipe: recipe.to_owned(),
            tags: tags.iter().map(ToString::to_string).collect(),
            maker,
        }
    }

    fn wanted(name: &str, digest: &str) -> Wanted {
        Wanted {
            name: name.to_owned(),
            digest: digest.to_owned(),
        }
    }

    #[test]
    fn an_unchanged_recipe_with_its_tag_needs_nothing() {
        let there = [image("1", "d1", true, &["v1"], Maker::Dead)];
        let plan = plan("v1", &[wanted("a", "d1")], &there);
        assert!(plan.is_nothing());
        assert_eq!(plan.kept, [("a".to_owned(), "1".to_owned())]);
    }

    #[test]
    fn an_image_of_another_tag_is_shared_by_adding_the_tag() {
        let there = [image("1", "d1", true, &["v1"], Maker::Dead)];
        let plan = plan("v2", &[wanted("a", "d1"), wanted("b", "d2")], &there);
        assert_eq!(plan.tagged.len(), 1);
        assert!(plan.tagged[0].2.contains("v1") && plan.tagged[0].2.contains("v2"));
        assert_eq!(plan.built, ["b"]);
    }

    #[test]
    fn unfinished_images_never_count_and_go_when_their_maker_is_dead() {
        let there = [
            image("1", "d1", false, &["v1"], Maker::Dead),
            image("2", "d1", false, &["v1"], Maker::MayLive),
        ];
        let plan = plan("v1", &[wanted("a", "d1")], &there);
        assert_eq!(plan.built, ["a"]);
        assert_eq!(plan.swept, ["1"]);
    }

    #[test]
    fn of_two_equal_images_all_pick_the_same() {
        let there = [
            image("9", "d1", true, &["v1"], Maker::Dead),
            image("2", "d1", true, &["v1"], Maker::Dead),
        ];
        let plan = plan("v1", &[wanted("a", "d1")], &there);
        assert_eq!(plan.kept[0].1, "2");
    }
}
