import os
import tempfile
import time
import unittest

from bakery import seed


class Inside:
    def __init__(self):
        self.ran = []

    def run(self, command):
        self.ran.append(command)


class Lists(unittest.TestCase):
    def ran(self, age_s):
        """What is run in a copy of a seed of this age."""
        inside = Inside()
        with tempfile.NamedTemporaryFile() as made:
            then = time.time() - age_s
            os.utime(made.name, (then, then))
            seed.refresh_lists(made.name, inside)
        return inside.ran

    def test_of_an_old_seed_are_asked_for_anew(self):
        self.assertEqual(self.ran(seed.LISTS_FRESH_S + 60), [["apt-get", "-q", "update"]])

    def test_of_a_new_one_are_not(self):
        self.assertEqual(self.ran(60), [])
