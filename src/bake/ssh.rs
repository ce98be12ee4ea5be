//! The one way to a build machine: the operator's ssh client, with keys made
//! for this one machine and its host key known beforehand, so that nobody in
//! between can take its place.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use secrecy::{ExposeSecret, SecretString};
use tokio::process::Command;

use crate::bake::key_folder::KeyFolder;

/// The name the host key is filed under; the address is not known when the
/// key is made.
const HOST_ALIAS: &str = "ptero-build-machine";

/// Keys of one build machine, in a folder that goes with them.
pub struct Keys {
    dir: KeyFolder,
    user_public: String,
    host_private: SecretString,
    host_public: String,
}

impl Keys {
    /// Makes a user key and a host key with ssh-keygen.
    pub async fn generate() -> io::Result<Self> {
        let dir = KeyFolder::make()?;
        for name in ["user", "host"] {
            keygen(&dir.path().join(name)).await?;
        }
        let read = |name: &str| fs::read_to_string(dir.path().join(name));
        let host_public = read("host.pub")?.trim().to_owned();
        let keys = Self {
            user_public: read("user.pub")?.trim().to_owned(),
            host_private: read("host")?.into(),
            host_public,
            dir,
        };
        let mut known = create_private(&keys.known_hosts())?;
        writeln!(known, "{HOST_ALIAS} {}", keys.host_public)?;
        Ok(keys)
    }

    /// What the machine must accept.
    pub fn user_public(&self) -> &str {
        &self.user_public
    }

    /// cloud-init user data that gives the machine these keys.
    pub fn user_data(&self) -> SecretString {
        let config = serde_json::json!({
            "disable_root": false,
            "ssh_pwauth": false,
            "ssh_deletekeys": true,
            "users": [{"name": "root", "ssh_authorized_keys": [self.user_public]}],
            "ssh_keys": {
                "ed25519_private": self.host_private.expose_secret(),
                "ed25519_public": self.host_public,
            },
        });
        // JSON is YAML, and needs no quoting of our own.
        format!("#cloud-config\n{config}\n").into()
    }

    fn known_hosts(&self) -> PathBuf {
        self.dir.path().join("known_hosts")
    }

    /// An ssh command that runs `remote` on the machine at `address` as root.
    /// `remote` is constant text of the program, never built from input.
    pub fn command(&self, address: &str, remote: &'static str) -> Command {
        let mut command = Command::new("ssh");
        command
            // No configuration of the operator: it may proxy, multiplex, ask.
            .args(["-F", "none", "-T"])
            .arg("-i")
            .arg(self.dir.path().join("user"))
            .args(["-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none"])
            .args(["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"])
            .args(["-o", &format!("HostKeyAlias={HOST_ALIAS}")])
            .arg("-o")
            .arg(format!(
                "UserKnownHostsFile={}",
                self.known_hosts().display()
            ))
            .args([
                "-o",
                "GlobalKnownHostsFile=/dev/null",
                "-o",
                "CheckHostIP=no",
            ])
            .args(["-o", "ConnectTimeout=10", "-o", "LogLevel=ERROR"])
            // A machine that is gone ends the session within a minute.
            .args([
                "-o",
                "ServerAliveInterval=15",
                "-o",
                "ServerAliveCountMax=4",
            ])
            .args(["-l", "root", "--", address, remote])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

async fn keygen(path: &Path) -> io::Result<()> {
    let output = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "ptero-build", "-f"])
        .arg(path)
        .stdin(Stdio::null())
        .output()
        .await?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(io::Error::other(format!("ssh-keygen failed: {said}")))
}

fn create_private(path: &Path) -> io::Result<fs::File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::Keys;
    use secrecy::ExposeSecret;

    #[tokio::test]
    async fn the_machine_gets_the_keys_that_the_client_expects() {
        let keys = Keys::generate().await.unwrap();
        let data = keys.user_data();
        let data = data.expose_secret();
        assert!(data.starts_with("#cloud-config\n"));
        assert!(data.contains(keys.user_public()));
        let known = std::fs::read_to_string(keys.known_hosts()).unwrap();
        assert!(known.starts_with("ptero-build-machine ssh-ed25519 "));
    }
}
