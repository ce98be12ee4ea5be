//! The shape of config.yaml as JSON Schema, for editors: names and types. What
//! depends on the catalogue is only checked when a file is loaded.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of ptero-deploy: how images are made, and which stacks there are.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the types are only the source of the schema")]
struct ConfigFile {
    /// Images.
    images: Images,
    /// What is said about single services.
    #[serde(default)]
    services: IndexMap<String, ServiceEntry>,
    /// The catalogue of services: `ptero` (the default), `miniptero`, or a path.
    catalog: Option<String>,
    /// The environments; `common` is merged under each of them.
    stacks: IndexMap<String, Option<StackEntry>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the types are only the source of the schema")]
struct Images {
    /// How images are made.
    build: ImageBuild,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the types are only the source of the schema")]
struct ImageBuild {
    /// Image (name or id) of the server that makes images, or `local`: this host, as root.
    build_machine_image: Text,
    /// What images are made from: `default`, then per service a URL or URLs per role.
    base_image_urls: IndexMap<String, BaseUrl>,
    /// Flavor of the build machine; unless said, the smallest that is big enough.
    build_machine_flavor: Option<Text>,
    /// Network of the build machine; unless said, one of its own behind a public network.
    build_machine_network: Option<Text>,
    /// Public network for the build machine's own network; unless said, that of the stacks.
    public_net_id: Option<Text>,
    /// File of certificates that the build machine trusts besides its own.
    ca_bundle: Option<String>,
    /// Proxy for the downloads of the build machine: `http://` or `https://`, no user.
    http_proxy: Option<String>,
    /// Hosts, and domains with a leading `.`, that it reaches without the proxy.
    no_proxy: Option<Vec<String>>,
    /// Mirror of Debian in place of debian.org; security updates are at the same URL with `-security`.
    apt_mirror: Option<String>,
    /// Package index for pip in place of `PyPI`'s.
    pypi_index: Option<String>,
    /// Folder of Puppet modules of the site's own.
    puppet_modules: Option<String>,
    /// How many images are made side by side; unless said, one per processor.
    #[schemars(range(min = 1, max = 64))]
    parallel: Option<u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the types are only the source of the schema")]
enum BaseUrl {
    /// URL, with `#sha512=HEX` where the content is known.
    One(String),
    /// URL per role.
    PerRole(IndexMap<String, String>),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the types are only the source of the schema")]
struct ServiceEntry {
    /// Git repository, in place of the catalogue's.
    repo: Option<String>,
    /// Branch, tag or commit, in place of the tag asked for.
    r#ref: Option<Text>,
    /// Whether it is deployed; unless said, what the catalogue says.
    enabled: Option<bool>,
    /// Debian packages in its images besides the catalogue's, for what jobs call.
    packages: Option<Vec<String>>,
    /// Classes of the site's own Puppet modules that its images get, before all else.
    puppet_classes: Option<Vec<String>>,
    /// Users besides the catalogue's as whom jobs may run; made where the base image lacks them.
    job_users: Option<Vec<String>>,
    /// How many jobs each of its workers runs at a time; unless said, what the catalogue says.
    #[schemars(range(min = 1, max = 512))]
    jobs_at_once: Option<u32>,
    /// File systems of other servers that its workers have before they run a job.
    mounts: Option<Vec<MountEntry>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the types are only the source of the schema")]
struct MountEntry {
    /// What is mounted: `host:/path`.
    source: String,
    /// Where, outside of the system's own folders.
    at: String,
    /// Its type; unless said, nfs.
    r#type: Option<MountType>,
    /// Mount options; unless said, `hard,nosuid,nodev`.
    options: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum MountType {
    /// NFS of the newest version that both sides know.
    Nfs,
    /// NFS of version 4.
    Nfs4,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend(
    "additionalProperties" = false,
    "patternProperties" = {
        "^[a-z0-9]+_[a-z0-9_]+_instances$": {
            "description": "Number of servers of a role: <pool>_<service>_<role>_instances.",
            "type": "integer", "minimum": 0, "maximum": 500
        },
        "^[a-z0-9_]+_flavor$": {
            "description": "Flavor of a role's servers: <service>_<role>_flavor.",
            "type": ["string", "integer"]
        }
    }
))]
#[expect(dead_code, reason = "the types are only the source of the schema")]
struct StackEntry {
    /// Name of the Heat stack; unless said, `ptero-` and the environment.
    stack_name: Option<String>,
    /// Public network, by name or id.
    public_net_id: Option<Text>,
    /// Flavor of the servers; unless said, the smallest of the cloud that is big enough.
    flavor: Option<Text>,
    /// Who may use the public services; unless said, everybody.
    client_cidr: Option<String>,
    /// The stack's own network; unless said, 10.157.0.0/24.
    network_cidr: Option<String>,
    /// Name servers of the members; unless said, those of the cloud.
    dns_nameservers: Option<Vec<String>>,
    /// Key pair for logging in.
    key_name: Option<Text>,
    /// From where logging in at the gateway is possible.
    ssh_cidr: Option<String>,
    /// Availability zone of the servers.
    availability_zone: Option<Text>,
    /// Whether members of a role are spread over hosts; needs a server group per role.
    anti_affinity: Option<bool>,
    /// How long one member may take to be ready; unless said, 900.
    #[schemars(range(min = 30, max = 86400))]
    member_deadline_s: Option<u32>,
    /// How long the whole stack may take; unless said, 45.
    #[schemars(range(min = 1, max = 1440))]
    create_timeout_minutes: Option<u32>,
    /// How long the jobs of a member that goes have to come to their end; unless said, 60.
    #[schemars(range(min = 1, max = 1440))]
    drain_deadline_minutes: Option<u32>,
    /// What happens to jobs that have not ended by then; unless said, wait.
    drain_policy: Option<Policy>,
    #[serde(flatten)]
    parameters: IndexMap<String, Text>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Policy {
    /// They are waited for.
    Wait,
    /// They are killed and begin anew on another member.
    Requeue,
    /// They are ended and count as failed.
    Abort,
}

/// Text; a number is taken as it is written.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the types are only the source of the schema")]
enum Text {
    /// Text.
    Text(String),
    /// A number that is meant as text.
    Number(i64),
}

/// The JSON Schema of config.yaml.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(ConfigFile).to_value()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{ConfigFile, schema};
    use crate::config::{Known, KnownService, load};
    use crate::name::{RoleName, ServiceName};

