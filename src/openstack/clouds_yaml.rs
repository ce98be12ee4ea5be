//! `clouds.yaml` and `secure.yaml`, as openstackclient finds and joins them.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use secrecy::SecretString;
use serde::Deserialize;

use crate::openstack::credentials::{CredentialsError, Env};

#[derive(Debug, Default, Deserialize)]
struct File {
    #[serde(default)]
    clouds: IndexMap<String, Option<Entry>>,
}

/// What one source says about a cloud; whatever it does not say is none.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Entry {
    #[serde(default)]
    pub(crate) auth: AuthEntry,
    pub(crate) auth_type: Option<String>,
    pub(crate) region_name: Option<String>,
    #[serde(alias = "endpoint_type")]
    pub(crate) interface: Option<String>,
    pub(crate) cacert: Option<String>,
    verify: Option<bool>,
    pub(crate) insecure: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct AuthEntry {
    pub(crate) auth_url: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) user_id: Option<String>,
    pub(crate) password: Option<SecretString>,
    pub(crate) token: Option<SecretString>,
    pub(crate) application_credential_id: Option<String>,
    pub(crate) application_credential_name: Option<String>,
    pub(crate) application_credential_secret: Option<SecretString>,
    pub(crate) project_id: Option<String>,
    pub(crate) project_name: Option<String>,
    pub(crate) tenant_id: Option<String>,
    pub(crate) tenant_name: Option<String>,
    pub(crate) domain_id: Option<String>,
    pub(crate) domain_name: Option<String>,
    pub(crate) user_domain_id: Option<String>,
    pub(crate) user_domain_name: Option<String>,
    pub(crate) project_domain_id: Option<String>,
    pub(crate) project_domain_name: Option<String>,
}

impl Entry {
    pub(crate) fn from_env(env: Env<'_>) -> Self {
        let secret = |name: &str| env(name).map(SecretString::from);
        Self {
            auth: AuthEntry {
                auth_url: env("OS_AUTH_URL"),
                username: env("OS_USERNAME"),
                user_id: env("OS_USER_ID"),
                password: secret("OS_PASSWORD"),
                token: secret("OS_TOKEN").or_else(|| secret("OS_AUTH_TOKEN")),
                application_credential_id: env("OS_APPLICATION_CREDENTIAL_ID"),
                application_credential_name: env("OS_APPLICATION_CREDENTIAL_NAME"),
                application_credential_secret: secret("OS_APPLICATION_CREDENTIAL_SECRET"),
                project_id: env("OS_PROJECT_ID"),
                project_name: env("OS_PROJECT_NAME"),
                tenant_id: env("OS_TENANT_ID"),
                tenant_name: env("OS_TENANT_NAME"),
                domain_id: env("OS_DEFAULT_DOMAIN_ID").or_else(|| env("OS_DEFAULT_DOMAIN")),
                domain_name: env("OS_DEFAULT_DOMAIN_NAME"),
                user_domain_id: env("OS_USER_DOMAIN_ID"),
                user_domain_name: env("OS_USER_DOMAIN_NAME"),
                project_domain_id: env("OS_PROJECT_DOMAIN_ID"),
                project_domain_name: env("OS_PROJECT_DOMAIN_NAME"),
            },
            auth_type: env("OS_AUTH_TYPE"),
            region_name: env("OS_REGION_NAME"),
            interface: env("OS_INTERFACE").or_else(|| env("OS_ENDPOINT_TYPE")),
            cacert: env("OS_CACERT"),
            verify: None,
            insecure: env("OS_INSECURE").map(|text| is_yes(&text)),
        }
    }

    /// Whether no part of a log-in is here: region and interface alone choose no cloud.
    pub(crate) fn is_empty(&self) -> bool {
        let auth = &self.auth;
        let texts = [
            &auth.auth_url,
            &auth.username,
            &auth.user_id,
            &auth.application_credential_id,
            &auth.application_credential_name,
        ];
        let secrets = [
            &auth.password,
            &auth.token,
            &auth.application_credential_secret,
        ];
        texts.iter().all(|text| text.is_none()) && secrets.iter().all(|secret| secret.is_none())
    }

    /// Adds the few variables that go above a file's entry.
    pub(crate) fn overlay_env(&mut self, env: Env<'_>) {
        let above = Self::from_env(env);
        self.region_name = above.region_name.or(self.region_name.take());
        self.interface = above.interface.or(self.interface.take());
        self.cacert = above.cacert.or(self.cacert.take());
        self.insecure = above
            .insecure
            .or(self.insecure)
            .or(self.verify.map(|verify| !verify));
        self.auth.password = self.auth.password.take().or(above.auth.password);
    }

