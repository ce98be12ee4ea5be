//! `services.<name>.puppet_classes`: what the site's own Puppet modules do to the
//! images of a service.

use super::problem::nearest;
use super::reader::{Fields, Reader};

/// The program's own module.
const OWN: &str = "ptero";

/// Where classes may come from.
#[derive(Clone, Copy)]
pub(super) struct Modules<'a> {
    /// Whether `images.build.puppet_modules` is set.
    pub(super) set: bool,
    /// The modules in it, where somebody looked.
    pub(super) there: Option<&'a [String]>,
}

pub(super) fn classes(
    reader: &mut Reader<'_>,
    fields: &mut Fields<'_>,
    application: bool,
    modules: Modules<'_>,
) -> Vec<String> {
    let Some(item) = fields.take("puppet_classes") else {
        return Vec::new();
    };
    if !application {
        reader.bad(
            &item,
            "its image has what it needs: only PTero's own services get more classes",
        );
    }
    if !modules.set {
        reader.bad(
            &item,
            "there are no modules to take them from: `images.build.puppet_modules` is not set",
        );
    }
    let mut found = Vec::new();
    for item in reader.list(&item) {
        let Some(name) = reader.parsed(&item, class) else {
            continue;
        };
        let module = module_of(&name);
        let there = modules.there.unwrap_or_default();
        if modules.there.is_some() && !there.iter().any(|one| one == module) {
            let near = nearest(module, there.iter().map(String::as_str));
            let message = format!("no module `{module}` in `images.build.puppet_modules`");
            reader.wrong(item.node.at, &item.path, &name, message, near);
        }
        found.push(name);
    }
    found
}

fn module_of(class: &str) -> &str {
    class.split("::").next().unwrap_or(class)
}

/// Whether Puppet takes `text` for the name of a module.
pub fn is_module_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn class(text: &str) -> Result<String, String> {
    if !text.split("::").all(is_module_name) {
        return Err(format!(
            "`{text}` is no name of a Puppet class, such as `site::scratch`"
        ));
    }
    if module_of(text) == OWN {
        return Err(format!(
            "`{text}` is of the program's own module: a class of yours is expected"
        ));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::load;
    use crate::topology::Catalog;

    #[track_caller]
    fn case(modules: &str, services: &str, mistakes: &[&str]) {
        let text = format!(
            "images: {{build: {{build_machine_image: local, {modules} \
             base_image_urls: {{default: 'http://x/y'}}}}}}\nservices: {services}\nstacks: {{}}\n"
        );
        let mut known = Catalog::ptero().known();
        known.puppet_modules = Some(vec!["site".to_owned(), "lustre".to_owned()]);
        let seen: Vec<String> = match load(&text, Path::new("x"), &known) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(seen, mistakes);
    }

    #[test]
    fn classes_come_from_the_modules_that_are_there() {
        let set = "puppet_modules: modules,";
        case(
            set,
            "{shell-command: {puppet_classes: [site, lustre::client]}}",
            &[],
        );
        case(
            set,
            "{shell-command: {puppet_classes: [lustr::client, 'Site::X', 'site::', ptero::guest]}}",
            &[
                "x:2:45: services.shell-command.puppet_classes[0]: no module `lustr` in `images.build.puppet_modules`; did you mean `lustre`?",
                "x:2:60: services.shell-command.puppet_classes[1]: `Site::X` is no name of a Puppet class, such as `site::scratch`",
                "x:2:71: services.shell-command.puppet_classes[2]: `site::` is no name of a Puppet class, such as `site::scratch`",
                "x:2:81: services.shell-command.puppet_classes[3]: `ptero::guest` is of the program's own module: a class of yours is expected",
            ],
        );
        case(
            set,
            "{redis: {puppet_classes: [site]}}",
            &[
                "x:2:36: services.redis.puppet_classes: its image has what it needs: only PTero's own services get more classes",
            ],
        );
    }

    #[test]
    fn classes_need_modules() {
        case(
            "",
            "{workflow: {puppet_classes: [site]}}",
            &[
                "x:2:39: services.workflow.puppet_classes: there are no modules to take them from: `images.build.puppet_modules` is not set",
            ],
        );
    }
}
