//! The rounds: one side after the other, as both at once would not fit the cloud.

use std::time::Duration;

use anyhow::Result;
use ptero_deploy::verify::http::{Http, on_host_of};
use ptero_deploy::verify::target::Target;
use tokio::time::{Instant, sleep};

use crate::cloud::block_on;
use crate::options::Options;
use crate::update::figures::{Update, rows};
use crate::update::jobs::Stream;
use crate::update::load::Load;
use crate::update::program;
use crate::update::release::Release;
use crate::update::side::Side;
use crate::update::site::Site;
use crate::{Row, say};

/// What is asked for all the time, and how it is answered while all is well: it
/// takes a web member and the database, and leaves nothing behind.
const QUESTION: &str = "/v1/workflows?name=no-such";
const ANSWER: u16 = 404;

/// Jobs and requests begin so long before an update: longer than most jobs, so that
/// every worker has one.
const LEAD_IN: Duration = Duration::from_secs(20);

/// Requests go on so long after it, for what it leaves behind.
const TAIL: Duration = Duration::from_secs(10);

/// `server-info` asks every worker: so long it may take, and so long it is asked
/// for again where an update has just ended badly.
const INFO: &str = "/-/workflow/server-info";
const INFO_REQUEST: Duration = Duration::from_secs(20);
const INFO_LONGEST: Duration = Duration::from_secs(60);
const INFO_PAUSE: Duration = Duration::from_secs(2);

/// Measures both sides, or the one that was asked for.
pub(crate) fn run(options: &Options) -> Result<Vec<Row>> {
    block_on(async {
        let site = Site::prepare().await?;
        let ours = rounds(&site, Side::Ours, options).await?;
        let heat = match rounds(&site, Side::Heat, options).await {
            // Hours of ours are worth a table of their own.
            Err(error) if !ours.is_empty() => {
                say(&format!("{}: {error:#}", Side::Heat.name()));
                Vec::new()
            }
            measured => measured?,
        };
        Ok(rows(&ours, &heat))
    })
}

async fn rounds(site: &Site, who: Side, options: &Options) -> Result<Vec<Update>> {
    let mut updates = Vec::new();
    if options.only.is_some_and(|only| only != who) {
        return Ok(updates);
    }
    who.create(site).await?;
    let target = who.target(site).await?;
    let [old, new] = &site.releases;
    'rounds: for round in 1..=options.rounds {
        for release in [new, old] {
            match measure(site, who, &target, release, round).await {
                Ok(update) => {
                    say(&update.json().to_string());
                    updates.push(update);
                }
                // What was measured so far counts.
                Err(error) => {
                    say(&format!("{} ends in round {round}: {error:#}", who.name()));
                    break 'rounds;
                }
            }
        }
    }
    // The other side shall have the cloud to itself; without it, the figures stay.
    if let Err(error) = who.delete(site).await {
        say(&format!("{}: its stack is left: {error:#}", who.name()));
    }
    Ok(updates)
}

async fn measure(
    site: &Site,
    who: Side,
    target: &Target,
    release: &Release,
    round: u32,
) -> Result<Update> {
    let command = who.update(site, release)?;
    let log = site.log(&format!("{}-update-{round}-{}", who.name(), release.tag));
    let before = version(target).await?;
    let jobs = Stream::start(target).await?;
    let question = on_host_of(&target.workflow, QUESTION);
    let load = Load::start(question.unwrap_or_else(|| target.workflow.clone()), ANSWER)?;
    sleep(LEAD_IN).await;
    let ended = program::run(command, &log).await;
    sleep(TAIL).await;
    let load = load.stop().await?;
    let after = version(target).await?;
    let jobs = jobs.end().await?;
    let ended = ended?;
    let wanted = release.tag.trim_start_matches('v');
    Ok(Update {
        side: who,
        round,
        tag: release.tag,
        came: ended.well && after == wanted && before != wanted,
        took: ended.took,
        load,
        jobs,
    })
}

/// The version that one of the web members says it is; empty where none says any.
async fn version(target: &Target) -> Result<String> {
    let http = Http::new(INFO_REQUEST)?;
    let url = on_host_of(&target.gateway, INFO).unwrap_or_else(|| target.gateway.clone());
    let until = Instant::now() + INFO_LONGEST;
    loop {
        let answer = http.get(&url).await;
        if let Some(version) = answer
            .ok()
            .and_then(|it| it.json()["version"].as_str().map(str::to_owned))
        {
            return Ok(version);
        }
        if Instant::now() >= until {
            return Ok(String::new());
        }
        sleep(INFO_PAUSE).await;
    }
}
