import http.server
import os
import tempfile
import threading
import unittest
from unittest import mock

from bakery import chroot, fetch, job
from bakery.downloads import Downloads


class Proxy(http.server.BaseHTTPRequestHandler):
    """Answers whatever it is asked for with the URL itself."""

    def do_GET(self):
        answer = self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Proxies(unittest.TestCase):
    def test_nothing_is_said_where_there_is_none(self):
        self.assertEqual(Downloads().proxies(), {})
        self.assertNotIn("http_proxy", chroot.environment(Downloads()))

    def test_programs_inside_an_image_are_told_in_both_spellings(self):
        known = chroot.environment(Downloads(http_proxy="http://proxy:3128", no_proxy=[".example.org"]))
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            self.assertEqual(known[name], "http://proxy:3128")
        self.assertEqual(known["no_proxy"], "localhost,127.0.0.1,169.254.169.254,.example.org")

    def test_base_images_come_through_it(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        own = f"http://127.0.0.1:{server.server_port}"
        proxies = Downloads(http_proxy=own).proxies()
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, proxies):
            for url, asked in (("http://no.such.invalid/base", "http://no.such.invalid/base"), (f"{own}/base", "/base")):
                fetch.base(job.Base("d", url), f"{folder}/base", None, lambda *_: None)
                with open(f"{folder}/base", encoding="ascii") as copy:
                    self.assertEqual(copy.read(), asked)
