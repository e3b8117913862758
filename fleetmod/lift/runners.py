"""The ways TypeScript runs a program, and which of them a call expression is.

Sources: Node's child_process, Bun's spawn and shell, Deno.Command, execa 9 and zx 8 documentation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from tree_sitter import Node

from fleetmod.flow.texts import Values
from fleetmod.lift.wrappers import read_wrapper
from fleetmod.regex import lazy
from fleetmod.runner import (
    ARGV,
    ARRAY,
    CHILD,
    DENO,
    SHELL,
    STRUCT,
    TEMPLATE,
    TEXT,
    WORDS,
    Runner,
)
from fleetmod.syntax.scope import Binding, Scopes
from fleetmod.syntax.source import parts, unwrap

_CHILD_PROCESS = {
    "execSync": Runner("execSync", SHELL, TEXT, sync=True, throws=True, bytes=True),
    "execFileSync": Runner("execFileSync", ARGV, TEXT, sync=True, throws=True, bytes=True),
    "spawnSync": Runner("spawnSync", ARGV, STRUCT, sync=True, throws=False),
    "exec": Runner("exec", SHELL, CHILD, sync=False, throws=False, calls_back=True),
    "execFile": Runner("execFile", ARGV, CHILD, sync=False, throws=False, calls_back=True),
    "spawn": Runner("spawn", ARGV, CHILD, sync=False, throws=False),
}
_PROMISED = {
    "exec": Runner("promisify(exec)", SHELL, STRUCT, sync=False, throws=True),
    "execFile": Runner("promisify(execFile)", ARGV, STRUCT, sync=False, throws=True),
}
_EXECA = {
    "execa": Runner("execa", ARGV, STRUCT, sync=False, throws=True, chomped=True),
    "execaSync": Runner("execaSync", ARGV, STRUCT, sync=True, throws=True, chomped=True),
    "execaCommand": Runner("execaCommand", WORDS, STRUCT, sync=False, throws=True, chomped=True),
    "execaCommandSync": Runner(
        "execaCommandSync", WORDS, STRUCT, sync=True, throws=True, chomped=True
    ),
    "$": Runner("execa $", TEMPLATE, STRUCT, sync=False, throws=True, chomped=True),
}
_ZX = {"$": Runner("zx $", TEMPLATE, STRUCT, sync=False, throws=True)}
_BUN = {
    "spawnSync": Runner(
        "Bun.spawnSync", ARRAY, STRUCT, sync=True, throws=False, absent_throws=True
    ),
    "spawn": Runner("Bun.spawn", ARRAY, CHILD, sync=False, throws=False, absent_throws=True),
    "$": Runner("Bun.$", TEMPLATE, STRUCT, sync=False, throws=True, shows=True),
}
# options of execa (docs/api.md): anything but a plain `true` may keep the newline
_NEVER_THROWS = lazy(r"\breject\s*:\s*false\b")
_KEEPS_NEWLINE = lazy(r"\bstripFinalNewline\b(?!\s*:\s*true\b)")
_DENO = Runner("Deno.Command", DENO, STRUCT, sync=False, throws=False)
_MODULES = {
    "child_process": _CHILD_PROCESS,
    "node:child_process": _CHILD_PROCESS,
    "execa": _EXECA,
    "zx": _ZX,
    "zx/core": _ZX,
    "bun": _BUN,
}


class Runners:
    """Recognises the runner behind a call in one file.

    `imported` tells how a function of another module of the repository runs a program, by the
    module as it is spelled and the name that it has there.
    """

    def __init__(
        self,
        scopes: Scopes,
        values: Values,
        imported: Callable[[str, str], Runner | None] = lambda module, name: None,
    ) -> None:
        self.scopes, self.values, self._imported = scopes, values, imported
        self.source = scopes.source
        self._seen: dict[int, Runner | None] = {}

    def of_call(self, call: Node) -> Runner | None:
        """The runner that a call (or `new`) expression calls."""
        if call.type == "new_expression":
            constructor = call.child_by_field_name("constructor")
            is_deno = constructor is not None and self.source.text(constructor) == "Deno.Command"
            return _DENO if is_deno else None
        function = call.child_by_field_name("function")
        return self.of_function(function) if function is not None else None

    def of_function(self, node: Node) -> Runner | None:
        """The runner that an expression evaluates to, through imports, aliases and wrappers."""
        node = unwrap(node)
        if node.type == "identifier":
            binding = self.scopes.resolve(node)
            return self._of_binding(binding) if binding is not None else None
        if node.type == "member_expression":
            return self._of_member(node)
        if node.type == "call_expression":
            return self._of_made(node)
        return None

    def _of_member(self, node: Node) -> Runner | None:
        owner, member = node.child_by_field_name("object"), node.child_by_field_name("property")
        if owner is None or member is None:
            return None
        owner, name = unwrap(owner), self.source.text(member)
        if owner.type == "identifier":
            binding = self.scopes.resolve(owner)
            if binding is None or self.scopes.ambient(binding):
                return _BUN.get(name) if self.source.text(owner) == "Bun" else None
            module = self.scopes.module(binding)
            if module == "execa" and name == "sync":
                return _EXECA["execaSync"]
            if (told := self.of_another_module(node)) is not None:
                return self._of_module(told, node, binding)
            return _MODULES[module].get(name) if module in _MODULES else None
        module = self.scopes.required(owner)
        return _MODULES[module].get(name) if module in _MODULES else None

    def _of_made(self, node: Node) -> Runner | None:
        """`promisify(execFile)`, `util.promisify(cp.exec)`, `$({ quiet: true })`."""
        function, arguments = (
            node.child_by_field_name("function"),
            node.child_by_field_name("arguments"),
        )
        given = parts(arguments)
        if function is None or arguments is None or not given:
            return None
        if re.fullmatch(r"(\w+\.)?promisify", self.scopes.original(function)):
            inner = self.of_function(given[0])
            return _PROMISED.get(inner.name) if inner is not None else None
        inner = self.of_function(function)
        if inner is not None and inner.form == TEMPLATE and inner.name in ("zx $", "execa $"):
            options = self.source.text(arguments)
            return self.optioned(inner, options) if "reject" not in options else None
        return None

    def optioned(self, runner: Runner, options: str) -> Runner:
        """A runner with what options say of it: `reject: false`, `stripFinalNewline: false`."""
        if _NEVER_THROWS.search(options):
            runner = replace(runner, throws=False)
        return replace(runner, chomped=False) if _KEEPS_NEWLINE.search(options) else runner

    def _of_binding(self, binding: Binding) -> Runner | None:
        key = binding.name_node.id
        if key not in self._seen:
            self._seen[key] = None  # a wrapper that calls itself is no wrapper
            self._seen[key] = self._read_binding(binding)
        return self._seen[key]

    def _read_binding(self, binding: Binding) -> Runner | None:
        module = self.scopes.module(binding)
        if module in _MODULES:
            imported = self._imported_name(binding)
            return _MODULES[module].get(imported) if imported else None
        if (told := self.of_another_module(binding.name_node)) is not None:
            return self._of_module(told, binding.name_node, binding)
        if not self.scopes.fixed(binding):
            return None
        if binding.value is not None:
            runner = self.of_function(binding.value)
            if runner is not None:
                return runner
        return read_wrapper(binding, self)

    def of_another_module(self, function: Node) -> tuple[str, str] | None:
        """The module that a function is imported from, as it is spelled, and the name that it has
        there; None for what no other module gives, and for those that run programs themselves."""
        node = unwrap(function)
        owner, member = node.child_by_field_name("object"), node.child_by_field_name("property")
        named = node if owner is None else unwrap(owner)
        binding = self.scopes.resolve(named) if "identifier" in named.type else None
        module = self.scopes.module(binding) if binding is not None else ""
        if binding is None or not module or module in _MODULES:
            return None
        if member is not None:
            return (module, self.source.text(member)) if _is_whole(binding) else None
        parent = binding.name_node.parent
        whole = parent is not None and parent.type == "import_clause"
        name = "default" if whole else self._imported_name(binding)
        return (module, name) if name else None

    def _of_module(self, told: tuple[str, str], used: Node, binding: Binding) -> Runner | None:
        """The runner that another module exports, by the name that it has here."""
        found = self._imported(*told)
        if found is None:
            return None
        wrapper = binding if found.wraps else None
        return replace(found, name=self.source.text(used), wrapper=wrapper)

    def _imported_name(self, binding: Binding) -> str:
        node = binding.name_node
        parent = node.parent
        if parent is None or parent.type in ("namespace_import", "import_require_clause"):
            return ""
        if parent.type == "import_clause":
            return "execa" if self.scopes.module(binding) == "execa" else ""
        if parent.type == "import_specifier":
            name = parent.child_by_field_name("name")
            return self.source.text(name) if name is not None else ""
        if parent.type == "pair_pattern":
            key = parent.child_by_field_name("key")
            return self.source.text(key) if key is not None else ""
        return binding.name if parent.type == "object_pattern" else ""


def _is_whole(binding: Binding) -> bool:
    """Whether a name stands for a module as a whole: `import * as m`, `const m = require("m")`."""
    parent = binding.name_node.parent
    return parent is not None and parent.type in ("namespace_import", "variable_declarator")
