"""The WSGI application of PTero's auth service, which makes one but has no module that a server could load.

Runs under the service's own Python, 2.7. Its tokens are signed with an RSA key. An operator may give one
(SIGNATURE_KEY, PEM); otherwise it is worked out of the stack's own secret (PTERO_SIGNATURE_SEED), so that it is the
same on every member and after every update without being kept anywhere.
"""

import hashlib
import hmac
import os

from Crypto.PublicKey import RSA

KEY_BITS = 2048


def stream(seed):
    """A function that returns ever new bytes, the same ones in the same order for the same seed."""
    state = {"count": 0, "left": b""}

    def read(size):
        while len(state["left"]) < size:
            block = hmac.new(seed, b"ptero-auth signature %d" % state["count"], hashlib.sha256)
            state["count"] += 1
            state["left"] += block.digest()
        taken, state["left"] = state["left"][:size], state["left"][size:]
        return taken

    return read


def signature_key(seed):
    return RSA.generate(KEY_BITS, stream(seed)).exportKey("PEM")


def make():
    # The service reads its settings when it is imported and when it is made.
    if not os.environ.get("SIGNATURE_KEY"):
        os.environ["SIGNATURE_KEY"] = signature_key(os.environ["PTERO_SIGNATURE_SEED"].encode("ascii"))
    from ptero_auth.api.application import create_app
    from ptero_auth.settings import get_from_env
    return create_app(get_from_env())


# Only a server that loads this module as an application has the settings.
app = make() if "DATABASE_URL" in os.environ else None
