"""Homes that are data: written to a store or sent away, they may be another machine's.

The row that gets a path is somebody's, and whoever runs the code may be somebody else: the home of
the node that writes it would corrupt it.
"""

from __future__ import annotations

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.flow.effects import key_of
from fleetmod.flow.uses import Use, Uses, arguments_of, method_of, receiver
from fleetmod.lower.draft import Refused
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import parts, unwrap

# Methods that write rows or documents, by the documentation of Drizzle, Knex, Kysely, Prisma,
# TypeORM, MongoDB, Convex, Firestore and Supabase: each takes the row, or an object that holds it.
_WRITES = frozenset(
    "insert insertMany insertOne insertInto values upsert upsertMany createMany updateMany "
    "updateOne replaceOne bulkWrite".split()
)
_WRITES_ROW = ("set", "update")  # of a row or document; maps and settings take a key and a value
_WRITES_DATA = ("create", "update", "upsert")  # Prisma: `create({ data: row })`
_SENDS = frozenset("post put patch send publish emit".split())  # axios, got, ky, sockets, queues
_SQL = frozenset("query execute run exec all get prepare sql".split())
# objects of the language and of the runtimes that have such methods, and write to no store
_PLAIN = frozenset("Map Set WeakMap URLSearchParams Headers FormData Array Object".split())
# modules whose functions look at this host's files, or run something here
_LOCAL = ("fs", "child_process", "path", "os", "execa", "bun", "zx", "worker_threads", "module")
_LOCAL_GLOBALS = frozenset("process Bun Deno require import __dirname".split())
_SQL_WRITE = ("insert", "update", "replace", "merge")
# what a call that gets a home tells of it
_HERE, _STORED, _SENT = "of this host", "stored", "sent away"


class StoredHomes:
    """Tells for the home literals of one file whether they are data of a store."""

    def __init__(self, scopes: Scopes) -> None:
        self.scopes = scopes
        self._uses = Uses(scopes, self._tell)

    def check(self, node: Node) -> tuple[str, ...]:
        """Raises Refused where a home literal reaches a write to a store, and nothing of this host:
        no file, no program. Gives a note where it is sent away."""
        told = self._uses.of(node)
        if _HERE in told:
            return ()
        if (use := told.get(_STORED)) is not None:
            raise Refused(
                reasons.STORED_HOME(
                    f"is data: line {_line(use, self.scopes)} hands it to "
                    f"`{_method(use, self.scopes)}`, and the home there may be another machine's; "
                    "move it by hand"
                )
            )
        if (use := told.get(_SENT)) is None:
            return ()
        return (
            f"line {_line(use, self.scopes)} sends it away: who gets it sees the home of this node "
            "now",
        )

    def _tell(self, use: Use) -> list[str]:
        told = ((_HERE, _is_local), (_STORED, _is_store), (_SENT, _is_sent))
        return [word for word, holds in told if holds(use, self.scopes)]


def _line(use: Use, scopes: Scopes) -> int:
    return scopes.source.line_of(use.call.start_byte)


def _is_local(use: Use, scopes: Scopes) -> bool:
    """Whether a call looks at this host's files or runs something here."""
    root = receiver(use.call)
    if root is None:
        return True  # `import(…)`
    if root.type == "this":
        return False
    binding = scopes.resolve(root)
    if binding is None:
        return scopes.source.text(root) in _LOCAL_GLOBALS
    module = scopes.module(binding).removeprefix("node:")
    return module.split("/")[0] in _LOCAL


def _method(use: Use, scopes: Scopes) -> str:
    method = method_of(use.call)
    return f".{scopes.source.text(method)}(…)" if method is not None else ""


def _is_store(use: Use, scopes: Scopes) -> bool:
    """Whether a call writes the value to a store."""
    text = scopes.source.text
    method, root = method_of(use.call), receiver(use.call)
    if method is None or root is None or root.type == "this" or _is_plain(root, scopes):
        return False
    name, given = text(method), arguments_of(use.call)
    row = _is_row(use.argument, scopes)
    data = use.argument.type == "object" and any(
        key_of(pair, text) == "data" for pair in parts(use.argument)
    )
    return (
        name in _WRITES
        or (name in _WRITES_ROW and row and len(given) == 1)
        or (name in _WRITES_DATA and data)
        or (name in _SQL and _writes_sql(use.call, scopes))
    )


def _is_sent(use: Use, scopes: Scopes) -> bool:
    """Whether a call sends the value to somebody else: a request's body, a message, an event."""
    method, root = method_of(use.call), receiver(use.call)
    row = _is_row(use.argument, scopes)
    if method is None:
        function = use.call.child_by_field_name("function")
        return row and function is not None and scopes.source.text(function) == "fetch"
    plain = root is None or _is_plain(root, scopes)
    return row and not plain and scopes.source.text(method) in _SENDS


def _is_plain(root: Node, scopes: Scopes) -> bool:
    """Whether a name holds one of the language's own objects, or a parser's."""
    binding = scopes.resolve(root)
    if binding is None:
        return scopes.source.text(root) in _PLAIN
    made = unwrap(binding.value) if binding.value is not None else None
    if made is None:
        return False
    constructor = made.child_by_field_name("constructor")
    own = constructor is not None and scopes.source.text(constructor) in _PLAIN
    return own or made.type in ("array", "object")


def _is_row(node: Node, scopes: Scopes) -> bool:
    """Whether an argument is an object or a list, or a name that holds one."""
    node = unwrap(node)
    if node.type in ("object", "array"):
        return True
    binding = scopes.resolve(node) if node.type == "identifier" else None
    made = unwrap(binding.value) if binding is not None and binding.value is not None else None
    return made is not None and made.type in ("object", "array")


def _writes_sql(call: Node, scopes: Scopes) -> bool:
    """Whether the first argument is a statement that writes: `INSERT INTO …`."""
    given = arguments_of(call)
    if not given or given[0].type not in ("string", "template_string"):
        return False
    words = scopes.source.own_text(given[0]).strip("\"'` \n").split(None, 1)
    return bool(words) and words[0].lower() in _SQL_WRITE
