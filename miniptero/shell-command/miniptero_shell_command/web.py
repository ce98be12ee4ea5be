"""The HTTP interface; gunicorn serves `miniptero_shell_command.web:app`."""

import uuid

from flask import jsonify, request
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import BadRequest, Conflict

from . import documents, jobs, release
from .celery_app import app as celery_app
from .models import DATABASE, Job
from miniptero_common import web
from miniptero_common.web import NoSuchEntity

app = web.make_app(__name__, release.VERSION, celery_app, DATABASE)


@app.post("/v1/jobs")
def create():
    return _submit(str(uuid.uuid4()))


@app.put("/v1/jobs/<job_id>")
def put(job_id):
    try:
        return _submit(str(uuid.UUID(job_id)))
    except ValueError as problem:
        raise BadRequest("the id of a job is a UUID") from problem


@app.get("/v1/jobs/<job_id>")
def show(job_id):
    return jsonify(DATABASE.run(lambda session: jobs.shown(_job(session, job_id))))


@app.patch("/v1/jobs/<job_id>")
def cancel(job_id):
    web.document(documents.CANCEL)

    def work(session):
        job = _job(session, job_id)
        jobs.cancel(session, job)
        session.flush()
        session.expire(job)
        return jobs.shown(job)

    return jsonify(DATABASE.run(work))


@app.delete("/v1/jobs/<job_id>")
def delete(job_id):
    DATABASE.run(lambda session: session.delete(_job(session, job_id)))
    return jsonify({})


def _submit(job_id):
    document = web.document(documents.JOB)

    def work(session):
        job, is_new = jobs.submit(session, job_id, document)
        session.flush()
        session.expire(job)
        return jobs.shown(job), 201 if is_new else 200

    try:
        try:
            shown, status = DATABASE.run(work)
        except IntegrityError:  # somebody put the same job at the same time
            shown, status = DATABASE.run(work)
    except jobs.Different as problem:
        raise Conflict("the id is taken by a job with another document") from problem
    return jsonify(shown), status, {"Location": f"{request.host_url}v1/jobs/{job_id}"}


def _job(session, job_id):
    job = session.get(Job, job_id.lower().replace("\0", ""), with_for_update=request.method != "GET")
    if job is None:
        raise NoSuchEntity("job")
    return job
