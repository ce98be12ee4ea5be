//! HTTP connections: made late, kept, bounded in time, and never redirected.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client};

use crate::openstack::credentials::Credentials;
use crate::openstack::error::CloudError;

/// A host that drops packets would else hold a command for the kernel's two minutes.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest silence while an answer is due. Heat may take half a minute over a large
/// template; a half-open connection must not hold a waiting command for ever.
const READ_TIMEOUT: Duration = Duration::from_secs(90);
/// Eventlet closes idle connections after some time; one that we drop first cannot
/// break under a request that is not safe to repeat.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);
/// Finds a dead peer (cable, sleep, NAT) while an upload's stream has no read timeout.
const KEEPALIVE: Duration = Duration::from_secs(20);

/// Which limits a connection has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Question and answer.
    Call,
    /// A long body; its sender watches the progress itself, because the client's
    /// read timeout would count the time of sending too.
    Stream,
}

/// Makes each kind of client when it is first needed: an http-only cloud never
/// pays for loading the system's certificates.
#[derive(Debug, Default)]
pub(crate) struct Transport {
    ca_cert: Option<PathBuf>,
    insecure: bool,
    clients: [OnceLock<Client>; 4],
}

impl Transport {
    pub(crate) fn new(credentials: &Credentials) -> Self {
        Self {
            ca_cert: credentials.ca_cert.clone(),
            insecure: credentials.insecure,
            clients: Default::default(),
        }
    }

    pub(crate) fn client(&self, url: &str, purpose: Use) -> Result<&Client, CloudError> {
        let tls = !url.starts_with("http://");
        let slot = usize::from(tls) * 2 + usize::from(purpose == Use::Stream);
        if let Some(client) = self.clients[slot].get() {
            return Ok(client);
        }
        let client = self.build(tls, purpose)?;
        Ok(self.clients[slot].get_or_init(|| client))
    }

    fn build(&self, tls: bool, purpose: Use) -> Result<Client, CloudError> {
        // Refused when another part of the program was first; then that one serves.
        crate::tls::choose();
        let mut builder = Client::builder()
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .tcp_keepalive(KEEPALIVE)
            .tcp_nodelay(true)
            .user_agent(concat!("ptero-deploy/", env!("CARGO_PKG_VERSION")));
        if purpose == Use::Call {
            builder = builder.read_timeout(READ_TIMEOUT);
        }
        if !tls {
            builder = builder.tls_certs_only(Vec::new());
        } else if self.insecure {
            builder = builder.tls_danger_accept_invalid_certs(true);
        } else if let Some(path) = &self.ca_cert {
            builder = builder.tls_certs_only(authorities(path)?);
        }
        builder
            .build()
            .map_err(|error| CloudError::Local(format!("cannot set up HTTP: {}", cause(&error))))
    }
}

/// The innermost cause: the outer layers of an HTTP error only say that there is one.
pub(crate) fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "timed out".to_owned();
    }
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

fn authorities(path: &Path) -> Result<Vec<Certificate>, CloudError> {
    let pem = authority(path)?;
    let certificates = Certificate::from_pem_bundle(pem.as_bytes());
    let certificates = certificates.map_err(|error| unusable(path, &cause(&error)))?;
    if certificates.is_empty() {
        return Err(unusable(path, "no certificate in it"));
    }
    Ok(certificates)
}

/// The text of a file of certificates.
pub(crate) fn authority(path: &Path) -> Result<String, CloudError> {
    fs::read_to_string(path).map_err(|error| unusable(path, &error.to_string()))
}

fn unusable(path: &Path, reason: &str) -> CloudError {
    let path = path.display();
    CloudError::Local(format!("CA bundle `{path}` (OS_CACERT): {reason}"))
}
