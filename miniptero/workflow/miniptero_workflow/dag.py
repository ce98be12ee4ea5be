"""What to do next: a pure function of the document and its executions."""

from dataclasses import dataclass, field

from . import documents
from miniptero_common import statuses


@dataclass(frozen=True)
class Start:
    """An execution that has to be made now."""

    task: str
    method: int
    position: int
    inputs: dict


@dataclass
class Decision:
    """Executions to start, and how the workflow ended if it did."""

    starts: list = field(default_factory=list)
    status: str | None = None
    outputs: dict | None = None


def decide(document, executions):
    """Look at all executions so far and decide how the workflow goes on.

    An execution needs task, method, position, status and outputs.
    """
    seen = {}
    for execution in executions:
        seen.setdefault((execution.task, execution.position), []).append(execution)
    finished = {documents.INPUT: document.get("inputs", {})}
    decision = Decision()
    for name in documents.order(document):
        inputs = _gather(document, name, finished)
        if inputs is None:
            continue
        state, outputs, starts = _task(name, document["tasks"][name], inputs, seen)
        decision.starts += starts
        if state == "succeeded":
            finished[name] = outputs
        elif state == "failed":
            return Decision(status="failed")
    if len(finished) == len(document["tasks"]) + 1:
        decision.status = "succeeded"
        decision.outputs = _gather(document, documents.OUTPUT, finished) or None
    return decision


def required_outputs(document, task):
    """Properties that a job of the task has to set, as links carry them on."""
    links = [link for link in document["links"] if link["source"] == task]
    return {source for link in links for source, _ in documents.flows(link)}


def _gather(document, name, finished):
    """The inputs of a task from its finished sources; None if one is not."""
    values = {}
    for link in document["links"]:
        if link["destination"] == name:
            if link["source"] not in finished:
                return None
            for source, destination in documents.flows(link):
                values[destination] = finished[link["source"]].get(source)
    return values


def _task(name, task, inputs, seen):
    """State, outputs and executions to start of one task that may run."""
    parallel_by = task.get("parallelBy")
    if parallel_by is None:
        items = [inputs]
    elif isinstance(inputs[parallel_by], list):
        items = [{**inputs, parallel_by: value} for value in inputs[parallel_by]]
    else:
        return "failed", None, []
    results, starts, state = [], [], "succeeded"
    for position, item in enumerate(items):
        runs = sorted(seen.get((name, position), []), key=lambda run: run.method)
        last = runs[-1] if runs else None
        if last and last.status == "succeeded":
            results.append(last.outputs or {})
        elif last and not statuses.is_final(last.status):
            state = "running"
        elif len(runs) < len(task["methods"]):
            # The first try, or the next method after one that failed.
            starts.append(Start(name, len(runs), position, item))
            state = "running"
        else:
            return "failed", None, []
    if parallel_by is None:
        return state, results[0] if results else None, starts
    keys = {key for result in results for key in result}
    return state, {key: [result.get(key) for result in results] for key in keys}, starts
