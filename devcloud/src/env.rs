//! How clients find the cloud: OS_* variables, and entries of clouds.yaml.

use std::fs;
use std::path::{Path, PathBuf};

use crate::clouds_yaml;
use crate::error::Error;
use crate::files;
use crate::network as net;
use crate::secrets::Secrets;

/// Name of the entry for the project that deployments go to.
pub const CLOUD: &str = "devcloud";
/// Name of the entry for the administrator.
pub const ADMIN_CLOUD: &str = "devcloud-admin";

/// One set of credentials.
#[derive(Clone)]
pub struct Env {
    /// User and project have one name.
    user: &'static str,
    password: String,
    secrets: Secrets,
}

impl Env {
    pub(crate) fn demo(secrets: Secrets) -> Self {
        Self {
            user: "demo",
            password: secrets.demo.clone(),
            secrets,
        }
    }

    pub(crate) fn admin(secrets: Secrets) -> Self {
        Self {
            user: "admin",
            password: secrets.admin.clone(),
            secrets,
        }
    }

    /// The `OS_*` variables with their values.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("OS_AUTH_URL", net::auth_url()),
            ("OS_USERNAME", self.user.to_owned()),
            ("OS_PASSWORD", self.password.clone()),
            ("OS_PROJECT_NAME", self.user.to_owned()),
            ("OS_USER_DOMAIN_NAME", "Default".to_owned()),
            ("OS_PROJECT_DOMAIN_NAME", "Default".to_owned()),
            ("OS_IDENTITY_API_VERSION", "3".to_owned()),
            ("OS_REGION_NAME", net::REGION.to_owned()),
        ]
    }

    /// Lines for a shell to evaluate. No value needs quoting: all are of letters, digits and `:/._-`.
    pub fn exports(&self) -> String {
        let lines: Vec<String> = self
            .variables()
            .iter()
            .map(|(name, value)| format!("export {name}={value}"))
            .collect();
        lines.join("\n") + "\n"
    }

    /// Puts the entries `devcloud` and `devcloud-admin` into a clouds.yaml, readable by its owner only, and leaves every
    /// other line as it is. Without a path: where clients look, `~/.config/openstack/clouds.yaml`.
    pub fn write_clouds_yaml(&self, path: Option<&Path>) -> Result<PathBuf, Error> {
        let path = path.map_or_else(default_path, Path::to_owned);
        // A link, say into a dotfiles repository, stays a link.
        let target = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        let mut text = files::read(&target)?.unwrap_or_default();
        for (name, env) in [
            (CLOUD, Self::demo(self.secrets.clone())),
            (ADMIN_CLOUD, Self::admin(self.secrets.clone())),
        ] {
            text = clouds_yaml::merge(&text, name, &env.entry()).map_err(|problem| {
                Error::CloudsYaml {
                    path: path.clone(),
                    problem,
                }
            })?;
        }
        files::write(&target, text.as_bytes(), files::PRIVATE)?;
        Ok(path)
    }

    /// The lines of the entry, without indent.
    fn entry(&self) -> Vec<String> {
        vec![
            "auth:".to_owned(),
            format!("  auth_url: {}", net::auth_url()),
            format!("  username: {}", self.user),
            format!("  password: \"{}\"", self.password),
            format!("  project_name: {}", self.user),
            "  user_domain_name: Default".to_owned(),
            "  project_domain_name: Default".to_owned(),
            format!("region_name: {}", net::REGION),
            "identity_api_version: 3".to_owned(),
        ]
    }
}

/// `XDG_CONFIG_HOME` is where openstackclient looks, too.
fn default_path() -> PathBuf {
    let variable = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let config = variable("XDG_CONFIG_HOME").or_else(|| Some(variable("HOME")?.join(".config")));
    config
        .unwrap_or_else(|| PathBuf::from("/root/.config"))
        .join("openstack/clouds.yaml")
}
