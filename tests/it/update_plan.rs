//! Plans of updates, as operators read them: each story is a snapshot.

use ptero_deploy::config::DrainPolicy;
use ptero_deploy::name::{PoolName, RoleName, ServiceName};
use ptero_deploy::plan::quota::Quota;
use ptero_deploy::plan::update::model::{
    Earlier, Input, MemberSeen, Options, Refusal, Reversible, Room, Schema, Size, StackSeen,
    Trouble, UpdatePlan, Wanted,
};
use ptero_deploy::plan::update::plan;
use ptero_deploy::plan::way_back::PastImages;
use ptero_deploy::template::RenderedMember;
use ptero_deploy::template::release::ReleaseRecord;
use ptero_deploy::topology::{Kind, Member, RoleKey};

/// A small server.
const SIZE: Size = Size {
    cores: 1,
    ram_mib: 512,
};

/// How many servers of each role: postgresql, gateway, web, worker.
type Counts = [u32; 4];

const USUAL: Counts = [1, 1, 1, 2];

/// Everything that a plan is computed from, to be bent for each story.
struct Story {
    seen: Option<StackSeen>,
    wanted: Wanted,
    room: Room,
    images: PastImages,
    options: Options,
}

impl Story {
    /// A stack with `counts` of release `v1`, and the wish for `wanted` of the same.
    fn new(counts: Counts, wanted: Counts) -> Self {
        let members = rendered(counts, "1111");
        let mut release = release("v1");
        release.verified = true;
        let images = release.images.values().cloned().collect();
        Self {
            seen: Some(StackSeen {
                id: "stack-id".to_owned(),
                name: "ptero-staging".to_owned(),
                status: "CREATE_COMPLETE".to_owned(),
                updated: "2026-11-22T10:00:00Z".to_owned(),
                members: members.iter().map(there).collect(),
                release: Some(release.clone()),
                history: vec![release.clone()],
                unfinished: None,
                earlier: Earlier::default(),
            }),
            wanted: Wanted {
                members: rendered(wanted, "1111"),
                sizes: rendered(wanted, "")
                    .into_iter()
                    .map(|one| (one.member.role, SIZE))
                    .collect(),
                release,
                schema: [].into(),
                unbuilt: Vec::new(),
                infrastructure: Vec::new(),
                infrastructure_digest: "0a".to_owned(),
            },
            room: room(40),
            images,
            options: Options {
                drain_deadline_s: 3600,
                ..Options::default()
            },
        }
    }

    /// Release `v2` is wanted, in which `roles` are other than in `v1`.
    fn v2(mut self, roles: &[&str]) -> Self {
        for one in &mut self.wanted.members {
            if roles.contains(&one.member.role.to_string().as_str()) {
                *one = member_of(&one.member, "2222");
            }
        }
        self.wanted.release = release("v2");
        self
    }

