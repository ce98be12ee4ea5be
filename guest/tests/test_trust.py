"""A real HTTPS server whose authority no system knows."""

import http.server
import json
import os
import ssl
import subprocess
import tempfile
import threading
import unittest
from unittest import mock

import upload
from ptero_agent import cloud


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"ok": true}')

    def log_message(self, *_):
        pass


class Trust(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.ca, key = os.path.join(folder.name, "ca.pem"), os.path.join(folder.name, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", key, "-out", self.ca, "-days", "2", "-subj", "/CN=cloud",
                        "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.ca, key)
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)

    def test_the_agent_reaches_it_with_its_authority_only(self):
        with mock.patch.object(cloud, "CLOUD_CA", f"{self.ca}.none"), self.assertRaises(OSError):
            cloud.open_url("GET", self.url)
        with mock.patch.object(cloud, "CLOUD_CA", self.ca), cloud.open_url("GET", self.url) as answer:
            self.assertEqual(json.load(answer), {"ok": True})

    def test_an_upload_reaches_it_with_its_authority_only(self):
        with open(self.ca, encoding="ascii") as file:
            ca = file.read()
        for given, expected in ((None, ssl.SSLCertVerificationError), (ca, None)):
            connection, path = upload.connect(self.url, given)
            self.addCleanup(connection.close)
            if expected:
                self.assertRaises(expected, connection.request, "GET", path)
                continue
            connection.request("GET", path)
            self.assertEqual(connection.getresponse().status, 200)
