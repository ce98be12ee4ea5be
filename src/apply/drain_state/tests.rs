use serde_json::json;

use super::{AGENT_SILENT, At, Clock, Drain, LOOK_EVERY, Progress, ROUND_MAX, ServerIs, Todo};

fn at(seconds: u64) -> At {
    At::from_secs(seconds)
}

fn progress(jobs: u64, phase: &str, policy: &str, beat: u64) -> Progress {
    let data = json!({"jobs": jobs, "oldest_s": 720, "phase": phase, "policy": policy, "deadline_s": 60, "beat": beat});
    let metadata = json!({"drain": {"data": data.to_string(), "reason": "", "status": "SUCCESS"}});
    Progress::read(&metadata).expect("as the agent writes it")
}

#[test]
fn nothing_is_read_from_a_handle_without_signals() {
    assert_eq!(Progress::read(&json!({})), None);
    assert_eq!(Progress::read(&json!({"drain": {"data": "{"}})), None);
}

#[test]
fn a_state_is_told_when_it_changes_and_once_a_minute() {
    let mut drain = Drain::new(at(0));
    assert_eq!(drain.news(at(0)), None);
    let mut tell = |jobs, phase: &str, second| {
        drain.heard(progress(jobs, phase, "wait", second), at(second));
        drain.news(at(second))
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(tell(0, "stopping", 1), some("stops"));
    assert_eq!(tell(3, "waiting", 5), some("3 jobs left, oldest 12 min"));
    assert_eq!(tell(3, "waiting", 15), None);
    assert_eq!(tell(1, "waiting", 25), some("1 job left, oldest 12 min"));
    assert_eq!(tell(1, "waiting", 84), None);
    assert_eq!(tell(1, "waiting", 85), some("1 job left, oldest 12 min"));
    assert_eq!(
        tell(1, "overdue", 95),
        some("1 job left, oldest 12 min (overdue)")
    );
}

#[track_caller]
fn server(server: Option<ServerIs>, expected: Todo) {
    assert_eq!(
        Drain::new(at(0)).todo(server, at(1)),
        expected,
        "{server:?}"
    );
}

#[test]
fn a_server_that_cannot_drain_any_more_ends_it() {
    server(Some(ServerIs::Gone), Todo::Signal("its server is gone"));
    server(Some(ServerIs::Off), Todo::Signal("its server is off"));
    server(Some(ServerIs::Broken), Todo::Signal("its server is broken"));
    server(Some(ServerIs::On), Todo::Wait);
    server(None, Todo::Wait);
}

#[test]
fn a_server_whose_agent_never_says_a_word_is_stopped_once() {
    let mut drain = Drain::new(at(10));
    let on = Some(ServerIs::On);
    assert!(drain.wants_server(at(10)));
    assert_eq!(drain.todo(on, at(180)), Todo::Wait);
    assert_eq!(
        drain.todo(None, at(200)),
        Todo::Wait,
        "Nova does not answer"
    );
    assert_eq!(drain.todo(on, at(200)), Todo::Stop);
    drain.stop_asked(at(200));
    assert_eq!(drain.todo(on, at(210)), Todo::Wait);
    assert_eq!(
        drain.todo(Some(ServerIs::Off), at(220)),
        Todo::Signal("its server is off")
    );
}

#[test]
fn jobs_of_an_agent_that_fell_silent_are_given_up_only_by_policy() {
    let on = Some(ServerIs::On);
    let silent = |policy| {
        let mut drain = Drain::new(at(0));
        drain.heard(progress(1, "waiting", policy, 5), at(5));
        // The same again is no sign of life.
        drain.heard(progress(1, "waiting", policy, 5), at(100));
        assert!(!drain.wants_server(at(30)) && drain.wants_server(at(40)));
        assert_eq!(drain.todo(on, at(100)), Todo::Wait);
        drain
    };
    let mut requeue = silent("requeue");
    assert_eq!(requeue.todo(on, at(230)), Todo::Wait, "within its deadline");
    assert_eq!(requeue.todo(on, at(240)), Todo::Stop);
    let mut wait = silent("wait");
    assert_eq!(wait.todo(on, at(300)), Todo::Warn);
    assert_eq!(wait.todo(on, at(9999)), Todo::Wait, "told once");
}

#[test]
fn a_signal_is_sent_again_only_where_it_did_not_end_the_drain() {
    let mut drain = Drain::new(at(0));
    assert!(drain.may_signal(at(1)));
    assert!(!drain.may_signal(at(3)));
    assert!(drain.may_signal(at(20)));
}

#[test]
fn while_heat_is_away_nobody_is_silent() {
    let mut clock = Clock::default();
    let mut drain = Drain::new(clock.after(LOOK_EVERY, true));
    for answered in [false, true] {
        // It answers again in the middle of a look, or at the next one.
        let now = clock.after(AGENT_SILENT, answered);
        assert_eq!(drain.todo(Some(ServerIs::On), now), Todo::Wait);
    }
    let rounds = AGENT_SILENT.as_secs() / ROUND_MAX.as_secs();
    let now = (0..rounds).map(|_| clock.after(ROUND_MAX, true)).last();
    let todo = drain.todo(Some(ServerIs::On), now.unwrap_or_default());
    assert_eq!(todo, Todo::Stop);
}

#[test]
fn an_agent_that_heat_does_not_tell_of_is_not_silent() {
    let on = Some(ServerIs::On);
    let mut never = Drain::new(at(0));
    let mut fell = Drain::new(at(0));
    fell.heard(progress(1, "waiting", "requeue", 5), at(0));
    for drain in [&mut never, &mut fell] {
        for second in (0..=600).step_by(10) {
            drain.asked(second < 20, at(second));
        }
        assert_eq!(drain.todo(on, at(600)), Todo::Wait);
        drain.asked(true, at(769));
        assert_eq!(drain.todo(on, at(769)), Todo::Wait, "10 s and 169 s");
    }
    assert_eq!(never.todo(on, at(770)), Todo::Stop);
    let off = Some(ServerIs::Off);
    assert_eq!(fell.todo(off, at(770)), Todo::Signal("its server is off"));
}
