//! What the configuration may name: services and their roles, and the parameter
//! names made of them. It is taken from a catalogue, which stands below this
//! module in the flow.

use indexmap::IndexMap;

use crate::name::{RoleName, ServiceName};

/// The services and roles a configuration may name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// Every service with its roles, in the catalogue's order.
    pub services: IndexMap<ServiceName, KnownService>,
    /// Further trees of code that services need, by name.
    pub trees: Vec<String>,
    /// The site's own Puppet modules; none where nobody looked.
    pub puppet_modules: Option<Vec<String>>,
}

/// One service that may be named.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KnownService {
    /// Its roles.
    pub roles: Vec<RoleName>,
    /// Whether its roles may have other than one server.
    pub scalable: bool,
    /// Those of its roles that may have one server at most.
    pub single: Vec<RoleName>,
    /// Whether one of its roles runs jobs.
    pub runs_jobs: bool,
}

impl Known {
    /// The service called `text`.
    pub(crate) fn service(&self, text: &str) -> Option<&ServiceName> {
        self.services.keys().find(|name| name.as_str() == text)
    }

    /// The names of all services.
    pub(crate) fn service_names(&self) -> impl Iterator<Item = &str> {
        self.services.keys().map(ServiceName::as_str)
    }

    /// Every role of every service.
    pub(crate) fn roles(&self) -> impl Iterator<Item = (&ServiceName, &RoleName)> {
        self.services
            .iter()
            .flat_map(|(service, known)| known.roles.iter().map(move |role| (service, role)))
    }

    /// The service and role that `text`, `<service>_<role>`, stands for. A service's
    /// `-` is written `_` there, so only the known names tell where it ends.
    pub(crate) fn split(&self, text: &str) -> Option<(ServiceName, RoleName)> {
        self.roles()
            .find(|(service, role)| joined(service, role) == text)
            .map(|(service, role)| (service.clone(), role.clone()))
    }

    /// Where `text` names no service and role: what of it is unknown.
    pub(crate) fn unknown_part(&self, text: &str) -> String {
        let of = self
            .services
            .keys()
            .filter_map(|service| {
                let role = text
                    .strip_prefix(&underscored(service))?
                    .strip_prefix('_')?;
                Some((service, role))
            })
            // The longest name that fits: `shell-command` before `shell`.
            .max_by_key(|(service, _)| service.as_str().len());
        match of {
            Some((service, role)) => format!("`{service}` has no role `{role}`"),
            None => "it names no service and role of the catalogue".to_owned(),
        }
    }
}

/// `<service>_<role>` as parameters have it.
pub(crate) fn joined(service: &ServiceName, role: &RoleName) -> String {
    format!("{}_{role}", underscored(service))
}

fn underscored(service: &ServiceName) -> String {
    service.as_str().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::{Known, KnownService};
    use crate::name::{RoleName, ServiceName};

    fn known() -> Known {
        let services = [
            ("shell", ["web", "command_worker"]),
            ("shell-command", ["web", "worker"]),
        ];
        Known {
            services: services
                .into_iter()
                .map(|(service, roles)| {
                    let roles = roles.map(|role| RoleName::new(role).unwrap()).to_vec();
                    let scalable = true;
                    (
                        ServiceName::new(service).unwrap(),
                        KnownService {
                            roles,
                            scalable,
                            ..KnownService::default()
                        },
                    )
                })
                .collect(),
            ..Known::default()
        }
    }

    #[track_caller]
    fn case(text: &str, expected: Option<(&str, &str)>) {
        let seen = known().split(text);
        let seen = seen.as_ref().map(|(s, r)| (s.as_str(), r.as_str()));
        assert_eq!(seen, expected, "{text}");
    }

    #[test]
    fn parameters_are_split_at_known_names() {
        case("shell_web", Some(("shell", "web")));
        case("shell_command_web", Some(("shell-command", "web")));
        case("shell_command_worker", Some(("shell", "command_worker")));
        case("shell_worker", None);
        case("shell-command_web", None);
        case("", None);
    }

    #[test]
    fn what_is_unknown_is_told_of_the_longest_service() {
        assert_eq!(
            known().unknown_part("shell_command_wrker"),
            "`shell-command` has no role `wrker`"
        );
        assert_eq!(
            known().unknown_part("shel_web"),
            "it names no service and role of the catalogue"
        );
    }
}
