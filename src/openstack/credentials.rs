//! Who we are to which cloud: from `OS_CLOUD` and its files, or from `OS_*`.

use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

use crate::openstack::clouds_yaml::{self, Entry};

/// The environment, as a function: nothing here reads the process's own.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A domain of Keystone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Domain {
    /// By id.
    Id(String),
    /// By name.
    Name(String),
}

/// A user or application credential: by id, or by name within its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum User {
    /// By id.
    Id(String),
    /// By name in a domain.
    Name(String, Domain),
}

/// How we prove who we are.
#[derive(Debug, Clone)]
pub enum Auth {
    /// User and password.
    Password {
        /// The user.
        user: User,
        /// The password.
        password: SecretString,
    },
    /// A token that somebody else got; it cannot be renewed.
    Token(SecretString),
    /// An application credential by its id.
    ApplicationCredential {
        /// Its id.
        id: String,
        /// Its secret.
        secret: SecretString,
    },
    /// An application credential by name, of a user.
    NamedApplicationCredential {
        /// Its name.
        name: String,
        /// Whose it is.
        user: User,
        /// Its secret.
        secret: SecretString,
    },
}

/// The project to work in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Project {
    /// By id.
    Id(String),
    /// By name in a domain.
    Name(String, Domain),
    /// The one that the token or application credential is bound to.
    Implied,
}

/// All that is needed to log in, and to choose endpoints.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Keystone's v3 endpoint, without a slash at its end.
    pub auth_url: Url,
    /// The proof.
    pub auth: Auth,
    /// The project.
    pub project: Project,
    /// Region, where the cloud has several.
    pub region: Option<String>,
    /// `public`, `internal` or `admin`.
    pub interface: String,
    /// PEM file of the authorities to trust instead of the system's.
    pub ca_cert: Option<PathBuf>,
    /// Whether certificates go unchecked.
    pub insecure: bool,
    /// Folder in which tokens are kept between runs; none to keep none.
    pub cache_folder: Option<PathBuf>,
}

/// Why there are no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// Nothing is set at all: the caller may have another cloud in mind.
    #[error("no cloud is chosen: neither OS_CLOUD nor OS_AUTH_URL is set")]
    Missing,
    /// Some of it is set.
    #[error("{origin}: {} not set", .missing.join(", "))]
    Incomplete {
        /// Where it was looked for.
        origin: String,
        /// What is missing, as it would be written there.
        missing: Vec<String>,
    },
    /// `OS_CLOUD` names a cloud that no file has.
    #[error("no cloud `{name}` in {}", listed(.files))]
    NoSuchCloud {
        /// The name asked for.
        name: String,
        /// The files read, or looked for.
        files: Vec<PathBuf>,
        /// The clouds that are there.
        known: Vec<String>,
    },
    /// A file cannot be read or is not as it should be.
    #[error("`{}`: {reason}", .path.display())]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A value makes no sense.
    #[error("{origin}: {what} `{text}`: {reason}")]
    BadValue {
        /// Where it stands.
        origin: String,
        /// Its name.
        what: String,
        /// The value; never a secret.
        text: String,
        /// Why not.
        reason: String,
    },
}

fn listed(files: &[PathBuf]) -> String {
    let names: Vec<String> = files
        .iter()
        .map(|file| format!("`{}`", file.display()))
        .collect();
    names.join(", ")
}

/// Credentials from `OS_CLOUD`'s files, or else from the `OS_*` variables.
///
/// With `OS_CLOUD` only `OS_PASSWORD` (where the files have none),
/// `OS_REGION_NAME`, `OS_INTERFACE`, `OS_CACERT` and `OS_INSECURE` are taken
/// from the environment too: the rest may be left from another cloud's rc file.
pub fn from_env_and_clouds(env: Env<'_>) -> Result<Credentials, CredentialsError> {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    if let Some(name) = set("OS_CLOUD") {
        let mut entry = clouds_yaml::find(&set, &name)?;
        entry.overlay_env(&set);
        let credentials = from_entry(entry, &format!("cloud `{name}`"), &YAML_NAMES)?;
        return Ok(Credentials {
            cache_folder: cache_folder(&set),
            ..credentials
        });
    }
    let entry = Entry::from_env(&set);
    if entry.is_empty() {
        return Err(CredentialsError::Missing);
    }
    let credentials = from_entry(entry, "environment", &ENV_NAMES)?;
    Ok(Credentials {
        cache_folder: cache_folder(&set),
        ..credentials
    })
}

