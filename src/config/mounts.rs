//! `services.<name>.mounts`: the file systems that jobs work on.

use super::model::{FileSystem, Mount};
use super::reader::{Item, Reader};

/// Where the image's own files are: what is mounted there would hide them.
const SYSTEM: [&str; 17] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/opt/ptero",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/sys",
    "/tmp",
    "/usr",
    "/var",
];

/// Below `/usr`, but left to the site by custom.
const SITES_OWN: &str = "/usr/local";

/// A lost file server must hold jobs up, not have them fail (`hard`); and what
/// others write there makes nobody root on a worker.
const OPTIONS_DEFAULT: &str = "hard,nosuid,nodev";

/// The mounts of a service; a second one at one place is a mistake.
pub(super) fn mounts(reader: &mut Reader<'_>, item: &Item<'_>) -> Vec<Mount> {
    let mut found: Vec<Mount> = Vec::new();
    for item in reader.list(item) {
        let Some((mount, at)) = mount(reader, &item) else {
            continue;
        };
        if found.iter().any(|other| other.at == mount.at) {
            reader.bad(&at, format!("`{}` is mounted already", mount.at));
        } else {
            found.push(mount);
        }
    }
    found
}

/// One mount, and where it says its mount point.
fn mount<'n>(reader: &mut Reader<'_>, item: &Item<'n>) -> Option<(Mount, Item<'n>)> {
    let mut fields = reader.map(item)?;
    let source = reader
        .need(&mut fields, "source")
        .and_then(|item| reader.parsed(&item, share));
    let at_item = reader.need(&mut fields, "at");
    let at = at_item
        .as_ref()
        .and_then(|item| reader.parsed(item, mount_point));
    let file_system = fields.take("type").map_or(Some(FileSystem::Nfs), |item| {
        reader.parsed(&item, file_system)
    });
    let options = fields
        .take("options")
        .map_or(Some(OPTIONS_DEFAULT.to_owned()), |item| {
            reader.parsed(&item, options)
        });
    reader.finish(fields);
    let mount = Mount {
        source: source?,
        at: at?,
        file_system: file_system?,
        options: options?,
    };
    Some((mount, at_item?))
}

/// `host:/path`. The characters are those that mean nothing to systemd.
fn share(text: &str) -> Result<String, String> {
    let in_host = |c: char| c.is_ascii_alphanumeric() || "._-:[]".contains(c);
    let in_path = |c: char| c.is_ascii_alphanumeric() || "._-+@~/".contains(c);
    let good = text.split_once(":/").is_some_and(|(host, path)| {
        host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
            && host.chars().all(in_host)
            && path.chars().all(in_path)
            && path.split('/').all(|part| part != "..")
    });
    if good {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "`{text}` is not what a file server shares: `host:/path`, with letters, digits and `._-+@~`"
        ))
    }
}

fn mount_point(text: &str) -> Result<String, String> {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    if text == "/" || systems(text) {
        return Err(format!(
            "nothing is mounted at `{text}`: files of the server itself lie there"
        ));
    }
    match text.strip_prefix('/') {
        Some(path) if path.split('/').all(part) => Ok(text.to_owned()),
        _ => Err(format!(
            "`{text}` is no mount point: `/` and names of letters, digits, `.`, `_` and `-`, none of which starts with `.` or `-`"
        )),
    }
}

/// Whether a place of the system is at `path`, above or below it.
fn systems(path: &str) -> bool {
    let within = |path: &str, folder: &str| {
        path.strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    !within(path, SITES_OWN)
        && SYSTEM
            .iter()
            .any(|folder| within(path, folder) || within(folder, path))
}

fn file_system(text: &str) -> Result<FileSystem, String> {
    match text {
        "nfs" => Ok(FileSystem::Nfs),
        "nfs4" => Ok(FileSystem::Nfs4),
        _ => Err(format!(
            "`{text}` cannot be mounted: the type is `nfs` or `nfs4`"
        )),
    }
}

fn options(text: &str) -> Result<String, String> {
    let word = |word: &str| {
        !word.is_empty()
            && word
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
    };
    let value = |value: &str| {
        value
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._:/@+-".contains(c))
    };
    let good = |option: &str| match option.split_once('=') {
        Some((name, given)) => word(name) && value(given),
        None => word(option),
    };
    if text.split(',').any(|option| option == "bg") {
        return Err("`bg`: workers would run jobs before the file system is there".to_owned());
    }
    if text.split(',').all(good) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "`{text}` are no options: `ro`, `timeo=600` and the like, separated by `,`"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::{file_system, mount_point, options, share};

    #[track_caller]
    fn case(parse: fn(&str) -> Result<String, String>, good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(parse(text).as_deref(), Ok(*text));
        }
        for text in bad {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_what_a_file_server_shares_is_mounted() {
        let good = [
            "nfs.example.org:/data/a-b_c",
            "192.0.2.1:/",
            "[2001:db8::1]:/x",
        ];
        let bad = [
            "/data",
            "nfs:data",
            ":/data",
            "-o:/data",
            "n:/a b",
            "n:/%h",
            "n:/a,b",
            "n:/a\nb",
            "n:/a/../b",
        ];
        case(share, &good, &bad);
    }

    #[test]
    fn nothing_of_the_system_is_hidden() {
        let good = [
            "/data",
            "/home",
            "/opt/site",
            "/usr/local",
            "/usr/local/x",
            "/a/b.c-d",
            "/etcetera",
        ];
        let bad = [
            "/",
            "data",
            "/data/",
            "//data",
            "/a/../b",
            "/a/./b",
            "/.a",
            "/-a",
            "/a b",
            "/a,b",
            "/a\nb",
            "/a%b",
            "/etc",
            "/usr",
            "/usr/bin",
            "/usr/localx",
            "/var/lib",
            "/opt",
            "/opt/ptero/x",
            "/tmp/x",
        ];
        case(mount_point, &good, &bad);
    }

    #[test]
    fn options_are_words_and_never_let_jobs_begin_early() {
        let good = ["ro", "ro,hard", "vers=4.2,timeo=600,sec=krb5p"];
        let bad = [
            "ro hard",
            "ro,",
            ",",
            "=x",
            "a=b c",
            "ro\nWhat=x",
            "a=%h",
            "ro,bg",
        ];
        case(options, &good, &bad);
        assert!(file_system("nfs4").is_ok());
        assert!(file_system("cifs").is_err());
    }
}
