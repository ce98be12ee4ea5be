//! Which base image a URL names right now, without downloading it: from a
//! checksum in the configuration, a checksum file beside the image, or, when
//! there is neither, what the server says of the file.

use std::time::Duration;

use reqwest::{Client, StatusCode, Url};

use crate::config::{BaseImage, Checksum};

/// A base image, identified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Names the content: changes exactly when the content does, as far as the
    /// server tells.
    pub digest: String,
    /// Checked by the build machine after the download, where known.
    pub checksum: Option<Checksum>,
}

/// Why a base image cannot be identified.
#[derive(Debug, thiserror::Error)]
pub enum BaseError {
    /// No answer from the server.
    #[error("base image `{url}` cannot be reached")]
    Unreachable {
        /// The image's URL.
        url: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The server answered, but not with the image.
    #[error("base image `{url}`: the server answered {status}")]
    Status {
        /// The image's URL.
        url: String,
        /// The answer.
        status: StatusCode,
    },
}

/// A file of checksums is small; a server that does not send one in this time
/// is as good as down, and the operator waits at a terminal.
const ANSWER_DEADLINE: Duration = Duration::from_secs(20);

/// Identifies `image`; a checksum in the configuration pins its content.
pub async fn identify(client: &Client, image: &BaseImage) -> Result<Base, BaseError> {
    let checksum = match &image.checksum {
        Some(pinned) => Some(pinned.clone()),
        None => published(client, &image.url).await?,
    };
    // Asked even when the checksum is known: a wrong URL must be found before
    // a build machine is booted for it.
    let identity = head(client, &image.url).await?;
    let digest = match &checksum {
        Some(checksum) => format!("{}:{}", checksum.algorithm, checksum.value),
        None => identity,
    };
    Ok(Base {
        digest: blake3::hash(digest.as_bytes()).to_hex().to_string(),
        checksum,
    })
}

fn checksum(algorithm: &str, value: &str) -> Option<Checksum> {
    let length = match algorithm {
        "sha256" => 64,
        "sha512" => 128,
        _ => return None,
    };
    let valid = value.len() == length && value.bytes().all(|b| b.is_ascii_hexdigit());
    valid.then(|| Checksum {
        algorithm: algorithm.to_owned(),
        value: value.to_ascii_lowercase(),
    })
}

/// Looks where publishers put checksums: beside the file, or in one list for
/// the folder.
async fn published(client: &Client, url: &Url) -> Result<Option<Checksum>, BaseError> {
    let name = url.path().rsplit('/').next().unwrap_or_default().to_owned();
    for (algorithm, list) in [("sha512", "SHA512SUMS"), ("sha256", "SHA256SUMS")] {
        for place in [format!("{name}.{algorithm}"), list.to_owned()] {
            let Ok(address) = url.join(&place) else {
                continue;
            };
            let Some(text) = small_text(client, &address).await? else {
                continue;
            };
            if let Some(found) = in_list(&text, &name, algorithm) {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

/// The checksum of `name` in a list of `HEX  NAME` lines; a lone `HEX` counts.
fn in_list(text: &str, name: &str, algorithm: &str) -> Option<Checksum> {
    text.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let value = words.next()?;
        match words.next() {
            Some(file) if file.trim_start_matches('*') != name => None,
            _ => checksum(algorithm, value),
        }
    })
}

async fn small_text(client: &Client, url: &Url) -> Result<Option<String>, BaseError> {
    let unreachable = |source| BaseError::Unreachable {
        url: url.to_string(),
        source,
    };
    let request = client.get(url.clone()).timeout(ANSWER_DEADLINE);
    let response = request.send().await.map_err(unreachable)?;
    if !response.status().is_success() {
        return Ok(None);
    }
    response.text().await.map(Some).map_err(unreachable)
}

/// What the server says of the file: enough to notice a change, no proof.
async fn head(client: &Client, url: &Url) -> Result<String, BaseError> {
    let request = client.head(url.clone()).timeout(ANSWER_DEADLINE);
    let response = request
        .send()
        .await
        .map_err(|source| BaseError::Unreachable {
            url: url.to_string(),
            source,
        })?;
    if !response.status().is_success() {
        return Err(BaseError::Status {
            url: url.to_string(),
            status: response.status(),
        });
    }
    let header = |name| {
        let value = response.headers().get(name);
        value
            .and_then(|v| v.to_str().ok())
            .unwrap_or("-")
            .to_owned()
    };
    Ok(format!(
        "{url} {} {} {}",
        header("etag"),
        header("content-length"),
        header("last-modified")
    ))
}

#[cfg(test)]
mod tests {
    use super::{checksum, in_list};

    #[test]
    fn the_line_of_the_file_is_found_in_a_list() {
        let a = "a".repeat(64);
        let b = "b".repeat(64);
        let list = format!("{a}  one.raw\n{b} *two.raw\n");
        let found = in_list(&list, "two.raw", "sha256").unwrap();
        assert_eq!(found.value, b);
        assert!(in_list(&list, "three.raw", "sha256").is_none());
        assert_eq!(in_list(&a, "any.raw", "sha256").unwrap().value, a);
    }

    #[test]
    fn a_checksum_has_the_length_of_its_algorithm() {
        assert!(checksum("sha256", &"a".repeat(64)).is_some());
        assert!(checksum("sha512", &"a".repeat(64)).is_none());
        assert!(checksum("md5", &"a".repeat(32)).is_none());
        assert!(checksum("sha256", &"g".repeat(64)).is_none());
    }
}
