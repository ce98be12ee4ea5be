//! `images.build`: where images are made, and from what.

use std::path::PathBuf;

use indexmap::IndexMap;

use super::downloads::downloads;
use super::known::Known;
use super::model::{BaseImage, BaseUrls, BuildConfig, BuildMachine, ServiceBaseUrls};
use super::reader::{Item, Reader};
use super::tree::Value;
use super::url::base_image;
use crate::name::{RoleName, ServiceName};

/// More side by side only wait for each other on any machine seen so far.
const PARALLEL_MAX: u32 = 64;
/// The word for the host the program runs on, as `build_machine_image`.
const LOCAL: &str = "local";
/// The key for what says nothing else.
const DEFAULT: &str = "default";

pub(crate) fn build(
    reader: &mut Reader<'_>,
    item: &Item<'_>,
    known: &Known,
) -> Option<BuildConfig> {
    let mut fields = reader.map(item)?;
    let machine = reader
        .need(&mut fields, "build_machine_image")
        .and_then(|item| reader.text(&item))
        .map(|text| match text.as_str() {
            LOCAL => BuildMachine::Local,
            _ => BuildMachine::Image(text),
        });
    let urls = reader
        .need(&mut fields, "base_image_urls")
        .and_then(|item| base_urls(reader, &item, known));
    let mut text =
        |reader: &mut Reader<'_>, name| fields.take(name).and_then(|item| reader.text(&item));
    let build_machine_flavor = text(reader, "build_machine_flavor");
    let build_machine_network = text(reader, "build_machine_network");
    let public_net_id = text(reader, "public_net_id");
    let ca_bundle = text(reader, "ca_bundle").map(PathBuf::from);
    let puppet_modules = text(reader, "puppet_modules").map(PathBuf::from);
    let downloads = downloads(reader, &mut fields);
    let parallel = fields
        .take("parallel")
        .and_then(|item| reader.whole(&item, 1, PARALLEL_MAX));
    reader.finish(fields);
    Some(BuildConfig {
        build_machine: machine?,
        base_image_urls: urls?,
        build_machine_flavor,
        build_machine_network,
        public_net_id,
        ca_bundle,
        downloads,
        puppet_modules,
        parallel,
    })
}

fn base_urls(reader: &mut Reader<'_>, item: &Item<'_>, known: &Known) -> Option<BaseUrls> {
    let mut fields = reader.map(item)?;
    let default = reader
        .need(&mut fields, DEFAULT)
        .and_then(|item| reader.parsed(&item, base_image));
    let mut services = IndexMap::new();
    for item in fields.rest() {
        match known
            .services
            .iter()
            .find(|(name, _)| name.as_str() == item.key.text)
        {
            Some((name, service)) => {
                services.insert(
                    name.clone(),
                    of_service(reader, &item, name, &service.roles),
                );
            }
            None => reader.unknown(&item, "service", known.service_names().chain([DEFAULT])),
        }
    }
    Some(BaseUrls {
        default: default?,
        services,
    })
}

/// One URL for the whole service, or one per role.
fn of_service(
    reader: &mut Reader<'_>,
    item: &Item<'_>,
    service: &ServiceName,
    roles: &[RoleName],
) -> ServiceBaseUrls {
    let mut urls = ServiceBaseUrls::default();
    if let Value::Scalar(_) = item.node.value {
        urls.default = reader.parsed(item, base_image);
        return urls;
    }
    let Some(mut fields) = reader.map(item) else {
        return urls;
    };
    for item in fields.rest() {
        let text = item.key.text.as_str();
        if text == DEFAULT {
            urls.default = reader.parsed(&item, base_image);
            continue;
        }
        let Some(role) = roles.iter().find(|role| role.as_str() == text) else {
            let what = format!("role of `{service}`:");
            let names = roles.iter().map(RoleName::as_str).chain([DEFAULT]);
            reader.unknown(&item, &what, names);
            continue;
        };
        let url: Option<BaseImage> = reader.parsed(&item, base_image);
        urls.roles.extend(url.map(|url| (role.clone(), url)));
    }
    urls
}
