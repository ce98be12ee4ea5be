"""Puts into the running cloud what a deployment expects to find: flavors, the network `public`, quotas, images.

Reads its parameters as JSON on stdin. May be run again: it creates only what is missing, and replaces an image whose
content differs. Plain requests instead of openstacksdk, whose import alone takes a second.
"""
import json
import sys

from keystoneauth1 import adapter, session
from keystoneauth1.identity import v3

given = json.load(sys.stdin)
auth = v3.Password(auth_url=given["auth_url"], username="admin", password=given["admin_password"], project_name="admin",
                   user_domain_name="Default", project_domain_name="Default")
login = session.Session(auth=auth)


def api(service_type):
    return adapter.Adapter(login, service_type=service_type, interface="public", connect_retries=10)


compute, network, image, identity = api("compute"), api("network"), api("image"), api("identity")


def flavors():
    known = {f["name"] for f in compute.get("/flavors").json()["flavors"]}
    for flavor in given["flavors"]:
        if flavor["name"] not in known:
            compute.post("/flavors", json={"flavor": flavor})


def public_network():
    wanted = given["public"]
    found = network.get("/v2.0/networks", params={"name": wanted["name"]}).json()["networks"]
    if not found:
        body = {"name": wanted["name"], "router:external": True, "provider:network_type": "flat",
                "provider:physical_network": "public"}
        found = [network.post("/v2.0/networks", json={"network": body}).json()["network"]]
    if not found[0]["subnets"]:
        body = {"network_id": found[0]["id"], "name": wanted["name"], "ip_version": 4, "cidr": wanted["cidr"],
                "gateway_ip": wanted["gateway"], "enable_dhcp": False,
                "allocation_pools": [{"start": wanted["first"], "end": wanted["last"]}]}
        network.post("/v2.0/subnets", json={"subnet": body})


def quotas():
    projects = identity.get("/v3/projects", endpoint_override=given["auth_url"].removesuffix("/v3"),
                            params={"name": "demo"}).json()["projects"]
    compute.put("/os-quota-sets/" + projects[0]["id"], json={"quota_set": given["compute_quota"]})
    network.put("/v2.0/quotas/" + projects[0]["id"], json={"quota": given["network_quota"]})


def images():
    for wanted in given["images"]:
        found = image.get("/v2/images", params={"name": wanted["name"], "owner": login.get_project_id()}).json()["images"]
        good = [i for i in found if i["status"] == "active" and i["os_hash_value"] == wanted["sha512"]]
        if not good:
            body = {"name": wanted["name"], "disk_format": "raw", "container_format": "bare", "visibility": "public",
                    "os_distro": "debian", "os_version": wanted["version"]}
            made = image.post("/v2/images", json=body).json()
            with open(wanted["path"], "rb") as content:
                image.put("/v2/images/" + made["id"] + "/file", data=content,
                          headers={"Content-Type": "application/octet-stream"})
        for old in found:
            if old not in good[:1]:
                image.delete("/v2/images/" + old["id"])


for step in given["steps"]:
    {"flavors": flavors, "public_network": public_network, "quotas": quotas, "images": images}[step]()