    fn changed(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn plan(&self) -> Result<UpdatePlan, Vec<Refusal>> {
        plan(&Input {
            env: "staging",
            seen: self.seen.as_ref(),
            wanted: &self.wanted,
            room: &self.room,
            images: &self.images,
            options: &self.options,
        })
    }

    #[track_caller]
    fn shows(&self, name: &str) {
        let text = match self.plan() {
            Ok(plan) => plan.text(),
            Err(refusals) => {
                let lines = refusals.iter().flat_map(Refusal::lines);
                let hints = refusals.iter().map(|one| format!("hint: {}", one.hint()));
                let lines: Vec<String> = lines.chain(hints).collect();
                format!("refused\n{}\n", lines.join("\n"))
            }
        };
        let mut settings = insta::Settings::clone_current();
        settings.set_omit_expression(true);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_snapshot_path("snapshots/update-plans");
        settings.bind(|| insta::assert_snapshot!(name, text));
    }
}

const APPLICATION: [&str; 2] = ["workflow web", "shell-command worker"];
const ALL: [&str; 4] = [
    "postgresql server",
    "gateway server",
    "workflow web",
    "shell-command worker",
];

fn rendered(counts: Counts, digest8: &str) -> Vec<RenderedMember> {
    let roles = [
        ("postgresql", "server", Kind::Postgresql),
        ("gateway", "server", Kind::Gateway),
        ("workflow", "web", Kind::Application),
        ("shell-command", "worker", Kind::Application),
    ];
    let of = |((service, role, kind), count): ((&str, &str, Kind), u32)| {
        let role = RoleKey {
            service: ServiceName::new(service).unwrap(),
            role: RoleName::new(role).unwrap(),
        };
        let slots = (0..count).map(move |slot| Member {
            role: role.clone(),
            kind,
            pool: PoolName::new("default").unwrap(),
            slot,
        });
        slots.collect::<Vec<_>>()
    };
    let members = roles.into_iter().zip(counts).flat_map(of);
    members.map(|member| member_of(&member, digest8)).collect()
}

fn member_of(member: &Member, digest8: &str) -> RenderedMember {
    let name = format!("{}-{digest8}", member.slot_name());
    RenderedMember {
        member: member.clone(),
        resource: name.replace('-', "_"),
        name,
        digest: digest8.to_owned(),
    }
}

fn workers_with_jobs(story: &mut Story) {
    for one in &mut story.seen.as_mut().unwrap().members {
        if one.member.role.role.as_str() == "worker" {
            one.jobs_max = Some(2);
        }
    }
}

fn there(rendered: &RenderedMember) -> MemberSeen {
    MemberSeen {
        member: rendered.member.clone(),
        name: rendered.name.clone(),
        resource: rendered.resource.clone(),
        digest: rendered.digest.clone(),
        image_digest: None,
        healthy: true,
        trouble: None,
        jobs_max: Some(0),
        size: SIZE,
        boot_s: Some(70),
    }
}

fn release(tag: &str) -> ReleaseRecord {
    let value = serde_json::json!({"version": 2, "tag": tag, "id": format!("{tag}00000000"),
        "images": {"workflow": format!("{tag}aaaaaaaa"), "gateway": "bbbbbbbbbb"}});
    serde_json::from_value(value).unwrap()
}

fn room(servers: i64) -> Room {
    let quota = |limit, used| Quota { limit, used };
    Room {
        servers: quota(servers, 5),
        cores: quota(40, 5),
        ram_mib: quota(-1, 2560),
        networks: quota(10, 1),
        routers: quota(10, 1),
        floating_ips: quota(10, 1),
        ports: quota(100, 6),
        security_groups: quota(20, 5),
    }
}

fn schema(new: &str, reversible: Reversible) -> Schema {
    Schema {
        old: Some("3f1c".to_owned()),
        new: Some(new.to_owned()),
        unbuilt: false,
        reversible,
    }
}

fn workflow() -> ServiceName {
    ServiceName::new("workflow").unwrap()
}

#[test]
fn nothing_to_do() {
    let story = Story::new(USUAL, USUAL);
    story.shows("no-change");
    assert!(story.plan().unwrap().is_nothing());
    Story::new(USUAL, USUAL).v2(&[]).shows("only-the-name");
    story
        .changed(|story| {
            story
                .wanted
                .infrastructure
                .push("group_workflow_web".to_owned());
        })
        .shows("infrastructure-only");
}

#[test]
fn other_images() {
    Story::new(USUAL, USUAL)
        .v2(&APPLICATION)
        .shows("all-applications");
    Story::new(USUAL, USUAL)
        .v2(&["shell-command worker"])
        .changed(|story| {
            workers_with_jobs(story);
            story.options.drain_policy = DrainPolicy::Requeue;
        })
        .shows("worker-only");
    Story::new(USUAL, USUAL)
        .v2(&APPLICATION)
        .changed(|story| {
            story.wanted.unbuilt = vec!["workflow".to_owned()];
            let unbuilt = Schema {
                new: None,
                unbuilt: true,
                ..schema("", Reversible::No)
            };
            story.wanted.schema = [(workflow(), unbuilt)].into();
        })
        .shows("images-to-build");
}

#[test]
fn jobs_on_members_that_go() {
    let story = Story::new([1, 1, 1, 4], [1, 1, 1, 4])
        .v2(&APPLICATION)
        .changed(|story| {
            workers_with_jobs(story);
            story.options.batch = Some(3);
            // One that is down has none.
            let seen = story.seen.as_mut().unwrap();
            seen.members[6].healthy = false;
        });
    story.shows("jobs-in-two-batches");
    let plan = story.plan().unwrap();
    assert_eq!(plan.jobs_max, Some(6));
    let jobs = |name: &str| plan.servers[name].jobs_max;
    assert_eq!(jobs("shell_command_worker_default_0_1111"), Some(2));
    assert_eq!(jobs("shell_command_worker_default_0_2222"), None);
    assert_eq!(jobs("shell_command_worker_default_3_1111"), Some(0));
    // Nor has one that is made anew.
    let both = Story::new(USUAL, USUAL)
        .v2(&["shell-command worker"])
        .changed(|story| {
            workers_with_jobs(story);
            story.options.allow_stateful = vec![ServiceName::new("postgresql").unwrap()];
            let database = &mut story.seen.as_mut().unwrap().members[0];
            (database.healthy, database.jobs_max) = (false, None);
        });
    assert_eq!(both.plan().unwrap().jobs_max, Some(4));
    // Where the catalogue does not say how many, nobody knows.
    let unknown = story.changed(|story| {
        story.seen.as_mut().unwrap().members[4].jobs_max = None;
    });
    let plan = unknown.plan().unwrap();
    assert_eq!(plan.jobs_max, None);
    assert!(plan.text().contains("\nJobs now:   unknown: the services"));
}

#[test]
fn how_long_it_takes_by_earlier_updates() {
    let takes = |story: Story| story.plan().unwrap().expected_s;
    let earlier = |story: &mut Story| {
        story.seen.as_mut().unwrap().earlier = Earlier {
            canary_checks_s: Some(30),
            checks_s: Some(50),
            removal_s: Some(20),
        };
    };
    let all = || Story::new(USUAL, USUAL).v2(&APPLICATION);
    assert_eq!(takes(all()), Some(70 + 70));
    all().changed(earlier).shows("known-durations");
    assert_eq!(takes(all().changed(earlier)), Some(70 + 30 + 70 + 50 + 20));
    // Where all that come are canaries there is one gate.
    let web = || Story::new(USUAL, USUAL).v2(&["workflow web"]);
    assert_eq!(takes(web().changed(earlier)), Some(70 + 50 + 20));
    let smaller = Story::new([1, 1, 1, 4], [1, 1, 1, 2]).changed(earlier);
    assert_eq!(takes(smaller), Some(50 + 20));
    // What is made anew under its old name stands behind no gate.
    let repair = Story::new(USUAL, USUAL).changed(|story| {
        earlier(story);
        story.seen.as_mut().unwrap().members[3].healthy = false;
    });
    assert_eq!(takes(repair), Some(70));
}

#[test]
fn a_first_release() {
    Story::new(USUAL, USUAL)
        .changed(|story| story.seen = None)
        .shows("first-release");
}

#[test]
fn other_sizes() {
    Story::new([1, 1, 1, 1], [1, 1, 1, 4]).shows("scale-up");
    Story::new([1, 1, 1, 4], [1, 1, 1, 2]).shows("scale-down");
    Story::new([1, 1, 3, 4], [1, 1, 2, 6])
        .v2(&APPLICATION)
        .shows("scale-and-change");
}

#[test]
fn little_room() {
    Story::new([1, 1, 2, 4], [1, 1, 2, 4])
        .v2(&APPLICATION)
        .changed(|story| story.room = room(8))
        .shows("room-for-three");
    Story::new([1, 1, 2, 4], [1, 1, 2, 4])
        .v2(&APPLICATION)
        .changed(|story| story.options.batch = Some(2))
        .shows("batches-of-two");
    let full = || {
        Story::new([1, 1, 1, 2], [1, 1, 1, 2])
            .v2(&APPLICATION)
            .changed(|story| story.room = room(5))
    };
    full().shows("no-room");
    full()
        .changed(|story| story.options.allow_remove_first = true)
        .shows("no-room-remove-first");
    Story::new([1, 1, 1, 1], [1, 1, 1, 4])
        .changed(|story| story.room = room(6))
        .shows("no-room-ever");
    // What goes makes the room for what comes.
    Story::new([1, 1, 1, 4], [1, 1, 2, 3])
        .changed(|story| story.room = room(5))
        .shows("room-by-scaling-down");
}

#[test]
fn servers_with_data() {
    let keeping = Story::new(USUAL, USUAL).v2(&ALL);
    keeping.shows("stateful-refused");
    // Tests of the one are none of the other.
    let kept = keeping.plan().unwrap();
    assert!(!kept.kept.is_empty());
    assert_ne!(kept.to.id, keeping.wanted.release.id);
    Story::new(USUAL, USUAL)
        .v2(&ALL)
        .changed(|story| {
            let services = ["postgresql", "gateway"].map(|name| ServiceName::new(name).unwrap());
            story.options.allow_stateful = services.into();
        })
        .shows("stateful-allowed");
    Story::new(USUAL, [1, 0, 1, 2])
        .changed(|story| story.options.allow_stateful = vec![ServiceName::new("gateway").unwrap()])
        .shows("stateful-dropped");
}

#[test]
fn who_works_on_what_is_lost_comes_up_anew() {
    let allowed = |name: &'static str| {
        move |story: &mut Story| {
            story.options.allow_stateful = vec![ServiceName::new(name).unwrap()];
        }
    };
    let story = Story::new(USUAL, USUAL)
        .v2(&["postgresql server", "shell-command worker"])
        .changed(allowed("postgresql"));
    story.shows("users-of-lost-data");
    let plan = story.plan().unwrap();
    assert!(plan.repairs["workflow_web_default_0_1111"].unknown_to_heat);
    let checked = |plan: &UpdatePlan| -> Vec<bool> {
        let batches = plan.batches.iter();
        batches.map(|batch| batch.checked).collect()
    };
    assert_eq!(checked(&plan), [false, false, true]);
    // What goes last is not checked any more: so what came before it is.
    let both = ["postgresql", "gateway"].map(|name| ServiceName::new(name).unwrap());
    let dropped = Story::new(USUAL, [1, 0, 1, 2])
        .v2(&["postgresql server"])
        .changed(|story| story.options.allow_stateful = both.into())
        .plan()
        .unwrap();
    assert!(dropped.batches.last().unwrap().add.is_empty());
    assert_eq!(checked(&dropped), [false, true, true]);
    // A run that was killed when the old database was gone, and no new one there yet.
    let killed = Story::new(USUAL, USUAL)
        .changed(|story| {
            let members = &mut story.seen.as_mut().unwrap().members;
            members.remove(0);
            let renewed = members.iter_mut();
            for one in renewed.filter(|one| one.member.kind == Kind::Application) {
                one.healthy = false;
            }
        })
        .plan()
        .unwrap();
    assert_eq!(checked(&killed), [false, true]);
    assert_eq!(killed.batches[0].add, ["postgresql_server_default_0_1111"]);
    assert_eq!(killed.batches[1].add.len(), 3);
    // A server that died takes its data along as well.
    let died = Story::new(USUAL, USUAL)
        .changed(allowed("postgresql"))
        .changed(|story| story.seen.as_mut().unwrap().members[0].healthy = false);
    assert_eq!(died.plan().unwrap().repairs.len(), 4);
    // Nobody keeps anything on the gateway.
    let gateway = Story::new(USUAL, USUAL)
        .v2(&["gateway server"])
        .changed(allowed("gateway"));
    assert!(gateway.plan().unwrap().repairs.is_empty());
}

