//! What the cloud, or the way to it, did wrong.

use std::fmt;

use crate::error::{Failure, Kind};

/// An answer whose status is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP method of the request.
    pub method: String,
    /// Full URL of the request.
    pub url: String,
    /// HTTP status.
    pub status: u16,
    /// The service's own words, on one line; may be empty.
    pub message: String,
    /// The id under which the cloud's logs have this request.
    pub request_id: Option<String>,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            method,
            url,
            status,
            message,
            request_id,
        } = self;
        write!(f, "{method} {url}: {status}")?;
        if !message.is_empty() {
            write!(f, " {message}")?;
        }
        id(f, request_id.as_deref())
    }
}

fn id(f: &mut fmt::Formatter<'_>, request_id: Option<&str>) -> fmt::Result {
    match request_id {
        Some(id) => write!(f, " ({id})"),
        None => Ok(()),
    }
}

struct Id<'a>(&'a Option<String>);

impl fmt::Display for Id<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        id(f, self.0.as_deref())
    }
}

/// Why a call to the cloud did not give what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloudError {
    /// The service answered with an error status.
    #[error("{0}")]
    Answer(Box<Answer>),
    /// No connection: the request was certainly not carried out.
    #[error("cannot reach `{url}`: {reason}")]
    Unreachable {
        /// URL of the request.
        url: String,
        /// The cause, e.g. `connection refused`.
        reason: String,
    },
    /// Sent, but no whole answer came: nobody knows whether it was carried out.
    #[error("{method} {url}: the answer was lost: {reason}")]
    Lost {
        /// HTTP method of the request.
        method: String,
        /// URL of the request.
        url: String,
        /// The cause, e.g. `connection reset by peer`.
        reason: String,
    },
    /// An answer that is not what the service documents.
    #[error("{method} {url}: {status} with an unreadable answer: {reason}{}", Id(.request_id))]
    Unreadable {
        /// HTTP method of the request.
        method: String,
        /// URL of the request.
        url: String,
        /// HTTP status.
        status: u16,
        /// What is wrong with it.
        reason: String,
        /// The id under which the cloud's logs have this request.
        request_id: Option<String>,
    },
    /// Keystone did not let us in.
    #[error("`{url}` does not accept {who}: {message}{}", Id(.request_id))]
    Login {
        /// Keystone's URL.
        url: String,
        /// Who tried, e.g. ``user `demo` ``; never a secret.
        who: String,
        /// Keystone's words.
        message: String,
        /// The id under which the cloud's logs have this request.
        request_id: Option<String>,
        /// Whether something was written to the cloud before, with credentials that
        /// were good then.
        touched: bool,
    },
    /// The catalogue has no such service for us.
    #[error("the cloud's catalogue has no {interface} endpoint of `{service}`{}", in_region(.region.as_deref()))]
    NoEndpoint {
        /// The service's project name, e.g. `heat`.
        service: String,
        /// Interface asked for, e.g. `public`.
        interface: String,
        /// Region asked for.
        region: Option<String>,
        /// `interface in region` of the endpoints that the service has.
        known: Vec<String>,
    },
    /// There is no such thing.
    #[error("no {what} `{name}`")]
    NotFound {
        /// Kind of thing, e.g. `network`.
        what: &'static str,
        /// The name or id asked for.
        name: String,
    },
    /// There are several of that name, and choosing would be guessing.
    #[error("{} {what}s are called `{name}`: {}", .ids.len(), .ids.join(", "))]
    Ambiguous {
        /// Kind of thing, e.g. `image`.
        what: &'static str,
        /// The name asked for.
        name: String,
        /// Ids of all that have it.
        ids: Vec<String>,
    },
    /// An image did not arrive as it was sent.
    #[error("image `{id}`: {reason}")]
    Upload {
        /// The image's id.
        id: String,
        /// What was seen.
        reason: String,
    },
    /// Something on this machine, such as a CA bundle, cannot be used.
    #[error("{0}")]
    Local(String),
}

fn in_region(region: Option<&str>) -> String {
    region.map_or_else(String::new, |region| format!(" in region `{region}`"))
}

impl CloudError {
    /// The HTTP status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Answer(answer) => Some(answer.status),
            Self::Unreadable { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The id under which the cloud's logs have this request.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Answer(answer) => answer.request_id.as_deref(),
            Self::Unreadable { request_id, .. } | Self::Login { request_id, .. } => {
                request_id.as_deref()
            }
            _ => None,
        }
    }

    /// Whether the thing asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. }) || matches!(self.status(), Some(404 | 410))
    }

    /// Whether the cloud refused because of what is there already or goes on.
    pub fn is_conflict(&self) -> bool {
        self.status() == Some(409)
    }

    /// Whether the same question may have an answer a little later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Lost { .. } | Self::Unreadable { .. } => true,
            Self::Answer(answer) => matches!(answer.status, 408 | 429 | 500 | 502..=504),
            _ => false,
        }
    }

    /// Whether the request may have been carried out although we were not told.
    pub fn answer_lost(&self) -> bool {
        match self {
            Self::Lost { .. } | Self::Unreadable { .. } => true,
            Self::Answer(answer) => matches!(answer.status, 500 | 502..=504),
            _ => false,
        }
    }

    /// What the operator can do, one line each.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Unreachable { .. } => vec![
                "check that OS_AUTH_URL names the right host and port, and that it answers from here (proxy, VPN, firewall)".to_owned(),
            ],
            Self::Login { touched, .. } => {
                let mut hints = vec![
                    "check user, password, project and domains: the OS_* variables, or the entry of OS_CLOUD in clouds.yaml and secure.yaml".to_owned(),
                ];
                if *touched {
                    hints.push("what was begun goes on in the cloud; with credentials that it accepts the same command takes it up".to_owned());
                }
                hints
            }
            Self::NoEndpoint { known, .. } if known.is_empty() => {
                vec!["this cloud does not offer the service; ask its operator".to_owned()]
            }
            Self::NoEndpoint { known, .. } => vec![format!(
                "set OS_REGION_NAME or OS_INTERFACE to one of: {}",
                known.join(", ")
            )],
            Self::Ambiguous { what, .. } => {
                vec![format!("name the {what} by its id, or remove the others")]
            }
            Self::Answer(answer) if answer.status == 403 => vec![
                "the user's roles do not allow this; ask the cloud's operator (Heat wants the role `heat_stack_owner` on some clouds)".to_owned(),
            ],
            _ => Vec::new(),
        }
    }
}

impl From<CloudError> for Failure {
    fn from(error: CloudError) -> Self {
        let hints = error.hints();
        // Wrong credentials are a matter of configuration, not of the work: unless they
        // were good when it began, as that code says that nothing was touched.
        let kind = match error {
            CloudError::Login { touched: false, .. } => Kind::Usage,
            _ => Kind::Failed,
        };
        let failure = Self::new(kind, error.to_string());
        hints.into_iter().fold(failure, Self::hint)
    }
}
