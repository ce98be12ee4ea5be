import tempfile
import unittest

from bakery import job


def raw(**changes):
    recipe = {"name": "redis", "digest": "d", "base": "b", "class": "ptero::image::redis", "data": {}, "sources": {}}
    return {"version": 1, "work_dir": "/w", "payload_dir": "/p", "bases": {"b": {"url": "http://x/b"}},
            "recipes": [{**recipe, **changes}]}


class Parse(unittest.TestCase):
    def test_reads_a_recipe(self):
        parsed = job.parse(raw())
        self.assertEqual(parsed.recipes[0].file_name, "redis-d.raw")
        self.assertIsNone(parsed.bases["b"].checksum)

    def test_refuses_what_it_does_not_know(self):
        for changes in ({"class": "ptero::image::mysql"}, {"base": "c"}, {"name": "../x"},
                        {"sources": {"a": "no-such.tar"}}):
            with self.subTest(changes), self.assertRaises(ValueError):
                job.parse(raw(**changes))
        with self.assertRaises(ValueError):
            job.parse({**raw(), "version": 2})

    def test_refuses_one_image_twice(self):
        twice = raw()
        twice["recipes"] *= 2
        with self.assertRaises(ValueError):
            job.parse(twice)

    def test_finds_sources_in_the_payload(self):
        with tempfile.NamedTemporaryFile(dir="/tmp") as tar:
            name = tar.name.rsplit("/", 1)[1]
            parsed = job.parse({**raw(sources={"a": name}), "payload_dir": "/tmp"})
            self.assertEqual(parsed.recipes[0].sources, {"a": tar.name})
