"""
collection.py - a list as the API answers it: pages, links to the next one, an empty one.

Does      applies a query to entities and cuts the page that was asked for.
Not here  the query (odata.py), permission and paths (defender.py).
Rules     defender-docs api/get-machines.md (pages of 10,000; 404 when there is none),
          api/apis-intro.md (nextLink); a page of $top has no link.
"""

from __future__ import annotations

import urllib.parse
from dataclasses import dataclass

from service.odata import Entity, Properties, Query

PAGE_SIZE = 10000
OPTIONS = ("$filter", "$orderby", "$top", "$skip", "$count")


@dataclass
class Paging:
    """How lists are answered. Fields may be changed between requests.

    page_size  entities a page
    links      "own": the next page is at the URL the request came to; "none": there is no link, and
               $skip has to be used; "circle": the link of each page leads to itself; any other
               value is the origin that the link names
    empty      "404" or "value": what an empty list is answered with
    """

    page_size: int = PAGE_SIZE
    links: str = "own"
    empty: str = "404"


def answer_list(
    entities: list[Entity],
    query: Query,
    properties: Properties,
    paging: Paging,
    origin: str,
    path: str,
) -> dict[str, object] | None:
    """The answer's object; None: there is nothing, and that is a 404. Raises ODataProblem."""
    chosen = query.apply(entities, properties)
    skip, top = query.number("$skip") or 0, query.number("$top")
    size = paging.page_size if top is None else min(top, paging.page_size)
    page = [e if isinstance(e, dict) else e.entity() for e in chosen[skip : skip + size]]
    if not page and paging.empty == "404":
        return None
    kind = path.rsplit("/", 1)[-1]
    value: dict[str, object] = {"@odata.context": f"{origin}/api/$metadata#{kind}"}
    if query.options.get("$count") == "true":
        value["@odata.count"] = len(chosen)
    value["value"] = page
    # A link leads on to what was asked for and did not fit; what is beyond $top was not asked for.
    if skip + size < len(chosen) and (top is None or size < top) and paging.links != "none":
        left = None if top is None else top - size
        value["@odata.nextLink"] = _link(query, paging, origin, path, skip + size, left)
    return value


def _link(
    query: Query, paging: Paging, origin: str, path: str, skip: int, top: int | None
) -> str:
    if paging.links == "circle":
        skip = query.number("$skip") or 0
    elif paging.links != "own":
        origin = paging.links
    options = {**query.other, **query.options, "$skip": str(skip)}
    if top is not None:
        options["$top"] = str(top)
    text = urllib.parse.urlencode(options, safe="$'(),", quote_via=urllib.parse.quote)
    return f"{origin}{path}?{text}"
