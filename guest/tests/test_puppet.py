import os
import tempfile
import unittest

from bakery import chroot, job, puppet


class Errors(unittest.TestCase):
    def case(self, lines, resource, reason):
        errors = puppet.Errors()
        for line in lines:
            errors.line(line)
        self.assertEqual(errors.resource, resource)
        self.assertIn(reason, errors.reason)

    def test_names_the_failing_resource(self):
        self.case(
            [
                "Notice: Compiled catalog",
                "Error: /Stage[main]/Ptero::Image::Application/Package[nonsense]/ensure: change from 'purged' to "
                "'present' failed: Execution of '/usr/bin/apt-get' returned 100",
                "Error: /Stage[main]/Other/Exec[later]: failed",
            ],
            "Package[nonsense]",
            "apt-get",
        )

    def test_names_a_resource_inside_defined_types(self):
        line = ("Error: /Stage[main]/Ptero::Image::Application/Ptero::Application::Virtualenv[workflow]/"
                "Exec[install workflow]/returns: change from 'notrun' to ['0'] failed: exit 1")
        self.case([line], "Exec[install workflow]", "exit 1")

    def test_names_a_resource_with_a_path(self):
        line = "Error: /Stage[main]/X/Exec[create /opt/ptero/a/venv]/returns: change failed"
        self.case([line], "Exec[create /opt/ptero/a/venv]", "failed")

    def test_keeps_the_message_of_a_catalogue_that_does_not_compile(self):
        self.case(["Error: Facter: nothing", "Error: Evaluation Error: no such class"], None, "Evaluation Error")


class Modules(unittest.TestCase):
    def path(self, entry):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        os.makedirs(f"{folder.name}/payload/puppet/site/site/manifests")
        os.makedirs(f"{folder.name}/{chroot.LENT}")
        inside = chroot.Chroot(folder.name, None, {})
        recipe = job.Recipe("a", "d", "b", "ptero::image::application", {"entry": entry}, {}, 4)
        found = puppet.module_path(inside, recipe, f"{folder.name}/payload").split(":")
        return found, os.path.isdir(inside.path(f"{chroot.LENT}/modules/site/manifests"))

    def test_those_of_the_site_are_lent_to_whom_they_are_for(self):
        ours, debians = "/opt/ptero/puppet/modules", "/usr/share/puppet/modules"
        self.assertEqual(self.path({}), ([ours, debians], False))
        self.assertEqual(self.path({"puppet_classes": ["site"]}), ([ours, "/run/ptero-bake/modules", debians], True))
