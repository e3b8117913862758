"""Service targets and plist paths as labels (launchctl(1), SPECIFIERS)."""

from __future__ import annotations

import re

from tree_sitter import Node

from fleetmod.lift.homes import Homes
from fleetmod.lift.operation import HomeDir, OwnUid, Unliftable, Word, WordPiece
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import walk
from fleetmod.syntax.values import Hole, Piece, Pieces, Values, merge, unwrap

_UID_CALLS = re.compile(
    r"process\.getuid(\?\.|!)?\(\)|(os\.)?userInfo\(\)\.uid|process\.geteuid(\?\.|!)?\(\)"
)
_UID_SHELL = re.compile(r"\(\s*[\"'`](/usr/bin/)?id -u[\"'`]")


class Targets:
    """Reads words of one file's commands; follows the file's constants where it helps."""

    def __init__(self, scopes: Scopes, values: Values) -> None:
        self.scopes, self.values = scopes, values
        self.homes = Homes(scopes, values)

    def own_uid(self, node: Node, depth: int = 4) -> bool:
        """Whether an expression is the caller's own user id."""
        node = unwrap(node)
        text = re.sub(r"\s+", "", self.scopes.source.text(node))
        if _UID_CALLS.fullmatch(text):
            return True
        if node.type == "identifier" and depth:
            value = self.values.constant(node)
            return value is not None and self.own_uid(value, depth - 1)
        if node.type == "binary_expression":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            return (
                left is not None
                and right is not None
                and self.own_uid(left, depth)
                and (unwrap(right).type == "number" or self.own_uid(right, depth))
            )
        if node.type == "ternary_expression":
            branches = [node.child_by_field_name(f) for f in ("consequence", "alternative")]
            own = [b is not None and self.own_uid(b, depth) for b in branches]
            fixed = [b is not None and unwrap(b).type == "number" for b in branches]
            return any(own) and all(o or f for o, f in zip(own, fixed, strict=True))
        if node.type == "template_string" and len(node.named_children) == 1:
            inner = node.named_children[0]
            return inner.type == "template_substitution" and self.own_uid(
                inner.named_children[0], depth
            )
        if node.type == "call_expression":
            inlined = self.values.inline(node)
            if inlined is not None and not inlined[1] and depth:
                return self.own_uid(inlined[0], depth - 1)
            source = self.scopes.source.text(node)
            arguments = node.child_by_field_name("arguments")
            given = arguments.named_children if arguments is not None else []
            if re.match(r"(String|Number|parseInt|Number\.parseInt)\(", source) and given:
                return self.own_uid(given[0], depth)
            return bool(re.match(r"(\w+\.)?execSync\(", source) and _UID_SHELL.search(source))
        return False

    def normal(self, word: Word) -> Word:
        """The word with own-uid holes told, and leading constants opened that name a domain."""
        out: list[WordPiece] = []
        for piece in word:
            if isinstance(piece, Hole) and self.own_uid(piece.node):
                out.append(OwnUid())
            else:
                out.append(piece)
        first = out[0] if out else ""
        opened = self._opened(first.node) if isinstance(first, Hole) else None
        if opened is not None:
            names_domain = self._texts(opened)[:1]
            if names_domain and isinstance(names_domain[0], str) and _domain(names_domain[0]):
                return self.normal((*opened, *out[1:]))
        return _join(out)

    def _texts(self, word: Word) -> Pieces:
        return self.values.expand(tuple(p for p in word if isinstance(p, str | Hole)))

    def _opened(self, node: Node) -> Word | None:
        """What a constant, a joined path or a call of a small local function is made of."""
        value = self.values.constant(node)
        if value is not None:
            return self._join_arguments(value) or self.values.pieces(value)
        node = unwrap(node)
        inlined = self.values.inline(node)
        if inlined is None:
            return self._join_arguments(node)
        body, arguments = inlined
        out: list[WordPiece] = []
        for piece in self._join_arguments(body) or self.values.pieces(body):
            binding = (
                self.scopes.resolve(piece.node)
                if isinstance(piece, Hole) and piece.node.type == "identifier"
                else None
            )
            argument = arguments.get(binding.name_node.id) if binding is not None else None
            out.extend([piece] if argument is None else self.values.pieces(argument))
        return _join(out)

    def is_domain(self, word: Word) -> bool:
        """Whether a word is a domain (`gui/501`, `system`) and no service in it."""
        parts = self.normal(word)
        text = "".join(p if isinstance(p, str) else "0" for p in parts)
        return bool(re.fullmatch(r"(gui|user|login|pid)/\d+/?|system/?", text))

    def label(self, word: Word) -> Pieces:
        """A service target as the port's label: bare in the caller's own domain, else in full."""
        parts = self.normal(word)
        if len(parts) >= 3 and parts[0] == "gui/" and isinstance(parts[1], OwnUid):
            tail = parts[2]
            if isinstance(tail, str) and tail.startswith("/"):
                parts = _join([tail[1:], *parts[3:]])
        elif any(isinstance(p, OwnUid) for p in parts):
            # user/UID/x: the spelled expression stays, with its domain
            return self._checked(self.plain(word))
        return self._checked(self._visible(parts, word))

    def from_path(
        self, domain: Word | None, path: Word, any_file: bool = False
    ) -> tuple[Pieces, Pieces | None]:
        """The label that a plist's name tells, and its path where it is not the standard one.

        The name of a job's file is its label by convention (launchd.plist(5), Label).
        """
        prefix = self._domain_prefix(domain)
        spelled = path if any_file and _split(path)[0] else self._open_path(path)
        folder, name = _split(spelled)
        first = folder[0] if folder else name[0] if name else ""
        if isinstance(first, str) and not first.startswith(("/", "~")) and not any_file:
            raise Unliftable("a relative path, whose folder is only known at run time")
        if name and isinstance(name[-1], str) and name[-1].endswith(".plist"):
            name = _join([*name[:-1], name[-1][: -len(".plist")]])
        elif not (any_file and self.is_domain(folder)):
            raise Unliftable("the label is not told by the plist's path; give the port the label")
        if not name:
            raise Unliftable("the plist's path has no file name")
        if len(name) == 1 and isinstance(name[0], str) and "." not in name[0]:
            raise Unliftable(
                f"a file called `{name[0]}` does not tell the label; give the port one"
            )
        if domain is None and self._is_standard(folder, True):
            prefix = "system/"  # load reads a daemon's file into the system domain
        label = self._checked(self._visible(_join([prefix, *name]) if prefix else name, path))
        standard = self._is_standard(folder, prefix == "system/")
        return label, None if standard else self.plain(path)

    def plain(self, word: Word) -> Pieces:
        """A word as pieces of TypeScript; raises Unliftable for what only a shell knows."""
        out = []
        for piece in word:
            if isinstance(piece, OwnUid | HomeDir):
                raise Unliftable("a shell expansion in a value that is passed on; spell it in code")
            out.append(piece)
        return merge(out)

    def equal(self, a: Pieces, b: Pieces) -> bool:
        return self._fingerprint(a) == self._fingerprint(b)

    def _fingerprint(self, pieces: Pieces) -> list[str]:
        return [
            p if isinstance(p, str) else "${" + self.scopes.source.text(p.node) + "}"
            for p in self.values.expand(pieces)
        ]

    def _domain_prefix(self, domain: Word | None) -> str:
        if domain is None:
            return ""
        parts = self.normal(domain)
        if parts in (("system",), ("system/",)):
            return "system/"
        if len(parts) == 2 and parts[0] == "gui/" and isinstance(parts[1], OwnUid):
            return ""
        only = parts[0] if len(parts) == 1 else None
        if isinstance(only, str) and re.fullmatch(r"(gui|user)/\d+/?", only):
            return only.rstrip("/") + "/"
        raise Unliftable("a domain that is neither the caller's own nor spelled out")

    def _open_path(self, path: Word) -> Word:
        """The path with constants opened until its file name is told."""
        parts: list[WordPiece] = list(path)
        for _ in range(4):
            last = parts[-1] if parts else ""
            if not isinstance(last, Hole):
                break
            opened = self._opened(last.node)
            if opened is None or opened == (last,):
                break
            parts = [*parts[:-1], *opened]
        return _join(parts)

    def _join_arguments(self, node: Node) -> Word | None:
        """`join(a, "b", c)` and `path.resolve(…)` as one slashed word."""
        if node.type != "call_expression":
            return None
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        if function is None or arguments is None:
            return None
        if not re.fullmatch(r"(\w+\.)?(join|resolve)", self.scopes.source.text(function)):
            return None
        out: list[WordPiece] = []
        for index, argument in enumerate(arguments.named_children):
            out.extend(["/"] if index else [])
            out.extend(self.values.pieces(argument))
        return _join(out)

    def _is_standard(self, folder: Word, system: bool) -> bool:
        """Whether the adapters look in this folder by themselves (launchd.plist(5), FILES)."""
        opened: list[WordPiece] = []
        for piece in folder:
            if isinstance(piece, Hole):
                home = self.homes.is_home(piece.node)
                opened.extend([HomeDir()] if home else self.values.expand((piece,)))
            else:
                opened.append(piece)
        text = "".join(
            "~" if isinstance(p, HomeDir) else p if isinstance(p, str) else "?" for p in opened
        )
        if system:
            return text == "/Library/LaunchDaemons/"
        return text in ("~/Library/LaunchAgents/", "/Library/LaunchAgents/")

    def _visible(self, parts: Word, word: Word) -> Pieces:
        """Pieces whose names mean the same where the command stands, else expanded."""
        at = next((p.node for p in word if isinstance(p, Hole)), None)
        out: list[Piece] = []
        for piece in parts:
            if isinstance(piece, Hole) and at is not None and not self._means_same(piece.node, at):
                out.extend(self.values.expand((piece,)))
                if isinstance(out[-1], Hole):
                    return self.plain(word)
            elif isinstance(piece, OwnUid | HomeDir):
                return self.plain(word)
            else:
                out.append(piece)
        return merge(out)

    def _means_same(self, node: Node, at: Node) -> bool:
        names = [n for n in walk(node) if n.type == "identifier"]
        return all(
            self.scopes.resolve(n) is self.scopes.lookup(self.scopes.source.text(n), at)
            for n in names
        )

    def _checked(self, pieces: Pieces) -> Pieces:
        if not pieces:
            raise Unliftable("an empty label")
        first = pieces[0]
        if isinstance(first, str) and re.match(r"(login|pid|session|asid)/", first):
            raise Unliftable(f"`{first.split('/')[0]}/…` is no service label of the port")
        for piece in pieces:
            if isinstance(piece, str) and not re.fullmatch(r"[A-Za-z0-9_.@+/:-]*", piece):
                raise Unliftable(f"`{piece.strip()}` is no service label")
        return pieces


def _domain(text: str) -> bool:
    return text.startswith(("gui/", "user/", "system/")) or text in ("system",)


def _join(parts: list[WordPiece]) -> Word:
    out: list[WordPiece] = []
    for part in parts:
        if isinstance(part, str) and out and isinstance(out[-1], str):
            out[-1] += part
        elif part != "":
            out.append(part)
    return tuple(out)


def _split(word: Word) -> tuple[Word, Word]:
    """A path as its folder (with the last slash) and its name."""
    for index in range(len(word) - 1, -1, -1):
        piece = word[index]
        if isinstance(piece, str) and "/" in piece:
            at = piece.rindex("/") + 1
            return _join([*word[:index], piece[:at]]), _join([piece[at:], *word[index + 1 :]])
    return (), word
