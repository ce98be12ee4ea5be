//! How long after a stack is done we say so: a second client watches Heat as
//! closely as it can, and the two moments are compared.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ptero_deploy::apply::delete::delete;
use ptero_deploy::apply::stack::{StackSpec, create_or_adopt};
use ptero_deploy::name::StackName;
use ptero_deploy::openstack::client::Cloud;
use ptero_deploy::openstack::wait::Deadline;
use serde_json::{Map, json};

use crate::Row;
use crate::cloud::{block_on, connect};
use crate::measure::{median, ms};

const STACK: &str = "bench-lag";
const ROUNDS: usize = 5;
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub(crate) fn run() -> Result<Vec<Row>> {
    let lag = block_on(async {
        let mut lags = Vec::new();
        for _ in 0..ROUNDS {
            lags.push(round().await?);
        }
        Ok(median(lags))
    })?;
    Ok(vec![Row {
        what: "stack create: our end after Heat's".to_owned(),
        ours: ms(lag),
        peer: String::new(),
        ratio: format!("{:.2} of the aim", lag.as_secs_f64() / 0.7),
    }])
}

async fn round() -> Result<Duration> {
    let cloud = connect().await?;
    let watcher = connect().await?;
    let (ours, heats) = tokio::join!(create(&cloud), done(&watcher));
    let lag = ours?.saturating_duration_since(heats?);
    delete(&cloud, STACK, Deadline::after(Duration::from_secs(120))).await?;
    Ok(lag)
}

async fn create(cloud: &Cloud) -> Result<Instant> {
    let resource =
        |seconds| json!({"type": "OS::Heat::TestResource", "properties": {"wait_secs": seconds}});
    let spec = StackSpec {
        name: StackName::new(STACK)?,
        template: json!({
            "heat_template_version": "rocky",
            "resources": {"quick": resource(1), "slow": resource(6)},
        }),
        files: Map::new(),
        parameters: Map::new(),
        digest: "bench".to_owned(),
        tags: vec!["ptero-bench".to_owned()],
        timeout_mins: 5,
        member_deadline_s: 600,
    };
    create_or_adopt(cloud, &spec).await?;
    Ok(Instant::now())
}

/// The moment at which Heat first shows the stack as complete.
async fn done(cloud: &Cloud) -> Result<Instant> {
    let deadline = Instant::now() + Duration::from_secs(120);
    let heat = cloud.heat();
    loop {
        let stack = heat.find_stack(STACK).await?;
        if stack.is_some_and(|stack| stack.status.is_final()) {
            return Ok(Instant::now());
        }
        (Instant::now() < deadline)
            .then_some(())
            .context("Heat does not finish")?;
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
