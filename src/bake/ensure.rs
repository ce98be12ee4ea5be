//! Images of a tag: what is there is used, what is missing is made.

use indexmap::IndexMap;
use jiff::Timestamp;

use crate::bake::boot::{self, Machine};
use crate::bake::builder::Builder;
use crate::bake::machine::MachineInput;
use crate::bake::run::Kitchen;
use crate::bake::{observe, upload};
use crate::config::BuildMachine;
use crate::error::{Failure, Kind};
use crate::image::{Recipe, TAGS_PROPERTY};
use crate::openstack::client::Cloud;
use crate::openstack::glance::Image;
use crate::plan::flavor::{self, BUILD_MACHINE, FlavorFact};
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

    /// Makes what is missing; with nothing missing, writes nothing to the cloud.
    pub async fn ensure(&self, interrupt: &Interrupt) -> Result<Images, Failure> {
        if self.config.build.build_machine_network.is_some() {
            // Ignoring it would put the machine where the operator did not want it.
            let message = "`images.build.build_machine_network` is not in this version";
            return Err(Failure::new(Kind::Usage, message)
                .hint("without it the build machine gets a network of its own"));
        }
        let (plan, facts) = self.plan().await?;
        for (name, id) in &plan.kept {
            self.reporter.note(name, format!("image {id} is there"));
        }
        if plan.is_nothing() {
            return self.found(&facts);
        }
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
        let missing: Vec<Recipe> = self
            .identified
            .recipes
            .iter()
            .filter(|recipe| plan.built.iter().any(|name| name == recipe.name().as_str()))
            .cloned()
            .collect();
        if !missing.is_empty() {
            self.make(&missing, interrupt).await?;
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

    async fn make(&self, missing: &[Recipe], interrupt: &Interrupt) -> Result<(), Failure> {
        boot::sweep(self.cloud, self.reporter).await?;
        upload::sweep(self.cloud).await?;
        let _careful = interrupt.careful();
        match &self.config.build.build_machine {
            BuildMachine::Local => {
                if !rustix::process::geteuid().is_root() {
                    return Err(Failure::new(
                        Kind::Usage,
                        "`build_machine_image: local` bakes on this host and needs root",
                    ));
                }
                self.until_stopped(&Builder::Local, missing, interrupt)
                    .await
            }
            BuildMachine::Image(image) => {
                let machine = self.machine(image).await?;
                let result = self
                    .until_stopped(&machine.builder, missing, interrupt)
                    .await;
                boot::remove(self.cloud, self.reporter, &machine.stack).await;
                result
            }
        }
    }

    async fn until_stopped(
        &self,
        builder: &Builder,
        missing: &[Recipe],
        interrupt: &Interrupt,
    ) -> Result<(), Failure> {
        tokio::select! {
            result = self.bake(builder, missing) => result,
            () = interrupt.requested() => Err(Failure::new(Kind::Failed, "the build was stopped")
                .hint("images that were finished stay and are not made again")),
        }
    }

    async fn machine(&self, image: &str) -> Result<Machine, Failure> {
        let stack = self.config.stacks.values().next();
        let public_net = self.config.build.public_net_id.as_deref();
        let public_net = public_net.or(stack.map(|stack| stack.public_net_id.as_str()));
        let public_net = public_net.ok_or_else(|| {
            Failure::new(
                Kind::Usage,
                "no public network is known for the build machine",
            )
            .hint("set `images.build.public_net_id`")
        })?;
        let (flavor, image, network) = tokio::try_join!(
            self.machine_flavor(),
            async { Ok(self.cloud.glance().find(image).await?) },
            async { Ok(self.cloud.neutron().network(public_net).await?) },
        )?;
        boot::boot(self.cloud, self.reporter, |keys| {
            Ok(boot::new_stack(&MachineInput {
                image: &image.id,
                flavor: &flavor,
                public_net: &network.id,
                dns_nameservers: stack.map_or(&[], |stack| &stack.dns_nameservers),
                user_data: &keys.user_data(),
            }))
        })
        .await
    }

    async fn machine_flavor(&self) -> Result<String, Failure> {
        let named = self.config.build.build_machine_flavor.as_deref();
        choose_flavor(
            self.cloud,
            named,
            BUILD_MACHINE,
            "images.build.build_machine_flavor",
        )
        .await
    }
}

/// The flavor that is `named`, checked, or the smallest that is enough.
pub async fn choose_flavor(
    cloud: &Cloud,
    named: Option<&str>,
    need: flavor::Need,
    key: &str,
) -> Result<String, Failure> {
    if let Some(named) = named {
        return Ok(cloud.nova().flavor(named).await?.name);
    }
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
