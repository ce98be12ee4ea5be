"""What services lack and get from us: only its own arithmetic, as the services' libraries are not here."""

import importlib.util
import os
import sys
import types
import unittest
from unittest import mock

HERE = os.path.dirname(__file__)
AUTH = os.path.join(HERE, "..", "..", "puppet", "ptero", "files", "site", "ptero_auth_site.py")


def load():
    crypto = types.ModuleType("Crypto.PublicKey")
    crypto.RSA = None
    spec = importlib.util.spec_from_file_location("ptero_auth_site", AUTH)
    module = importlib.util.module_from_spec(spec)
    with mock.patch.dict(sys.modules, {"Crypto": types.ModuleType("Crypto"), "Crypto.PublicKey": crypto}):
        with mock.patch.dict(os.environ):
            os.environ.pop("DATABASE_URL", None)
            spec.loader.exec_module(module)
    return module


class Auth(unittest.TestCase):
    def test_the_bytes_of_a_key_follow_from_the_seed_alone(self):
        stream = load().stream
        one, same, other = stream(b"a"), stream(b"a"), stream(b"b")
        whole = one(100)
        self.assertEqual(whole, same(7) + same(61) + same(32))
        self.assertNotEqual(whole, other(100))
        self.assertNotEqual(one(100), whole)

    def test_nothing_is_made_where_there_are_no_settings(self):
        self.assertIsNone(load().app)
