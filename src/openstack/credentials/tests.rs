use super::{Auth, Credentials, CredentialsError, Domain, Project, User, from_env_and_clouds, v3};

fn read(set: &[(&str, &str)]) -> Result<Credentials, CredentialsError> {
    from_env_and_clouds(&|name| {
        set.iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    })
}

#[track_caller]
fn url(text: &str, expected: &str) {
    assert_eq!(v3(text).map(String::from).as_deref(), Ok(expected));
}

#[test]
fn keystone_is_found_with_and_without_its_version() {
    url("http://cloud.example:5000", "http://cloud.example:5000/v3");
    url("http://cloud.example:5000/", "http://cloud.example:5000/v3");
    url(
        "http://cloud.example:5000/v3",
        "http://cloud.example:5000/v3",
    );
    url(
        "https://cloud.example/identity/v3/",
        "https://cloud.example/identity/v3",
    );
    url(
        "https://cloud.example/identity",
        "https://cloud.example/identity/v3",
    );
    url(
        "http://cloud.example:5000/v2.0",
        "http://cloud.example:5000/v3",
    );
    assert!(v3("cloud.example:5000").is_err());
    assert!(v3("ftp://cloud.example").is_err());
}

#[test]
fn nothing_set_is_not_the_same_as_something_missing() {
    assert_eq!(
        read(&[]).expect_err("nothing is set"),
        CredentialsError::Missing
    );
    assert_eq!(
        read(&[("OS_CLOUD", "")]).expect_err("nothing is set"),
        CredentialsError::Missing
    );
    let error = read(&[("OS_AUTH_URL", "http://cloud.example")]).expect_err("no user");
    assert_eq!(
        error.to_string(),
        "environment: OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME not set"
    );
    let error = read(&[("OS_USERNAME", "demo")]).expect_err("no url");
    assert_eq!(
        error.to_string(),
        "environment: OS_AUTH_URL, OS_PASSWORD, OS_PROJECT_NAME not set"
    );
}

#[test]
fn tenant_names_and_default_domains_are_understood() {
    let credentials = read(&[
        ("OS_AUTH_URL", "http://cloud.example:5000"),
        ("OS_USERNAME", "demo"),
        ("OS_PASSWORD", "poison"),
        ("OS_TENANT_NAME", "demo"),
        ("OS_INTERFACE", "internalURL"),
        ("OS_INSECURE", "true"),
    ])
    .expect("complete");
    let default = Domain::Name("Default".to_owned());
    assert_eq!(
        credentials.project,
        Project::Name("demo".to_owned(), default.clone())
    );
    assert!(matches!(&credentials.auth,
        Auth::Password { user: User::Name(name, domain), .. } if name == "demo" && *domain == default));
    assert_eq!(credentials.interface, "internal");
    assert!(credentials.insecure);
    assert!(!format!("{credentials:?}").contains("poison"));
}

#[test]
fn the_kind_of_proof_follows_from_what_is_set() {
    let base = ("OS_AUTH_URL", "http://cloud.example");
    let credential = read(&[
        base,
        ("OS_APPLICATION_CREDENTIAL_ID", "a"),
        ("OS_APPLICATION_CREDENTIAL_SECRET", "poison"),
        ("OS_PROJECT_NAME", "left over"),
    ])
    .expect("complete");
    assert!(matches!(
        credential.auth,
        Auth::ApplicationCredential { .. }
    ));
    assert_eq!(credential.project, Project::Implied);
    let token = read(&[base, ("OS_TOKEN", "poison")]).expect("complete");
    assert!(matches!(token.auth, Auth::Token(_)));
    let error = read(&[base, ("OS_AUTH_TYPE", "v3kerberos")]).expect_err("unknown");
    assert!(error.to_string().contains("`v3kerberos`"), "{error}");
}

fn clouds(
    clouds: &str,
    secure: &str,
    extra: &[(&str, &str)],
) -> Result<Credentials, CredentialsError> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("clouds.yaml");
    std::fs::write(&file, clouds).expect("written");
    std::fs::write(folder.path().join("secure.yaml"), secure).expect("written");
    let file = file.to_str().expect("a plain path").to_owned();
    let mut set = vec![("OS_CLOUD", "here"), ("OS_CLIENT_CONFIG_FILE", &file)];
    set.extend_from_slice(extra);
    read(&set)
}

const CLOUDS: &str = "
clouds:
  here:
    auth:
      auth_url: http://cloud.example:5000/v3
      username: demo
      project_id: 0123
    region_name: RegionOne
    verify: false
  there:
    auth: {auth_url: http://other.example}
";

#[test]
fn a_cloud_is_read_from_both_files_and_the_environment_above_them() {
    let secure = "clouds: {here: {auth: {password: 0042}}}";
    let credentials = clouds(
        CLOUDS,
        secure,
        &[("OS_REGION_NAME", "Two"), ("OS_USERNAME", "other")],
    )
    .expect("complete");
    assert_eq!(credentials.project, Project::Id("0123".to_owned()));
    assert_eq!(credentials.region.as_deref(), Some("Two"));
    assert!(credentials.insecure);
    let Auth::Password {
        user: User::Name(user, _),
        password,
    } = &credentials.auth
    else {
        panic!("a password is given");
    };
    assert_eq!(user, "demo");
    assert_eq!(secrecy::ExposeSecret::expose_secret(password), "0042");
}

#[test]
fn an_unknown_cloud_names_the_known_ones() {
    let error = clouds("clouds: {there: {}, where: {}}", "{}", &[]).expect_err("not there");
    let CredentialsError::NoSuchCloud { name, known, .. } = &error else {
        panic!("another error: {error}");
    };
    assert_eq!(
        (name.as_str(), known.as_slice()),
        ("here", &["there".to_owned(), "where".to_owned()][..])
    );
}

#[test]
fn an_incomplete_cloud_says_what_its_file_lacks() {
    let error = clouds(CLOUDS, "{}", &[]).expect_err("no password");
    assert_eq!(error.to_string(), "cloud `here`: auth.password not set");
    assert!(clouds(CLOUDS, "{}", &[("OS_PASSWORD", "x")]).is_ok());
}

#[test]
fn a_broken_file_is_named_without_its_contents() {
    let error =
        clouds(CLOUDS, "clouds: {here: {auth: {password: [poison]}}}", &[]).expect_err("bad");
    assert!(error.to_string().contains("secure.yaml"), "{error}");
    assert!(!error.to_string().contains("poison"), "{error}");
}
