import unittest

from bakery import puppet


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
