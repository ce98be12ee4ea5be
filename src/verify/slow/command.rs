//! What a job does: prove its start, run for a while, prove its end.

use std::time::Duration;

use url::Url;

use crate::verify::slow::entry;
use crate::verify::slow::run_id::RunId;
use crate::verify::target::{JobTarget, Target};

/// The program of a job. It uses the standard library only and no proxy, and
/// does not go on before its line is written.
const SCRIPT: &str = r#"import http.client, socket, sys, time, urllib.request, uuid
place, length, patience = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
attempt = uuid.uuid4().hex
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
def tell(event):
    until = time.monotonic() + patience
    while True:
        try:
            url = "%s/%s/%s" % (place, event, attempt)
            opener.open(urllib.request.Request(url, socket.gethostname().encode()), timeout=10).close()
            return
        except (OSError, http.client.HTTPException) as problem:
            if time.monotonic() > until:
                sys.exit("%s is not written: %s" % (event, problem))
        time.sleep(1)
tell("start")
time.sleep(length)
tell("end")
"#;

/// How long a job tries to write one line. The gateway may be replaced in the
/// meantime; a job that gave up would count as lost without PTero's fault.
const PATIENCE: Duration = Duration::from_secs(600);

/// The command line of a job.
pub fn line(place: &str, length: Duration) -> Vec<String> {
    let seconds = format!("{:.3}", length.as_secs_f64());
    let patience = PATIENCE.as_secs().to_string();
    ["python3", "-c", SCRIPT, place, &seconds, &patience]
        .map(str::to_owned)
        .to_vec()
}

/// Where a job on a member writes: the port of the workflow service, which
/// jobs may reach, at the gateway's address inside.
pub fn place(target: &Target, jobs: &JobTarget, run: &RunId, number: usize) -> Option<String> {
    let mut url = Url::parse(&jobs.service_url).ok()?;
    url.set_port(target.workflow.port()).ok()?;
    url.set_path(&format!("/-/ledger/{run}/{}", entry::job(number)));
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::place;
    use crate::verify::slow::run_id::RunId;
    use crate::verify::target::{JobTarget, Target};
    use url::Url;

    #[test]
    fn jobs_write_at_the_gateway_s_address_inside() {
        let url = Url::parse("http://203.0.113.7:7000").unwrap();
        let jobs = JobTarget {
            service_url: "http://10.0.0.4:5000/v1".into(),
            user: "u".into(),
            members: Vec::new(),
        };
        let target = Target {
            gateway: url.clone(),
            workflow: url,
            services: Vec::new(),
            doors: Vec::new(),
            jobs: None,
        };
        let run = RunId::new(&format!("{}00010002", "a".repeat(24))).unwrap();
        assert_eq!(
            place(&target, &jobs, &run, 7).as_deref(),
            Some(format!("http://10.0.0.4:7000/-/ledger/{run}/job-7").as_str())
        );
    }
}
