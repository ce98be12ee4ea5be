//! Recipes without an image become images: sources fetched, a builder found,
//! everything baked there side by side, each image uploaded when it is ready.

use std::path::{Path, PathBuf};

use futures_util::future::try_join_all;
use tempfile::NamedTempFile;
use tokio::sync::mpsc;

use crate::bake::builder::Builder;
use crate::bake::identify::Identified;
use crate::bake::logbook::Logbook;
use crate::bake::payload::{self, SourceFile};
use crate::bake::protocol::{Built, Said};
use crate::bake::{git, upload};
use crate::config::Config;
use crate::error::{Failure, Kind};
use crate::image::{self, Job, JobBase, JobSettings, Recipe, SourceArchive};
use crate::openstack::client::Cloud;
use crate::topology::Catalog;
use crate::ui::event::{Event, Unit};
use crate::ui::reporter::Reporter;

/// Where the scripts work on a builder; the commands in `builder` name it too.
pub const WORK_DIR: &str = "/var/lib/ptero-bake";

/// Where the certificates of the operator are put on a builder.
const CA_BUNDLE: &str = "operator-ca.pem";

/// Recipes side by side when nothing is said: each is mostly one process.
const PARALLEL_DEFAULT: u32 = 2;

/// What a bake works with.
pub struct Kitchen<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// Its catalogue.
    pub catalog: &'a Catalog,
    /// The tag, resolved.
    pub identified: &'a Identified,
    /// Folder for clones, kept between runs.
    pub git_cache: PathBuf,
    /// Folder for logs of builds.
    pub logs: PathBuf,
    /// The cloud.
    pub cloud: &'a Cloud,
    /// Where events go.
    pub reporter: &'a Reporter,
}

/// A recipe that could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmade {
    /// Its name.
    pub name: String,
    /// Why, for the operator.
    pub reason: String,
}

