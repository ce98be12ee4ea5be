//! Mistakes end in a clear message and exit code, before anything is touched.

use std::fs;

use anyhow::Result;

use crate::cloud::writes;
use crate::program::{command, config, home, run, run_with};
use crate::report::Report;
use crate::stories::changed::said;

/// Each mistake, its exit code, and words that its message must hold.
pub(crate) fn touches_nothing(report: &mut Report) -> Result<()> {
    let before = total_writes()?;
    let unknown = run(&["images", "build", "no-such-tag"])?;
    said(
        report,
        "unknown tag",
        &unknown,
        2,
        &["workflow", "shell-command", "no-such-tag"],
    );
    let cases = [
        (
            "missing network",
            "\"public\"",
            "\"no-such-network\"",
            2,
            &["no-such-network"][..],
        ),
        (
            "base image 404",
            "debian-12.raw",
            "no-such-image.raw",
            2,
            &["no-such-image.raw", "404"],
        ),
        (
            "unknown key",
            "\"stack_name\"",
            "\"stack_nmae\"",
            2,
            &["stack_nmae", "stack_name"],
        ),
    ];
    let text = fs::read_to_string(config())?;
    for (what, old, new, code, words) in cases {
        let path = home().join("bad.yaml");
        let changed = text.replace(old, new).replace("ptero-staging", "ptero-bad");
        fs::write(&path, changed)?;
        let ended = run_with(command(
            &path,
            &["stack", "create", "staging", "--tag", "v1"],
        )?)?;
        said(report, what, &ended, code, words);
    }
    // Three of its images are there and want only the tag: not even that is written.
    let path = home().join("bad.yaml");
    fs::write(&path, text.replace("\"debian-12\"", "\"no-such-machine\""))?;
    let ended = run_with(command(&path, &["images", "build", "v2"])?)?;
    let words = ["images.build.build_machine_image", "no-such-machine"];
    said(report, "no image of the build machine", &ended, 2, &words);
    let mut wrong = command(&config(), &["stack", "status", "staging"])?;
    for (name, value) in crate::cloud::devcloud().env()?.variables() {
        wrong.env(
            name,
            if name == "OS_PASSWORD" {
                "poison-wrong".to_owned()
            } else {
                value
            },
        );
    }
    let wrong = run_with(wrong)?;
    report.check("wrong password: exit code 2", wrong.code == 2);
    report.check(
        "wrong password: it is not shown",
        !wrong.stderr.contains("poison-wrong"),
    );
    report.check(
        "nothing was written to Glance, Nova or Heat",
        before == total_writes()?,
    );
    Ok(())
}

fn total_writes() -> Result<usize> {
    ["glance-api", "nova-api", "heat-api"]
        .into_iter()
        .map(writes)
        .sum()
}
