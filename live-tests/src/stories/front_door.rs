//! The original Howto, verbatim.

use anyhow::Result;

use crate::cloud::column;
use crate::program::fab;
use crate::report::Report;
use crate::stories::demo::{agreed, nothing_left};

/// Delete, deploy and test as the README of 2014 says.
pub(crate) fn howto(report: &mut Report) -> Result<()> {
    done(report, &["stack.delete:staging"])?;
    nothing_left(report)?;
    done(report, &["stack.create:env=staging,tag=v1"])?;
    agreed(report, 10)?;
    done(report, &["tests.fast:staging"])?;
    done(report, &["tests.fast:env=staging,tag=v1"])?;
    let other = fab(&["tests.fast:env=staging,tag=v2"])?;
    report.check("tests.fast for another tag exits 4", other.code == 4);
    let used = fab(&["images.delete:v1"])?;
    report.check("images.delete of images in use exits 4", used.code == 4);
    report.check("and names the stack", used.stderr.contains("ptero-staging"));
    Ok(())
}

/// The last steps of the Howto.
pub(crate) fn images_go(report: &mut Report) -> Result<()> {
    done(report, &["stack.delete:staging"])?;
    nothing_left(report)?;
    done(report, &["images.delete:v1"])?;
    done(report, &["images.delete:v2"])?;
    done(report, &["images.delete:v3-broken"])?;
    let images = column(&["image", "list"], "Name")?;
    let left = images
        .iter()
        .filter(|name| name.starts_with("ptero-"))
        .count();
    report.check("openstackclient: no image of ours is left", left == 0);
    Ok(())
}

/// One task in Fabric's spelling, which has to succeed.
pub(crate) fn done(report: &mut Report, args: &[&str]) -> Result<()> {
    let ended = fab(args)?;
    report.check(&format!("fab {} exits 0", args.join(" ")), ended.code == 0);
    Ok(())
}
