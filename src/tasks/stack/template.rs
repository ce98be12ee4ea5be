//! `stack.template`: the Heat template, as it would be sent.

use clap::ValueEnum;

use crate::bake::ensure::Images;
use crate::bake::identify::{Identified, identify};
use crate::cli::values;
use crate::error::{Failure, Kind};
use crate::name::{EnvName, Tag};
use crate::plan::images::{ImageFact, usable};
use crate::tasks::context::Context;
use crate::tasks::images::kitchen::kitchen;
use crate::tasks::stack::goal;
use crate::tasks::{cloud, loading};
use crate::template::ImageRef;

/// The formats of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DocumentFormat {
    /// HOT as people write it.
    Yaml,
    /// What is sent to Heat.
    Json,
}

/// Stands for the id of an image that is not built yet.
const NOT_BUILT: &str = "NOT-BUILT-YET";

/// What `stack.template` is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environment: a key below `stacks` in the configuration.
    #[arg(value_name = "ENV", value_parser = values::env)]
    pub env: EnvName,
    /// Branch or tag of every service's repository.
    #[arg(long, value_name = "TAG", value_parser = values::tag)]
    pub tag: Tag,
    /// Format of the template.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "yaml")]
    pub format: DocumentFormat,
}

/// Carries `stack.template` out; reads from the cloud, writes nothing to it.
pub async fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let loaded = loading::load(context)?;
    let topology = loaded.topology(&args.env)?;
    let (identified, cloud) = tokio::join!(
        identify(&loaded.config, &loaded.catalog, &args.tag),
        cloud::connect(context),
    );
    let (identified, cloud) = (identified?, cloud?);
    let (_, there) = kitchen(context, &loaded, &cloud, &identified)
        .plan()
        .await?;
    let images = images(&identified, &there);
    let goal = goal::of_tag(&cloud, &topology, &identified, images).await?;
    let template = goal.template;
    let mut text = match args.format {
        DocumentFormat::Yaml => template.to_hot_yaml(),
        DocumentFormat::Json => {
            let whole = serde_json::json!({"template": template.json, "files": template.files});
            serde_json::to_string_pretty(&whole).map_err(|error| {
                Failure::new(Kind::Failed, "the template cannot be printed").caused_by(error)
            })?
        }
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    context.output.write(&text)
}

/// The images of a tag; one that is not built yet has a placeholder for its id.
pub fn images(identified: &Identified, there: &[ImageFact]) -> Images {
    let image = |digest: &str| ImageRef {
        id: usable(digest, there).map_or_else(|| NOT_BUILT.to_owned(), |image| image.id.clone()),
        digest: digest.to_owned(),
    };
    identified
        .recipes
        .iter()
        .map(|recipe| (recipe.name().clone(), image(&recipe.digest)))
        .collect()
}
