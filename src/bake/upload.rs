//! Image files into Glance: by the build machine itself where they are there,
//! compared in the end with what Glance says it has.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::bake::builder::Builder;
use crate::bake::observe::{BUILD_LONGEST_S, OWNER, SHA512};
use crate::bake::owner::{Alive, Owner};
use crate::bake::protocol::{Built, Said};
use crate::error::{Failure, Kind};
use crate::image::{self, Recipe};
use crate::name::Tag;
use crate::openstack::call::Service;
use crate::openstack::client::Cloud;
use crate::openstack::error::CloudError;
use crate::openstack::glance::{Image, ImageStatus, NewImage};
use crate::openstack::keystone::{AccessRule, ApplicationCredential};
use crate::ui::event::{Event, Unit};
use crate::ui::reporter::Reporter;

/// What names of our application credentials begin with.
const CREDENTIAL_PREFIX: &str = "ptero-upload ";

/// It is made before the first image is built and used for the last; after this it is
/// dead paper even where nobody deletes it.
const CREDENTIAL_VALID: SignedDuration = SignedDuration::from_secs(BUILD_LONGEST_S);

/// With what builds are hashed, before anybody can ask Glance what it hashes with: it
/// says so only of an image that is there. Its own default.
const HASH: &str = "sha512";

/// Glance's sizes for `min_disk` are GiB.
const GIB: u64 = 1 << 30;

/// How a build machine proves to Glance that it may upload.
pub enum Pass {
    /// May send image data, nothing else, and expires.
    Credential(ApplicationCredential),
    /// This run's own token, where the cloud gives no such credential.
    Token,
}

/// Makes the pass for this run's uploads.
pub async fn pass(cloud: &Cloud, reporter: &Reporter) -> Pass {
    let rules = [AccessRule {
        service: "image".to_owned(),
        method: "PUT".to_owned(),
        path: "/v2/images/*/file".to_owned(),
    }];
    let name = format!("{CREDENTIAL_PREFIX}{}", Owner::current());
    let expires = Timestamp::now() + CREDENTIAL_VALID;
    match cloud
        .keystone()
        .create_application_credential(&name, expires, &rules)
        .await
    {
        Ok(credential) => Pass::Credential(credential),
        Err(error) => {
            reporter.warn(
                format!("this cloud gives no application credential: {error}"),
                "the build machine is handed this run's token instead; it expires by itself",
            );
            Pass::Token
        }
    }
}

/// Ends the pass.
pub async fn revoke(cloud: &Cloud, reporter: &Reporter, pass: Pass) {
    let Pass::Credential(credential) = pass else {
        return;
    };
    if let Err(error) = cloud
        .keystone()
        .delete_application_credential(&credential.id)
        .await
    {
        reporter.warn(
            format!(
                "application credential `{}` is still there: {error}",
                credential.name
            ),
            "it expires by itself",
        );
    }
}

/// Deletes credentials whose makers died on this host; others expire.
pub async fn sweep(cloud: &Cloud) -> Result<(), CloudError> {
    let keystone = cloud.keystone();
    for listed in keystone
        .application_credentials_with_prefix(CREDENTIAL_PREFIX)
        .await?
    {
        let owner = listed
            .name
            .strip_prefix(CREDENTIAL_PREFIX)
            .and_then(Owner::parse);
        if owner.is_some_and(|owner| owner.alive() == Alive::No) {
            keystone.delete_application_credential(&listed.id).await?;
        }
    }
    Ok(())
}

/// The record of a new image.
pub fn record(recipe: &Recipe, tag: &Tag, built: &Built) -> NewImage {
    let mut properties =
        image::properties(recipe, std::slice::from_ref(tag), built.schema.as_deref());
    properties.insert(OWNER.to_owned(), Owner::current().to_string());
    properties.insert(SHA512.to_owned(), built.sha512.clone());
    NewImage {
        name: image::name(recipe, tag),
        disk_format: "raw".to_owned(),
        min_disk_gib: u32::try_from(built.bytes.div_ceil(GIB)).unwrap_or(u32::MAX),
        properties,
    }
}

