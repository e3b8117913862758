"""Everything known of one parsed file, computed when first asked for.

Each property imports what it needs: a file has one family of debt, seldom two, and the hook starts
anew for each commit.
"""

from __future__ import annotations

from copy import copy
from functools import cached_property, partial
from typing import TYPE_CHECKING

from fleetmod import reasons
from fleetmod.filekinds import is_javascript
from fleetmod.lower.draft import Draft, Refused
from fleetmod.lower.specifier import specifiers
from fleetmod.lower.style import Style
from fleetmod.refusal import Reason
from fleetmod.regex import lazy
from fleetmod.settings import Settings
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import Source, comment_rows

if TYPE_CHECKING:
    from collections.abc import Collection

    from tree_sitter import Node

    from fleetmod.flow.bound import Bound
    from fleetmod.flow.siblings import Siblings
    from fleetmod.lift.action_wrappers import ActionWrapper
    from fleetmod.lift.below_home import PlacesBelowHome
    from fleetmod.lift.container_roles import ContainerRoles
    from fleetmod.lift.home_kinds import HomeKinds
    from fleetmod.lift.homes import Homes
    from fleetmod.lift.roles import Roles
    from fleetmod.lower.container import ContainerCalls
    from fleetmod.lower.container_text import ContainerTexts
    from fleetmod.lower.home import HomePaths
    from fleetmod.lower.process import ProcessCalls
    from fleetmod.lower.prose import Display


_IDENTIFIERS = (
    *("identifier", "property_identifier", "shorthand_property_identifier"),
    "shorthand_property_identifier_pattern",
)
_SPELLED = lazy(r"`(?P<ticked>[\w$]+)(?=[`(.])|(?<![\w$])(?P<called>[\w$]+)\(")

_OF_A_DRAFT = (
    *("process_calls", "container_calls", "container_texts", "display", "home_paths"),
    "renames",
)
_TYPED = reasons.CANNOT_IMPORT(
    "the package is published, so its ports stand in its sources as TypeScript, which Node does "
    "not load into a script; pass the value in"
)
_AGED = (
    "package.json asks for TypeScript {}, which cannot read the types of the ports (they are for "
    "4.7 and later); raise it first"
)
_VERBATIM = reasons.CANNOT_IMPORT(
    "the file is CommonJS under `verbatimModuleSyntax`, which allows no `import … from` there; "
    'write the call by hand, with `import port = require("…")`'
)


