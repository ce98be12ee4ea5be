//! How long each takes to say what it can do.

use std::process::Command;

use anyhow::Result;

use crate::Row;
use crate::cloud::{openstack, ours};
use crate::measure::{command, ms, times};

pub(crate) fn run() -> Result<Vec<Row>> {
    let own = command(30, || ours(&["--help"]))?;
    let nothing = command(30, || Ok(Command::new("true")))?;
    let peer = command(5, || openstack(&["--help"]))?;
    let row = |what: &str, peer: String, ratio: String| Row {
        what: what.to_owned(),
        ours: ms(own),
        peer,
        ratio,
    };
    Ok(vec![
        row(
            "--help, against openstackclient",
            ms(peer),
            times(own, peer),
        ),
        row(
            "--help, against a program that does nothing",
            ms(nothing),
            format!("{:.1} x slower", own.as_secs_f64() / nothing.as_secs_f64()),
        ),
    ])
}
