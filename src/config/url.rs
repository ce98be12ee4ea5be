//! URLs: of the web at large, and that of a base image, which may say what has to be found there:
//! `https://example.org/debian.raw#sha512=0123…`.

use url::{ParseError, Url};

use super::model::{BaseImage, Checksum};

/// Reads a URL of the web; the error says what is wrong.
pub(crate) fn web(text: &str) -> Result<Url, String> {
    if text.contains(char::is_whitespace) {
        return Err(format!("bad URL `{text}`: it holds a blank"));
    }
    let url = Url::parse(text).map_err(|error| match error {
        ParseError::RelativeUrlWithoutBase => {
            format!("bad URL `{text}`: it has to start with `http://` or `https://`")
        }
        error => format!("bad URL `{text}`: {error}"),
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!(
            "bad URL `{text}`: the scheme has to be `http` or `https`, not `{}`",
            url.scheme()
        ));
    }
    Ok(url)
}

/// Reads a base image's URL; the error says what is wrong.
pub(crate) fn base_image(text: &str) -> Result<BaseImage, String> {
    let mut url = web(text)?;
    let checksum = url
        .fragment()
        .map(checksum)
        .transpose()
        .map_err(|reason| format!("bad URL `{text}`: {reason}"))?;
    url.set_fragment(None);
    Ok(BaseImage { url, checksum })
}

fn checksum(fragment: &str) -> Result<Checksum, String> {
    let (algorithm, value) = fragment
        .split_once('=')
        .ok_or("behind `#` a checksum such as `sha512=0123…` is expected")?;
    let digits = match algorithm {
        "sha256" => 64,
        "sha512" => 128,
        _ => {
            return Err(format!(
                "unknown checksum `{algorithm}`: `sha256` or `sha512`"
            ));
        }
    };
    if value.len() != digits || !value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!("`{algorithm}` has {digits} hexadecimal digits"));
    }
    Ok(Checksum {
        algorithm: algorithm.to_owned(),
        value: value.to_ascii_lowercase(),
    })
}

#[cfg(test)]
mod tests {
    use super::base_image;

    #[track_caller]
    fn refused(text: &str, because: &str) {
        let message = base_image(text).expect_err(text);
        assert!(message.contains(because), "{message}");
    }

    #[test]
    fn the_checksum_is_taken_off_the_url() {
        let sum = "AB".repeat(64);
        let image = base_image(&format!("http://host/a.raw?x=1#sha512={sum}")).unwrap();
        assert_eq!(image.url.as_str(), "http://host/a.raw?x=1");
        assert_eq!(image.checksum.unwrap().value, sum.to_lowercase());
        assert_eq!(base_image("http://host/a.raw").unwrap().checksum, None);
    }

    #[test]
    fn what_cannot_be_fetched_is_refused() {
        refused("not a url", "it holds a blank");
        refused("host/a", "it has to start with `http://` or `https://`");
        refused("ftp://host/a", "not `ftp`");
        refused("http://", "empty host");
        refused("http://host/a#sha512", "a checksum such as");
        refused("http://host/a#md5=00", "unknown checksum `md5`");
        refused("http://host/a#sha256=00", "64 hexadecimal digits");
    }
}