impl Kitchen<'_> {
    /// Makes and uploads images of `recipes` on `builder`. One that fails leaves
    /// the others running; all that failed are named in the end.
    pub async fn bake(
        &self,
        builder: &Builder,
        pass: &upload::Pass,
        recipes: &[Recipe],
    ) -> Result<(), Failure> {
        self.put(builder, recipes).await?;
        let job = self.job(recipes);
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let mut listener = Listener {
            reporter: self.reporter,
            built: sender,
            book: self.logbook()?,
            unmade: Vec::new(),
        };
        let baking = async move {
            let ended = builder.bake(&job, |said| listener.heard(said)).await;
            (ended, listener.unmade)
        };
        let uploading = async {
            let mut unsent = Vec::new();
            while let Some(built) = receiver.recv().await {
                if let Err(failure) = self.upload(builder, pass, recipes, &built).await {
                    let reason = in_full(&failure);
                    unsent.push(Unmade {
                        name: built.name,
                        reason,
                    });
                }
            }
            unsent
        };
        let ((ended, mut unmade), unsent) = tokio::join!(baking, uploading);
        unmade.extend(unsent);
        let ended = ended.map_err(|error| {
            Failure::new(Kind::Failed, "the builder could not be used").caused_by(error)
        })?;
        if unmade.is_empty() && ended.code != Some(0) {
            let message = format!("the build ended early ({})", code(ended.code));
            return Err(Failure::new(Kind::Failed, message).caused_by(ended.stderr));
        }
        failed(&unmade, recipes.len())
    }

    async fn put(&self, builder: &Builder, recipes: &[Recipe]) -> Result<(), Failure> {
        let packed = self.packed(recipes).await?;
        let refused = || {
            Failure::new(
                Kind::Failed,
                "the build's files could not be put on the builder",
            )
        };
        let ended = builder
            .put(&packed)
            .await
            .map_err(|error| refused().caused_by(error))?;
        if ended.code == Some(0) {
            Ok(())
        } else {
            Err(refused().caused_by(ended.stderr))
        }
    }

    /// What a builder needs to make `recipes`, as one tar file: the scripts, the Puppet
    /// modules, the sources at their commits and the operator's certificates.
    pub async fn packed(&self, recipes: &[Recipe]) -> Result<NamedTempFile, Failure> {
        let folder = tempfile::tempdir()
            .map_err(|error| Failure::new(Kind::Failed, "no temporary folder").caused_by(error))?;
        let archives = image::sources(recipes, self.config, self.catalog);
        let repositories = image::by_repository(&archives);
        let fetched = repositories
            .values()
            .map(|archives| self.fetch_all(archives, folder.path()));
        let fetched: Vec<(&str, PathBuf)> = try_join_all(fetched).await?.concat();
        let mut sources: Vec<SourceFile<'_>> = fetched
            .iter()
            .map(|(path, file)| SourceFile { file, path })
            .collect();
        let bundle = self.config.build.ca_bundle.as_ref();
        let bundle = bundle.map(|bundle| self.config.path(bundle));
        if let Some(bundle) = &bundle {
            sources.push(SourceFile {
                file: bundle,
                path: CA_BUNDLE,
            });
        }
        payload::pack(image::payload::bake(), &self.identified.modules, &sources).map_err(|error| {
            Failure::new(Kind::Failed, "the build's files could not be packed").caused_by(error)
        })
    }

    /// One after the other: those of one repository share its clone.
    async fn fetch_all<'a>(
        &self,
        archives: &[&'a SourceArchive],
        folder: &Path,
    ) -> Result<Vec<(&'a str, PathBuf)>, Failure> {
        let mut fetched = Vec::new();
        for archive in archives {
            fetched.push((archive.path.as_str(), self.fetch(archive, folder).await?));
        }
        Ok(fetched)
    }

    async fn fetch(&self, archive: &SourceArchive, folder: &Path) -> Result<PathBuf, Failure> {
        let to = folder.join(archive.path.replace('/', "_"));
        // `identify` refuses a service without a repository.
        let repo = archive.repo.as_deref().unwrap_or_default();
        self.reporter
            .note(&archive.name, format!("source at {}", &archive.commit));
        git::archive(
            repo,
            &archive.commit,
            archive.subdirectory.as_deref(),
            &self.git_cache,
            &to,
        )
        .await
        .map_err(|error| {
            Failure::new(Kind::Failed, format!("no source of `{}`", archive.name)).caused_by(error)
        })?;
        Ok(to)
    }

    /// What the scripts are told to make `recipes`, where those of [`Kitchen::packed`]
    /// are unpacked as [`Builder::put`] does it.
    pub fn job(&self, recipes: &[Recipe]) -> Job {
        let payload_dir = format!("{WORK_DIR}/payload");
        let build = &self.config.build;
        let settings = JobSettings {
            work_dir: WORK_DIR.to_owned(),
            ca_bundle: build
                .ca_bundle
                .as_ref()
                .map(|_| format!("{payload_dir}/{CA_BUNDLE}")),
            payload_dir,
            parallel: build.parallel.unwrap_or(PARALLEL_DEFAULT),
        };
        let mut job = image::job(recipes, self.config, self.catalog, settings);
        // The published checksum is checked too, where none was configured.
        job.bases = self
            .identified
            .bases
            .iter()
            .filter(|(_, base)| {
                recipes
                    .iter()
                    .any(|recipe| recipe.base_digest == base.digest)
            })
            .map(|(image, base)| {
                let url = image.url.to_string();
                (
                    base.digest.clone(),
                    JobBase {
                        url,
                        checksum: base.checksum.clone(),
                    },
                )
            })
            .collect();
        job
    }

    fn logbook(&self) -> Result<Logbook, Failure> {
        Logbook::open(&self.logs, self.identified.tag.as_str()).map_err(|error| {
            let message = format!("cannot write logs to `{}`", self.logs.display());
            Failure::new(Kind::Failed, message).caused_by(error)
        })
    }

    async fn upload(
        &self,
        builder: &Builder,
        pass: &upload::Pass,
        recipes: &[Recipe],
        built: &Built,
    ) -> Result<(), Failure> {
        let recipe = recipes
            .iter()
            .find(|recipe| recipe.digest == built.digest)
            .ok_or_else(|| {
                Failure::new(
                    Kind::Failed,
                    format!("the builder made `{}`, which nobody asked for", built.name),
                )
            })?;
        let new = upload::record(recipe, &self.identified.tag, built);
        let image = upload::upload(self.cloud, self.reporter, builder, pass, &new, built).await?;
        self.reporter.note(
            &built.name,
            format!("uploaded as {} ({})", new.name, image.id),
        );
        Ok(())
    }
}

