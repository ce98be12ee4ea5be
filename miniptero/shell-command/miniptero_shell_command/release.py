"""Which release this is; /v1/server-info shows it."""

VERSION = "1"
