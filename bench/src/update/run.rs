//! The rounds: one side after the other, as both at once would not fit the cloud.

use std::time::Duration;

use anyhow::{Context, Result};
use ptero_deploy::verify::http::{Http, on_host_of};
use ptero_deploy::verify::target::Target;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::cloud::block_on;
use crate::options::Options;
use crate::program;
use crate::update::figures::{Update, rows};
use crate::update::jobs::{Counts, Stream};
use crate::update::load::Load;
use crate::update::release::Release;
use crate::update::side::Side;
use crate::update::site::Site;
use crate::{Measured, say};

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

/// Measures both sides, or the one that was asked for. Hours of one are worth a table
/// of their own, so what failed is told after it.
pub(crate) fn run(options: &Options) -> Result<Measured> {
    block_on(async {
        let site = Site::prepare().await?;
        let (ours, failed) = rounds(&site, Side::Ours, options).await;
        let (heat, failed_too) = rounds(&site, Side::Heat, options).await;
        if ours.is_empty()
            && let Some(error) = failed
        {
            return Err(error);
        }
        Ok(Measured {
            rows: rows(&ours, &heat),
            failed: failed.or(failed_too),
        })
    })
}

/// The updates that were measured, and why there are no more of them.
async fn rounds(site: &Site, who: Side, options: &Options) -> (Vec<Update>, Option<anyhow::Error>) {
    let mut updates = Vec::new();
    if options.only.is_some_and(|only| only != who) {
        return (updates, None);
    }
    let measured = measure_all(site, who, options, &mut updates).await;
    // The other side shall have the cloud to itself.
    let deleted = who.delete(site).await.context("its stack is left");
    let failed = measured.and(deleted).err();
    (updates, failed.map(|error| error.context(who.name())))
}

async fn measure_all(
    site: &Site,
    who: Side,
    options: &Options,
    updates: &mut Vec<Update>,
) -> Result<()> {
    who.create(site).await?;
    let target = who.target(site).await?;
    let [old, new] = &site.releases;
    let mut last = None;
    for round in 1..=options.rounds {
        for release in [new, old] {
            let update = measure(site, who, &target, release, round).await;
            tell(last.take(), updates).await?;
            let (update, jobs) = update.with_context(|| format!("round {round}"))?;
            // The next update need not wait for the last jobs of this one.
            last = Some(tokio::spawn(async move {
                let jobs = jobs.end().await?;
                Ok(Update { jobs, ..update })
            }));
        }
    }
    tell(last, updates).await
}

/// Adds an update whose jobs have come to their ends.
async fn tell(update: Option<JoinHandle<Result<Update>>>, updates: &mut Vec<Update>) -> Result<()> {
    if let Some(update) = update {
        let update = update.await??;
        say(&update.json().to_string());
        updates.push(update);
    }
    Ok(())
}

/// The update but for its jobs, and those.
async fn measure(
    site: &Site,
    who: Side,
    target: &Target,
    release: &Release,
    round: u32,
) -> Result<(Update, Stream)> {
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
    let ended = ended?;
    let wanted = release.tag.trim_start_matches('v');
    let update = Update {
        side: who,
        round,
        tag: release.tag,
        came: ended.well && after == wanted && before != wanted,
        took: ended.took,
        load,
        jobs: Counts::default(),
    };
    Ok((update, jobs))
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