/// Uploads an image from the builder it was made on.
pub async fn upload(
    cloud: &Cloud,
    reporter: &Reporter,
    builder: &Builder,
    pass: &Pass,
    new: &NewImage,
    built: &Built,
) -> Result<Image, Failure> {
    if matches!(builder, Builder::Local) {
        let image = cloud
            .glance()
            .upload_file(new, Path::new(&built.path))
            .await?;
        return compare(&image, built).map(|()| image);
    }
    let image = cloud.glance().create(new).await?;
    let sent = send(cloud, reporter, builder, pass, &image, built).await;
    let checked = match sent {
        Ok(()) => cloud.glance().image(&image.id).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    match checked.and_then(|image| compare(&image, built).map(|()| image)) {
        Ok(image) => Ok(image),
        Err(failure) => {
            // A record without its data is of no use to anybody.
            let _ = cloud.glance().delete(&image.id).await;
            Err(failure)
        }
    }
}

async fn send(
    cloud: &Cloud,
    reporter: &Reporter,
    builder: &Builder,
    pass: &Pass,
    image: &Image,
    built: &Built,
) -> Result<(), Failure> {
    let job = job(cloud, pass, image, built).await?;
    let mut refused = None;
    let heard = |said| match said {
        Said::Progress { bytes, total } => reporter.emit(&Event::Progress {
            subject: built.name.clone(),
            phase: "upload".to_owned(),
            done: bytes,
            total: Some(total),
            unit: Unit::Bytes,
        }),
        Said::Failed { reason, .. } => refused = Some(reason),
        _ => {}
    };
    let failed = || Failure::new(Kind::Failed, format!("upload of `{}` failed", built.name));
    let ended = builder
        .upload(&job, heard)
        .await
        .map_err(|error| failed().caused_by(error))?;
    match (ended.code, refused) {
        (Some(0), None) => Ok(()),
        (_, Some(reason)) => Err(failed().caused_by(reason)),
        (_, None) => Err(failed().caused_by(ended.stderr)),
    }
}

async fn job(cloud: &Cloud, pass: &Pass, image: &Image, built: &Built) -> Result<Value, Failure> {
    let base = cloud.endpoint_url(Service::Image).await?;
    let mut job = json!({
        "path": built.path,
        "url": format!("{base}/images/{}/file", image.id),
        "auth_url": cloud.credentials().auth_url.as_str(),
        "ca": cloud.authority()?,
    });
    match pass {
        Pass::Credential(credential) => {
            job["application_credential"] =
                json!({"id": credential.id, "secret": credential.secret.expose_secret()});
        }
        Pass::Token => job["token"] = json!(cloud.token().await?.expose_secret()),
    }
    Ok(job)
}

/// Whether Glance has exactly what was built.
fn compare(image: &Image, built: &Built) -> Result<(), Failure> {
    let has = image.os_hash_value.as_deref().unwrap_or("nothing");
    if image.status == ImageStatus::Active && has == built.sha512 {
        return Ok(());
    }
    let algorithm = image.os_hash_algo.as_deref().unwrap_or(HASH);
    if algorithm != HASH {
        let name = &built.name;
        let message = format!("`{name}` cannot be compared with what Glance has");
        return Err(Failure::new(Kind::Failed, message)
            .caused_by(format!(
                "Glance hashes with `{algorithm}`, and builds with {HASH}"
            ))
            .hint(format!(
                "the cloud's administrator chooses `hashing_algorithm` of Glance; its default is {HASH}"
            )));
    }
    let message = format!("Glance does not have what was built for `{}`", built.name);
    Err(Failure::new(Kind::Failed, message).caused_by(format!(
        "image {}: status {:?}, sha512 {has}; built: {}",
        image.id, image.status, built.sha512
    )))
}

#[cfg(test)]
mod tests {
    use super::compare;
    use crate::bake::protocol::Built;
    use crate::openstack::glance::Image;

    fn compared(algorithm: &str, hash: &str) -> Result<(), String> {
        let image = serde_json::json!({"id": "i", "name": "n", "status": "active", "size": 1,
            "os_hash_algo": algorithm, "os_hash_value": hash});
        let image: Image = serde_json::from_value(image).unwrap();
        let built = serde_json::json!({"name": "workflow", "digest": "d", "path": "/p", "bytes": 1,
            "sha512": "aa"});
        let built: Built = serde_json::from_value(built).unwrap();
        compare(&image, &built).map_err(|failure| {
            let cause = std::error::Error::source(&failure).unwrap();
            format!("{failure}: {cause}")
        })
    }

    #[test]
    fn what_glance_has_is_compared_with_what_was_built() {
        assert_eq!(compared("sha512", "aa"), Ok(()));
        let other = compared("sha512", "bb").unwrap_err();
        assert!(
            other.starts_with("Glance does not have what was built for `workflow`"),
            "{other}"
        );
    }

    #[test]
    fn another_algorithm_is_named() {
        assert_eq!(
            compared("sha256", "bb").unwrap_err(),
            "`workflow` cannot be compared with what Glance has: Glance hashes with `sha256`, and builds with sha512"
        );
    }
}
