"""Functions that run a program where nobody hands in, or derives, another: `exec = defaultExec`."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from fleetmod.flow.effects import class_of
from fleetmod.flow.texts import Values
from fleetmod.lift.runners import Runners
from fleetmod.lift.wrapper_result import calls_in
from fleetmod.syntax.source import ancestors, parts, unwrap

_GIVES = ("formal_parameters", "object_pattern")
_ELSE = ("??", "||")


class HandedIn:
    """Tells of one file's functions."""

    def __init__(self, values: Values, runners: Runners) -> None:
        self.scopes, self.source, self.values = values.scopes, values.source, values
        self.runners = runners

    def why(self, function: Node) -> str:
        """Whose it is to say what a function runs; "" where the file tells of none that runs
        anything."""
        function, name = unwrap(function), self.source.squeezed(function)
        if function.type == "identifier":
            for default in self._defaults(function):
                if self.runners.of_function(default) is not None:
                    return (
                        f"goes to `{name}`, which is `{self.source.text(default)}` unless a caller "
                        "hands in another one, as tests do: let it hand in the port"
                    )
        method = self._method(function)
        if method is None:
            return ""
        key = method.child_by_field_name("name")
        modifiers = [self.source.text(c) for c in method.children if c.type.startswith("access")]
        if "private" in modifiers or (key is not None and key.type.startswith("private")):
            return f"goes to `{name}`, a method of the class that runs it"
        return f"goes to `{name}`, a method that runs it unless a subclass has its own"

    def _defaults(self, name: Node) -> Iterator[Node]:
        """What a name is where nothing is handed in: `run = exec`, `deps.run ?? exec`."""
        binding = self.scopes.resolve(name)
        if binding is None:
            return
        for a in ancestors(binding.name_node):
            if a.type in (*_GIVES, "statement_block"):
                break
            value = a.child_by_field_name("value") or a.child_by_field_name("right")
            if value is not None and binding.kind == "parameter":
                yield value
        made = unwrap(binding.value) if binding.value is not None else None
        operator = made.child_by_field_name("operator") if made is not None else None
        if made is not None and operator is not None and operator.type in _ELSE:
            right = made.child_by_field_name("right")
            yield from [right] if right is not None else []

    def _method(self, function: Node) -> Node | None:
        """The method of the class around that `this.run` is, where it runs a program."""
        owner, name = (
            function.child_by_field_name("object"),
            function.child_by_field_name("property"),
        )
        body = class_of(owner) if owner is not None and owner.type == "this" else None
        for member in parts(body) if body is not None and name is not None else ():
            key = member.child_by_field_name("name")
            if key is None or name is None or self.source.text(key) != self.source.text(name):
                continue
            for call in calls_in(member):
                target = call.child_by_field_name("function")
                if target is not None and self.runners.of_function(target) is not None:
                    return member
        return None
