"""The addresses that TypeScript code connects to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.flow.texts import Values
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import Source, ancestors, unwrap

TRIGGERS = (b"://", b"host", b"env.", b"env[", b"@kubernetes/client-node")
# The port that a scheme means when a URL names none (IANA's registry of service names and ports).
PORTS = {
    **{"http": 80, "ws": 80, "https": 443, "wss": 443, "redis": 6379, "rediss": 6379},
    **{"postgres": 5432, "postgresql": 5432, "mysql": 3306, "mongodb": 27017, "nats": 4222},
    **{"amqp": 5672, "amqps": 5671, "kafka": 9092},
}
# Clients whose constructor goes to localhost and this port by default (their own documentation).
CLIENTS = {"ioredis": 6379, "redis": 6379, "pg": 5432, "mysql2": 3306, "postgres": 5432}
LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})  # 0.0.0.0 is only listened on

_ADDRESS = (
    r"(?P<scheme>[a-z]+)://(?:[^\s/@]*@)?(?P<host>\[::1\]|[A-Za-z0-9_.-]+)(?::(?P<port>\d+))?"
)
_URL = re.compile(rf"^{_ADDRESS}(?=[/?#]|$)")
_CURL = re.compile(rf"\bcurl\b[^|;&]*?[\s\"']{_ADDRESS}")
_ENV = re.compile(r"\benv(?:\.([A-Z_][A-Z0-9_]*)|\[[\"']([A-Z_][A-Z0-9_]*)[\"']\])")
_NUMBER = re.compile(r"(?<![\w.])(\d{2,5})(?![\w.])")
_SHOWN = re.compile(r"^(?:console|log|logger)\.|^(?:print|echo|warn|info|debug)\b")
_SENDS = re.compile(
    r"(?:^|\.)(?:fetch|get|post|put|patch|delete|head|request|connect|URL|Request|WebSocket|Redis"
    r"|createClient|Pool|Client|execSync|exec|spawn|spawnSync|run|runCommand)$|^\$|\.\$"
)
_PURPOSE = re.compile(r"(?:url|uri|host|api|base|endpoint|origin|dsn|server|webhook)s?\d*$", re.I)
_KUBERNETES = re.compile(r"[\"'](?:@kubernetes/client-node|kubernetes-client)[\"']")
_LISTENS = re.compile(r"(?:^|\.)(?:serve|listen|createServer)$")


@dataclass(frozen=True)
class Use:
    """An address in the code: `env` are the variables that can put another in its place;
    `connects` says that it is used as one, and is not only compared or shown as a link."""

    path: str
    line: int
    scheme: str
    host: str
    port: int
    env: tuple[str, ...]
    text: str
    connects: bool


def uses(source: Source) -> list[Use]:
    """The addresses in a file, in source order: URLs that a literal begins with or a `curl` in it
    names, and objects with a `host` (`new Redis({ host, port })`).

    Texts that are only shown to a person are no addresses, nor are hosts with a hole in them.
    """
    values = Values(Scopes(source))
    found = [*_urls(source, values), *_objects(source, values)]
    return sorted(found, key=lambda use: use.line)


def imports_kubernetes(source: Source) -> int:
    """The line that imports a client of the Kubernetes API; 0 for none."""
    for node in source.of("import_statement", "call_expression"):
        text = source.text(node)
        if re.match(r"import\b(?!\s+type\b)|require\b", text) and _KUBERNETES.search(text):
            return source.line_of(node.start_byte)
    return 0


def env_reads(source: Source) -> dict[str, int]:
    """The environment variables that a file reads, each with the first line that does."""
    reads: dict[str, int] = {}
    for number, line in enumerate(source.data.decode("utf-8", "replace").splitlines(), 1):
        for match in _ENV.finditer(line):
            reads.setdefault(match[1] or match[2], number)
    return reads


def parse_url(text: str, any_scheme: bool = False) -> tuple[str, str, int] | None:
    """Scheme, host and port of an address; None for what is none. `host:port` has the scheme ""."""
    match = _URL.match(text)
    if match is None:
        bare = re.match(r"^([A-Za-z0-9_.-]+):(\d{2,5})$", text)
        return ("", bare[1], int(bare[2])) if bare else None
    scheme = match["scheme"]
    port = int(match["port"]) if match["port"] else PORTS.get(scheme, 0)
    if not port or (scheme not in PORTS and not any_scheme):
        return None
    return scheme, match["host"], port


def without_password(text: str) -> str:
    """The text with `…` for what its addresses hold before an `@`: it goes into reports."""
    return re.sub(r"://[^\s/@]*@", "://…@", text)


def _urls(source: Source, values: Values) -> Iterator[Use]:
    for node in source.of("string", "template_string"):
        if _is_only_shown(source, node):
            continue
        pieces = values.pieces(node)
        if not pieces or not isinstance(pieces[0], str):
            continue
        text = pieces[0]
        match = _URL.match(text) or _CURL.search(text)
        whole = match is not None and (match.end() < len(text) or len(pieces) == 1)
        if match is None or not whole or match["scheme"] not in PORTS:
            continue
        port = int(match["port"]) if match["port"] else PORTS[match["scheme"]]
        yield _use(source, node, match["scheme"], match["host"], port)


def _objects(source: Source, values: Values) -> Iterator[Use]:
    """`{ host: …, port: … }`, and a client's constructor without any argument."""
    imported = imported_clients(source)
    for node in source.of("object"):
        pairs = {
            source.text(key): value
            for pair in node.named_children
            if pair.type == "pair"
            and (key := pair.child_by_field_name("key")) is not None
            and (value := pair.child_by_field_name("value")) is not None
        }
        shorthand = {source.text(c): c for c in node.named_children if "shorthand" in c.type}
        host = pairs.get("host") or pairs.get("hostname") or shorthand.get("host")
        number = pairs.get("port") or shorthand.get("port")
        if host is None or _is_listener(source, node):
            continue
        name, env = _host(source, values, host)
        port = _port(source, values, number) if number is not None else 0
        port = port or _client_port(source, node, imported)
        if name and port:
            yield _use(source, node, "", name, port, env)
    for node in source.of("new_expression"):
        made = node.child_by_field_name("constructor")
        arguments = node.child_by_field_name("arguments")
        bare = arguments is None or not arguments.named_children
        if made is not None and bare and (package := imported.get(source.text(made))) in CLIENTS:
            yield _use(source, node, "", "localhost", CLIENTS[package])


