"""What a job document has to look like."""

# No NUL: neither the kernel nor PostgreSQL can take one.
_TEXT = {"type": "string", "pattern": "^[^\\x00]*$"}
_URLS = {"type": "object", "additionalProperties": {"type": ["string", "array"], "items": {"type": "string"}}}

JOB = {
    "type": "object",
    "required": ["commandLine", "user", "workingDirectory"],
    "additionalProperties": False,
    "properties": {
        "commandLine": {"type": "array", "minItems": 1, "items": _TEXT},
        "user": {**_TEXT, "minLength": 1},
        "workingDirectory": {**_TEXT, "minLength": 1},
        "environment": {
            "type": "object",
            "propertyNames": {"pattern": "^[^=\\x00]+$"},
            "additionalProperties": _TEXT,
        },
        "umask": {"type": "string", "pattern": "^[0-7]{1,4}$"},
        "stdin": {"type": "string"},
        "webhooks": _URLS,
    },
}
CANCEL = {
    "type": "object",
    "required": ["status"],
    "additionalProperties": False,
    "properties": {"status": {"const": "canceled"}},
}
