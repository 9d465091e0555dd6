"""
stand_in.py - a sign-in host and an API host that cost next to nothing: nginx on loopback with fixed answers.

Does      makes a chain as the real hosts have it (RSA: root 2048, intermediate 4096, leaf 2048); writes nginx's configuration; starts
          it, one process; answers one token request and any number of releases; writes down each request.
Not here  what a strict service looks at (tests/service): the peers here send more than it takes.
Limits    a request must be the right POST to the right host, and a release must have the token; the bodies are not looked at.
Rules     TLS 1.2 and 1.3, session tickets, kept connections, as nginx does by itself.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

from service.actions import new_action
from service.entra import TENANT, Entra
from service.machines import Machine
from service.message import json_answer

START_SECONDS = 20
LOGIN_HOST, API_HOST = "login.microsoftonline.com", "api.security.microsoft.com"
NAMES = f"subjectAltName=DNS:localhost,DNS:{LOGIN_HOST},DNS:{API_HOST},IP:127.0.0.1"

NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    log_format line '$server_port $connection $request_method $request_uri $status $content_length';
    access_log {folder}/requests.log line;
    geo $dollar {{ default '$'; }}
    ssl_certificate {folder}/chain.pem;
    ssl_certificate_key {folder}/leaf.key;
    default_type application/json;
    ssl_protocols TLSv1.2 TLSv1.3;
    server {{
        listen 127.0.0.1:{login} ssl; listen [::1]:{login} ssl;
        location = /{tenant}/oauth2/v2.0/token {{
            if ($request_method != POST) {{ return 405; }}
            return 200 '{token_answer}';
        }}
        location / {{ return 404; }}
    }}
    server {{
        listen 127.0.0.1:{api} ssl; listen [::1]:{api} ssl;
        location ~ ^/api/machines/([0-9a-f]*)/unisolate$ {{
            if ($request_method != POST) {{ return 405; }}
            if ($http_authorization != 'Bearer {token}') {{ return 401; }}
            return 201 '{action_answer}';
        }}
        location / {{ return 404; }}
    }}
}}
"""


def make_chain(folder: Path) -> None:
    """chain.pem and leaf.key; root.pem is what a client trusts."""
    config = folder / "openssl.cnf"
    config.write_text("[req]\ndistinguished_name=n\n[n]\n")
    authority = ["-addext", "basicConstraints=critical,CA:true", "-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    leaf = ["-addext", "basicConstraints=critical,CA:false", "-addext", "extendedKeyUsage=serverAuth", "-addext", NAMES]
    for name, issuer, bits, extensions in (
        ("root", "", 2048, authority), ("intermediate", "root", 4096, authority), ("leaf", "intermediate", 2048, leaf)
    ):
        command = ["openssl", "req", "-config", config, "-x509", "-newkey", f"rsa:{bits}", "-nodes", "-days", "30", "-sha256"]
        command += ["-subj", f"/O=Unisolate Test/CN=Bench {name}", "-keyout", f"{name}.key", "-out", f"{name}.pem", *extensions]
        if issuer:
            command += ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    (folder / "chain.pem").write_text((folder / "leaf.pem").read_text() + (folder / "intermediate.pem").read_text())


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


class StandIn:
    """The two hosts. `login` and `api` are their ports, `root` the certificate to trust."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "root.pem"
        self.login, self.api = free_ports(2)
        self._process: subprocess.Popen[bytes] | None = None
        self._read = 0

    def start(self) -> "StandIn":
        make_chain(self.folder)
        token = Entra().issue()
        token_answer = {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token}
        action = new_action(Machine("MACHINE"), "clean")
        configuration = self.folder / "nginx.conf"
        configuration.write_text(NGINX.format(
            folder=self.folder, login=self.login, api=self.api, tenant=TENANT, token=token,
            token_answer=self._body(token_answer), action_answer=self._body(action).replace("MACHINE", "$1")))
        nginx = shutil.which("nginx")
        if nginx is None:
            raise RuntimeError("there is no nginx")
        self._process = subprocess.Popen([nginx, "-p", self.folder, "-c", configuration], stderr=subprocess.DEVNULL)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.api), 1).close()
                return self
            except OSError:
                time.sleep(0.02)
        self.stop()
        raise RuntimeError(f"nginx does not start: {(self.folder / 'error.log').read_text()[-500:]}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    def requests(self) -> list[dict[str, str]]:
        """Those since the last look."""
        time.sleep(0.05)
        lines = (self.folder / "requests.log").read_text().splitlines()
        new, self._read = lines[self._read:], len(lines)
        host = {str(self.login): "login", str(self.api): "api"}
        rows = [line.split() for line in new]
        return [{"host": host[row[0]], "connection": row[1], "request": f"{row[2]} {row[3]}", "status": row[4]} for row in rows]

    @staticmethod
    def _body(value: dict[str, object]) -> str:
        return json_answer(200, value).body.decode().replace("$", "${dollar}")
