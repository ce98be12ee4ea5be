//! One request to a service, as plain data, and its answer.

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::openstack::error::{Answer, CloudError};
use crate::openstack::message;

/// A service of the cloud, by its role in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// Keystone.
    Identity,
    /// Glance.
    Image,
    /// Nova.
    Compute,
    /// Neutron.
    Network,
    /// Heat.
    Orchestration,
    /// Cinder.
    Volume,
}

impl Service {
    /// Every service, in the order of [`Service::index`].
    pub const ALL: [Self; 6] = [
        Self::Identity,
        Self::Image,
        Self::Compute,
        Self::Network,
        Self::Orchestration,
        Self::Volume,
    ];

    /// The project's name, as operators say it.
    pub fn project(self) -> &'static str {
        match self {
            Self::Identity => "keystone",
            Self::Image => "glance",
            Self::Compute => "nova",
            Self::Network => "neutron",
            Self::Orchestration => "heat",
            Self::Volume => "cinder",
        }
    }

    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

/// Whether a request may be sent again when nobody knows if it was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Twice is the same as once.
    Safe,
    /// Twice may make two of it: the caller looks for its own object first.
    Unsafe,
}

/// A request below a service's endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) service: Service,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<Bytes>,
    pub(crate) repeat: Repeat,
}

impl Call {
    fn new(service: Service, method: Method, path: impl Into<String>) -> Self {
        let repeat = if method == Method::POST || method == Method::PATCH {
            Repeat::Unsafe
        } else {
            Repeat::Safe
        };
        Self {
            service,
            method,
            path: path.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            repeat,
        }
    }

    pub(crate) fn read(service: Service, path: impl Into<String>) -> Self {
        Self::new(service, Method::GET, path)
    }

    pub(crate) fn post(service: Service, path: impl Into<String>, body: &impl Serialize) -> Self {
        Self::new(service, Method::POST, path).json(body)
    }

    pub(crate) fn patch(service: Service, path: impl Into<String>, body: &impl Serialize) -> Self {
        Self::new(service, Method::PATCH, path).json(body)
    }

    pub(crate) fn put(service: Service, path: impl Into<String>, body: &impl Serialize) -> Self {
        Self::new(service, Method::PUT, path).json(body)
    }

    pub(crate) fn remove(service: Service, path: impl Into<String>) -> Self {
        Self::new(service, Method::DELETE, path)
    }

    fn json(mut self, body: &impl Serialize) -> Self {
        let bytes =
            serde_json::to_vec(body).expect("our bodies have text keys and no failing parts");
        self.body = Some(Bytes::from(bytes));
        self
    }

    #[must_use]
    pub(crate) fn query(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    #[must_use]
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Marks a request that the service takes for another one when it comes again.
    #[must_use]
    pub(crate) fn unrepeatable(mut self) -> Self {
        self.repeat = Repeat::Unsafe;
        self
    }

    /// Marks a POST or PATCH as the same done twice as once.
    #[must_use]
    pub(crate) fn repeatable(mut self) -> Self {
        self.repeat = Repeat::Safe;
        self
    }
}

/// A whole answer; any status.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The id that finds this exchange in the cloud's own logs.
    pub(crate) fn request_id(&self) -> Option<String> {
        ["x-openstack-request-id", "x-compute-request-id"]
            .iter()
            .find_map(|name| self.header(name))
            .map(str::to_owned)
    }

    pub(crate) fn is_html(&self) -> bool {
        self.header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html"))
    }

    /// The error that an answer of this status is.
    pub(crate) fn error(&self) -> CloudError {
        CloudError::Answer(Box::new(Answer {
            method: self.method.to_string(),
            url: self.url.clone(),
            status: self.status,
            message: message::from_body(&self.body),
            request_id: self.request_id(),
        }))
    }

    /// Reads the body as JSON; a page or half a document is named as such.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, CloudError> {
        serde_json::from_slice(&self.body).map_err(|reason| CloudError::Unreadable {
            method: self.method.to_string(),
            url: self.url.clone(),
            status: self.status,
            reason: if self.is_html() {
                format!(
                    "an HTML page instead of JSON: {}",
                    message::from_body(&self.body)
                )
            } else if reason.is_eof() {
                format!("the JSON ends after {} bytes", self.body.len())
            } else {
                reason.to_string()
            },
            request_id: self.request_id(),
        })
    }
}
