"""Settings come from the environment only, by the names PTero uses."""

import os


class MissingSetting(RuntimeError):
    """A required environment variable is not set."""


def required(name):
    """The variable's text; starting without it would only fail later and darker."""
    value = os.environ.get(name, "")
    if not value:
        raise MissingSetting(f"environment variable {name} is required")
    return value


def number(name, default):
    """The variable as a float, or the default when it is not set."""
    return float(os.environ.get(name) or default)


def no_such_entity_status():
    """HTTP status for an unknown entity; 410 keeps callers from retrying."""
    return int(number("PTERO_NO_SUCH_ENTITY_STATUS_CODE", 404))
