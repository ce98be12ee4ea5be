"""The agent in every machine: takes deployments from Heat, carries each out once, and signals how it went.

It knows tasks, not services: all it needs is in the document of the deployment and in what the bake put
under /opt/ptero. Python's standard library only, as the virtualenvs belong to the services.
"""
