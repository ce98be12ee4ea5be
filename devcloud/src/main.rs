//! `devcloud up [--base NAME]... | down [--purge] | status | env [--admin] [--write] | logs NAME | exec PROGRAM...`:
//! the crate by itself, for its own development. The product carries the same as tasks.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program's edge"
)]

use std::env;
use std::process::ExitCode;

use devcloud::{Devcloud, Error, Progress, Release, Settings};

const USAGE: &str = "usage: devcloud up [--base debian-11]... | down [--purge] | status | env [--admin] [--write] | logs [NAME] | exec PROGRAM [ARGUMENT]...";

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<ExitCode, Error> {
    let cloud = Devcloud::new(Settings::default());
    match words {
        ["up", rest @ ..] => return up(rest),
        ["down"] => cloud.down(false, &mut show)?,
        ["down", "--purge"] => cloud.down(true, &mut show)?,
        ["status"] => return status(&cloud),
        ["env"] => print!("{}", cloud.env()?.exports()),
        ["env", "--admin"] => print!("{}", cloud.admin_env()?.exports()),
        ["env", "--write"] => println!("{}", cloud.env()?.write_clouds_yaml(None)?.display()),
        ["logs"] => println!("{}", Devcloud::daemon_names().join("\n")),
        ["logs", name] => println!("{}", cloud.log(name)?.display()),
        ["exec", program, arguments @ ..] => return exec(&cloud, program, arguments),
        _ => return Ok(usage()),
    }
    Ok(ExitCode::SUCCESS)
}

fn up(words: &[&str]) -> Result<ExitCode, Error> {
    let mut settings = Settings::default();
    for pair in words.chunks(2) {
        let ["--base", name] = pair else {
            return Ok(usage());
        };
        let Some(release) = Release::named(name) else {
            return Ok(usage());
        };
        settings.bases.push(release);
    }
    let endpoint = Devcloud::new(settings).up(&mut show)?;
    println!("{}", endpoint.auth_url);
    Ok(ExitCode::SUCCESS)
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

fn status(cloud: &Devcloud) -> Result<ExitCode, Error> {
    let status = cloud.status()?;
    for daemon in &status.daemons {
        let state = if daemon.answers {
            "up"
        } else if daemon.running {
            "not answering"
        } else {
            "down"
        };
        println!("{:28}{state}", daemon.name);
    }
    println!(
        "ready: {}; memory: {} MiB, servers {} MiB",
        status.ready, status.daemons_mib, status.servers_mib
    );
    Ok(if status.ready {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn exec(cloud: &Devcloud, program: &str, arguments: &[&str]) -> Result<ExitCode, Error> {
    let mut command = cloud.exec(program)?;
    let status = command
        .args(arguments)
        .status()
        .map_err(|source| Error::Io {
            action: "run",
            path: program.into(),
            source,
        })?;
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from))
}

fn show(progress: Progress) {
    match progress {
        Progress::Started { step } => eprintln!("       {step} ..."),
        Progress::Finished { step, took } => eprintln!("{:5.1}s {step}", took.as_secs_f64()),
        Progress::Note { text } => eprintln!("note:  {text}"),
    }
}