/// `XDG_CACHE_HOME/ptero-deploy`, unless `PTERO_DEPLOY_TOKEN_CACHE=0`.
fn cache_folder(env: Env<'_>) -> Option<PathBuf> {
    if env("PTERO_DEPLOY_TOKEN_CACHE").as_deref() == Some("0") {
        return None;
    }
    let home = env("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env("HOME")?).join(".cache")))?;
    Some(home.join("ptero-deploy"))
}

/// How the parts are called where they would have to be set.
struct Names {
    auth_url: &'static str,
    user: &'static str,
    password: &'static str,
    token: &'static str,
    secret: &'static str,
    project: &'static str,
}

const ENV_NAMES: Names = Names {
    auth_url: "OS_AUTH_URL",
    user: "OS_USERNAME",
    password: "OS_PASSWORD",
    token: "OS_TOKEN",
    secret: "OS_APPLICATION_CREDENTIAL_SECRET",
    project: "OS_PROJECT_NAME",
};

const YAML_NAMES: Names = Names {
    auth_url: "auth.auth_url",
    user: "auth.username",
    password: "auth.password",
    token: "auth.token",
    secret: "auth.application_credential_secret",
    project: "auth.project_name",
};

#[derive(Clone, Copy)]
enum Method {
    Password,
    Token,
    ApplicationCredential,
}

fn method(entry: &Entry, origin: &str) -> Result<Method, CredentialsError> {
    let auth = &entry.auth;
    match entry.auth_type.as_deref() {
        Some("password" | "v3password") => Ok(Method::Password),
        Some("token" | "v3token") => Ok(Method::Token),
        Some("v3applicationcredential") => Ok(Method::ApplicationCredential),
        Some(other) => Err(CredentialsError::BadValue {
            origin: origin.to_owned(),
            what: "auth_type".to_owned(),
            text: other.to_owned(),
            reason: "only v3password, v3token and v3applicationcredential are known here"
                .to_owned(),
        }),
        None if auth.application_credential_secret.is_some() => Ok(Method::ApplicationCredential),
        None if auth.token.is_some() && auth.password.is_none() => Ok(Method::Token),
        None => Ok(Method::Password),
    }
}

fn from_entry(entry: Entry, origin: &str, names: &Names) -> Result<Credentials, CredentialsError> {
    let method = method(&entry, origin)?;
    let mut missing = Vec::new();
    let auth = proof(&entry, method, names, &mut missing);
    let project = project(&entry, method, names, &mut missing);
    if entry.auth.auth_url.is_none() {
        missing.insert(0, names.auth_url.to_owned());
    }
    let (Some(auth), Some(auth_url), true) = (auth, &entry.auth.auth_url, missing.is_empty())
    else {
        return Err(CredentialsError::Incomplete {
            origin: origin.to_owned(),
            missing,
        });
    };
    let bad = |what: &str, text: &str, reason: &str| CredentialsError::BadValue {
        origin: origin.to_owned(),
        what: what.to_owned(),
        text: text.to_owned(),
        reason: reason.to_owned(),
    };
    let auth_url = v3(auth_url).map_err(|reason| bad(names.auth_url, auth_url, &reason))?;
    let interface = entry.interface.as_deref().unwrap_or("public");
    let interface = interface
        .strip_suffix("URL")
        .unwrap_or(interface)
        .to_owned();
    if !matches!(interface.as_str(), "public" | "internal" | "admin") {
        return Err(bad(
            "interface",
            &interface,
            "must be public, internal or admin",
        ));
    }
    Ok(Credentials {
        auth_url,
        auth,
        project,
        region: entry.region_name,
        interface,
        ca_cert: entry.cacert.map(PathBuf::from),
        insecure: entry.insecure.unwrap_or(false),
        cache_folder: None,
    })
}

fn domain(id: Option<&String>, name: Option<&String>) -> Domain {
    match (id, name) {
        (Some(id), _) => Domain::Id(id.clone()),
        (None, Some(name)) => Domain::Name(name.clone()),
        // The domain that Keystone's bootstrap makes, and most clouds keep.
        (None, None) => Domain::Name("Default".to_owned()),
    }
}

fn user(entry: &Entry) -> Option<User> {
    let auth = &entry.auth;
    auth.user_id.clone().map(User::Id).or_else(|| {
        let id = auth.user_domain_id.as_ref().or(auth.domain_id.as_ref());
        let name = auth.user_domain_name.as_ref().or(auth.domain_name.as_ref());
        Some(User::Name(auth.username.clone()?, domain(id, name)))
    })
}

fn proof(entry: &Entry, method: Method, names: &Names, missing: &mut Vec<String>) -> Option<Auth> {
    let auth = &entry.auth;
    let mut need = |present: bool, name: &str| {
        if !present {
            missing.push(name.to_owned());
        }
    };
    match method {
        Method::Password => {
            let user = user(entry);
            need(user.is_some(), names.user);
            need(auth.password.is_some(), names.password);
            Some(Auth::Password {
                user: user?,
                password: auth.password.clone()?,
            })
        }
        Method::Token => {
            need(auth.token.is_some(), names.token);
            auth.token.clone().map(Auth::Token)
        }
        Method::ApplicationCredential => {
            need(auth.application_credential_secret.is_some(), names.secret);
            let secret = auth.application_credential_secret.clone();
            if let Some(id) = auth.application_credential_id.clone() {
                return Some(Auth::ApplicationCredential {
                    id,
                    secret: secret?,
                });
            }
            let user = user(entry);
            need(
                auth.application_credential_name.is_some(),
                "an application credential's id or name",
            );
            need(
                auth.application_credential_name.is_none() || user.is_some(),
                names.user,
            );
            let name = auth.application_credential_name.clone()?;
            Some(Auth::NamedApplicationCredential {
                name,
                user: user?,
                secret: secret?,
            })
        }
    }
}

fn project(entry: &Entry, method: Method, names: &Names, missing: &mut Vec<String>) -> Project {
    let auth = &entry.auth;
    let name = auth.project_name.as_ref().or(auth.tenant_name.as_ref());
    let id = auth.project_id.as_ref().or(auth.tenant_id.as_ref());
    match (method, id, name) {
        // Keystone refuses a scope beside an application credential.
        (Method::ApplicationCredential, _, _) | (Method::Token, None, None) => Project::Implied,
        (_, Some(id), _) => Project::Id(id.clone()),
        (_, None, Some(name)) => {
            let id = auth.project_domain_id.as_ref().or(auth.domain_id.as_ref());
            let domain_name = auth
                .project_domain_name
                .as_ref()
                .or(auth.domain_name.as_ref());
            Project::Name(name.clone(), domain(id, domain_name))
        }
        (Method::Password, None, None) => {
            missing.push(names.project.to_owned());
            Project::Implied
        }
    }
}

/// Keystone's v3 endpoint from whatever form of it rc files have.
fn v3(text: &str) -> Result<Url, String> {
    let mut url = Url::parse(text.trim()).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must start with http:// or https://".to_owned());
    }
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/').to_owned();
    let path = match path.rsplit_once('/') {
        Some((_, "v3")) => path,
        Some((base, "v2.0")) => format!("{base}/v3"),
        _ => format!("{path}/v3"),
    };
    url.set_path(&path);
    Ok(url)
}

#[cfg(test)]
mod tests;
