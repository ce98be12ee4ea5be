//! Random passwords, made once and kept readable by root only.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{At as _, Error};
use crate::files;
use crate::layout::Layout;

/// Characters of each password, 128 bits in hexadecimal. Heat's encryption key must be exactly this long.
const LENGTH: usize = 32;

/// Every password of the cloud.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Secrets {
    pub(crate) admin: String,
    pub(crate) demo: String,
    pub(crate) service: String,
    pub(crate) database: String,
    pub(crate) rabbit: String,
    pub(crate) heat_domain: String,
    pub(crate) heat_encryption: String,
    pub(crate) metadata: String,
}

impl Secrets {
    /// Those of this cloud, made now if there are none.
    pub(crate) fn load_or_make(layout: &Layout) -> Result<Self, Error> {
        if let Some(secrets) = Self::load(layout)? {
            return Ok(secrets);
        }
        let secrets = Self::random()?;
        let path = layout.secrets();
        let text = serde_json::to_string_pretty(&secrets).map_err(|source| Error::Damaged {
            path: path.clone(),
            source,
        })?;
        files::write(&path, text.as_bytes(), files::PRIVATE)?;
        Ok(secrets)
    }

    /// Those of this cloud, if it has any.
    pub(crate) fn load(layout: &Layout) -> Result<Option<Self>, Error> {
        let path = layout.secrets();
        let Some(text) = files::read(&path)? else {
            return Ok(None);
        };
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|source| Error::Damaged { path, source })
    }

    fn random() -> Result<Self, Error> {
        Ok(Self {
            admin: password()?,
            demo: password()?,
            service: password()?,
            database: password()?,
            rabbit: password()?,
            heat_domain: password()?,
            heat_encryption: password()?,
            metadata: password()?,
        })
    }
}

/// Hexadecimal, so that it needs no quoting in any of the daemons' formats.
fn password() -> Result<String, Error> {
    let path = Path::new("/dev/urandom");
    let mut bytes = [0_u8; size_of::<u128>()];
    File::open(path)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .at("read", path)?;
    Ok(format!("{:0LENGTH$x}", u128::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::Secrets;

    #[test]
    fn passwords_are_long_and_differ() {
        let secrets = Secrets::random().unwrap();
        assert_eq!(secrets.heat_encryption.len(), 32);
        assert_ne!(secrets.admin, secrets.demo);
    }
}