#[test]
fn what_a_killed_run_left() {
    Story::new([1, 1, 1, 2], [1, 1, 1, 2])
        .v2(&APPLICATION)
        .changed(|story| {
            let wanted = story.wanted.members.clone();
            let seen = story.seen.as_mut().unwrap();
            // Slot 0 of the workers has both, slot 1 one of a third release.
            seen.members.push(there(&wanted[3]));
            seen.members[4] = there(&member_of(&wanted[4].member, "3333"));
            seen.status = "UPDATE_FAILED".to_owned();
        })
        .shows("mixed");
}

#[test]
fn members_that_do_not_serve() {
    let broken = |story: &mut Story| {
        let seen = story.seen.as_mut().unwrap();
        seen.members[3].healthy = false;
        seen.members[3].trouble = Some(Trouble {
            why: "its server is gone".to_owned(),
            unknown_to_heat: true,
        });
    };
    let repair = Story::new(USUAL, USUAL).changed(broken);
    repair.shows("repair");
    let replaced = Story::new(USUAL, USUAL).v2(&APPLICATION).changed(broken);
    for story in [repair, replaced] {
        let plan = story.plan().unwrap();
        assert_eq!(plan.broken, ["shell_command_worker_default_0_1111"]);
    }
    Story::new(USUAL, USUAL)
        .changed(|story| story.seen.as_mut().unwrap().members[0].healthy = false)
        .shows("repair-of-data-refused");
}

