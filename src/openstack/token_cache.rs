//! The token of the last run, kept in a file of our user alone, so that a second
//! command costs no log-in.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::openstack::catalog::Endpoint;
use crate::openstack::credentials::{Auth, Credentials};
use crate::openstack::session::{Session, VALIDITY_MIN};

/// Of what this module writes; another version is a miss.
const VERSION: u32 = 1;
/// About a millisecond: nothing for us, and a price on guessing passwords from a
/// stolen file.
const HASH_ROUNDS: u32 = 8_192;

/// Where one identity's token is kept.
#[derive(Debug)]
pub(crate) struct TokenCache {
    path: PathBuf,
    secret: SecretString,
}

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    version: u32,
    salt: String,
    /// Salted hash of the secret that got the token: another secret must not use it.
    proof: String,
    token: String,
    project_id: String,
    user_id: String,
    endpoints: Vec<Endpoint>,
    /// Seconds since 1970 by our clock, only ever compared with itself.
    since: u64,
    /// Seconds that it was good for then, by the server's clock.
    valid: u64,
}

impl TokenCache {
    /// The cache for these credentials; none without a folder, or for a token that
    /// was given to us.
    pub(crate) fn open(credentials: &Credentials) -> Option<Self> {
        let folder = credentials.cache_folder.as_ref()?;
        let secret = match &credentials.auth {
            Auth::Password {
                password: secret, ..
            }
            | Auth::ApplicationCredential { secret, .. }
            | Auth::NamedApplicationCredential { secret, .. } => secret.clone(),
            Auth::Token(_) => return None,
        };
        // The debug text of an identity is complete, and redacts the secret.
        let Credentials {
            auth_url,
            auth,
            project,
            ..
        } = credentials;
        let identity = format!("{auth_url} {auth:?} {project:?}");
        let name = blake3::hash(identity.as_bytes()).to_hex();
        let path = folder.join(format!("token-{}.json", &name[..32]));
        Some(Self { path, secret })
    }

    /// The kept session, if this secret got it and it is still good.
    pub(crate) fn load(&self) -> Option<Session> {
        let meta = fs::symlink_metadata(&self.path).ok()?;
        let ours = meta.is_file() && meta.uid() == rustix::process::getuid().as_raw();
        if !ours || meta.permissions().mode() & 0o077 != 0 {
            return None;
        }
        let kept: Kept = serde_json::from_slice(&fs::read(&self.path).ok()?).ok()?;
        let age = now()?.checked_sub(kept.since)?;
        let left = Duration::from_secs(kept.valid.checked_sub(age)?);
        if kept.version != VERSION || kept.proof != self.proof(&kept.salt) || left <= VALIDITY_MIN {
            return None;
        }
        Some(Session {
            token: SecretString::from(kept.token),
            project_id: kept.project_id,
            user_id: kept.user_id,
            endpoints: kept.endpoints,
            ends: Instant::now() + left,
        })
    }

    /// Keeps a session. A cache that cannot be written only costs the next log-in.
    pub(crate) fn store(&self, session: &Session) {
        let _ = self.try_store(session);
    }

    fn try_store(&self, session: &Session) -> Option<()> {
        let salt = uuid::Uuid::new_v4().simple().to_string();
        let kept = Kept {
            version: VERSION,
            proof: self.proof(&salt),
            salt,
            token: session.token.expose_secret().to_owned(),
            project_id: session.project_id.clone(),
            user_id: session.user_id.clone(),
            endpoints: session.endpoints.clone(),
            since: now()?,
            valid: session
                .ends
                .saturating_duration_since(Instant::now())
                .as_secs(),
        };
        let folder = self.path.parent()?;
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .ok()?;
        // Made 0600 under another name, then renamed: no reader sees half of it.
        let mut file = tempfile::NamedTempFile::new_in(folder).ok()?;
        file.write_all(&serde_json::to_vec(&kept).ok()?).ok()?;
        file.persist(&self.path).ok()?;
        Some(())
    }

    /// Forgets it: the cloud refused it.
    pub(crate) fn forget(&self) {
        let _ = fs::remove_file(&self.path);
    }

    fn proof(&self, salt: &str) -> String {
        let mut key = blake3::derive_key(
            "ptero-deploy token cache, proof of the secret",
            salt.as_bytes(),
        );
        for _ in 0..HASH_ROUNDS {
            key = *blake3::keyed_hash(&key, self.secret.expose_secret().as_bytes()).as_bytes();
        }
        hex::encode(key)
    }
}

fn now() -> Option<u64> {
    Some(SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs())
}

#[cfg(test)]
mod tests {
    use super::{Duration, Instant, PermissionsExt, SecretString, Session, TokenCache, fs};
    use crate::openstack::credentials::from_env_and_clouds;

    fn cache(home: &std::path::Path, password: &str, switch: &str) -> Option<TokenCache> {
        let env = |name: &str| {
            Some(match name {
                "XDG_CACHE_HOME" => home.to_str()?.to_owned(),
                "PTERO_DEPLOY_TOKEN_CACHE" => switch.to_owned(),
                "OS_AUTH_URL" => "http://cloud.example".to_owned(),
                "OS_USERNAME" | "OS_PROJECT_NAME" => "demo".to_owned(),
                "OS_PASSWORD" => password.to_owned(),
                _ => return None,
            })
        };
        let credentials = from_env_and_clouds(&env).expect("complete");
        TokenCache::open(&credentials)
    }

    fn session(valid: u64) -> Session {
        Session {
            token: SecretString::from("poison-token".to_owned()),
            project_id: "p".to_owned(),
            user_id: "u".to_owned(),
            endpoints: Vec::new(),
            ends: Instant::now() + Duration::from_secs(valid),
        }
    }

    #[test]
    fn a_token_comes_back_only_to_the_secret_that_got_it() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let first = cache(home.path(), "secret", "1").expect("switched on");
        assert!(first.load().is_none());
        first.store(&session(3600));
        assert_eq!(
            first.load().map(|kept| kept.project_id).as_deref(),
            Some("p")
        );
        let changed = cache(home.path(), "changed", "1").expect("switched on");
        assert_eq!(changed.path, first.path);
        assert!(changed.load().is_none());
        first.forget();
        assert!(first.load().is_none());
    }

    #[test]
    fn the_file_is_ours_alone_or_not_read() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let cache = cache(home.path(), "secret", "1").expect("switched on");
        cache.store(&session(3600));
        let mode = fs::metadata(&cache.path)
            .expect("written")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let text = fs::read_to_string(&cache.path).expect("written");
        assert!(!text.contains("\"secret\""), "the password stays out");
        fs::set_permissions(&cache.path, fs::Permissions::from_mode(0o644)).expect("set");
        assert!(cache.load().is_none());
    }

    #[test]
    fn an_old_token_and_a_switched_off_cache_are_misses() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let short = cache(home.path(), "secret", "1").expect("switched on");
        short.store(&session(60));
        assert!(short.load().is_none());
        assert!(cache(home.path(), "secret", "0").is_none());
    }
}
