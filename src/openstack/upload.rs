//! An image's data to Glance, whole and proved by its hash; after a break it looks
//! at what Glance has before it sends anything again.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::Method;
use tokio::time::{Instant, sleep};

use crate::openstack::call::{Reply, Service};
use crate::openstack::client::{broken, secret_header};
use crate::openstack::error::CloudError;
use crate::openstack::glance::{Glance, Image, ImageStatus, NewImage};
use crate::openstack::image_file::{self, Sending};
use crate::openstack::transport::Use;
use crate::openstack::wait::{Deadline, Pace, Verdict, WaitError, until};
use crate::ui::event::{Event, Unit};
use crate::ui::reporter::Reporter;

/// No byte taken for so long is a dead connection, not a slow store.
const STALL_LONGEST: Duration = Duration::from_secs(90);
/// After the last byte Glance may still copy the whole image to its store.
const ANSWER_LONGEST: Duration = Duration::from_secs(900);
/// How often progress is told.
const TICK: Duration = Duration::from_millis(250);
/// Glance 25 notices a broken upload within seconds and puts the record back to
/// `queued`; sending before that ends in 409, and its store may mix both.
const SAVING_LONGEST: Duration = Duration::from_secs(30);
/// A link that breaks every time will break the next time too.
const SENDS_MAX: u32 = 4;

/// What to do after a broken sending, by what Glance then shows.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Next {
    /// The record has no data: the same one takes it again.
    SendAgain,
    /// Glance has not noticed yet, or still works on it.
    Wait,
    /// The record is spoilt, or has other data than ours.
    Recreate,
    /// Nothing that we may do helps.
    GiveUp(String),
}

fn next(image: Option<&Image>) -> Next {
    match image.map(|image| &image.status) {
        Some(ImageStatus::Queued) => Next::SendAgain,
        Some(ImageStatus::Saving) => Next::Wait,
        Some(ImageStatus::Active | ImageStatus::Killed | ImageStatus::Deleted) | None => {
            Next::Recreate
        }
        Some(ImageStatus::Deactivated) => {
            Next::GiveUp("the cloud's operator deactivated it".to_owned())
        }
        Some(ImageStatus::Unknown(word)) => Next::GiveUp(format!("its status is `{word}`")),
    }
}

/// Whether Glance has the bytes that we sent.
fn verify(image: &Image, sha512: &str, length: u64) -> Result<(), CloudError> {
    let bad = |reason: String| {
        Err(CloudError::Upload {
            id: image.id.clone(),
            reason,
        })
    };
    if image.status != ImageStatus::Active {
        return bad(format!("its status is {:?} after the upload", image.status));
    }
    if image.size != Some(length) {
        return bad(format!(
            "{length} bytes were sent, and Glance has {:?}",
            image.size
        ));
    }
    match (
        image.os_hash_algo.as_deref(),
        image.os_hash_value.as_deref(),
    ) {
        (Some("sha512"), Some(value)) if value == sha512 => Ok(()),
        (Some("sha512"), Some(value)) => {
            bad(format!("its sha512 is {value}, but {sha512} was sent"))
        }
        (algorithm, _) => bad(format!("Glance hashes with {algorithm:?}, not with sha512")),
    }
}

