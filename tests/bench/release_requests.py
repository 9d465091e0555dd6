"""
release_requests.py DEVICE... - a release with Python's requests: a token by client secret, then a POST for each device.

Does      one session, which keeps its connections; from the second device on four at a time.
Limits    nothing is tried again, nothing is paced, nothing is looked up.
Rules     LOGIN_URL, API_URL, CA_FILE, TENANT, CLIENT_ID, SECRET_FILE say where and who.
"""

import os
import sys

import requests

session = requests.Session()
session.verify = os.environ["CA_FILE"]
form = {
    "client_id": os.environ["CLIENT_ID"],
    "grant_type": "client_credentials",
    "scope": "https://api.securitycenter.microsoft.com/.default",
}
with open(os.environ["SECRET_FILE"], encoding="utf-8") as file:
    form["client_secret"] = file.read().strip()
answer = session.post(f"{os.environ['LOGIN_URL']}/{os.environ['TENANT']}/oauth2/v2.0/token", data=form, timeout=30)
answer.raise_for_status()
session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def release(device: str) -> str:
    url = f"{os.environ['API_URL']}/api/machines/{device}/unisolate"
    done = session.post(url, json={"Comment": "clean"}, timeout=30)
    done.raise_for_status()
    return done.json()["status"]


devices = sys.argv[1:]
if len(devices) == 1:
    print(release(devices[0]))
else:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        print(*pool.map(release, devices), sep="\n")
