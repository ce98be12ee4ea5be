//! A place where images are made: a build machine behind ssh, or this host.
//! Both are given the same files and run the same commands.

use std::io;
use std::process::Stdio;

use serde::Serialize;
use tempfile::NamedTempFile;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

use crate::bake::protocol::{self, Said};
use crate::bake::ssh::Keys;

/// Unpacks the tar on standard input where the scripts expect it. What an
/// earlier run left there goes first. Only root may put something there, as root
/// runs it.
const PUT: &str = "umask 077 && rm -rf /var/lib/ptero-bake/payload \
    && mkdir -p /var/lib/ptero-bake/payload && exec tar -x -f - -C /var/lib/ptero-bake/payload";

/// Makes the images of the job on standard input.
const BAKE: &str = "exec python3 /var/lib/ptero-bake/payload/bake.py";

/// Sends one image file to Glance.
const UPLOAD: &str = "exec python3 /var/lib/ptero-bake/payload/upload.py";

/// Says that the machine is ready: cloud-init is done, or was never there.
const READY: &str = "if command -v cloud-init >/dev/null; then cloud-init status --wait >/dev/null; fi; exec python3 -V";

/// Of what the scripts print outside the protocol, this much is kept for the
/// error message.
const STDERR_KEPT: usize = 8 * 1024;

/// Where images are made.
pub enum Builder {
    /// This host; needs root.
    Local,
    /// A server, reached with these keys at this address.
    Ssh {
        /// The machine's keys.
        keys: Keys,
        /// Where it answers.
        address: String,
    },
}

/// How a command on the builder ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// The last part of its standard error.
    pub stderr: String,
}

impl Builder {
    fn command(&self, text: &'static str) -> Command {
        match self {
            Self::Ssh { keys, address } => keys.command(address, text),
            Self::Local => {
                let mut command = Command::new("/bin/sh");
                command
                    .args(["-c", text])
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .kill_on_drop(true);
                command
            }
        }
    }

    /// Whether the machine takes commands and has finished booting.
    pub async fn ready(&self) -> io::Result<Ended> {
        let child = self.command(READY).spawn()?;
        ended(child).await
    }

    /// Puts the files of a tar on the machine.
    pub async fn put(&self, tar: &NamedTempFile) -> io::Result<Ended> {
        let mut child = self.command(PUT).spawn()?;
        let mut source = tokio::fs::File::open(tar.path()).await?;
        if let Some(mut stdin) = child.stdin.take() {
            // A broken pipe here is explained by the exit code below.
            let _ = tokio::io::copy(&mut source, &mut stdin).await;
        }
        ended(child).await
    }

    /// Runs bake.py on `job`; `heard` gets each line of the protocol.
    pub async fn bake(&self, job: &impl Serialize, heard: impl FnMut(Said)) -> io::Result<Ended> {
        self.converse(BAKE, serde_json::to_string(job)?, heard)
            .await
    }

    /// Runs upload.py on `job`; `heard` gets each line of the protocol.
    pub async fn upload(&self, job: &impl Serialize, heard: impl FnMut(Said)) -> io::Result<Ended> {
        self.converse(UPLOAD, serde_json::to_string(job)?, heard)
            .await
    }

    /// Sends one line, listens to the end. Standard input stays open as long
    /// as this program lives: its end tells the script to clean up and stop.
    async fn converse(
        &self,
        text: &'static str,
        line: String,
        mut heard: impl FnMut(Said),
    ) -> io::Result<Ended> {
        let mut child = self.command(text).spawn()?;
        let mut stdin = child.stdin.take();
        if let Some(stdin) = &mut stdin {
            let _ = stdin.write_all(format!("{line}\n").as_bytes()).await;
            let _ = stdin.flush().await;
        }
        let stderr = tokio::spawn(tail(child.stderr.take()));
        if let Some(stdout) = child.stdout.take() {
            let mut lines = BufReader::new(stdout).lines();
            while let Some(line) = lines.next_line().await? {
                if let Some(said) = protocol::parse(&line) {
                    heard(said);
                }
            }
        }
        let status = child.wait().await?;
        drop(stdin);
        Ok(Ended {
            code: status.code(),
            stderr: stderr.await.unwrap_or_default(),
        })
    }
}

async fn ended(mut child: Child) -> io::Result<Ended> {
    drop(child.stdin.take());
    let stderr = tokio::spawn(tail(child.stderr.take()));
    if let Some(mut stdout) = child.stdout.take() {
        tokio::io::copy(&mut stdout, &mut tokio::io::sink()).await?;
    }
    let status = child.wait().await?;
    Ok(Ended {
        code: status.code(),
        stderr: stderr.await.unwrap_or_default(),
    })
}

/// Reads to the end, keeps the last part.
async fn tail(stream: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut stream) = stream else {
        return String::new();
    };
    let mut kept: Vec<u8> = Vec::new();
    let mut buffer = [0_u8; 4096];
    while let Ok(n @ 1..) = stream.read(&mut buffer).await {
        kept.extend_from_slice(&buffer[..n]);
        let surplus = kept.len().saturating_sub(STDERR_KEPT);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(&kept).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{STDERR_KEPT, tail};

    #[tokio::test]
    async fn the_last_part_of_a_long_stream_is_kept() {
        let mut text = "x".repeat(3 * STDERR_KEPT);
        text.push_str("the end");
        let kept = tail(Some(text.as_bytes())).await;
        assert!(kept.ends_with("the end"));
        assert_eq!(kept.len(), STDERR_KEPT);
    }
}
