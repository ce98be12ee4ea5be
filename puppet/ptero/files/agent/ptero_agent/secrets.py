"""Passwords of a document, and the removal of them from what is said about it: logs of services may show them."""

import re
from urllib.parse import unquote

IN_ADDRESS = re.compile(r"://[^/@:]*:([^/@]+)@")
NAMES = re.compile(r"password|secret", re.IGNORECASE)
# What is shorter would be found by chance in any text.
LENGTH_MIN = 4


def hider(document):
    """A function that takes every password of `document` out of a text."""
    known = sorted(found(document), key=len, reverse=True)

    def hide(text):
        for secret in known:
            text = text.replace(secret, "***")
        return text

    return hide


def found(value, name=""):
    if isinstance(value, dict):
        return {secret for key, inner in value.items() for secret in found(inner, key)}
    if isinstance(value, list):
        return {secret for inner in value for secret in found(inner, name)}
    if not isinstance(value, str):
        return set()
    secrets = {form for raw in IN_ADDRESS.findall(value) for form in (raw, unquote(raw))}
    if NAMES.search(name):
        secrets.add(value)
    return {secret for secret in secrets if len(secret) >= LENGTH_MIN}
