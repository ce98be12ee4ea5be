//! How long each takes to show a stack, beyond what the cloud itself takes.

use anyhow::Result;
use ptero_deploy::openstack::client::Cloud;

use crate::Row;
use crate::cloud::{block_on, connect, openstack, ours};
use crate::measure::{command, median, ms, peak_kib, times};

/// The demo's stack and environment.
const STACK: &str = "ptero-staging";
const STATUS: [&str; 3] = ["stack", "status", "staging"];

pub(crate) fn run() -> Result<Vec<Row>> {
    let own = command(15, || ours(&STATUS))?;
    let peer = command(5, || openstack(&["stack", "show", STACK]))?;
    let served = block_on(served())?;
    let own_beyond = own.saturating_sub(served);
    let peer_beyond = peer.saturating_sub(served);
    let own_peak = peak_kib(ours(&STATUS)?)?;
    let calls = block_on(calls())?;
    Ok(vec![
        Row {
            what: "stack status".to_owned(),
            ours: ms(own),
            peer: ms(peer),
            ratio: times(own, peer),
        },
        Row {
            what: format!("beyond the cloud's own {}", ms(served)),
            ours: ms(own_beyond),
            peer: ms(peer_beyond),
            ratio: times(own_beyond, peer_beyond),
        },
        Row {
            what: "peak memory; requests of a look-up".to_owned(),
            ours: format!("{}.{} MiB", own_peak / 1024, own_peak % 1024 * 10 / 1024),
            peer: String::new(),
            ratio: format!("{calls} requests"),
        },
    ])
}

/// What the cloud takes to answer the requests of a status, with everything
/// else done before.
async fn served() -> Result<std::time::Duration> {
    let cloud = connect().await?;
    let mut all = Vec::new();
    for _ in 0..10 {
        let began = std::time::Instant::now();
        look(&cloud).await?;
        all.push(began.elapsed());
    }
    Ok(median(all))
}

async fn look(cloud: &Cloud) -> Result<()> {
    let heat = cloud.heat();
    let stack = heat.find_stack(STACK).await?;
    let stack = stack.ok_or_else(|| anyhow::anyhow!("no stack {STACK}: run the demo first"))?;
    let reference = stack.reference();
    let nova = cloud.nova();
    let (outputs, servers) = tokio::join!(heat.outputs(&reference), nova.servers(&[]));
    outputs?;
    servers?;
    Ok(())
}

async fn calls() -> Result<u64> {
    let cloud = connect().await?;
    look(&cloud).await?;
    Ok(cloud.call_count().total())
}
