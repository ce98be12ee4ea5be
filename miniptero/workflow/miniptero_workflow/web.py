"""The HTTP interface; gunicorn serves `miniptero_workflow.web:app`."""

from flask import jsonify, request
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import BadRequest, Conflict

from . import documents, engine, release, reports, urls
from .celery_app import app as celery_app
from .models import DATABASE, Workflow
from miniptero_common import statuses, web
from miniptero_common.web import NoSuchEntity

app = web.make_app(__name__, release.VERSION, celery_app, DATABASE)

# The largest id the column can hold; PostgreSQL would answer a larger one
# with an error rather than with nothing.
_ID_MAX = 2**31 - 1


@app.post("/v1/workflows")
def submit():
    document = web.document(documents.WORKFLOW)
    try:
        documents.check(document)
        shown = DATABASE.run(lambda session: _shown(engine.submit(session, document)))
    except documents.Nonsense as problem:
        raise BadRequest(str(problem)) from problem
    except IntegrityError as problem:
        raise BadRequest(f"a workflow named `{document.get('name')}` exists") from problem
    return jsonify(shown), 201, {"Location": urls.workflow(shown["id"])}


@app.get("/v1/workflows")
def find():
    name = request.args.get("name")
    if not name:
        raise BadRequest("the query `name` is required")
    query = select(Workflow).where(Workflow.name == name.replace("\0", ""))
    return jsonify(DATABASE.run(lambda session: _shown(_found(session.scalar(query), "workflow"))))


@app.get("/v1/workflows/<workflow_id>")
def show(workflow_id):
    return jsonify(DATABASE.run(lambda session: _shown(_workflow(session, workflow_id))))


@app.patch("/v1/workflows/<workflow_id>")
def cancel(workflow_id):
    if set(web.document({"type": "object"})) - {"is_canceled"}:
        raise Conflict("only `is_canceled` can be changed")
    web.document(documents.CANCEL)

    def work(session):
        workflow = _workflow(session, workflow_id, lock=True)
        engine.cancel(session, workflow)
        return _shown(workflow)

    return jsonify(DATABASE.run(work))


@app.delete("/v1/workflows/<workflow_id>")
def delete(workflow_id):
    DATABASE.run(lambda session: engine.delete(session, _workflow(session, workflow_id, lock=True)))
    return jsonify({})


@app.get("/v1/executions/<execution_id>")
def show_execution(execution_id):
    return jsonify(DATABASE.run(lambda session: _execution(session, execution_id)[1]))


@app.patch("/v1/executions/<execution_id>")
def report_results(execution_id):
    body = web.document(documents.RESULTS)

    def work(session):
        row, _ = _execution(session, execution_id)
        # Equal outputs are a repeated request, not a second opinion.
        if "outputs" in body and row.outputs not in (None, body["outputs"]):
            raise Conflict("the outputs are set already")
        row.outputs = body.get("outputs", row.outputs)
        row.data = {**row.data, **body.get("data", {})}
        return _execution(session, execution_id)[1]

    return jsonify(DATABASE.run(work))


@app.post("/v1/callbacks/methods/<execution_id>/callbacks/<status>")
def callback(execution_id, status):
    body = web.document(documents.CALLBACK)
    if status not in statuses.all_known():
        raise BadRequest(f"unknown status `{status}`")

    def work(session):
        row, _ = _execution(session, execution_id)
        engine.record(session, row, status, body)

    DATABASE.run(work)
    return jsonify({})


@app.get("/v1/reports/<kind>")
def report(kind):
    if kind not in urls.REPORTS:
        raise NoSuchEntity("report")
    workflow_id = request.args.get("workflow_id")
    if not workflow_id:
        raise BadRequest("the query `workflow_id` is required")
    limit = request.args.get("limit", type=int)
    return jsonify(DATABASE.run(lambda session: reports.make(kind, _workflow(session, workflow_id), limit)))


def _shown(workflow):
    return {
        "id": workflow.id,
        "name": workflow.name,
        "status": workflow.status,
        "reports": urls.reports(workflow.id),
    }


def _found(thing, what):
    if thing is None:
        raise NoSuchEntity(what)
    return thing


def _workflow(session, text, lock=False):
    if not text.isascii() or not text.isdigit() or int(text) > _ID_MAX:
        raise NoSuchEntity("workflow")
    found = engine.lock(session, int(text)) if lock else session.get(Workflow, int(text))
    return _found(found, "workflow")


def _execution(session, execution_id):
    """The locked row, and the document that shows it."""
    row = _found(engine.lock_execution(session, execution_id.replace("\0", "")), "execution")
    return row, reports.execution(session.get(Workflow, row.workflow_id), row)