#[test]
fn the_way_back() {
    let migrating = |reversible| {
        Story::new(USUAL, USUAL).v2(&APPLICATION).changed(|story| {
            story.wanted.schema = [(workflow(), schema("9a40", reversible))].into();
        })
    };
    migrating(Reversible::OlderCodeWorks).shows("migration");
    migrating(Reversible::No)
        .changed(|story| story.images.clear())
        .shows("no-way-back");
    migrating(Reversible::No)
        .changed(|story| story.options.no_way_back = true)
        .shows("no-way-back-accepted");
}

#[test]
fn a_plan_can_be_kept_and_is_the_same_each_time() {
    let story = Story::new([1, 1, 2, 4], [1, 1, 3, 2]).v2(&APPLICATION);
    let plan = story.plan().unwrap();
    let kept = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<UpdatePlan>(&kept).unwrap(), plan);
    assert_eq!(story.plan().unwrap(), plan);
    assert!(story.plan().unwrap().differs_from(&plan).is_empty());
    let story = story.changed(|story| {
        story.options.drain_deadline_s = 60;
        story.wanted.infrastructure_digest.push('x');
    });
    assert_eq!(
        story.plan().unwrap().differs_from(&plan),
        [
            "what is changed beside the members is not the same",
            "drains have another deadline or policy"
        ]
    );
}