class Analysis:
    """The lifters and lowerings of one file; rewrites share its draft."""

    def __init__(self, source: Source, settings: Settings, by_action: Collection[int] = ()) -> None:
        """`by_action` are the wrappers (by `key`) that get an action in place of a command."""
        self.source, self.settings, self.by_action = source, settings, by_action
        self.scopes = Scopes(source)
        inline = settings.inlined.get(source.path)
        packages = specifiers(source, settings.packages, inline)
        why = _TYPED if inline is not None and is_javascript(source.path) else None
        if source.path in settings.verbatim and _is_commonjs(source):
            why = _VERBATIM
        if source.path in settings.aged:
            why = reasons.CANNOT_IMPORT(_AGED.format(settings.aged[source.path]))
        style = Style(source, source.path in settings.required)
        self.draft = Draft(self.scopes, style, packages, why, settings.unearned)

    def anew(self, by_action: Collection[int] = ()) -> Analysis:
        """The same file with an empty draft: what is known of it, whatever is rewritten, stays."""
        other = copy(self)
        other.by_action, other.draft = by_action, self.draft.anew()
        for name in _OF_A_DRAFT:
            other.__dict__.pop(name, None)
        return other

    @cached_property
    def roles(self) -> Roles:
        from fleetmod.lift.roles import Roles

        settings, path = self.settings, self.source.path
        return Roles(self.scopes, settings.is_test(path), settings.imported.get(path, {}))

    @cached_property
    def container_roles(self) -> ContainerRoles:
        from fleetmod.lift.container_roles import ContainerRoles

        return ContainerRoles(self.scopes, self.settings.addresses)

    def adapter_beside(self, family: str) -> str:
        """The repository's own adapter of a family's tool that the file uses; "" for none."""
        from fleetmod.flow.own_port import adapter_beside

        if family not in self._beside:
            adapters = self.settings.adapters.get(family, ())
            self._beside[family] = adapter_beside(self.scopes, adapters)
        return self._beside[family]

    @cached_property
    def _beside(self) -> dict[str, str]:
        return {}

    @cached_property
    def action_wrappers(self) -> dict[int, ActionWrapper]:
        """The functions that may be given an action, by the id of each call of them."""
        from fleetmod.lift.action_wrappers import action_wrappers

        return action_wrappers(self.roles.sites.values(), self.roles.lifter)

    def siblings(self, tool: Bound) -> Siblings:
        """What tells of another platform's part beside a tool's."""
        from fleetmod.flow.siblings import Siblings

        if tool.name not in self._siblings:
            self._siblings[tool.name] = Siblings(self.roles.lifter.values, tool)
        return self._siblings[tool.name]

    @cached_property
    def _siblings(self) -> dict[str, Siblings]:
        return {}

    @cached_property
    def homes(self) -> Homes:
        from fleetmod.lift.homes import Homes

        return Homes(self.scopes, self.roles.lifter.values)

    def place_of(self, node: Node) -> str:
        """`joined` for a literal that leads from the home folder to the checkout or the vault."""
        from fleetmod.lift.below_home import JOINED

        is_test = self.settings.is_test(self.source.path)
        return "" if is_test or self.below_home.of(node) is None else JOINED

    @cached_property
    def below_home(self) -> PlacesBelowHome:
        from fleetmod.flow.made import MadeTexts
        from fleetmod.lift.below_home import PlacesBelowHome

        made = MadeTexts(self.scopes, self.roles.lifter.values)
        return PlacesBelowHome(made, self.homes, self.settings.places)

    @cached_property
    def home_kinds(self) -> HomeKinds:
        from fleetmod.lift.home_kinds import HomeKinds

        return HomeKinds(self.scopes, self.roles.lifter.values, self.homes, self.settings)

    @cached_property
    def process_calls(self) -> ProcessCalls:
        from fleetmod.lower.process import ProcessCalls

        return ProcessCalls(self.draft)

    @cached_property
    def container_calls(self) -> ContainerCalls:
        from fleetmod.lower.container import ContainerCalls, RuntimeCalls

        return ContainerCalls(self.draft, RuntimeCalls)

    @cached_property
    def container_texts(self) -> ContainerTexts:
        from fleetmod.lower.container_text import ContainerTexts

        values = self.container_roles.lifter.values
        return ContainerTexts(self.draft, values, self.settings.addresses)

    @cached_property
    def display(self) -> Display:
        from fleetmod.lower.prose import Display

        lifter = self.roles.lifter
        return Display(self.draft, lifter.grammar, lifter.values, lambda: self.roles.kickstart)

    @cached_property
    def home_paths(self) -> HomePaths:
        from fleetmod.lower.home import HomePaths

        settings = self.settings
        values = self.roles.lifter.values
        return HomePaths(self.draft, settings.places, self.homes, values, settings.env)

    @property
    def moved_homes(self) -> tuple[tuple[int, int, str], ...]:
        """What to write anew where a test's homes move to a neutral one; raises Refused where one
        of them cannot, for then none may."""
        moved = self._moved_homes
        if isinstance(moved, Reason):
            raise Refused(moved)
        return moved

    @cached_property
    def _moved_homes(self) -> tuple[tuple[int, int, str], ...] | Reason:
        from fleetmod.lower.moved_homes import moved_texts
        from fleetmod.lower.positions import check_name

        try:
            check, kinds = partial(check_name, source=self.source), self.home_kinds
            return tuple(moved_texts(kinds, check, kinds.fate))
        except Refused as refused:
            return refused.reason

    @cached_property
    def renames(self) -> dict[int, str | Reason]:
        """New names of bindings, by the id of the node that declares them; or why they stay."""
        return {}

    @cached_property
    def named(self) -> frozenset[str]:
        """What anything in the file is called, also a field."""
        return frozenset(map(self.source.text, self.source.of(*_IDENTIFIERS)))

    @cached_property
    def spelled(self) -> frozenset[str]:
        """The names that comments spell as code: `name` in backticks, or name()."""
        texts = map(self.source.text, self.source.of("comment"))
        found = (match for text in texts for match in _SPELLED.finditer(text))
        return frozenset(match["ticked"] or match["called"] for match in found)

    @cached_property
    def comment_rows(self) -> dict[int, tuple[str, int, int]]:
        """For each comment with `//`, by its id, the text of the rows below each other that it is
        one with, and where it stands in that."""
        out: dict[int, tuple[str, int, int]] = {}
        for row in comment_rows(self.source):
            texts = list(map(self.source.text, row))
            whole, at = "\n".join(texts), 0
            for node, text in zip(row, texts, strict=True):
                out[node.id] = (whole, at, at + len(text))
                at += len(text) + 1
        return out


def _is_commonjs(source: Source) -> bool:
    """Whether a file spells its modules as TypeScript does for CommonJS alone: `import a =
    require("b")`, `export = c`."""
    if source.of("import_require_clause"):
        return True
    exports = (n for n in source.root.named_children if n.type == "export_statement")
    return any(child.type == "=" for each in exports for child in each.children)
