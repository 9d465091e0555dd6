"""
person.py - the person of a device flow: a browser of a few lines that fills in whatever form it is shown.

Does      opens the page, enters the code, signs in, consents or declines; keeps cookies; follows redirects.
Limits    PAGES forms; loopback only, as the test gives the address.
Rules     RFC 8628 section 3.3. What the pages look like is the server's business: only their forms are read.
"""

from __future__ import annotations

import html.parser
import http.cookiejar
import ssl
import urllib.error
import urllib.parse
import urllib.request

PAGES = 8


class Form(html.parser.HTMLParser):
    """The first form of a page: where it goes, and what it holds already."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "form" and self.action is None:
            self.action = values.get("action") or ""
        elif tag == "input" and values.get("name"):
            self.fields[values["name"]] = values.get("value") or ""


class Person:
    def __init__(self, root: str, timeout: float) -> None:
        self.timeout = timeout
        trust = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=root))
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.browser = urllib.request.build_opener(trust, jar)

    def answer(self, url: str, code: str, agree: bool) -> str:
        """Go through the pages to the last, which has no form; its text."""
        page, at = self.open(url)
        for _ in range(PAGES):
            form = Form(page)
            if form.action is None:
                return page
            known = {"user_code": code, "login": "somebody", "password": "anything"}
            fields = form.fields | {name: value for name, value in known.items() if name in form.fields}
            if "confirm" in fields and not agree:
                del fields["confirm"]
                fields["abort"] = "yes"
                return self.open(urllib.parse.urljoin(at, form.action), fields)[0]
            page, at = self.open(urllib.parse.urljoin(at, form.action), fields)
        raise RuntimeError(f"no end of forms at {at}")

    def open(self, url: str, fields: dict[str, str] | None = None) -> tuple[str, str]:
        body = urllib.parse.urlencode(fields).encode() if fields is not None else None
        try:
            with self.browser.open(url, body, self.timeout) as answer:
                return answer.read().decode(), answer.url
        except urllib.error.HTTPError as error:  # a refusal has a page, too
            return error.read().decode(), error.url