impl Glance<'_> {
    /// Makes an image from a file; what comes back is active and has the file's hash.
    /// A broken upload leaves no second record behind.
    pub async fn upload_file(&self, new: &NewImage, path: &Path) -> Result<Image, CloudError> {
        let mut image = self.create(new).await?;
        let mut sends = 0;
        loop {
            let error = match self.upload(&image, path).await {
                Ok(image) => return Ok(image),
                Err(error) => error,
            };
            sends += 1;
            let after = self.settled(&image.id).await?;
            // All data may have come, and only the answer not.
            if let Some(active) = after
                .as_ref()
                .filter(|one| one.status == ImageStatus::Active)
            {
                let sha512 = hash(path).await?;
                if verify(active, &sha512, image_length(path)?).is_ok() {
                    return Ok(active.clone());
                }
            }
            let next = next(after.as_ref());
            if let Next::GiveUp(reason) = next {
                return Err(CloudError::Upload {
                    id: image.id,
                    reason,
                });
            }
            if sends >= SENDS_MAX || !recoverable(&error) {
                self.delete(&image.id).await?;
                return Err(error);
            }
            self.tell(&new.name, &error);
            if next != Next::SendAgain {
                self.delete(&image.id).await?;
                image = self.create(new).await?;
            }
        }
    }

    fn tell(&self, name: &str, error: &CloudError) {
        let text = format!("upload of `{name}` broke: {error}");
        self.cloud.reporter().warn(text, "sending it again");
    }

    /// Waits while Glance works on what it got; then the image, or none.
    async fn settled(&self, id: &str) -> Result<Option<Image>, CloudError> {
        let mut seen = None;
        let look = async || {
            seen = match self.image(id).await {
                Ok(image) => Some(image),
                Err(error) if error.is_not_found() => None,
                Err(error) => return Err(error),
            };
            Ok(match next(seen.as_ref()) {
                Next::Wait => Verdict::Go,
                _ => Verdict::<(), ()>::Done(()),
            })
        };
        match until(Deadline::after(SAVING_LONGEST), Pace::QUICK, look).await {
            Err(
                WaitError::Cloud(error)
                | WaitError::TimedOut {
                    last: Some(error), ..
                },
            ) => Err(error),
            _ => Ok(seen),
        }
    }

    /// Sends a file into a `queued` record, once, and proves what arrived.
    pub async fn upload(&self, image: &Image, path: &Path) -> Result<Image, CloudError> {
        let id = &image.id;
        let name = image.name.as_ref().unwrap_or(id);
        let length = image_length(path)?;
        let mut session = self.cloud.session().await?;
        let base = self.cloud.endpoint_url(Service::Image).await?;
        let url = format!("{base}/images/{id}/file");
        let mut replayed = false;
        loop {
            let Sending {
                chunks,
                taken,
                sha512,
            } = image_file::start(path, length);
            self.cloud.count(Service::Image);
            let request = self
                .cloud
                .http(&url, Use::Stream)?
                .put(&url)
                .header("X-Auth-Token", secret_header(&session.token)?)
                .header("Content-Type", "application/octet-stream")
                .header("Content-Length", length)
                .body(reqwest::Body::wrap_stream(chunks));
            let sent = async {
                let response = request
                    .send()
                    .await
                    .map_err(|error| broken(&Method::PUT, &url, &error))?;
                let status = response.status().as_u16();
                let headers = response.headers().clone();
                let body = response
                    .bytes()
                    .await
                    .map_err(|error| broken(&Method::PUT, &url, &error))?;
                Ok(Reply {
                    method: Method::PUT,
                    url: url.clone(),
                    status,
                    headers,
                    body,
                })
            };
            let reply = tokio::select! {
                reply = sent => reply?,
                reason = watch(self.cloud.reporter(), name, &taken, length) => {
                    return Err(CloudError::Lost { method: "PUT".to_owned(), url, reason });
                }
            };
            if reply.status == 401 && !replayed {
                replayed = true;
                session = self.cloud.renewed(&session).await?;
                continue;
            }
            if !(200..300).contains(&reply.status) {
                return Err(reply.error());
            }
            let sha512 = sha512.await.map_err(|_| {
                CloudError::Local(format!("`{}` changed while it was sent", path.display()))
            })?;
            let image = self.image(id).await?;
            verify(&image, &sha512, length)?;
            return Ok(image);
        }
    }
}

/// Refusals by policy, quota or size stay the same however often one asks.
fn recoverable(error: &CloudError) -> bool {
    error.is_transient()
        || error.is_conflict()
        || error.is_not_found()
        || matches!(error, CloudError::Upload { .. })
}

fn image_length(path: &Path) -> Result<u64, CloudError> {
    image_file::length(path)
        .map_err(|error| CloudError::Local(format!("`{}`: {error}", path.display())))
}

async fn hash(path: &Path) -> Result<String, CloudError> {
    use futures_util::StreamExt;
    let Sending {
        mut chunks, sha512, ..
    } = image_file::start(path, image_length(path)?);
    while chunks.next().await.is_some() {}
    sha512
        .await
        .map_err(|_| CloudError::Local(format!("`{}` cannot be read", path.display())))
}

/// Tells the progress, and ends when there is none any more.
async fn watch(reporter: &Reporter, name: &str, taken: &AtomicU64, length: u64) -> String {
    let mut last = 0;
    let mut moved = Instant::now();
    loop {
        sleep(TICK).await;
        let done = taken.load(Ordering::Relaxed);
        if done != last {
            (last, moved) = (done, Instant::now());
            reporter.emit(&Event::Progress {
                subject: name.to_owned(),
                phase: "upload".to_owned(),
                done,
                total: Some(length),
                unit: Unit::Bytes,
            });
        }
        let longest = if done < length {
            STALL_LONGEST
        } else {
            ANSWER_LONGEST
        };
        if moved.elapsed() > longest {
            return format!(
                "nothing moved for {} s after {done} of {length} bytes",
                longest.as_secs()
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Image, Next, next, verify};

    fn image(status: &str) -> Image {
        serde_json::from_value(json!({"id": "i", "name": null, "status": status, "size": 3,
            "os_hash_algo": "sha512", "os_hash_value": "aa", "ptero_recipe": "r"}))
        .expect("an image")
    }

    #[test]
    fn what_comes_next_follows_from_what_glance_shows() {
        assert_eq!(next(Some(&image("queued"))), Next::SendAgain);
        assert_eq!(next(Some(&image("saving"))), Next::Wait);
        assert_eq!(next(Some(&image("active"))), Next::Recreate);
        assert_eq!(next(Some(&image("killed"))), Next::Recreate);
        assert_eq!(next(None), Next::Recreate);
        assert!(matches!(next(Some(&image("odd"))), Next::GiveUp(_)));
    }

    #[test]
    fn an_image_counts_only_with_size_and_hash() {
        assert_eq!(verify(&image("active"), "aa", 3), Ok(()));
        assert!(verify(&image("active"), "ab", 3).is_err());
        assert!(verify(&image("active"), "aa", 4).is_err());
        assert!(verify(&image("saving"), "aa", 3).is_err());
        assert_eq!(image("active").property("ptero_recipe"), Some("r"));
    }
}
