"""
odata.py - the query options of a list: $filter, $orderby, $top, $skip, $count.

Does      reads a query strictly; filters, orders and cuts a list of entities as the service does.
Not here  pages and their links (collection.py), the entities (machines.py, actions.py).
Limits    the part of the grammar that the Defender API is known to take: eq ne gt ge lt le, in,
          and or not, parentheses, startswith endswith contains, any of a list of strings.
Rules     OData 4.01 URL conventions 5.1.1 (operators, precedence, literals; quotes in a string are
          doubled), WHATWG URL 5 (+ is a blank); defender-docs api/exposed-apis-odata-samples.md
          (read 2026-11-23).
"""

from __future__ import annotations

import re
import urllib.parse
from dataclasses import dataclass, field
from typing import Callable, Sequence

Entity = dict[str, object]
Test = Callable[[Entity], bool]

GUID = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
DATE = r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?"
TOKEN = re.compile(
    rf"\s*(?:(?P<guid>{GUID})(?![\w-])|(?P<date>{DATE})|(?P<string>'(?:[^']|'')*')"
    r"|(?P<number>-?\d+)\b|(?P<word>[A-Za-z_]\w*)|(?P<mark>[(),/:]))"
)
QUERY_CHARACTERS = re.compile(r"(?:[A-Za-z0-9._~!$'()*,;:@/?+=&-]|%[0-9A-Fa-f]{2})*")
NUMBER_MAX = 10000

FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": lambda text, part: part in text,
}
COMPARISONS: dict[str, Callable[[object, object], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a is not None and a > b,
    "ge": lambda a, b: a is not None and a >= b,
    "lt": lambda a, b: a is not None and a < b,
    "le": lambda a, b: a is not None and a <= b,
}


class ODataProblem(Exception):
    """The query is one that the service refuses."""


@dataclass(frozen=True)
class Literal:
    kind: str  # string, guid, date, number, null, bool
    value: object


@dataclass
class Properties:
    """What may be filtered on, and how.

    types         property -> string, guid, date, number, strings
    guid_literal  how a GUID is written: "bare", "quoted" or "both"
    with_case     strings are compared with case
    words_max     words, marks and literals that a filter may have
    in_lists      `in` is known
    """

    types: dict[str, str]
    guid_literal: str = "bare"
    with_case: bool = False
    words_max: int = 1 << 30
    in_lists: bool = True

    def value(self, entity: Entity, name: str) -> object:
        value = entity.get(name)
        if isinstance(value, str) and self.types[name] == "date":
            return instant(value)
        return self._folded(value)

    def operand(self, name: str, literal: Literal) -> object:
        """The literal as it is compared with the property. Raises ODataProblem."""
        kind = self.types[name]
        wanted = {kind, "null"}
        if kind == "guid":
            wanted = {"null"} | {
                "bare": {"guid"},
                "quoted": {"string"},
                "both": {"guid", "string"},
            }[self.guid_literal]
        if literal.kind not in wanted:
            raise ODataProblem(
                "A binary operator with incompatible types was detected. Found operand types"
                f" 'Edm.{kind.title()}' and 'Edm.{literal.kind.title()}' for '{name}'."
            )
        if kind == "date" and literal.kind == "date":
            return instant(str(literal.value))
        return self._folded(literal.value)

    def text(self, value: object) -> str:
        return str(self._folded(value)) if isinstance(value, str) else ""

    def _folded(self, value: object) -> object:
        return value.lower() if isinstance(value, str) and not self.with_case else value


def instant(text: str) -> str:
    """A time as text that orders as time does: UTC, all digits. Raises ODataProblem."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)(?:T([\d:]{5,8}))?(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?", text)
    if not match or match[4] not in (None, "Z"):
        raise ODataProblem(f"Unrecognized 'Edm.DateTimeOffset' literal '{text}'")
    clock = (match[2] or "00:00:00") + (":00" if match[2] and len(match[2]) == 5 else "")
    return f"{match[1]}T{clock}.{(match[3] or '').ljust(7, '0')}"


class Filter:
    """A $filter, read into a test."""

    def __init__(self, text: str, properties: Properties) -> None:
        self._properties, self._tokens = properties, _tokens(text)
        if len(self._tokens) > properties.words_max:
            raise ODataProblem("The node count limit has been exceeded")
        self._tokens.reverse()
        self.test = self._or()
        if self._tokens:
            raise ODataProblem(f"Syntax error at '{self._peek()}'")

    def _peek(self) -> str:
        return self._tokens[-1][1] if self._tokens else ""

    def _take(self, wanted: str | None = None) -> tuple[str, str]:
        if not self._tokens or (wanted is not None and self._peek() != wanted):
            raise ODataProblem(f"Syntax error: '{wanted or 'an operand'}' expected")
        return self._tokens.pop()

    def _or(self) -> Test:
        tests = [self._and()]
        while self._peek() == "or":
            self._take()
            tests.append(self._and())
        return lambda entity: any(test(entity) for test in tests)

    def _and(self) -> Test:
        tests = [self._not()]
        while self._peek() == "and":
            self._take()
            tests.append(self._not())
        return lambda entity: all(test(entity) for test in tests)

    def _not(self) -> Test:
        if self._peek() != "not":
            return self._primary()
        self._take()
        test = self._not()
        return lambda entity: not test(entity)

    def _primary(self) -> Test:
        if self._peek() == "(":
            self._take()
            test = self._or()
            self._take(")")
            return test
        if self._peek() in FUNCTIONS:
            return self._function()
        return self._comparison()

    def _function(self) -> Test:
        function = FUNCTIONS[self._take()[1]]
        self._take("(")
        name = self._property()
        self._take(",")
        literal = self._literal()
        self._take(")")
        if literal.kind != "string":
            raise ODataProblem("The function takes a string")
        part = self._properties.text(literal.value)
        return lambda entity: function(self._properties.text(entity.get(name)), part)

    def _comparison(self) -> Test:
        name, operator = self._property(), self._take()[1]
        if operator == "/":
            return self._any(name)
        if operator == "in" and self._properties.in_lists:
            wanted = frozenset(self._list(name))
            return lambda entity: self._properties.value(entity, name) in wanted
        if operator not in COMPARISONS:
            raise ODataProblem(f"Syntax error at '{operator}'")
        compare = COMPARISONS[operator]
        operand = self._properties.operand(name, self._literal())
        return lambda entity: compare(self._properties.value(entity, name), operand)

    def _any(self, name: str) -> Test:
        """machineTags/any(tag: tag eq 'x')"""
        if self._properties.types[name] != "strings":
            raise ODataProblem(f"'{name}' is no list")
        self._take("any")
        self._take("(")
        variable = self._take()[1]
        for word in (":", variable, "eq"):
            self._take(word)
        wanted = self._properties.text(self._literal().value)
        self._take(")")
        return lambda entity: wanted in map(self._properties.text, entity.get(name) or ())

    def _list(self, name: str) -> list[object]:
        self._take("(")
        wanted = [self._properties.operand(name, self._literal())]
        while self._peek() == ",":
            self._take()
            wanted.append(self._properties.operand(name, self._literal()))
        self._take(")")
        return wanted

    def _property(self) -> str:
        kind, text = self._take()
        if kind != "word" or text not in self._properties.types:
            raise ODataProblem(f"Could not find a property named '{text}'")
        return text

    def _literal(self) -> Literal:
        kind, text = self._take()
        if kind == "string":
            return Literal(kind, text[1:-1].replace("''", "'"))
        if kind == "number":
            return Literal(kind, int(text))
        if kind in ("guid", "date"):
            return Literal(kind, text)
        if text == "null":
            return Literal("null", None)
        raise ODataProblem(f"Syntax error at '{text}': a literal expected")


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise ODataProblem(f"Syntax error at position {at} in '{text}'")
        tokens.append((str(match.lastgroup), match[match.lastgroup or 0]))
        at = match.end()
    return tokens


@dataclass
class Query:
    """The query options of one request for a list.

    other  options that are no part of OData; a link to the next page repeats them
    """

    options: dict[str, str] = field(default_factory=dict)
    other: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def read(text: str, known: Sequence[str]) -> "Query":
        """Raises ODataProblem for what is no query, or asks for what is not known."""
        options: dict[str, str] = {}
        if not QUERY_CHARACTERS.fullmatch(text):
            raise ODataProblem(f"The query holds characters that must be encoded: {text}")
        for pair in text.split("&") if text else []:
            raw_name, equals, raw_value = pair.partition("=")
            try:
                name = urllib.parse.unquote_plus(raw_name, errors="strict")
                value = urllib.parse.unquote_plus(raw_value, errors="strict")
            except UnicodeDecodeError:
                raise ODataProblem(f"The query is not UTF-8: {pair}") from None
            if not equals or name in options or name not in known:
                raise ODataProblem(f"The query option '{name}' is not known here, or stands twice")
            options[name] = value
        return Query(options)

    def take(self, name: str, default: str) -> str:
        """An option that is no part of OData."""
        if name in self.options:
            self.other[name] = self.options.pop(name)
        return self.other.get(name, default)

    def number(self, name: str) -> int | None:
        text = self.options.get(name)
        if text is None:
            return None
        if not re.fullmatch(r"\d{1,7}", text) or (name == "$top" and int(text) > NUMBER_MAX):
            raise ODataProblem(f"Invalid value '{text}' for {name}")
        return int(text)

    def apply(self, entities: list[Entity], properties: Properties) -> list[Entity]:
        """The entities that the filter lets pass, in the order asked for."""
        chosen = entities
        if "$filter" in self.options:
            test = Filter(self.options["$filter"], properties).test
            chosen = [entity for entity in chosen if test(entity)]
        for part in reversed(self.options.get("$orderby", "").split(",")):
            chosen = self._ordered(chosen, part.strip(), properties) if part.strip() else chosen
        return chosen

    @staticmethod
    def _ordered(entities: list[Entity], part: str, properties: Properties) -> list[Entity]:
        match = re.fullmatch(r"(\w+)(?: (asc|desc))?", part)
        if not match or match[1] not in properties.types:
            raise ODataProblem(f"Could not order by '{part}'")
        return sorted(
            entities,
            key=lambda entity: str(properties.value(entity, match[1]) or ""),
            reverse=match[2] == "desc",
        )