/// Hears the scripts on the builder: tells progress, keeps logs, hands finished
/// images on.
struct Listener<'a> {
    reporter: &'a Reporter,
    built: mpsc::UnboundedSender<Built>,
    book: Logbook,
    unmade: Vec<Unmade>,
}

impl Listener<'_> {
    fn heard(&mut self, said: Said) {
        match said {
            Said::Base {
                state,
                bytes,
                total,
                ..
            } if state == "download" => self.reporter.emit(&Event::Progress {
                subject: "base image".to_owned(),
                phase: state,
                done: bytes,
                total,
                unit: Unit::Bytes,
            }),
            Said::Base { state, .. } => self.reporter.note("base image", state),
            Said::Recipe { recipe, phase } => self.reporter.note(recipe, phase),
            Said::Log { recipe, line } => {
                self.book.line(&recipe, &line);
                self.reporter.emit(&Event::BakeLog { recipe, line });
            }
            Said::Built(one) => {
                self.reporter
                    .note(&one.name, format!("built, {} MiB", one.bytes >> 20));
                // The receiver lives as long as the bake.
                let _ = self.built.send(one);
            }
            Said::Failed {
                name,
                phase,
                resource,
                reason,
                tail,
            } => {
                let name = name.unwrap_or_else(|| "build".to_owned());
                let log = self.book.path(&name);
                let reason = explained(phase.as_deref(), resource.as_deref(), &reason, &tail, &log);
                self.unmade.push(Unmade { name, reason });
            }
            Said::Done { .. } | Said::Progress { .. } | Said::Uploaded { .. } => {}
        }
    }
}

/// Why a recipe failed, with the last lines of its log.
fn explained(
    phase: Option<&str>,
    resource: Option<&str>,
    reason: &str,
    tail: &[String],
    log: &Path,
) -> String {
    let phase = phase
        .map(|phase| format!("in phase {phase}: "))
        .unwrap_or_default();
    let resource = resource
        .map(|resource| format!("{resource}: "))
        .unwrap_or_default();
    let mut lines = vec![format!("{phase}{resource}{reason}")];
    lines.extend(tail.iter().map(|line| format!("  | {line}")));
    lines.push(format!("  whole log: {}", log.display()));
    lines.join("\n")
}

fn failed(unmade: &[Unmade], asked: usize) -> Result<(), Failure> {
    if unmade.is_empty() {
        return Ok(());
    }
    let message = format!("{} of {asked} images could not be made", unmade.len());
    let reasons: Vec<String> = unmade
        .iter()
        .map(|one| format!("{}: {}", one.name, one.reason))
        .collect();
    Err(Failure::new(Kind::Failed, message).caused_by(reasons.join("\n")))
}

/// A failure with its causes, on one line.
fn in_full(failure: &Failure) -> String {
    let mut parts = vec![failure.to_string()];
    let mut source = std::error::Error::source(failure);
    while let Some(cause) = source {
        parts.push(cause.to_string());
        source = cause.source();
    }
    parts.join(": ")
}

fn code(code: Option<i32>) -> String {
    code.map_or_else(
        || "by a signal".to_owned(),
        |code| format!("exit code {code}"),
    )
}

#[cfg(test)]
mod tests {
    use super::{Unmade, explained, failed};
    use std::path::Path;

    #[test]
    fn the_failing_resource_and_the_log_are_named() {
        let tail = ["a".to_owned(), "b".to_owned()];
        let text = explained(
            Some("puppet"),
            Some("Exec[pip]"),
            "exit 1",
            &tail,
            Path::new("/l/w.log"),
        );
        assert_eq!(
            text,
            "in phase puppet: Exec[pip]: exit 1\n  | a\n  | b\n  whole log: /l/w.log"
        );
    }

    #[test]
    fn every_recipe_that_failed_is_named() {
        let one = |name: &str| Unmade {
            name: name.to_owned(),
            reason: "no".to_owned(),
        };
        let failure = failed(&[one("a"), one("b")], 5).unwrap_err();
        assert_eq!(failure.to_string(), "2 of 5 images could not be made");
        let cause = std::error::Error::source(&failure).map(ToString::to_string);
        assert_eq!(cause.as_deref(), Some("a: no\nb: no"));
        assert!(failed(&[], 5).is_ok());
    }
}
