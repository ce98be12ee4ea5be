//! Images of a tag: what is there is used, what is missing is made.

use indexmap::IndexMap;
use jiff::Timestamp;

use crate::bake::boot::{self, Machine};
use crate::bake::builder::Builder;
use crate::bake::machine::MachineInput;
use crate::bake::run::Kitchen;
use crate::bake::site::{self, MachineSite, Site};
use crate::bake::ssh::Keys;
use crate::bake::{observe, upload};
use crate::error::{Failure, Kind};
use crate::image::{Recipe, TAGS_PROPERTY};
use crate::openstack::client::Cloud;
use crate::openstack::glance::Image;
use crate::plan::flavor::{self, FlavorFact};
use crate::plan::images::{ImageFact, ImagePlan, Wanted, plan, usable};
use crate::template::ImageRef;
use crate::topology::RecipeName;
use crate::ui::interrupt::Interrupt;

/// What images a tag has in the cloud, by recipe.
pub type Images = IndexMap<RecipeName, ImageRef>;

impl Kitchen<'_> {
    /// What would be done for the tag.
    pub async fn plan(&self) -> Result<(ImagePlan, Vec<ImageFact>), Failure> {
        let facts = observed(self.cloud).await?;
        let wanted: Vec<Wanted> = self.identified.recipes.iter().map(wanted).collect();
        let plan = plan(self.identified.tag.as_str(), &wanted, &facts);
        Ok((plan, facts))
    }

    /// Fails as [`Kitchen::ensure`] would where the cloud lacks what a build needs;
    /// writes nothing.
    pub async fn check(&self) -> Result<(), Failure> {
        let (plan, _) = self.plan().await?;
        self.site(&self.missing(&plan)).await.map(drop)
    }

    fn missing(&self, plan: &ImagePlan) -> Vec<Recipe> {
        let built = |recipe: &&Recipe| plan.built.iter().any(|name| name == recipe.name().as_str());
        let recipes = self.identified.recipes.iter();
        recipes.filter(built).cloned().collect()
    }

    async fn site(&self, missing: &[Recipe]) -> Result<Option<Site>, Failure> {
        if missing.is_empty() {
            return Ok(None);
        }
        site::find(self.cloud, self.config).await.map(Some)
    }

    /// Makes what is missing; with nothing missing, writes nothing to the cloud.
    pub async fn ensure(&self, interrupt: &Interrupt) -> Result<Images, Failure> {
        let (plan, facts) = self.plan().await?;
        for (name, id) in &plan.kept {
            self.reporter.note(name, format!("image {id} is there"));
        }
        if plan.is_nothing() {
            return self.found(&facts);
        }
        let missing = self.missing(&plan);
        // Before the first write: a mistake here must not leave half of it done.
        let site = self.site(&missing).await?;
        for (name, id, tags) in &plan.tagged {
            let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
            let tags = tags.join(",");
            self.cloud
                .glance()
                .set_properties(id, &[(TAGS_PROPERTY, &tags)])
                .await?;
            self.reporter
                .note(name, format!("image {id} is there, now also for this tag"));
        }
        for id in &plan.swept {
            self.reporter
                .note(id, "removing an image that an earlier run left unfinished");
            self.cloud.glance().delete(id).await?;
        }
        if let Some(site) = &site {
            self.make(site, &missing, interrupt).await?;
        }
        self.found(&observed(self.cloud).await?)
    }

    /// The image of every recipe; for use after everything was made.
    fn found(&self, facts: &[ImageFact]) -> Result<Images, Failure> {
        let image = |recipe: &Recipe| {
            let image = usable(&recipe.digest, facts).ok_or_else(|| {
                Failure::new(
                    Kind::Failed,
                    format!("the image of `{}` is gone again", recipe.name()),
                )
            })?;
            let reference = ImageRef {
                id: image.id.clone(),
                digest: recipe.digest.clone(),
            };
            Ok((recipe.name().clone(), reference))
        };
        self.identified.recipes.iter().map(image).collect()
    }

    async fn make(
        &self,
        site: &Site,
        missing: &[Recipe],
        interrupt: &Interrupt,
    ) -> Result<(), Failure> {
        boot::sweep(self.cloud, self.reporter).await?;
        upload::sweep(self.cloud).await?;
        let _careful = interrupt.careful();
        let site = match site {
            Site::Machine(site) => site,
            Site::Local => {
                return self
                    .until_stopped(&Builder::Local, missing, interrupt)
                    .await;
            }
        };
        let machine = self.machine(site, interrupt).await?;
        let result = self
            .until_stopped(&machine.builder, missing, interrupt)
            .await;
        boot::remove(self.cloud, self.reporter, &machine.stack).await;
        result
    }

    async fn until_stopped(
        &self,
        builder: &Builder,
        missing: &[Recipe],
        interrupt: &Interrupt,
    ) -> Result<(), Failure> {
        let pass = upload::pass(self.cloud, self.reporter).await;
        let result = tokio::select! {
            result = self.bake(builder, &pass, missing) => result,
            failure = stopped(interrupt) => Err(failure),
        };
        // Also of a build that was stopped.
        upload::revoke(self.cloud, self.reporter, pass).await;
        result
    }

    async fn machine(&self, site: &MachineSite, interrupt: &Interrupt) -> Result<Machine, Failure> {
        let stack = self.config.stacks.values().next();
        let input = |keys: &Keys| {
            Ok(boot::new_stack(&MachineInput {
                image: &site.image,
                flavor: &site.flavor,
                network: &site.network,
                dns_nameservers: stack.map_or(&[], |stack| &stack.dns_nameservers),
                user_data: &keys.user_data(),
            }))
        };
        boot::boot(self.cloud, self.reporter, input, stopped(interrupt)).await
    }
}

/// Returns once the operator wants to stop.
async fn stopped(interrupt: &Interrupt) -> Failure {
    interrupt.requested().await;
    Failure::new(Kind::Failed, "the build was stopped")
        .hint("images that were finished stay and are not made again")
}

/// The smallest flavor that is enough; `key` names another.
pub async fn choose_flavor(
    cloud: &Cloud,
    need: flavor::Need,
    key: &str,
) -> Result<String, Failure> {
    let flavors = cloud.nova().flavors().await?;
    let facts: Vec<FlavorFact> = flavors
        .iter()
        .map(|flavor| FlavorFact {
            name: flavor.name.clone(),
            vcpus: flavor.vcpus,
            ram_mib: flavor.ram_mib,
            disk_gib: flavor.disk_gib,
        })
        .collect();
    let chosen = flavor::smallest(&facts, need);
    chosen.map(|flavor| flavor.name.clone()).ok_or_else(|| {
        let message = format!(
            "no flavor has {} VCPU, {} MiB memory and {} GiB disk",
            need.vcpus, need.ram_mib, need.disk_gib
        );
        Failure::new(Kind::Usage, message).hint(format!("name one by `{key}`"))
    })
}

/// What is known of all images of ours, now.
pub async fn observed(cloud: &Cloud) -> Result<Vec<ImageFact>, Failure> {
    let images: Vec<Image> = observe::images(cloud).await?;
    let now = Timestamp::now();
    Ok(images
        .iter()
        .map(|image| observe::fact(image, now))
        .collect())
}

fn wanted(recipe: &Recipe) -> Wanted {
    Wanted {
        name: recipe.name().to_string(),
        digest: recipe.digest.clone(),
    }
}
