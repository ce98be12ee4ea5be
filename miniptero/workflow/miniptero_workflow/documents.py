"""What a workflow document has to look like, and whether it makes sense."""

INPUT = "input connector"
OUTPUT = "output connector"

_NAME = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^\\x00]*$"}
_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_URLS = {"type": "object", "additionalProperties": {"type": ["string", "array"], "items": {"type": "string"}}}

_METHOD = {
    "type": "object",
    "required": ["name", "service", "serviceUrl", "parameters"],
    "additionalProperties": False,
    "properties": {
        "name": _NAME,
        "service": {"enum": ["job"]},
        "serviceUrl": {"type": "string", "pattern": "^https?://"},
        "serviceDataToSave": {"type": "array", "minItems": 1, "items": _NAME},
        "parameters": {
            "type": "object",
            "required": ["commandLine", "user", "workingDirectory"],
            "properties": {
                "commandLine": {"type": "array", "minItems": 1, "items": {"type": "string"}},
                "user": {"type": "string"},
                "workingDirectory": {"type": "string"},
                "environment": _TEXTS,
            },
        },
    },
}
_TASK = {
    "type": "object",
    "required": ["methods"],
    "additionalProperties": False,
    "properties": {"methods": {"type": "array", "minItems": 1, "items": _METHOD}, "parallelBy": _NAME},
}
_LINK = {
    "type": "object",
    "required": ["source", "destination"],
    "additionalProperties": False,
    "properties": {
        "source": _NAME,
        "destination": _NAME,
        "dataFlow": {
            "type": "object",
            "additionalProperties": {"type": ["string", "array"], "items": {"type": "string"}},
        },
    },
}
WORKFLOW = {
    "type": "object",
    "required": ["tasks", "links"],
    "additionalProperties": False,
    "properties": {
        "name": _NAME,
        "inputs": {"type": "object"},
        "tasks": {"type": "object", "additionalProperties": _TASK},
        "links": {"type": "array", "minItems": 1, "items": _LINK},
        "webhooks": _URLS,
    },
}
CANCEL = {
    "type": "object",
    "required": ["is_canceled"],
    "additionalProperties": False,
    "properties": {"is_canceled": {"const": True}},
}
RESULTS = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": False,
    "properties": {"outputs": {"type": "object"}, "data": {"type": "object"}},
}
CALLBACK = {"type": "object"}


class Nonsense(ValueError):
    """The document fits the schema but cannot be run."""


def flows(link):
    """The link's data flow as pairs of source and destination property."""
    for source, destinations in link.get("dataFlow", {}).items():
        for destination in [destinations] if isinstance(destinations, str) else destinations:
            yield source, destination


def order(document):
    """The task names, each after the tasks it waits for."""
    waiting = {name: set() for name in document["tasks"]}
    for link in document["links"]:
        if link["source"] != INPUT and link["destination"] != OUTPUT:
            waiting[link["destination"]].add(link["source"])
    done = []
    while waiting:
        ready = sorted(name for name, sources in waiting.items() if sources <= set(done))
        if not ready:
            raise Nonsense(f"cycle among the tasks {', '.join(sorted(waiting))}")
        done += ready
        for name in ready:
            del waiting[name]
    return done


def check(document):
    """Raise Nonsense unless every task and the end can be reached."""
    tasks, links = document["tasks"], document["links"]
    inputs = document.get("inputs", {})
    if {INPUT, OUTPUT} & set(tasks):
        raise Nonsense("a task has the name of a connector")
    for link in links:
        if link["source"] not in {INPUT, *tasks}:
            raise Nonsense(f"link from unknown task `{link['source']}`")
        if link["destination"] not in {OUTPUT, *tasks}:
            raise Nonsense(f"link to unknown task `{link['destination']}`")
        for source, destination in flows(link):
            if link["source"] == INPUT and source not in inputs:
                raise Nonsense(f"link needs the input `{source}`, which is not given")
            parallel_by = tasks.get(link["destination"], {}).get("parallelBy")
            if link["source"] == INPUT and destination == parallel_by and not isinstance(inputs[source], list):
                raise Nonsense(f"task `{link['destination']}` is parallel by `{source}`, which is not a list")
    for name in {*tasks, OUTPUT} - {link["destination"] for link in links}:
        raise Nonsense(f"no link leads to `{name}`")
    for name, task in tasks.items():
        given = {there for link in links if link["destination"] == name for _, there in flows(link)}
        if "parallelBy" in task and task["parallelBy"] not in given:
            raise Nonsense(f"task `{name}` is parallel by `{task['parallelBy']}`, which no link gives it")
    order(document)
