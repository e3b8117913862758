"""What part each node plays that mentions a trigger: executed, shown, compared, named, …"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from tree_sitter import Node

from fleetmod.lift.audience import looks_run, quotes_only
from fleetmod.lift.launchctl import TOOL, Launchctl
from fleetmod.lift.prose import changes_host, is_directive, is_title, of_environment
from fleetmod.lift.site import Site
from fleetmod.lift.sites import NOTHING_KNOWN, Sites
from fleetmod.lift.watched import Watched
from fleetmod.regex import lazy
from fleetmod.runner import Runner
from fleetmod.spans import Spans
from fleetmod.syntax.cooked import cook
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import ancestors, unwrap

EXECUTED, FOREIGN, COVERED = "executed", "foreign", "covered"
DISPLAYED, LOGGED, DETECTOR, VALUE = "displayed", "logged", "detector", "value"
RUNNABLE, FAKE, TESTED, COMPARED = "runnable", "fake", "tested", "compared"
SPECIFIER, TYPE, FIELD, NAME, IMPORTED = "specifier", "type", "field", "name", "imported"
TEXT, WATCHED = "text", "watched"

_COMPARERS = lazy(
    r".*\.(includes|startsWith|endsWith|indexOf|match|matchAll|test|search|split|replace|replaceAll"
    r"|to[A-Z]\w*|stringContaining|stringMatching|objectContaining|arrayContaining|has)"
    r"|(new )?RegExp"
)
_LOGGERS = lazy(
    r"(console|log|logger|\w*[lL]og(ger)?)(\.\w+)?|.*\.(log|warn|error|info|debug|trace)"
)
_FOREIGN_TEXT = lazy(r"\b(ssh|simctl)\b[^\n]*\blaunchctl\b")
# a word of its own, or a command's program: no part of a name, a path or a call
_FREE = lazy(
    r"(?<![\w.@/-])launchctl(?![\w(-]|[./]\w)|(?<=/bin/)launchctl(?=\s)"
    r"|launchctl(?=/(?:system|sc\w|service|launchd|cron))|(?:system\w+|launchd|cron|service)/launchctl\b"
)
# a permission or an allow list, which a program reads: `Bash(launchctl *)`, `launchctl:*`
_ALLOWED = lazy(r"\w\((?:/bin/)?launchctl\b|\blaunchctl:[*\w]")
# a text of one word; and one that only marks or ends, as in `(launchctl)` and `launchctl:`
_WORD = lazy(r"\S*launchctl\S*")
_LABEL = lazy(r"[(\"'`\[]*launchctl[.:,;!?)\]\"'`\u2026]*")
# a key, an id or a variable's name that the tool's name is a part of: `launchctlView`
_PART_OF_NAME = lazy(r"[\w.:-]*(?:launchctl[A-Z_]\w*|\w_launchctl)")
_BARE = lazy(r"(/\S*/)?launchctl(\.\w+)?")
_COMPARISONS = {"===", "!==", "==", "!="}


class Roles:
    """The roles of one file's nodes, for both the tool and home paths."""

    def __init__(
        self,
        scopes: Scopes,
        test: bool,
        imported: Mapping[tuple[str, str], Runner] = NOTHING_KNOWN,
    ) -> None:
        """`test` tells whether the file is test code; `imported` are the runners that other modules
        of the repository export, by module and name."""
        self.scopes, self.source, self._imported = scopes, scopes.source, imported
        self._known: dict[int, str] = {}
        self._test = test

    @cached_property
    def lifter(self) -> Sites:
        return Sites(self.scopes, Launchctl, self._imported)

    @cached_property
    def sites(self) -> dict[int, Site]:
        """The calls that run the tool, by the id of their node."""
        return {site.call.id: site for site in self.lifter.find()}

    @cached_property
    def kickstart(self) -> str:
        """What `kickstart` asks for in this file: it starts, or it restarts with `-k`; empty where
        its calls ask for both."""
        asked = {
            operation.verb
            for site in self.sites.values()
            if any(command.verb == "kickstart" for command in site.commands or ())
            for operation in site.operations
            if operation.verb in ("start", "restart")
        }
        return "".join(asked or {"start"}) if len(asked) < 2 else ""

    @cached_property
    def _watched(self) -> Watched:
        return Watched(self.scopes)

    @cached_property
    def _claimed(self) -> Spans[Node]:
        claimed = (node for site in self.sites.values() for node in site.claimed)
        return Spans((node.start_byte, node.end_byte, node) for node in claimed)

    def role(self, node: Node) -> str:
        """The role of a node (a constant above); empty for a call that runs something else."""
        if node.id not in self._known:
            self._known[node.id] = self._role(node)
        return self._known[node.id]

    def _role(self, node: Node) -> str:
        if node.type in ("call_expression", "new_expression"):
            site = self.sites.get(node.id)
            return "" if site is None else FOREIGN if site.foreign else EXECUTED
        if node.type in ("identifier", "shorthand_property_identifier"):
            return self._name_role(node)
        if node.type in ("property_identifier", "shorthand_property_identifier_pattern"):
            return FIELD
        if node.type == "type_identifier":
            return TYPE
        if node.type in ("comment", "jsx_text", "hash_bang_line"):
            if node.type == "comment" and is_directive(self.source.text(node)):
                return SPECIFIER
            if of_environment(self.source.text(node)):
                return FOREIGN
            return TEXT if node.type != "jsx_text" else DISPLAYED
        if node.type == "regex":
            if self._test:
                return TESTED
            return WATCHED if self._watched.pattern(node) else DETECTOR
        return self._literal_role(node)

    def _name_role(self, node: Node) -> str:
        binding = self.scopes.resolve(node)
        if binding is None:
            return FIELD
        return IMPORTED if binding.kind == "import" else NAME

    def _literal_role(self, node: Node) -> str:
        if self._claimed.around(node.start_byte, node.end_byte) is not None:
            return COVERED
        if TOOL not in self.source.own_text(node):
            return ""  # only an expression inside the template names it
        parent = node.parent
        kind = parent.type if parent is not None else ""
        if kind in ("import_statement", "export_statement", "import_require_clause"):
            return SPECIFIER
        if kind in ("literal_type", "enum_assignment"):
            return TYPE
        if parent is not None and kind == "pair":
            key = parent.child_by_field_name("key")
            if key is not None and key.id == node.id:
                return FIELD
        if _PART_OF_NAME.fullmatch(self.source.text(node)[1:-1]):
            return FIELD
        if self._compared(node):
            return COMPARED
        if not self._test and self._watched.word(node):
            return WATCHED
        if self._test and self._stands_in(node):
            return FAKE
        text = self.source.text(node)
        own, audience = self.source.own_text(node), self.lifter.strangers.audience
        if _FOREIGN_TEXT.search(text):
            return FOREIGN
        if of_environment(own) and not changes_host(own):
            return FOREIGN
        if changes_host(own) and audience.runs(node):
            return RUNNABLE
        named = _BARE.fullmatch(text[1:-1].strip()) or _ALLOWED.search(own)
        if not _FREE.search(own) or named:
            return FAKE if self._test else VALUE
        if self._test and not is_title(node, self.source):
            return TESTED
        if self._logged(node):
            return LOGGED
        if audience.runs(node):
            return RUNNABLE
        if looks_run(text[1:-1], (TOOL,)) and not audience.people(node):
            return RUNNABLE
        return VALUE if self._is_tag(node) else DISPLAYED

    def _is_tag(self, node: Node) -> bool:
        """Whether a literal is a name in data that the tool's name is a part of, and no text."""
        text = cook(node, self.source).text
        if _WORD.fullmatch(text) is None:
            return False
        chain = node.parent
        operator = chain.child_by_field_name("operator") if chain is not None else None
        joined = operator is not None and operator.type == "+"  # `"launchctl:" + key`
        return joined or _LABEL.fullmatch(text) is None

    def _stands_in(self, node: Node) -> bool:
        """Whether a literal is a script, or a line of one, that names the tool and does not run
        it."""
        lines = [node]
        if node.parent is not None and node.parent.type == "array":
            lines = node.parent.named_children
        script = "\n".join(self.source.text(line)[1:-1] for line in lines)
        return quotes_only(script, (TOOL,))

    def _compared(self, node: Node) -> bool:
        parent = node.parent
        if parent is None:
            return False
        if parent.type == "binary_expression":
            operator = parent.child_by_field_name("operator")
            return operator is not None and operator.type in _COMPARISONS
        if parent.type == "switch_case":
            return True
        if parent.type == "arguments" and parent.parent is not None:
            target = parent.parent.child_by_field_name("function") or (
                parent.parent.child_by_field_name("constructor")
            )
            return target is not None and bool(_COMPARERS.fullmatch(self.source.squeezed(target)))
        return False

    def _logged(self, node: Node) -> bool:
        for a in ancestors(node):
            if a.type == "call_expression":
                target = a.child_by_field_name("function")
                return target is not None and bool(
                    _LOGGERS.fullmatch(self.source.text(unwrap(target)))
                )
            if a.type.endswith("statement"):
                return False
        return False