#[test]
fn a_fingerprint_changes_with_the_stack() {
    let seen = Story::new(USUAL, USUAL).seen.unwrap();
    let changes: [fn(&mut StackSeen); 5] = [
        |seen| seen.id.push('x'),
        |seen| seen.updated.push('x'),
        |seen| seen.status = "UPDATE_COMPLETE".to_owned(),
        |seen| drop(seen.members.pop()),
        |seen| seen.members[0].healthy = false,
    ];
    for change in changes {
        let mut other = seen.clone();
        change(&mut other);
        assert_ne!(other.fingerprint(), seen.fingerprint());
    }
    let mut same = seen.clone();
    same.members.reverse();
    // What is only told to people makes no plan stale.
    same.members[0].jobs_max = Some(9);
    same.members[0].boot_s = Some(9);
    same.earlier.checks_s = Some(9);
    assert_eq!(same.fingerprint(), seen.fingerprint());
}

/// Whatever is there and whatever is wanted, the batches lead from one to the other.
#[test]
fn batches_lead_from_what_is_there_to_what_is_wanted() {
    let counts = [1, 2, 4];
    for (index, (web, worker)) in counts
        .iter()
        .flat_map(|web| counts.map(|worker| (*web, worker)))
        .enumerate()
    {
        for servers in [5, 6, 7, 9, 12, 40] {
            for batch in [None, Some(1), Some(2)] {
                let story = Story::new([1, 1, web, worker], [1, 1, worker, web])
                    .v2(&APPLICATION[..index % 3])
                    .changed(|story| {
                        story.room = room(servers);
                        story.options.allow_remove_first = true;
                        story.options.batch = batch;
                    });
                let Ok(plan) = story.plan() else {
                    assert!(servers < 5 + 4, "{servers} servers are enough");
                    continue;
                };
                let mut there: Vec<String> = story
                    .seen
                    .as_ref()
                    .unwrap()
                    .members
                    .iter()
                    .map(|one| one.resource.clone())
                    .collect();
                let start = there.len();
                for batch in &plan.batches {
                    there.extend(batch.add.iter().cloned());
                    there.retain(|one| !batch.remove.contains(one));
                    let most = 5 + there.len() - start;
                    assert!(most <= usize::try_from(servers).unwrap());
                }
                let mut wanted: Vec<String> = story
                    .wanted
                    .members
                    .iter()
                    .map(|one| one.resource.clone())
                    .collect();
                there.sort();
                wanted.sort();
                assert_eq!(there, wanted);
            }
        }
    }
}
