//! The way to the cloud: log in once, send, try again where that is safe, and
//! turn every bad answer into one [`CloudError`].

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use crate::openstack::call::{Call, Reply, Service};
use crate::openstack::catalog;
use crate::openstack::cinder::Cinder;
use crate::openstack::credentials::{Auth, Credentials, Project};
use crate::openstack::error::CloudError;
use crate::openstack::glance::Glance;
use crate::openstack::heat::Heat;
use crate::openstack::keystone::Keystone;
use crate::openstack::message;
use crate::openstack::neutron::Neutron;
use crate::openstack::nova::Nova;
use crate::openstack::retry::{self, Fault};
use crate::openstack::session::{Session, TokenBody, VALIDITY_GIVEN, login_body, who};
use crate::openstack::token_cache::TokenCache;
use crate::openstack::transport::{Transport, Use, authority, cause};
use crate::ui::reporter::Reporter;

/// Shorter pauses between tries are not worth a line to the operator.
const PAUSE_SHOWN_MIN: Duration = Duration::from_secs(2);

/// A cloud that we are logged in to; clones share token, connections and counts.
#[derive(Clone)]
pub struct Cloud {
    inner: Arc<Inner>,
}

struct Inner {
    credentials: Credentials,
    reporter: Reporter,
    transport: Transport,
    cache: Option<TokenCache>,
    /// Locked while somebody logs in, so that many refused requests log in once.
    session: Mutex<Option<Arc<Session>>>,
    calls: [AtomicU64; Service::ALL.len()],
    /// Whether anything but questions was sent, and not refused for its token.
    touched: AtomicBool,
}

/// How many requests were sent, tries included, per service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CallCount {
    /// In the order of [`Service::ALL`].
    pub by_service: [u64; Service::ALL.len()],
}

impl CallCount {
    /// Those to one service.
    pub fn of(&self, service: Service) -> u64 {
        self.by_service[service.index()]
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.by_service.iter().sum()
    }
}

impl Cloud {
    /// Logs in, or takes the token of an earlier run; that one is only proved by
    /// its first use.
    pub async fn connect(credentials: Credentials, reporter: Reporter) -> Result<Self, CloudError> {
        let cloud = Self {
            inner: Arc::new(Inner {
                transport: Transport::new(&credentials),
                cache: TokenCache::open(&credentials),
                credentials,
                reporter,
                session: Mutex::new(None),
                calls: Default::default(),
                touched: AtomicBool::new(false),
            }),
        };
        let kept = cloud.inner.cache.as_ref().and_then(TokenCache::load);
        *cloud.inner.session.lock().await = kept.map(Arc::new);
        cloud.session().await?;
        Ok(cloud)
    }

