"""Service targets and plist paths as labels (launchctl(1), SPECIFIERS)."""

from __future__ import annotations

import re

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.flow.texts import Hole, Piece, Pieces, Values, merge
from fleetmod.lift.domains import Domains
from fleetmod.lift.homes import Homes
from fleetmod.lift.opening import Opening, joined
from fleetmod.lift.operation import (
    HomeDir,
    Operation,
    OwnUid,
    Service,
    Unliftable,
    Word,
    WordPiece,
)
from fleetmod.refusal import Reason
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import unwrap, walk

_PLIST = ".plist"
_NOT_TOLD = reasons.UNKNOWN_LABEL(
    "the label is not told by the plist's path; give the port the label"
)
_LOOKED_UP = (
    "the label is looked up in the plist where the code runs (`plistLabel`); of a file that cannot "
    "be read, the name is the label"
)


class _NotTold(Unliftable):
    """What code spells of a plist's path does not tell the label."""


class Targets:
    """Reads words of one file's commands; follows the file's constants where it helps."""

    def __init__(self, scopes: Scopes, values: Values) -> None:
        self.scopes, self.values = scopes, values
        self.homes = Homes(scopes, values)
        self.opening = Opening(scopes, values)
        self.domains = Domains(scopes, values, self.opening)

    def normal(self, word: Word, depth: int = 4) -> Word:
        """The word with own-uid holes told, and leading constants opened that name a domain."""
        out: list[WordPiece] = []
        for piece in word:
            if isinstance(piece, Hole) and self.domains.own_uid(piece.node):
                out.append(OwnUid())
            else:
                out.append(piece)
        first = out[0] if out else ""
        if not isinstance(first, Hole):
            return joined(out)
        if self.domains.own(first.node):
            return joined(["gui/", OwnUid(), *out[1:]])
        opened = self.opening.open(first.node) if depth else None
        inner = self.normal(opened, depth - 1) if opened is not None else ()
        names_domain = self._texts(inner)[:1]
        if names_domain and isinstance(names_domain[0], str) and _domain(names_domain[0]):
            return joined([*inner, *out[1:]])
        return joined(out)

    def _texts(self, word: Word) -> Pieces:
        return self.values.expand(tuple(p for p in word if isinstance(p, str | Hole)))

    def is_domain(self, word: Word) -> bool:
        """Whether a word is a domain (`gui/501`, `system`) and no service in it."""
        parts = self.normal(word)
        text = "".join(p if isinstance(p, str) else "0" for p in parts)
        return bool(re.fullmatch(r"(gui|user|login|pid)/\d+/?|system/?", text))

    def is_target(self, word: Word) -> bool:
        """Whether a word is a service in a domain (`system/x`), where a file would stand."""
        parts = self.normal(word)
        return bool(parts) and isinstance(parts[0], str) and _domain(parts[0])

    def label(self, word: Word) -> Pieces:
        """A service target as the port's label: bare in the caller's own domain, else in full."""
        parts = self.normal(word)
        if len(parts) >= 3 and parts[0] == "gui/" and isinstance(parts[1], OwnUid):
            tail = parts[2]
            if isinstance(tail, str) and tail.startswith("/"):
                parts = joined([tail[1:], *parts[3:]])
        elif any(isinstance(p, OwnUid) for p in parts):
            # user/UID/x: the spelled expression stays, with its domain
            return self._checked(self.plain(word))
        return self._checked(self._visible(parts, word) or self.plain(word))

    def of_plist(
        self, verb: str, domain: Word | None, path: Word, any_file: bool = False
    ) -> Operation:
        """What is done with the service of a plist. Its name tells the label, by convention
        (launchd.plist(5), Label); that of a path which is only known at run time is looked up
        then."""
        held = self._held(path) if domain is None or not self._domain_prefix(domain) else None
        try:
            label, source = self.from_path(domain, path, any_file)
        except _NotTold:
            if held is None:
                raise
            return Operation(verb, held, held, in_plist=True, notes=(_LOOKED_UP,))
        return Operation(verb, label, source)

    def _held(self, path: Word) -> Pieces | None:
        """The path that one name holds, or a field of one that nothing changes."""
        hole = path[0] if len(path) == 1 else None
        if not isinstance(hole, Hole):
            return None
        node = unwrap(hole.node)
        root = node
        while root.type == "member_expression":
            root = root.child_by_field_name("object") or root.children[0]
        binding = self.scopes.resolve(root) if root.type == "identifier" else None
        if binding is None or binding.kind == "import":
            return None
        if node.type == "member_expression" and self.opening.changed(node) is not None:
            return None
        return (Hole(node),)

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
            raise Unliftable(
                reasons.UNKNOWN_LABEL(
                    "a relative path, whose folder is only known at run time; give the port the "
                    "label"
                )
            )
        if name and isinstance(name[-1], str) and name[-1].endswith(_PLIST):
            name = joined([*name[:-1], name[-1][: -len(_PLIST)]])
        elif not (any_file and self.is_domain(folder)):
            name, folder = self._named_by(path), ()
            if not name:
                raise _NotTold(self._why_not_told(path))
        if not name:
            raise Unliftable(
                reasons.UNKNOWN_LABEL("the plist's path has no file name; give the port the label")
            )
        if len(name) == 1 and isinstance(name[0], str) and "." not in name[0]:
            raise Unliftable(
                reasons.UNKNOWN_LABEL(
                    f"a file called `{name[0]}` does not tell the label; give the port one"
                )
            )
        if domain is None and self._is_standard(folder, True):
            prefix = ("system/",)  # load reads a daemon's file into the system domain
        visible = self._visible(joined([*prefix, *name]), path)
        if visible is None:
            raise _NotTold(_NOT_TOLD)
        label = self._checked(visible)
        told = all(isinstance(piece, str) for piece in prefix)
        standard = told and self._is_standard(folder, prefix == ("system/",))
        return label, None if standard else self.plain(path)

    def _why_not_told(self, path: Word) -> Reason:
        """Why a path tells no label: something may change it, or it is made elsewhere."""
        for hole in (piece for piece in path if isinstance(piece, Hole)):
            if (writer := self.opening.changed(hole.node)) is not None:
                source = self.scopes.source
                line = source.line_of(writer.start_byte)
                return reasons.UNKNOWN_LABEL(
                    f"line {line} may change `{source.text(hole.node)}`; give the port the label"
                )
        return _NOT_TOLD

    def _named_by(self, path: Word) -> Word:
        """The constant that holds a plist's label: `const label = basename(path, ".plist")`."""
        hole = path[0] if len(path) == 1 else ""
        if not isinstance(hole, Hole) or hole.node.type != "identifier":
            return ()
        file = self.scopes.resolve(hole.node)
        if file is None or self.scopes.assigned(file):
            return ()
        for binding in self.scopes.bindings():
            call = unwrap(binding.value) if binding.value is not None else None
            spelled = self.scopes.source.squeezed(call) if call is not None else ""
            match = re.fullmatch(r"(?:\w+\.)?\w+\((\w+),[\"'`]\.plist[\"'`]\)", spelled)
            if call is None or match is None or match[1] != file.name:
                continue
            made = call.child_by_field_name("function")
            named = made is not None and self.scopes.original(made).endswith("basename")
            if not named or not self.scopes.fixed(binding):
                continue
            here = self.scopes.lookup(binding.name, hole.node) is binding
            if here and self.scopes.lookup(match[1], binding.name_node) is file:
                return (Hole(binding.name_node),)
        return ()

    def service(self, word: Word) -> Service | None:
        """What a target, a label or a plist's path tells of a service; None for a domain alone."""
        if self.is_domain(word):
            return None
        _, name = _split(self._open_path(word))
        in_file = bool(name) and isinstance(name[-1], str) and name[-1].endswith(_PLIST)
        if in_file:
            name = joined([*name[:-1], str(name[-1]).removesuffix(_PLIST)])
            name = _split(self._open_path(name))[1]
        pieces = self._texts(name) if not any(isinstance(p, OwnUid | HomeDir) for p in name) else ()
        only = pieces[0] if len(pieces) == 1 else None
        if isinstance(only, Hole):
            return Service("", in_file, only)
        is_path = bool(word) and (
            isinstance(word[0], HomeDir) or str(word[0]).startswith(("/", "~", "."))
        )
        known = only is not None and not re.search(r"[*?$\[\s]", only) and (in_file or not is_path)
        return Service(only or "", in_file) if known else Service()

    def plain(self, word: Word) -> Pieces:
        """A word as pieces of TypeScript; raises Unliftable for what only a shell knows."""
        out = []
        for piece in word:
            if isinstance(piece, OwnUid | HomeDir):
                raise Unliftable(
                    reasons.SHELL_EXPANSION(
                        "a shell expansion in a value that is passed on; spell it in code"
                    )
                )
            out.append(piece)
        return merge(out)

    def equal(self, a: Pieces, b: Pieces) -> bool:
        return self._fingerprint(a) == self._fingerprint(b)

    def _fingerprint(self, pieces: Pieces) -> list[str]:
        return [
            p if isinstance(p, str) else "${" + self.scopes.source.text(p.node) + "}"
            for p in self.values.expand(pieces)
        ]

    def _domain_prefix(self, domain: Word | None) -> Word:
        """What stands before the name in a label: nothing in the caller's own domain; a domain that
        is only known at run time is handed on."""
        if domain is None:
            return ()
        parts = self.normal(domain)
        if parts in (("system",), ("system/",)):
            return ("system/",)
        if len(parts) == 2 and parts[0] == "gui/" and isinstance(parts[1], OwnUid):
            return ()
        only = parts[0] if len(parts) == 1 else None
        if isinstance(only, str) and re.fullmatch(r"(gui|user)/\d+/?", only):
            return (only.rstrip("/") + "/",)
        handed = joined([*self.plain(domain), "/"])
        holes = [piece for piece in handed if isinstance(piece, Hole)]
        if len(holes) == 1 and handed in (
            (holes[0], "/"),
            ("gui/", holes[0], "/"),
            ("user/", holes[0], "/"),
        ):
            return handed
        raise Unliftable(
            reasons.UNKNOWN_DOMAIN(
                f"`{self._spelled(domain)}` is no domain that is known here; give the port the "
                "label"
            )
        )

    def _spelled(self, word: Word) -> str:
        """A word as the code spells it, for people."""
        text = self.scopes.source.text
        return "".join(
            p
            if isinstance(p, str)
            else f"${{{text(p.node)}}}"
            if isinstance(p, Hole)
            else "$(id -u)"
            for p in word
        )

    def _open_path(self, path: Word) -> Word:
        """The path with constants opened until its file name is told."""
        parts: list[WordPiece] = list(path)
        for _ in range(4):
            last = parts[-1] if parts else ""
            if not isinstance(last, Hole):
                break
            opened = self.opening.open(last.node)
            if opened is None or opened == (last,):
                break
            parts = [*parts[:-1], *opened]
        return joined(parts)

    def _is_standard(self, folder: Word, system: bool) -> bool:
        """Whether the adapters look in this folder by themselves (launchd.plist(5), FILES)."""
        text = re.sub("/+", "/", self._folder(folder))
        if system:
            return text == "/Library/LaunchDaemons/"
        return text in ("~/Library/LaunchAgents/", "/Library/LaunchAgents/")

    def _folder(self, folder: Word, depth: int = 4) -> str:
        """A folder as text, `~` for the home and `?` for what is not known."""
        out = ""
        for piece in folder:
            if isinstance(piece, str):
                out += piece
            elif isinstance(piece, HomeDir) or (
                isinstance(piece, Hole) and self.homes.is_home(piece.node)
            ):
                out += "~"
            else:
                opened = self.opening.open(piece.node) if isinstance(piece, Hole) else None
                out += self._folder(opened, depth - 1) if opened is not None and depth else "?"
        return out

    def _visible(self, parts: Word, word: Word) -> Pieces | None:
        """Pieces whose names mean the same where the command stands, else expanded; None where
        that cannot be."""
        at = next((p.node for p in word if isinstance(p, Hole)), None)
        out: list[Piece] = []
        for piece in parts:
            if isinstance(piece, Hole) and at is not None and not self._means_same(piece.node, at):
                out.extend(self.values.expand((piece,)))
                if isinstance(out[-1], Hole):
                    return None
            elif isinstance(piece, OwnUid | HomeDir):
                return None
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
            raise Unliftable(
                reasons.UNKNOWN_LABEL("the label is empty; give the port the label of a service")
            )
        first = pieces[0]
        if isinstance(first, str) and re.match(r"(login|pid|session|asid)/", first):
            raise Unliftable(
                reasons.UNKNOWN_LABEL(f"`{first.split('/')[0]}/…` is no service label of the port")
            )
        for piece in pieces[1:]:
            if isinstance(piece, str) and _domain(piece):
                raise Unliftable(
                    reasons.UNKNOWN_LABEL(
                        f"something stands in front of `{piece}`, which may be a flag; write the "
                        "target alone"
                    )
                )
        for piece in pieces:
            # launchd takes any label, and people have labels with spaces (an agent's name)
            if isinstance(piece, str) and not re.fullmatch(r"[A-Za-z0-9_.@+/: -]*", piece):
                raise Unliftable(
                    reasons.UNKNOWN_LABEL(
                        f"`{piece.strip()}` is no service label; give the port a label"
                    )
                )
        last = pieces[-1]
        if isinstance(first, str) and first.startswith(" "):
            raise Unliftable(
                reasons.UNKNOWN_LABEL(
                    f"`{first}` begins with a space; the port takes no such label"
                )
            )
        if isinstance(last, str) and (last.endswith(" ") or "/ " in last):
            raise Unliftable(
                reasons.UNKNOWN_LABEL(
                    f"`{last}` begins or ends with a space; the port takes no such label"
                )
            )
        return pieces


def _domain(text: str) -> bool:
    return text.startswith(("gui/", "user/", "system/")) or text in ("system",)


def _split(word: Word) -> tuple[Word, Word]:
    """A path as its folder (with the last slash) and its name."""
    for index in range(len(word) - 1, -1, -1):
        piece = word[index]
        if isinstance(piece, str) and "/" in piece:
            at = piece.rindex("/") + 1
            return joined([*word[:index], piece[:at]]), joined([piece[at:], *word[index + 1 :]])
    return (), word