    const EXAMPLE: &str = include_str!("../../config.example.yaml");

    /// The example with its optional lines switched on.
    fn everything() -> String {
        let setting = |line: &&str| {
            let text = line.trim_start().trim_start_matches("# ");
            let key = text.split(':').next().unwrap_or_default().trim();
            line.trim_start().starts_with('#')
                && text.contains(':')
                && key
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || "_-".contains(c))
        };
        let lines: Vec<String> = EXAMPLE
            .lines()
            .map(|line| match Some(line).filter(setting) {
                Some(line) => line.replacen("# ", "", 1),
                None => line.to_owned(),
            })
            .collect();
        lines.join("\n")
    }

    #[test]
    fn the_example_has_the_shape_of_the_schema() {
        for text in [EXAMPLE.to_owned(), everything()] {
            let file: Result<ConfigFile, _> = serde_saphyr::from_str(&text);
            assert!(file.is_ok(), "{:?}\n{text}", file.err());
        }
    }

    fn known() -> Known {
        let service = |name: &str, roles: &[&str]| {
            let roles = roles.iter().map(|role| RoleName::new(*role).unwrap());
            let known = KnownService {
                roles: roles.collect(),
                scalable: true,
                runs_jobs: name == "shell-command",
                ..KnownService::default()
            };
            (ServiceName::new(name).unwrap(), known)
        };
        Known {
            services: [
                service("postgresql", &["server"]),
                service("workflow", &["web"]),
                service("shell-command", &["web", "worker"]),
                service("lsf", &["web"]),
            ]
            .into(),
            trees: vec!["common".to_owned()],
            puppet_modules: None,
        }
    }

    #[test]
    fn the_example_with_everything_switched_on_loads() {
        let config = load(&everything(), Path::new("x"), &known());
        assert!(config.is_ok(), "{}", config.unwrap_err());
        assert_ne!(everything(), EXAMPLE);
    }

    #[test]
    fn every_setting_of_a_stack_is_in_the_schema_and_in_the_example() {
        let schema = schema();
        for (of, pointer) in [("StackEntry", "stack"), ("ImageBuild", "build")] {
            let properties = &schema["$defs"][of]["properties"];
            let names = properties.as_object().unwrap().keys();
            for name in names {
                assert!(EXAMPLE.contains(&format!("{name}:")), "{pointer}: {name}");
            }
        }
        let stack = &schema["$defs"]["StackEntry"];
        assert_eq!(stack["additionalProperties"], false);
        assert!(stack["patternProperties"].is_object());
    }
}