    /// Keystone's calls.
    pub fn keystone(&self) -> Keystone<'_> {
        Keystone { cloud: self }
    }

    /// Glance's calls.
    pub fn glance(&self) -> Glance<'_> {
        Glance { cloud: self }
    }

    /// Nova's calls.
    pub fn nova(&self) -> Nova<'_> {
        Nova { cloud: self }
    }

    /// Neutron's calls.
    pub fn neutron(&self) -> Neutron<'_> {
        Neutron { cloud: self }
    }

    /// Heat's calls.
    pub fn heat(&self) -> Heat<'_> {
        Heat { cloud: self }
    }

    /// Cinder's calls; many clouds have none.
    pub fn cinder(&self) -> Cinder<'_> {
        Cinder { cloud: self }
    }

    /// Where events about the cloud go.
    pub fn reporter(&self) -> &Reporter {
        &self.inner.reporter
    }

    /// What we log in with.
    pub fn credentials(&self) -> &Credentials {
        &self.inner.credentials
    }

    /// Requests sent so far by all clones.
    pub fn call_count(&self) -> CallCount {
        let count = |service: Service| self.inner.calls[service.index()].load(Ordering::Relaxed);
        CallCount {
            by_service: Service::ALL.map(count),
        }
    }

    /// The project that we work in.
    pub async fn project_id(&self) -> Result<String, CloudError> {
        Ok(self.session().await?.project_id.clone())
    }

    /// The user that we are.
    pub async fn user_id(&self) -> Result<String, CloudError> {
        Ok(self.session().await?.user_id.clone())
    }

    /// Whether the catalogue offers `service` to us.
    pub async fn has(&self, service: Service) -> Result<bool, CloudError> {
        let session = self.session().await?;
        Ok(self.endpoint(&session, service).is_ok())
    }

    /// The base URL of `service`, e.g. for a build machine's own upload.
    pub async fn endpoint_url(&self, service: Service) -> Result<String, CloudError> {
        let session = self.session().await?;
        self.endpoint(&session, service)
    }

    /// The certificates (PEM) that the cloud's own are checked against, where the
    /// credentials name a file of them.
    pub fn authority(&self) -> Result<Option<String>, CloudError> {
        let path = self.inner.credentials.ca_cert.as_deref();
        path.map(authority).transpose()
    }

    /// The token in use, for a helper that cannot log in itself.
    pub async fn token(&self) -> Result<SecretString, CloudError> {
        Ok(self.session().await?.token.clone())
    }

    fn endpoint(&self, session: &Session, service: Service) -> Result<String, CloudError> {
        let credentials = &self.inner.credentials;
        if service == Service::Identity {
            // What we logged in at certainly answers; the catalogue's may be internal.
            return Ok(credentials
                .auth_url
                .as_str()
                .trim_end_matches('/')
                .to_owned());
        }
        let region = credentials.region.as_deref();
        catalog::url(
            &session.endpoints,
            service,
            &credentials.interface,
            region,
            &session.project_id,
        )
    }

    /// Logs in anew, though the token in use may be good. Heat works with the token of a
    /// request for as long as that takes (unless its operator set
    /// `reauthentication_auth_method`), so what takes long begins with a new one. And one
    /// kept from an earlier run may have been revoked: services that saw it before go on
    /// taking it for minutes (`token_cache_time` of keystonemiddleware), but cannot act in
    /// its name, so that Heat answers 500 (seen).
    pub async fn renew(&self) -> Result<(), CloudError> {
        let mut held = self.inner.session.lock().await;
        self.login(&mut held).await.map(drop)
    }

    pub(crate) async fn session(&self) -> Result<Arc<Session>, CloudError> {
        let mut held = self.inner.session.lock().await;
        if let Some(session) = held.as_ref().filter(|session| session.is_fresh()) {
            return Ok(Arc::clone(session));
        }
        self.login(&mut held).await
    }

    /// A session other than `refused`: whoever comes first logs in, the rest take that.
    pub(crate) async fn renewed(&self, refused: &Arc<Session>) -> Result<Arc<Session>, CloudError> {
        let mut held = self.inner.session.lock().await;
        match held.as_ref() {
            Some(session) if !Arc::ptr_eq(session, refused) => Ok(Arc::clone(session)),
            _ => {
                if let Some(cache) = &self.inner.cache {
                    cache.forget();
                }
                self.login(&mut held).await
            }
        }
    }

    async fn login(&self, held: &mut Option<Arc<Session>>) -> Result<Arc<Session>, CloudError> {
        *held = None;
        let session = Arc::new(self.authenticate().await?);
        if let Some(cache) = &self.inner.cache {
            cache.store(&session);
        }
        *held = Some(Arc::clone(&session));
        Ok(session)
    }

    async fn authenticate(&self) -> Result<Session, CloudError> {
        let credentials = &self.inner.credentials;
        let given = match (&credentials.auth, &credentials.project) {
            (Auth::Token(token), Project::Implied) => Some(token.clone()),
            _ => None,
        };
        let call = if given.is_some() {
            Call::read(Service::Identity, "/auth/tokens")
        } else {
            Call::post(Service::Identity, "/auth/tokens", &login_body(credentials)).repeatable()
        };
        let url = format!(
            "{}{}",
            credentials.auth_url.as_str().trim_end_matches('/'),
            call.path
        );
        let reply = Box::pin(self.tries(&call, &url, given.as_ref())).await?;
        if matches!(reply.status, 401 | 403 | 404) && !reply.is_html() {
            return Err(CloudError::Login {
                url: credentials.auth_url.to_string(),
                who: who(credentials),
                message: message::from_body(&reply.body),
                request_id: reply.request_id(),
                touched: self.inner.touched.load(Ordering::Relaxed),
            });
        }
        if !(200..300).contains(&reply.status) {
            return Err(reply.error());
        }
        let info = reply.json::<TokenBody>()?.token;
        let (token, validity) = match (given, reply.header("x-subject-token")) {
            (Some(token), _) => (token, VALIDITY_GIVEN),
            (None, Some(token)) => (SecretString::from(token.to_owned()), info.validity()),
            (None, None) => return Err(unreadable(&reply, "no X-Subject-Token in it")),
        };
        Ok(Session {
            token,
            endpoints: info.endpoints(),
            project_id: info
                .project
                .ok_or_else(|| unreadable(&reply, "the token is not for a project"))?
                .id,
            user_id: info.user.id,
            ends: Instant::now() + validity,
        })
    }

    /// Sends, and gives any answer that is not an error. A 401 is answered with one
    /// new log-in and one replay: a second one means what it says.
    pub(crate) async fn send(&self, call: &Call) -> Result<Reply, CloudError> {
        let session = self.session().await?;
        let mut reply = self.sent_with(&session, call).await?;
        if reply.status == 401 {
            let session = self.renewed(&session).await?;
            reply = self.sent_with(&session, call).await?;
        }
        if (200..400).contains(&reply.status) {
            Ok(reply)
        } else {
            Err(reply.error())
        }
    }

    /// Sends, and reads the answer as JSON.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, call: &Call) -> Result<T, CloudError> {
        let reply = self.send(call).await?;
        if (300..400).contains(&reply.status) {
            // A redirect is never followed: it may lead the token elsewhere.
            return Err(reply.error());
        }
        reply.json()
    }

    /// Sends a DELETE; what is already gone is as good as removed.
    pub(crate) async fn remove(&self, call: &Call) -> Result<(), CloudError> {
        match self.send(call).await {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    async fn sent_with(&self, session: &Session, call: &Call) -> Result<Reply, CloudError> {
        let url = format!("{}{}", self.endpoint(session, call.service)?, call.path);
        // Boxed: every future above holds this one, and they are joined by the dozen.
        let outcome = Box::pin(self.tries(call, &url, Some(&session.token))).await;
        let refused = outcome.as_ref().is_ok_and(|reply| reply.status == 401);
        if call.method != Method::GET && !refused {
            // Without an answer it may have been carried out, too.
            self.inner.touched.store(true, Ordering::Relaxed);
        }
        outcome
    }

    async fn tries(
        &self,
        call: &Call,
        url: &str,
        token: Option<&SecretString>,
    ) -> Result<Reply, CloudError> {
        let mut tries = 0;
        loop {
            let outcome = self.exchange(call, url, token).await;
            tries += 1;
            let fault = match &outcome {
                Ok(reply) if reply.status < 429 => return outcome,
                Ok(reply) => Fault::Status(reply.status, asked_pause(reply)),
                Err(CloudError::Unreachable { .. }) => Fault::NotSent,
                Err(CloudError::Lost { .. }) => Fault::Lost,
                Err(_) => return outcome,
            };
            let Some(pause) = retry::pause(tries, call.repeat, fault, jitter()) else {
                return outcome;
            };
            if pause >= PAUSE_SHOWN_MIN {
                let text = outcome
                    .map_or_else(|error| error.to_string(), |reply| reply.error().to_string());
                let hint = format!("trying again in {} s", pause.as_secs());
                self.inner.reporter.warn(text, hint);
            }
            tokio::time::sleep(pause).await;
        }
    }

    pub(crate) fn count(&self, service: Service) {
        self.inner.calls[service.index()].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn http(&self, url: &str, purpose: Use) -> Result<&reqwest::Client, CloudError> {
        self.inner.transport.client(url, purpose)
    }

    async fn exchange(
        &self,
        call: &Call,
        url: &str,
        token: Option<&SecretString>,
    ) -> Result<Reply, CloudError> {
        let url = &full_url(url, &call.query)?;
        let mut request = self
            .http(url, Use::Call)?
            .request(call.method.clone(), url)
            .header("Accept", "application/json");
        if let Some(body) = &call.body {
            request = request.body(body.clone());
            if !call.headers.iter().any(|(name, _)| *name == "Content-Type") {
                request = request.header("Content-Type", "application/json");
            }
        }
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        if let Some(token) = token {
            request = request.header("X-Auth-Token", secret_header(token)?);
            if call.service == Service::Identity && call.path == "/auth/tokens" {
                request = request.header("X-Subject-Token", secret_header(token)?);
            }
        }
        self.count(call.service);
        let response = request
            .send()
            .await
            .map_err(|error| broken(&call.method, url, &error))?;
        let status = response.status().as_u16();
        let headers: HeaderMap = response.headers().clone();
        let body = response
            .bytes()
            .await
            .map_err(|error| broken(&call.method, url, &error))?;
        Ok(Reply {
            method: call.method.clone(),
            url: url.clone(),
            status,
            headers,
            body,
        })
    }
}

fn full_url(url: &str, query: &[(String, String)]) -> Result<String, CloudError> {
    if query.is_empty() {
        return Ok(url.to_owned());
    }
    let url = url::Url::parse_with_params(url, query);
    url.map(String::from).map_err(|error| {
        CloudError::Local(format!("the catalogue has a URL that is none: {error}"))
    })
}

/// A header that debug output of a request shows as sensitive.
pub(crate) fn secret_header(
    secret: &SecretString,
) -> Result<reqwest::header::HeaderValue, CloudError> {
    let mut value =
        reqwest::header::HeaderValue::from_str(secret.expose_secret()).map_err(|_| {
            CloudError::Local("the token has characters that no header can carry".to_owned())
        })?;
    value.set_sensitive(true);
    Ok(value)
}

pub(crate) fn broken(method: &Method, url: &str, error: &reqwest::Error) -> CloudError {
    if error.is_connect() || error.is_builder() {
        CloudError::Unreachable {
            url: url.to_owned(),
            reason: cause(error),
        }
    } else {
        CloudError::Lost {
            method: method.to_string(),
            url: url.to_owned(),
            reason: cause(error),
        }
    }
}

fn unreadable(reply: &Reply, reason: &str) -> CloudError {
    CloudError::Unreadable {
        method: reply.method.to_string(),
        url: reply.url.clone(),
        status: reply.status,
        reason: reason.to_owned(),
        request_id: reply.request_id(),
    }
}

fn asked_pause(reply: &Reply) -> Option<Duration> {
    retry::retry_after(reply.header("retry-after")?, reply.header("date"))
}

/// Random enough to spread clients: the standard library seeds its hash tables so.
fn jitter() -> f64 {
    let word = RandomState::new().hash_one(0_u8) >> 32;
    f64::from(u32::try_from(word).unwrap_or(0)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests;
