//! Values of arguments: texts checked where they enter.

use std::time::Duration;

use crate::name::{BadName, EnvName, Tag};

/// An environment's name.
pub fn env(text: &str) -> Result<EnvName, BadName> {
    EnvName::new(text)
}

/// A tag.
pub fn tag(text: &str) -> Result<Tag, BadName> {
    Tag::new(text)
}

/// A time-out in minutes.
pub fn minutes(text: &str) -> Result<Duration, String> {
    match text.parse::<u32>() {
        Ok(minutes) if minutes > 0 => Ok(Duration::from_secs(u64::from(minutes) * 60)),
        _ => Err("a whole number of minutes above 0 is wanted".to_owned()),
    }
}
