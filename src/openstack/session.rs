//! Logging in: the request that Keystone wants, and what its token allows.

use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::openstack::catalog::Endpoint;
use crate::openstack::credentials::{Auth, Credentials, Domain, Project, User};

/// A token in use.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) token: SecretString,
    pub(crate) project_id: String,
    pub(crate) user_id: String,
    pub(crate) endpoints: Vec<Endpoint>,
    /// When it ends, by our monotonic clock.
    pub(crate) ends: Instant,
}

/// A token with less left is renewed before use: a request that Heat passes on to
/// other services must not outlive it. Clouds give out tokens for an hour or more.
pub(crate) const VALIDITY_MIN: Duration = Duration::from_secs(120);
/// For a token that was given to us: there is no way to renew it, so it is used until
/// the cloud refuses it.
pub(crate) const VALIDITY_GIVEN: Duration = Duration::from_secs(365 * 24 * 3600);

impl Session {
    pub(crate) fn is_fresh(&self) -> bool {
        self.ends.saturating_duration_since(Instant::now()) > VALIDITY_MIN
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct TokenBody {
    pub(crate) token: TokenInfo,
}

#[derive(Debug, Deserialize)]
pub(crate) struct TokenInfo {
    pub(crate) user: Named,
    pub(crate) project: Option<Named>,
    pub(crate) expires_at: jiff::Timestamp,
    pub(crate) issued_at: jiff::Timestamp,
    #[serde(default)]
    pub(crate) catalog: Vec<CatalogEntry>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    pub(crate) id: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct CatalogEntry {
    r#type: String,
    #[serde(default)]
    endpoints: Vec<CatalogEndpoint>,
}

#[derive(Debug, Deserialize)]
struct CatalogEndpoint {
    interface: String,
    region: Option<String>,
    region_id: Option<String>,
    url: String,
}

impl TokenInfo {
    /// How long a token that was issued just now is good for, by the server's clock
    /// alone: ours may be wrong, and a proxy's `Date` as well.
    pub(crate) fn validity(&self) -> Duration {
        let left = self.expires_at.as_second() - self.issued_at.as_second();
        Duration::from_secs(u64::try_from(left).unwrap_or(0))
    }

    pub(crate) fn endpoints(&self) -> Vec<Endpoint> {
        let each = |entry: &CatalogEntry| {
            let service = entry.r#type.clone();
            let endpoint = |one: &CatalogEndpoint| Endpoint {
                service: service.clone(),
                interface: one.interface.clone(),
                region: one.region.clone().or_else(|| one.region_id.clone()),
                url: one.url.clone(),
            };
            entry.endpoints.iter().map(endpoint).collect::<Vec<_>>()
        };
        self.catalog.iter().flat_map(each).collect()
    }
}

/// Body of `POST /v3/auth/tokens`; holds the secret, so it is never shown.
pub(crate) fn login_body(credentials: &Credentials) -> Value {
    let identity = match &credentials.auth {
        Auth::Password {
            user: who,
            password,
        } => {
            let mut user = user(who);
            user["password"] = json!(password.expose_secret());
            json!({"methods": ["password"], "password": {"user": user}})
        }
        Auth::Token(token) => {
            json!({"methods": ["token"], "token": {"id": token.expose_secret()}})
        }
        Auth::ApplicationCredential { id, secret } => json!({
            "methods": ["application_credential"],
            "application_credential": {"id": id, "secret": secret.expose_secret()},
        }),
        Auth::NamedApplicationCredential {
            name,
            user: who,
            secret,
        } => json!({
            "methods": ["application_credential"],
            "application_credential": {"name": name, "user": user(who), "secret": secret.expose_secret()},
        }),
    };
    match &credentials.project {
        Project::Implied => json!({"auth": {"identity": identity}}),
        Project::Id(id) => {
            json!({"auth": {"identity": identity, "scope": {"project": {"id": id}}}})
        }
        Project::Name(name, of) => json!({"auth": {"identity": identity,
            "scope": {"project": {"name": name, "domain": domain(of)}}}}),
    }
}

fn user(user: &User) -> Value {
    match user {
        User::Id(id) => json!({"id": id}),
        User::Name(name, of) => json!({"name": name, "domain": domain(of)}),
    }
}

fn domain(domain: &Domain) -> Value {
    match domain {
        Domain::Id(id) => json!({"id": id}),
        Domain::Name(name) => json!({"name": name}),
    }
}

/// Who logs in, for messages.
pub(crate) fn who(credentials: &Credentials) -> String {
    let user = |user: &User| match user {
        User::Id(id) => format!("user `{id}`"),
        User::Name(name, _) => format!("user `{name}`"),
    };
    let proof = match &credentials.auth {
        Auth::Password { user: who, .. } => format!("{} with this password", user(who)),
        Auth::Token(_) => "this token".to_owned(),
        Auth::ApplicationCredential { id, .. } => format!("application credential `{id}`"),
        Auth::NamedApplicationCredential {
            name, user: who, ..
        } => {
            format!("application credential `{name}` of {}", user(who))
        }
    };
    match &credentials.project {
        Project::Implied => proof,
        Project::Id(project) | Project::Name(project, _) => {
            format!("{proof} in project `{project}`")
        }
    }
}
