"""`join(<home>, "Code/acme/x")` and `${home}/Vault/x`: a home with a known base behind it."""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from fleetmod.flow.texts import Values
from fleetmod.lift.homes import chain, reads_variable
from fleetmod.lower.draft import Draft
from fleetmod.places import ROOT, VAULT, Places
from fleetmod.regex import lazy
from fleetmod.syntax.source import parts

_JOIN = lazy(r"((?!Promise\.)\w+\.)?(posix\.)?(join|resolve)")


class JoinedPaths:
    def __init__(self, draft: Draft, places: Places, values: Values) -> None:
        self.draft, self.places, self.values = draft, places, values
        self.source = draft.scopes.source

    def replace_first(
        self,
        top: Node,
        start: Node,
        env: dict[str, str],
        rule: str,
        member: Callable[[str], str],
    ) -> bool:
        """Rewrite a home chain `top` with what is joined to it; False if nothing known is."""
        parent = top.parent
        if parent is None or start.start_byte != top.start_byte:
            return False
        if parent.type == "template_substitution":
            return self._in_template(parent, rule, member)
        call = parent.parent
        if parent.type != "arguments" or call is None or call.type != "call_expression":
            return False
        function = call.child_by_field_name("function")
        args = parts(parent)
        if function is None or not _JOIN.fullmatch(self.draft.scopes.original(function)):
            return False
        if args[0].id != top.id or len(args) < 2 or args[1].type != "string":
            return False
        text = self.values.literal(args[1]) or ""
        base, rest = self._base(text)
        if not base:
            return False
        if not rest and len(args) == 2:
            return self._whole(call, base, env, rule, member)
        self.draft.replace(top, member(base), rule)
        if rest:
            at = args[1].start_byte + 1
            self.draft.replace_range(at, at + len(text) - len(rest), "", rule)
        else:
            following = args[2].start_byte
            self.draft.replace_range(args[1].start_byte, following, "", rule)
        return True

    def _whole(
        self, call: Node, base: str, env: dict[str, str], rule: str, member: Callable[[str], str]
    ) -> bool:
        """`process.env.VAULT_PATH || join(home, "Vault")` is one lookup."""
        outer = call.parent
        node = call
        if outer is not None and outer.type == "binary_expression":
            elements = [e for _, e in chain(outer)]
            known = reads_variable(self.source.squeezed(elements[0]), env[base])
            if known and len(elements) == 2 and elements[1].id == call.id:
                node = outer
        self.draft.replace(node, member(base), rule)
        return True

    def _in_template(self, hole: Node, rule: str, member: Callable[[str], str]) -> bool:
        following = hole.next_named_sibling
        if following is None or following.type != "string_fragment":
            return False
        text = self.source.text(following)
        base, rest = self._base(text.removeprefix("/")) if text.startswith("/") else ("", "")
        if not base:
            return False
        template = hole.parent
        if not rest and following.next_named_sibling is not None:
            return False  # `…/acme${suffix}` may be another folder
        whole = not rest and template is not None and len(template.named_children) == 2
        outer = template.parent if template is not None else None
        must_stay = outer is not None and outer.type in ("call_expression", "as_expression")
        if whole and template is not None and not must_stay:
            self.draft.replace(template, member(base), rule)
            return True
        end = following.end_byte - len(rest.encode()) - (1 if rest else 0)
        self.draft.replace_range(hole.start_byte, end, "${" + member(base) + "}", rule)
        return True

    def _base(self, text: str) -> tuple[str, str]:
        """The base that a path below home lies under, and what follows it."""
        for base in (ROOT, VAULT):
            below = self.places.below_home(base)
            if below and (text == below or text.startswith(below + "/")) and ".." not in text:
                return base, text[len(below) :].lstrip("/")
        return "", ""