    fn under(self, above: Self) -> Self {
        let (low, high) = (self.auth, above.auth);
        Self {
            auth: AuthEntry {
                auth_url: high.auth_url.or(low.auth_url),
                username: high.username.or(low.username),
                user_id: high.user_id.or(low.user_id),
                password: high.password.or(low.password),
                token: high.token.or(low.token),
                application_credential_id: high
                    .application_credential_id
                    .or(low.application_credential_id),
                application_credential_name: high
                    .application_credential_name
                    .or(low.application_credential_name),
                application_credential_secret: high
                    .application_credential_secret
                    .or(low.application_credential_secret),
                project_id: high.project_id.or(low.project_id),
                project_name: high.project_name.or(low.project_name),
                tenant_id: high.tenant_id.or(low.tenant_id),
                tenant_name: high.tenant_name.or(low.tenant_name),
                domain_id: high.domain_id.or(low.domain_id),
                domain_name: high.domain_name.or(low.domain_name),
                user_domain_id: high.user_domain_id.or(low.user_domain_id),
                user_domain_name: high.user_domain_name.or(low.user_domain_name),
                project_domain_id: high.project_domain_id.or(low.project_domain_id),
                project_domain_name: high.project_domain_name.or(low.project_domain_name),
            },
            auth_type: above.auth_type.or(self.auth_type),
            region_name: above.region_name.or(self.region_name),
            interface: above.interface.or(self.interface),
            cacert: above.cacert.or(self.cacert),
            verify: above.verify.or(self.verify),
            insecure: above.insecure.or(self.insecure),
        }
    }
}

fn is_yes(text: &str) -> bool {
    matches!(
        text.to_ascii_lowercase().as_str(),
        "1" | "true" | "yes" | "on"
    )
}

/// The entry of cloud `name`, `secure.yaml` above `clouds.yaml`.
pub(crate) fn find(env: Env<'_>, name: &str) -> Result<Entry, CredentialsError> {
    let candidates = candidates(env, "OS_CLIENT_CONFIG_FILE", "clouds");
    let Some((path, mut file)) = first(&candidates)? else {
        return Err(CredentialsError::NoSuchCloud {
            name: name.to_owned(),
            files: candidates,
            known: Vec::new(),
        });
    };
    let Some(entry) = file.clouds.shift_remove(name) else {
        return Err(CredentialsError::NoSuchCloud {
            name: name.to_owned(),
            files: vec![path],
            known: file.clouds.into_keys().collect(),
        });
    };
    let entry = entry.unwrap_or_default();
    let mut beside = candidates_secure(env, &path);
    beside.dedup();
    let secure = first(&beside)?
        .and_then(|(_, mut file)| file.clouds.shift_remove(name))
        .flatten();
    Ok(entry.under(secure.unwrap_or_default()))
}

fn candidates_secure(env: Env<'_>, clouds: &Path) -> Vec<PathBuf> {
    let mut paths = vec![clouds.with_file_name("secure.yaml")];
    let rest = candidates(env, "OS_CLIENT_SECURE_FILE", "secure");
    if env("OS_CLIENT_SECURE_FILE").is_some() {
        paths.clear();
    }
    paths.extend(rest);
    paths
}

/// Where openstackclient looks, in its order; a variable names one file alone.
fn candidates(env: Env<'_>, variable: &str, stem: &str) -> Vec<PathBuf> {
    if let Some(path) = env(variable) {
        return vec![PathBuf::from(path)];
    }
    let user = env("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env("HOME")?).join(".config")));
    let mut folders = vec![PathBuf::new()];
    folders.extend(user.map(|folder| folder.join("openstack")));
    folders.push(PathBuf::from("/etc/openstack"));
    ["yaml", "yml"]
        .iter()
        .flat_map(|end| {
            folders
                .iter()
                .map(move |folder| folder.join(format!("{stem}.{end}")))
        })
        .collect()
}

fn first(paths: &[PathBuf]) -> Result<Option<(PathBuf, File)>, CredentialsError> {
    for path in paths {
        let bad = |reason: String| CredentialsError::BadFile {
            path: path.clone(),
            reason,
        };
        match fs::read_to_string(path) {
            Ok(text) => return Ok(Some((path.clone(), parse(&text).map_err(bad)?))),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(bad(error.to_string())),
        }
    }
    Ok(None)
}

/// Without the excerpt that the parser could show: these files hold passwords.
fn parse(text: &str) -> Result<File, String> {
    serde_saphyr::from_str::<Option<File>>(text)
        .map(Option::unwrap_or_default)
        .map_err(|error| match error.location() {
            Some(at) => format!(
                "not a clouds file at line {}, column {}",
                at.line(),
                at.column()
            ),
            None => "not a clouds file".to_owned(),
        })
}
