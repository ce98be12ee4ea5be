//! Who deploys: written into what a stack tells of its releases.

/// `user@host`, as far as this machine says it.
pub fn operator() -> String {
    let user = ["USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|text| !text.is_empty()));
    let host = rustix::system::uname();
    let host = host.nodename().to_string_lossy();
    format!("{}@{host}", user.as_deref().unwrap_or("somebody"))
}

/// The present time, as records have it.
pub fn now() -> String {
    format!("{:.0}", jiff::Timestamp::now())
}
