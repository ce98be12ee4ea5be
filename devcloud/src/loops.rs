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

/// One attached device: its name, and device and inode of what is behind it.
#[derive(Debug, Deserialize)]
struct Attached {
    name: String,
    #[serde(rename = "back-ino")]
    inode: u64,
    #[serde(rename = "back-maj:min")]
    device: String,
}

/// Detaches every loop device whose file lies in the cloud's disks, or inside a file system on such a device.
pub(crate) fn detach(layout: &Layout) -> Result<(), Error> {
    let listed = command::output(
        "listing loop devices",
        Command::new("losetup").args([
            "--list",
            "--json",
            "--output",
            "NAME,BACK-INO,BACK-MAJ:MIN",
        ]),
    )?;
    // losetup prints nothing at all when none is attached.
    let Ok(listed) = serde_json::from_str::<Listed>(&listed) else {
        return Ok(());
    };
    let mut files = BTreeSet::new();
    collect(&layout.inside(DISKS), &mut files);
    for name in ours(&listed.loopdevices, &files) {
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
            let (major, minor) = (
                rustix::fs::major(found.dev()),
                rustix::fs::minor(found.dev()),
            );
            files.insert((format!("{major}:{minor}"), found.ino()));
        }
    }
}

/// The closure: a loop device on one of our files is ours, and so is one on a file in a file system on ours.
fn ours(attached: &[Attached], files: &BTreeSet<(String, u64)>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut devices: BTreeSet<String> = BTreeSet::new();
    loop {
        let before = names.len();
        for one in attached {
            // losetup pads this column even in JSON.
            let device = one.device.trim().to_owned();
            let known = devices.contains(&device) || files.contains(&(device, one.inode));
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
    use super::{Attached, ours};

    fn attached(name: &str, device: &str, inode: u64) -> Attached {
        Attached {
            name: name.to_owned(),
            inode,
            device: device.to_owned(),
        }
    }

    #[test]
    fn devices_inside_our_devices_are_ours_and_come_first() {
        let all = [
            attached("/dev/loop3", "7:1", 99),
            attached("/dev/loop1", "     254:0  ", 12),
            attached("/dev/loop2", "254:0", 13),
        ];
        let files = [("254:0".to_owned(), 12)].into();
        assert_eq!(ours(&all, &files), ["/dev/loop3", "/dev/loop1"]);
    }
}
