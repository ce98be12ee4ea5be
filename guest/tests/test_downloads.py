import http.server
import os
import tempfile
import threading
import unittest
from unittest import mock

from bakery import chroot, fetch, job, seed, sources
from bakery.downloads import Downloads, Problem


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


class Index(unittest.TestCase):
    def test_pip_asks_there_and_nowhere_else(self):
        known = chroot.environment(Downloads(pypi_index="https://pypi.example.org/simple"))
        self.assertEqual(known["PIP_INDEX_URL"], "https://pypi.example.org/simple")
        self.assertNotIn("PIP_TRUSTED_HOST", known)
        known = chroot.environment(Downloads(pypi_index="http://pypi.example.org:8080/simple"))
        self.assertEqual(known["PIP_TRUSTED_HOST"], "pypi.example.org")


class Mirror(unittest.TestCase):
    MIRROR = "http://mirror.example.org/debian"

    def case(self, text, expected):
        self.assertEqual(sources.mirrored(text, self.MIRROR)[0], expected)

    def test_takes_the_place_of_debians_archives_only(self):
        self.case("deb http://deb.debian.org/debian bullseye main\ndeb-src [a=b] https://ftp.de.debian.org/debian/ x main",
                  f"deb {self.MIRROR} bullseye main\ndeb-src [a=b] {self.MIRROR} x main")
        self.case("deb http://security.debian.org/ bullseye-security main\n",
                  f"deb {self.MIRROR}-security bullseye-security main\n")
        self.case("URIs: mirror+file:///etc/apt/mirrors/debian.list\nSuites: bookworm bookworm-updates\n",
                  f"URIs: {self.MIRROR}\nSuites: bookworm bookworm-updates\n")
        self.case("URIs: mirror+file:///etc/apt/mirrors/debian-security.list http://deb.debian.org/debian-security\n",
                  f"URIs: {self.MIRROR}-security {self.MIRROR}-security\n")
        others = "deb https://download.example.com/linux/debian bookworm stable\ndeb http://notdebian.org/debian x main\n"
        self.case(others, others)

    def lent(self, text):
        root = tempfile.TemporaryDirectory()
        self.addCleanup(root.cleanup)
        os.makedirs(f"{root.name}/etc/apt/sources.list.d")
        os.mkdir(f"{root.name}/lent")
        chroot.write(f"{root.name}/etc/apt/sources.list.d/debian.sources", text)
        sources.lend(root.name, f"{root.name}/lent", self.MIRROR)
        return root.name

    def test_the_images_own_files_stay(self):
        own = "URIs: http://deb.debian.org/debian\n"
        root = self.lent(own)
        self.assertEqual(sources.read(f"{root}/etc/apt/sources.list.d/debian.sources"), own)
        self.assertEqual(sources.read(f"{root}/lent/sources.list.d/debian.sources"), f"URIs: {self.MIRROR}\n")
        self.assertTrue(os.path.exists(f"{root}/lent/sources.list"))

    def test_an_image_without_debians_archives_is_refused(self):
        with self.assertRaisesRegex(Problem, "apt_mirror"):
            self.lent("URIs: http://ftp.example.org/debian\n")

    def test_apt_reads_what_is_lent(self):
        self.assertEqual(Downloads(apt_mirror=self.MIRROR).apt("/l"),
                         'Dir::Etc::SourceList "/l/sources.list";\nDir::Etc::SourceParts "/l/sources.list.d";\n')
        self.assertIn('CaInfo "/l/ca.pem"', Downloads(ca_bundle="x", apt_mirror="https://m/debian").apt("/l"))
        self.assertEqual(Downloads().apt("/l"), "")

    def test_a_seed_of_another_mirror_is_another(self):
        base = job.Base("d", "http://x/base")
        self.assertNotEqual(seed.name(base, None), seed.name(base, self.MIRROR))
