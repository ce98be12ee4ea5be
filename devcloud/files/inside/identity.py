"""Fills Keystone: projects, users, roles, services, endpoints. One process, because each CLI call costs 1-2 s.

Reads its parameters as JSON on stdin. May be run again: it creates only what is missing.
"""
import json
import sys

from keystoneauth1 import session
from keystoneauth1.identity import v3
from keystoneclient.v3 import client

given = json.load(sys.stdin)
auth = v3.Password(auth_url=given["auth_url"], username="admin", password=given["admin_password"], project_name="admin",
                   user_domain_name="Default", project_domain_name="Default")
keystone = client.Client(session=session.Session(auth=auth), endpoint_override=given["auth_url"])


def ensure(manager, name, create, **scope):
    """The object of that name, made if there is none."""
    for found in manager.list(**scope):
        if found.name == name:
            return found
    return create()


def role(name):
    return ensure(keystone.roles, name, lambda: keystone.roles.create(name))


def project(name):
    return ensure(keystone.projects, name, lambda: keystone.projects.create(name, "default"))


def user(name, password, domain="default"):
    return ensure(keystone.users, name, lambda: keystone.users.create(name, domain=domain, password=password), domain=domain)


admin, member, service_role = role("admin"), role("member"), role("service")
stack_owner = role("heat_stack_owner")
role("heat_stack_user")  # Heat gives it to the users it makes for servers.

demo, demo_user = project("demo"), user("demo", given["demo_password"])
for granted in (member, stack_owner):
    keystone.roles.grant(granted, user=demo_user, project=demo)

service_project = project("service")
for name in given["service_users"]:
    service_user = user(name, given["service_password"])
    for granted in (admin, service_role):
        keystone.roles.grant(granted, user=service_user, project=service_project)

heat = ensure(keystone.domains, "heat", lambda: keystone.domains.create("heat"))
heat_admin = user("heat_domain_admin", given["heat_domain_password"], heat)
keystone.roles.grant(admin, user=heat_admin, domain=heat)

known = {(e.service_id, e.interface) for e in keystone.endpoints.list()}
for entry in given["services"]:
    service = ensure(keystone.services, entry["name"], lambda: keystone.services.create(entry["name"], type=entry["type"]))
    for interface in ("public", "internal", "admin"):
        if (service.id, interface) not in known:
            keystone.endpoints.create(service, entry["url"], interface=interface, region=given["region"])
