//! The catalogue of a token: which service answers where.

use serde::{Deserialize, Serialize};

use crate::openstack::call::Service;
use crate::openstack::error::CloudError;

/// One address of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Catalogue type, e.g. `orchestration`.
    pub service: String,
    /// `public`, `internal` or `admin`.
    pub interface: String,
    /// Region; some clouds name none.
    pub region: Option<String>,
    /// Base URL as the cloud wrote it.
    pub url: String,
}

/// Types under which clouds list a service; the official one first.
fn types(service: Service) -> &'static [&'static str] {
    match service {
        Service::Identity => &["identity"],
        Service::Image => &["image"],
        Service::Compute => &["compute"],
        Service::Network => &["network"],
        Service::Orchestration => &["orchestration"],
        Service::Volume => &["block-storage", "volumev3", "block-store"],
    }
}

/// The base URL of `service`, versioned as our calls need it.
pub(crate) fn url(
    endpoints: &[Endpoint],
    service: Service,
    interface: &str,
    region: Option<&str>,
    project: &str,
) -> Result<String, CloudError> {
    let offered: Vec<&Endpoint> = types(service)
        .iter()
        .flat_map(|wanted| {
            endpoints
                .iter()
                .filter(move |endpoint| endpoint.service == *wanted)
        })
        .collect();
    offered
        .iter()
        .find(|endpoint| {
            endpoint.interface == interface
                && (region.is_none() || endpoint.region.as_deref() == region)
        })
        .map(|endpoint| versioned(service, &endpoint.url, project))
        .ok_or_else(|| {
            let mut known: Vec<String> = offered
                .iter()
                .map(|one| {
                    format!(
                        "{} in {}",
                        one.interface,
                        one.region.as_deref().unwrap_or("-")
                    )
                })
                .collect();
            known.sort();
            known.dedup();
            CloudError::NoEndpoint {
                service: service.project().to_owned(),
                interface: interface.to_owned(),
                region: region.map(str::to_owned),
                known,
            }
        })
}

/// Clouds write endpoints with or without version and project.
fn versioned(service: Service, url: &str, project: &str) -> String {
    let url = url.trim_end_matches('/');
    let last = url.rsplit('/').next().unwrap_or_default();
    let versioned = last.len() > 1
        && last.starts_with('v')
        && last[1..].chars().all(|c| c.is_ascii_digit() || c == '.');
    match service {
        Service::Identity if versioned => url.to_owned(),
        Service::Identity => format!("{url}/v3"),
        // A catalogue may name v1, which is gone, or v2.0: our calls are for v2.
        Service::Image => format!("{}/v2", if versioned { cut(url) } else { url }),
        Service::Network => format!("{}/v2.0", if versioned { cut(url) } else { url }),
        Service::Compute if versioned && last == "v2.1" => url.to_owned(),
        Service::Compute if versioned => format!("{}/v2.1", cut(url)),
        Service::Compute if cut(url).ends_with("/v2.1") => url.to_owned(),
        Service::Compute if cut(url).ends_with("/v2") => format!("{}/v2.1", cut(cut(url))),
        Service::Compute => format!("{url}/v2.1"),
        Service::Orchestration | Service::Volume if versioned => format!("{url}/{project}"),
        Service::Orchestration if cut(url).ends_with("/v1") => url.to_owned(),
        Service::Orchestration => format!("{url}/v1/{project}"),
        Service::Volume if cut(url).ends_with("/v3") => url.to_owned(),
        Service::Volume => format!("{url}/v3/{project}"),
    }
}

fn cut(url: &str) -> &str {
    url.rsplit_once('/').map_or(url, |(base, _)| base)
}

#[cfg(test)]
mod tests {
    use super::{CloudError, Endpoint, Service, url, versioned};

    #[track_caller]
    fn case(service: Service, text: &str, expected: &str) {
        assert_eq!(versioned(service, text, "p1"), expected, "{text}");
    }

    #[test]
    fn versions_are_added_only_where_they_lack() {
        case(Service::Image, "http://c:9292", "http://c:9292/v2");
        case(Service::Image, "http://c:9292/v2/", "http://c:9292/v2");
        case(Service::Image, "https://c/image", "https://c/image/v2");
        case(Service::Compute, "http://c:8774/v2.1", "http://c:8774/v2.1");
        case(
            Service::Compute,
            "http://c:8774/v2.1/p1",
            "http://c:8774/v2.1/p1",
        );
        case(
            Service::Compute,
            "http://c:8774/v2/p1",
            "http://c:8774/v2.1",
        );
        case(Service::Compute, "http://c:8774/v2", "http://c:8774/v2.1");
        case(
            Service::Compute,
            "https://c/compute",
            "https://c/compute/v2.1",
        );
        case(Service::Network, "http://c:9696", "http://c:9696/v2.0");
        case(Service::Network, "http://c:9696/v2.0", "http://c:9696/v2.0");
        case(
            Service::Orchestration,
            "http://c:8004/v1/p1",
            "http://c:8004/v1/p1",
        );
        case(
            Service::Orchestration,
            "http://c:8004/v1",
            "http://c:8004/v1/p1",
        );
        case(
            Service::Orchestration,
            "https://c/heat-api",
            "https://c/heat-api/v1/p1",
        );
        case(
            Service::Volume,
            "http://c:8776/v3/p1",
            "http://c:8776/v3/p1",
        );
        case(Service::Identity, "http://c:5000/v3/", "http://c:5000/v3");
        case(
            Service::Identity,
            "http://c/identity",
            "http://c/identity/v3",
        );
    }

    fn endpoint(interface: &str, region: &str) -> Endpoint {
        Endpoint {
            service: "orchestration".to_owned(),
            interface: interface.to_owned(),
            region: Some(region.to_owned()),
            url: format!("http://{region}.{interface}/v1/p1"),
        }
    }

    #[test]
    fn region_and_interface_choose_and_a_miss_names_what_there_is() {
        let endpoints = [
            endpoint("public", "one"),
            endpoint("internal", "one"),
            endpoint("public", "two"),
        ];
        let heat = Service::Orchestration;
        let find = |interface, region| url(&endpoints, heat, interface, region, "p1");
        assert_eq!(
            find("public", None).as_deref(),
            Ok("http://one.public/v1/p1")
        );
        assert_eq!(
            find("public", Some("two")).as_deref(),
            Ok("http://two.public/v1/p1")
        );
        let error = find("admin", Some("two")).expect_err("no such endpoint");
        assert_eq!(
            error.to_string(),
            "the cloud's catalogue has no admin endpoint of `heat` in region `two`"
        );
        assert_eq!(
            error.hints(),
            [
                "set OS_REGION_NAME or OS_INTERFACE to one of: internal in one, public in one, public in two"
            ]
        );
        let error = url(&endpoints, Service::Volume, "public", None, "p1").expect_err("no cinder");
        assert!(matches!(error, CloudError::NoEndpoint { known, .. } if known.is_empty()));
    }
}