def _host(
    source: Source, values: Values, node: Node, depth: int = 3
) -> tuple[str, tuple[str, ...]]:
    """The host that an expression falls back to ("" when unknown), and the variables before it."""
    node = unwrap(node)
    text = values.literal(node)
    if text is not None:
        return (text if re.fullmatch(r"[A-Za-z0-9_.-]+", text) else ""), ()
    if (constant := values.constant(node)) is not None and depth:
        return _host(source, values, constant, depth - 1)
    env = tuple(match[1] or match[2] for match in _ENV.finditer(source.text(node)))
    fallbacks = re.findall(r"(?:\?\?|\|\|)\s*[\"'`]([A-Za-z0-9_.-]+)[\"'`]", source.text(node))
    return (fallbacks[-1] if fallbacks else ""), env


def _port(source: Source, values: Values, node: Node) -> int:
    node = unwrap(node)
    node = values.constant(node) or node
    found = _NUMBER.findall(source.text(node))
    return int(found[0]) if found and 0 < int(found[0]) < 65536 and int(found[0]) != 10 else 0


def _client_port(source: Source, node: Node, imported: dict[str, str]) -> int:
    """The default port of the client that an object is the options of; 0 for an unknown one."""
    for above in list(ancestors(node))[:3]:
        made = above.child_by_field_name("constructor")
        if above.type == "new_expression" and made is not None:
            return CLIENTS.get(imported.get(source.text(made), ""), 0)
    return 0


def imported_clients(source: Source) -> dict[str, str]:
    """The names that the clients' packages are imported by, statically or by `await import()`."""
    found: dict[str, str] = {}
    text = source.data.decode("utf-8", "replace")
    quoted = "|".join(CLIENTS)
    for match in re.finditer(rf"import\s+([^;\n]*?)\s+from\s+[\"']({quoted})[\"']", text):
        for name in re.findall(r"[A-Za-z_$][\w$]*", match[1]):
            found[name] = match[2]
    for match in re.finditer(
        rf"(\w+|\{{[^}}]*\}})\s*=[^=;\n]*import\([\"']({quoted})[\"']\)", text
    ):
        for name in re.findall(r"[A-Za-z_$][\w$]*", match[1]):
            found[name] = match[2]
    return found


def _use(
    source: Source, node: Node, scheme: str, host: str, port: int, env: tuple[str, ...] = ()
) -> Use:
    variables = env or _variables_before(source, node)
    text = without_password(" ".join(source.text(node).split()))
    text = text if len(text) <= 80 else text[:79] + "…"
    return Use(
        source.path,
        source.line_of(node.start_byte),
        scheme,
        host,
        port,
        variables,
        text,
        _connects(source, node),
    )


def _variables_before(source: Source, node: Node) -> tuple[str, ...]:
    """The variables left of a fallback: X of `process.env.X ?? "…"`."""
    found: list[str] = []
    for above in ancestors(node):
        if above.type == "binary_expression":
            left = above.child_by_field_name("left")
            if left is not None and left.end_byte <= node.start_byte:
                found += [match[1] or match[2] for match in _ENV.finditer(source.text(left))]
        elif above.type not in ("parenthesized_expression", "as_expression", "arguments"):
            break
    return tuple(dict.fromkeys(found))


def _connects(source: Source, node: Node) -> bool:
    """Whether a literal is given to a call that sends, or to a name that says what it is for."""
    if node.type == "object":
        return True
    for above in list(ancestors(node))[:4]:
        name = above.child_by_field_name("name") or above.child_by_field_name("key")
        if above.type in ("variable_declarator", "pair", "public_field_definition") and name:
            return _PURPOSE.search(source.text(name)) is not None
        function = above.child_by_field_name("function") or above.child_by_field_name("constructor")
        if above.type in ("call_expression", "new_expression") and function is not None:
            return _SENDS.search(source.text(function)) is not None
    return False


def _is_listener(source: Source, node: Node) -> bool:
    """Whether an object is the argument of a call that opens a port here."""
    call = next((a for a in list(ancestors(node))[:2] if a.type == "call_expression"), None)
    function = call.child_by_field_name("function") if call is not None else None
    return function is not None and _LISTENS.search(source.text(function)) is not None


def _is_only_shown(source: Source, node: Node) -> bool:
    for above in list(ancestors(node))[:4]:
        if above.type == "call_expression":
            function = above.child_by_field_name("function")
            return function is not None and _SHOWN.match(source.text(function)) is not None
        if above.type in ("import_statement", "jsx_attribute", "jsx_expression", "literal_type"):
            return True
    return False
