"""The statuses of workflows, executions and jobs, and their order."""

FINAL = frozenset({"succeeded", "failed", "errored", "canceled"})
_RANK = {"new": 0, "scheduled": 1, "submitted": 2, "running": 3}


def is_final(status):
    """Whether nothing may follow this status."""
    return status in FINAL


def follows(new, old):
    """Whether `new` may replace `old`.

    Webhooks overtake each other, so a late or repeated one must not turn a
    status back.
    """
    if is_final(old):
        return False
    return is_final(new) or _RANK[new] > _RANK[old]


def all_known():
    """Every status, for checking what callers send."""
    return FINAL | set(_RANK)
