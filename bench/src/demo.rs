//! The demo's configuration with something else in it.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::cloud::demo_config;

/// The text of the configuration that the demo wrote, after `change`.
pub(crate) fn changed(change: impl FnOnce(&mut Value)) -> Result<String> {
    let demo = demo_config().context("no folder of the demo: HOME is not set")?;
    let text = std::fs::read_to_string(&demo)
        .with_context(|| format!("{}: run `ptero-deploy demo` first", demo.display()))?;
    with(&text, change).with_context(|| demo.display().to_string())
}

/// The same of a text.
fn with(demo: &str, change: impl FnOnce(&mut Value)) -> Result<String> {
    let mut config: Value = serde_json::from_str(demo).context("not as the demo writes it")?;
    change(&mut config);
    Ok(format!("{config:#}\n"))
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::Value;

    use super::with;

    const DEMO: &str = r#"{
        "catalog": "miniptero",
        "images": {"build": {
            "build_machine_image": "debian-12",
            "base_image_urls": {"default": "http://c:8080/debian-12.raw"}
        }},
        "services": {"workflow": {"repo": "/w.git"}, "shell-command": {"repo": "/s.git"}},
        "stacks": {
            "common": {"public_net_id": "public", "dns_nameservers": ["10.0.0.1"]},
            "staging": {"stack_name": "ptero-staging"}
        }
    }"#;

    /// A demo's configuration after `change`.
    pub(crate) fn demo_with(change: impl FnOnce(&mut Value)) -> String {
        with(DEMO, change).unwrap()
    }

    #[test]
    fn another_configuration_is_refused() {
        assert!(with("catalog: miniptero\n", |_| ()).is_err());
    }
}
