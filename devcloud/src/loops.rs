//! Loop devices. Nova attaches one per server, build machines attach more; they belong to the kernel, not to a namespace,
//! so they outlive a killed cloud and must be detached, and their nodes removed, from outside.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use crate::command;
use crate::error::{At as _, Error};
use crate::layout::Layout;

/// Where Nova keeps the disks it attaches.
const DISKS: &str = "/var/lib/nova/instances";
/// Block devices with this major number are loop devices.
const LOOP_MAJOR: u32 = 7;
/// What the kernel adds to the name of a file that no directory lists any more.
const DELETED: &str = " (deleted)";
const FORGET: &str = include_str!("../files/inside/forget-loops.py");

/// Numbers of all loop devices the kernel has, attached or not.
pub(crate) fn present() -> BTreeSet<u32> {
    let names = fs::read_dir("/sys/block").into_iter().flatten().flatten();
    names
        .filter_map(|entry| {
            entry
                .file_name()
                .to_str()?
                .strip_prefix("loop")?
                .parse()
                .ok()
        })
        .collect()
}

/// Attached devices, as losetup lists them.
#[derive(Debug, Deserialize)]
struct Listed {
    loopdevices: Vec<Attached>,
}

/// One attached device: its name, and name, device and inode of what is behind it.
#[derive(Debug, Deserialize)]
struct Attached {
    name: String,
    /// As it was called in the name space it was attached from.
    #[serde(rename = "back-file")]
    file: String,
    #[serde(rename = "back-ino")]
    inode: u64,
    #[serde(rename = "back-maj:min")]
    device: String,
}

/// The files on which a device is the cloud's.
#[derive(Debug, Default)]
struct Disks {
    /// Device and inode of every file that is there.
    files: BTreeSet<(String, u64)>,
    /// The file system they lie in, while it is there.
    device: Option<String>,
}

impl Disks {
    fn of(directory: &Path) -> Disks {
        let mut files = BTreeSet::new();
        collect(directory, &mut files);
        let device = fs::metadata(directory).ok().map(|found| device(&found));
        Disks { files, device }
    }

    /// A Nova that was killed while it deleted a server can leave a device on a disk that no directory lists any more:
    /// only the kernel remembers its name.
    fn hold(&self, one: &Attached) -> bool {
        // losetup pads this column even in JSON.
        let device = one.device.trim().to_owned();
        let deleted = one.file.starts_with(DISKS) && one.file.ends_with(DELETED);
        let gone = deleted && self.device.as_ref() == Some(&device);
        gone || self.files.contains(&(device, one.inode))
    }
}

/// Detaches every loop device whose file lies, or lay, in the cloud's disks, or inside a file system on such a device.
pub(crate) fn detach(layout: &Layout) -> Result<(), Error> {
    let listed = command::output(
        "listing loop devices",
        Command::new("losetup").args([
            "--list",
            "--json",
            "--output",
            "NAME,BACK-FILE,BACK-INO,BACK-MAJ:MIN",
        ]),
    )?;
    // losetup prints nothing at all when none is attached.
    let Ok(listed) = serde_json::from_str::<Listed>(&listed) else {
        return Ok(());
    };
    for name in ours(&listed.loopdevices, &Disks::of(&layout.inside(DISKS))) {
        command::output(
            "detaching a loop device",
            Command::new("losetup").args(["--detach", &name]),
        )?;
    }
    Ok(())
}

/// Device and inode of every file below.
fn collect(directory: &Path, files: &mut BTreeSet<(String, u64)>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let Ok(found) = entry.metadata() else {
            continue;
        };
        if found.is_dir() {
            collect(&entry.path(), files);
        } else {
            files.insert((device(&found), found.ino()));
        }
    }
}

/// The file system that something lies in, as losetup writes it.
fn device(found: &fs::Metadata) -> String {
    let (major, minor) = (
        rustix::fs::major(found.dev()),
        rustix::fs::minor(found.dev()),
    );
    format!("{major}:{minor}")
}

/// The closure: a loop device on one of our files is ours, and so is one on a file in a file system on ours.
fn ours(attached: &[Attached], disks: &Disks) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut devices: BTreeSet<String> = BTreeSet::new();
    loop {
        let before = names.len();
        for one in attached {
            let known = devices.contains(one.device.trim()) || disks.hold(one);
            if known && !names.contains(&one.name) {
                names.push(one.name.clone());
                devices.insert(format!(
                    "{LOOP_MAJOR}:{}",
                    one.name.trim_start_matches("/dev/loop")
                ));
            }
        }
        if names.len() == before {
            // Inner ones first.
            names.reverse();
            return names;
        }
    }
}

/// Removes the devices that were not there before the cloud. Needs the cloud's root file system for its Python; one
/// that somebody else uses by now stays.
pub(crate) fn forget(layout: &Layout, before: &BTreeSet<u32>) -> Result<(), Error> {
    let new: Vec<String> = present()
        .difference(before)
        .map(ToString::to_string)
        .collect();
    if new.is_empty() || !layout.inside("/usr/bin/python3").exists() {
        return Ok(());
    }
    let root = layout.root();
    let dev = root.join("dev");
    fs::create_dir_all(&dev).at("make the directory", &dev)?;
    let mut forget = Command::new("unshare");
    forget.args([
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        "mount --rbind /dev \"$0/dev\" && exec chroot \"$0\" python3 - \"$@\"",
    ]);
    command::fed("removing loop devices", forget.arg(&root).args(new), FORGET)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Attached, Disks, ours};

    fn attached(name: &str, file: &str, device: &str, inode: u64) -> Attached {
        Attached {
            name: name.to_owned(),
            file: file.to_owned(),
            inode,
            device: device.to_owned(),
        }
    }

    fn disks() -> Disks {
        Disks {
            files: [("254:0".to_owned(), 12)].into(),
            device: Some("254:0".to_owned()),
        }
    }

    #[test]
    fn devices_inside_our_devices_are_ours_and_come_first() {
        let all = [
            attached("/dev/loop3", "/seed", "7:1", 99),
            attached(
                "/dev/loop1",
                "/var/lib/nova/instances/a/disk",
                "     254:0  ",
                12,
            ),
            attached("/dev/loop2", "/srv/disk", "254:0", 13),
        ];
        assert_eq!(ours(&all, &disks()), ["/dev/loop3", "/dev/loop1"]);
    }

    #[test]
    fn a_device_on_a_deleted_disk_is_ours() {
        let gone = "/var/lib/nova/instances/a_del/disk (deleted)";
        let all = [
            attached("/dev/loop1", gone, "254:0", 20),
            attached("/dev/loop2", gone, "8:1", 20),
            attached("/dev/loop3", "/srv/disk (deleted)", "254:0", 20),
            attached("/dev/loop4", "/var/lib/nova/instances/b/disk", "254:0", 20),
        ];
        assert_eq!(ours(&all, &disks()), ["/dev/loop1"]);
    }
}
