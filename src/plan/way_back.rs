//! Whether the release that is left could come back: asked before it is left,
//! because afterwards it is too late.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::digest;
use crate::plan::update::model::{Migration, Reversible};
use crate::template::release::ReleaseRecord;

/// Digests of the recipes whose image is there, whole and bootable.
pub type PastImages = BTreeSet<String>;

/// Whether the release that is left could come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WayBack {
    /// It could.
    Open,
    /// It could not.
    Closed {
        /// Why, a line each.
        reasons: Vec<String>,
    },
}

/// Looks at all that a way back needs: `short` is what there would be too little
/// of to bring the old members in beside the new ones.
pub fn way_back(
    from: Option<&ReleaseRecord>,
    images: &PastImages,
    migrations: &[Migration],
    short: &[String],
) -> WayBack {
    let mut reasons = missing_images(from, images);
    reasons.extend(migrations.iter().filter_map(irreversible));
    reasons.extend(
        short
            .iter()
            .map(|line| format!("no room for an old member beside the new ones: {line}")),
    );
    if reasons.is_empty() {
        WayBack::Open
    } else {
        WayBack::Closed { reasons }
    }
}

fn missing_images(from: Option<&ReleaseRecord>, images: &PastImages) -> Vec<String> {
    let Some(from) = from.filter(|from| !from.images.is_empty()) else {
        return vec!["the stack does not tell which images it was made from".to_owned()];
    };
    let missing = from
        .images
        .iter()
        .filter(|(_, wanted)| !images.contains(*wanted));
    missing
        .map(|(recipe, wanted)| {
            let short = digest::short(wanted);
            format!("image `{recipe}` of {} ({short}) is not there", from.tag)
        })
        .collect()
}

fn irreversible(migration: &Migration) -> Option<String> {
    // What an image that is not built yet will bring is looked at when it is.
    if migration.unbuilt {
        return None;
    }
    let why = match migration.reversible {
        Reversible::OlderCodeWorks => return None,
        // To run it is to stop the service: no way back that loses nothing.
        Reversible::Downgrade => {
            "older code does not run on it, and the catalogue's downgrade has to be run by hand, \
             from the newer code, before going back"
        }
        Reversible::No => {
            "the catalogue knows neither that older code runs on it nor how to undo it"
        }
    };
    let revision = |known: &Option<String>| known.clone().unwrap_or_else(|| "unknown".to_owned());
    Some(format!(
        "{}: the schema goes from {} to {}, and {why}",
        migration.service,
        revision(&migration.from),
        revision(&migration.to)
    ))
}

#[cfg(test)]
mod tests {
    use super::{PastImages, WayBack, way_back};
    use crate::plan::update::model::{Migration, Reversible};
    use crate::template::release::ReleaseRecord;

    fn from() -> ReleaseRecord {
        let value = serde_json::json!({"version": 1, "tag": "v1",
            "images": {"workflow": "aaaaaaaaaa", "gateway": "bbbbbbbbbb"}});
        serde_json::from_value(value).unwrap()
    }

    fn images(digests: &[&str]) -> PastImages {
        digests.iter().map(ToString::to_string).collect()
    }

    fn migration(reversible: Reversible, unbuilt: bool) -> Migration {
        Migration {
            service: "workflow".to_owned().try_into().unwrap(),
            from: Some("1".to_owned()),
            to: None,
            unbuilt,
            reversible,
        }
    }

    #[track_caller]
    fn closed(way: WayBack) -> Vec<String> {
        match way {
            WayBack::Closed { reasons } => reasons,
            WayBack::Open => panic!("the way back is open"),
        }
    }

    #[test]
    fn each_image_of_the_old_release_has_to_be_there() {
        let all = images(&["aaaaaaaaaa", "bbbbbbbbbb", "c"]);
        assert_eq!(way_back(Some(&from()), &all, &[], &[]), WayBack::Open);
        let some = images(&["bbbbbbbbbb"]);
        assert_eq!(
            closed(way_back(Some(&from()), &some, &[], &[])),
            ["image `workflow` of v1 (aaaaaaaa) is not there"]
        );
        assert_eq!(closed(way_back(None, &all, &[], &[])).len(), 1);
    }

    #[test]
    fn a_schema_has_to_lead_back_as_far_as_it_is_known() {
        let all = images(&["aaaaaaaaaa", "bbbbbbbbbb"]);
        let way = |migration| way_back(Some(&from()), &all, &[migration], &[]);
        assert_eq!(
            way(migration(Reversible::OlderCodeWorks, false)),
            WayBack::Open
        );
        let by_hand = closed(way(migration(Reversible::Downgrade, false)));
        assert!(by_hand[0].contains("by hand"), "{by_hand:?}");
        assert_eq!(way(migration(Reversible::No, true)), WayBack::Open);
        let reasons = closed(way(migration(Reversible::No, false)));
        assert!(reasons[0].contains("from 1 to unknown"), "{}", reasons[0]);
    }

    #[test]
    fn all_reasons_are_told_at_once() {
        let short = ["servers: 1 needed, 0 of 9 are free".to_owned()];
        let migrations = [migration(Reversible::No, false)];
        let way = way_back(Some(&from()), &images(&[]), &migrations, &short);
        assert_eq!(closed(way).len(), 4);
    }
}
