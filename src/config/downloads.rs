//! `images.build`: how the build machine downloads.

use super::model::Downloads;
use super::reader::{Fields, Item, Reader};
use super::url::web;

pub(super) fn downloads(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Downloads {
    let proxy = fields.take("http_proxy");
    let exceptions = fields.take("no_proxy");
    if let (None, Some(item)) = (&proxy, &exceptions) {
        reader.bad(item, "without `http_proxy` there is nothing to except");
    }
    Downloads {
        http_proxy: proxy.and_then(|item| url(reader, &item, proxy_only)),
        no_proxy: exceptions
            .map(|item| reader.list(&item))
            .unwrap_or_default()
            .iter()
            .filter_map(|item| reader.parsed(item, host))
            .collect(),
        apt_mirror: fields
            .take("apt_mirror")
            .and_then(|item| url(reader, &item, folder)),
        pypi_index: fields
            .take("pypi_index")
            .and_then(|item| url(reader, &item, folder)),
    }
}

/// A URL without user and password, and without the `/` at its end. One with them
/// is not repeated, also not where it is wrong in other ways.
fn url(
    reader: &mut Reader<'_>,
    item: &Item<'_>,
    check: fn(&url::Url) -> Result<(), &'static str>,
) -> Option<String> {
    let text = reader.text(item)?;
    if text.contains('@') {
        let message = "holds a user or password, which every program of a build could read \
                       and print: only what lets the build machine in without is of use";
        reader.wrong(item.node.at, &item.path, "", message, None);
        return None;
    }
    reader.parsed(item, |text| {
        let url = web(text)?;
        check(&url).map_err(|reason| format!("bad URL `{text}`: {reason}"))?;
        Ok(url.as_str().trim_end_matches('/').to_owned())
    })
}

fn proxy_only(url: &url::Url) -> Result<(), &'static str> {
    if url.path() == "/" && url.query().is_none() && url.fragment().is_none() {
        Ok(())
    } else {
        Err("a proxy has a host and a port only")
    }
}

fn folder(url: &url::Url) -> Result<(), &'static str> {
    if url.query().is_none() && url.fragment().is_none() {
        Ok(())
    } else {
        Err("a folder is expected, without `?` and `#`")
    }
}

/// Only what apt, pip, git and Python understand alike.
fn host(text: &str) -> Result<String, String> {
    let part = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    let name = text.strip_prefix('.').unwrap_or(text);
    if name.split('.').all(part) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "`{text}` is no host: a name, an IPv4 address or a domain such as `.example.org`; not every program knows ranges, ports or patterns"
    ))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::{Downloads, Known, load};

    fn read(keys: &str) -> Result<Downloads, String> {
        let text = format!(
            "images: {{build: {{build_machine_image: local, {keys}, \
             base_image_urls: {{default: 'http://x/y'}}}}}}\nstacks: {{}}\n"
        );
        load(&text, Path::new("x"), &Known::default())
            .map(|config| config.build.downloads)
            .map_err(|problems| format!("{problems:?} {problems}"))
    }

    #[track_caller]
    fn refused(keys: &str, because: &str) {
        let said = read(keys).expect_err(keys);
        assert!(said.contains(because), "{said}");
    }

    #[test]
    fn a_proxy_and_its_exceptions_are_read() {
        let downloads =
            read("http_proxy: 'http://proxy:3128', no_proxy: [a, .b.org, 192.0.2.1]").unwrap();
        assert_eq!(downloads.http_proxy.as_deref(), Some("http://proxy:3128"));
        assert_eq!(downloads.no_proxy, ["a", ".b.org", "192.0.2.1"]);
    }

    #[test]
    fn mirrors_are_folders() {
        let downloads = read(
            "apt_mirror: 'https://mirror/debian/', pypi_index: 'http://pypi:8080/root/simple'",
        )
        .unwrap();
        assert_eq!(
            downloads.apt_mirror.as_deref(),
            Some("https://mirror/debian")
        );
        assert_eq!(
            downloads.pypi_index.as_deref(),
            Some("http://pypi:8080/root/simple")
        );
        refused("apt_mirror: mirror/debian", "has to start with");
        refused("apt_mirror: 'file:///debian'", "not `file`");
        refused("apt_mirror: 'http://m/debian#x'", "a folder is expected");
        refused("pypi_index: 'http://m/simple?x=y'", "a folder is expected");
        refused("pypi_index: 'http://me:poison@m'", "user or password");
    }

    #[test]
    fn what_is_no_proxy_is_refused() {
        refused("http_proxy: 'proxy:3128'", "has to be `http` or `https`");
        refused("http_proxy: 'socks5://proxy'", "not `socks5`");
        refused("http_proxy: 'http://proxy/x'", "a host and a port only");
        refused("no_proxy: [a]", "there is nothing to except");
        for host in ["10.0.0.0/8", "a:80", "'*'", "'a,b'", "'a b'", ".", "a..b"] {
            let keys = format!("http_proxy: 'http://p', no_proxy: [{host}]");
            refused(&keys, "is no host");
        }
    }

    #[test]
    fn a_password_is_refused_and_not_repeated() {
        for text in [
            "http://me:poison@proxy",
            "ftp://poison@proxy",
            "me:poi son@proxy",
        ] {
            let said = read(&format!("http_proxy: '{text}'")).expect_err(text);
            assert!(said.contains("holds a user or password"), "{said}");
            assert!(!said.contains("poi"), "{said}");
        }
    }
}
