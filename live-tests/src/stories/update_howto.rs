//! The original Howto's sequences "Update PTero" and "Rollback PTero", verbatim.

use anyhow::Result;

use crate::program::{fab, run};
use crate::report::Report;
use crate::stories::across::Across;
use crate::stories::demo::nothing_left;
use crate::stories::front_door::done;

/// Updates staging and production, and brings production back.
pub(crate) fn howto(report: &mut Report) -> Result<()> {
    done(report, &["stack.delete:staging"])?;
    nothing_left(report)?;
    // What "Deploy PTero" leaves.
    done(report, &["stack.create:env=production,tag=v1"])?;
    done(report, &["tests.fast:production"])?;

    done(report, &["stack.create:env=staging,tag=v1"])?;
    done(report, &["tests.fast:env=staging,tag=v1"])?;
    let slow = background("tests.slow:env=staging,tag=v1");
    done(report, &["update:env=staging,tag=v2"])?;
    done(report, &["tests.fast:env=staging,tag=v2"])?;
    clean(report, "staging", slow)?;
    done(report, &["stack.delete:staging"])?;

    let slow = background("tests.slow:env=production,tag=v2");
    done(report, &["stack.update:env=production,tag=v2"])?;
    done(report, &["tests.fast:env=production,tag=v2"])?;
    clean(report, "production", slow)?;

    let slow = background("tests.slow:env=production,tag=v1");
    done(report, &["stack.update:env=production,tag=v1"])?;
    done(report, &["tests.fast:env=production,tag=v1"])?;
    clean(report, "the way back", slow)?;
    let history = run(&["stack", "history", "production", "-f", "value", "-c", "Tag"])?;
    let tags: Vec<&str> = history.stdout.lines().map(str::trim).collect();
    report.check(
        &format!("the history tells of every release (told {tags:?})"),
        tags.len() == 3,
    );
    done(report, &["stack.delete:production"])?;
    nothing_left(report)
}

fn background(task: &'static str) -> Across {
    Across::start(move || fab(&[task]))
}

fn clean(report: &mut Report, what: &str, slow: Across) -> Result<()> {
    let slow = slow.ended()?;
    report.check(
        &format!("{what}: the slow tests across the update exit 0"),
        slow.code == 0,
    );
    Ok(())
}
