"""
service.py - the whole fake service: the sign-in server and the API server, started and stopped
    together.

Does      two origins on loopback with one log; knows every secret that was ever in play.
Not here  what they answer (entra.py, defender.py).
"""

from __future__ import annotations

import ssl
from typing import Sequence

from service import pki
from service.defender import Defender
from service.entra import Entra
from service.server import Log, Server
from service.stream import server_context

LOOPBACK = ("127.0.0.1", "::1")


class Service:
    """The service. `login` and `api` are its two servers."""

    def __init__(
        self,
        login_addresses: Sequence[str] = LOOPBACK,
        api_addresses: Sequence[str] = LOOPBACK,
        port: int = 0,
    ) -> None:
        self.pki = pki.shared()
        self.log = Log()
        self.entra = Entra()
        self.defender = Defender(self.entra.issued)
        self.login = Server(
            "login",
            self.entra.handle,
            self.log,
            pki.HOSTS + ("127.0.0.1", "[::1]"),
            self.context("good"),
            tuple(login_addresses),
            port,
        )
        self.api = Server(
            "api",
            self.defender.handle,
            self.log,
            pki.HOSTS + ("127.0.0.1", "[::1]"),
            self.context("good"),
            tuple(api_addresses),
            port,
        )

    def context(self, certificate: str, **settings) -> ssl.SSLContext:
        """TLS settings with the named certificate of pki.PLANS."""
        return server_context(
            self.pki.certificate(certificate), self.pki.key(certificate), **settings
        )

    def start(self) -> "Service":
        self.login.start()
        self.api.start()
        return self

    def stop(self) -> None:
        self.login.stop()
        self.api.stop()

    def secrets(self) -> list[str]:
        """Everything that must never be shown."""
        return [
            self.entra.secret,
            *self.entra.issued,
            *self.entra.assertions,
            *self.entra.federated,
            *self.entra.devices,
        ]
