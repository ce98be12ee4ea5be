//! Carrying out a planned removal of images.

use crate::error::{Failure, Kind};
use crate::image::TAGS_PROPERTY;
use crate::openstack::client::Cloud;
use crate::plan::image_removal::Removal;
use crate::tasks::context::Context;

/// Fails when something that would go is in use, naming who uses it.
pub fn refuse(removal: &Removal) -> Result<(), Failure> {
    if removal.refused.is_empty() {
        return Ok(());
    }
    let reasons: Vec<String> = removal
        .refused
        .iter()
        .map(|(image, users)| {
            let users: Vec<&str> = users.iter().map(String::as_str).collect();
            format!("`{image}` is used by {}", users.join(", "))
        })
        .collect();
    let failure = Failure::new(Kind::Refused, "images are in use; nothing was deleted");
    Err(failure
        .caused_by(reasons.join("\n"))
        .hint("`ptero-deploy stack delete ENV` first"))
}

/// Asks, then deletes and untags.
pub async fn carry_out(context: &Context, cloud: &Cloud, removal: &Removal) -> Result<(), Failure> {
    for (_, name) in &removal.deleted {
        context.reporter.note(name, "will be deleted");
    }
    context
        .ask
        .confirm(&format!("delete {} images?", removal.deleted.len()))
        .await?;
    for (id, name) in &removal.deleted {
        cloud.glance().delete(id).await?;
        context.reporter.note(name, "deleted");
    }
    for (id, name, tags) in &removal.untagged {
        let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
        let tags = tags.join(",");
        cloud
            .glance()
            .set_properties(id, &[(TAGS_PROPERTY, &tags)])
            .await?;
        context.reporter.note(name, format!("stays for {tags}"));
    }
    Ok(())
}
