"""Functions that run a child process to its end and give its exit code and outputs as an object."""

from __future__ import annotations

import re

from tree_sitter import Node

from fleetmod.lift.wrapper_result import Resolver, returned
from fleetmod.syntax.source import ancestors, parts, unwrap

_FIELDS = {"exitCode": "exited", "code": "exited", "status": "exited"}

# what stands for no status is what the port's outcome has there, too
_CODE = r"\(?{r}\.(?:status|exitCode)(?:(?:\?\?|\|\|)1)?\)?"
_TEXT = (
    r"(?:String\()?\(?{r}\.{field}\)?(?:\??\.toString\((?:[\"']utf-?8[\"'])?\))?"
    r"(?P<trim>\??\.trim\(\))?(?:(?:\?\?|\|\|)(?:\"\"|''))?\)?(?P<late>\.trim\(\))?"
)
_MADE = {
    **dict.fromkeys(("status", "exitCode", "code"), _CODE),
    **dict.fromkeys(("ok", "success"), rf"{_CODE}===0|{{r}}\.success"),
    **dict.fromkeys(("stdout", "stderr"), _TEXT),
    "error": r"{r}\.error",
}


def collects(function: Node, call: Node, runners: Resolver) -> bool:
    """Whether a function is `proc = Bun.spawn(…)`, awaits its exit and reads its outputs as text,
    and returns just that: `{ exitCode, stdout, stderr }`, or some of these."""
    holder = next((a for a in ancestors(call) if a.type == "variable_declarator"), None)
    name = holder.child_by_field_name("name") if holder is not None else None
    values = returned(function)
    if name is None or len(values) != 1 or unwrap(values[0]).type != "object":
        return False
    process = re.escape(runners.source.text(name))
    fields = parts(unwrap(values[0]))
    return bool(fields) and all(_collected(field, process, runners) for field in fields)


def restructured(function: Node, call: Node, runners: Resolver) -> dict[str, bool]:
    """The fields of what a function makes of a finished process's result, and whether the text of
    each is trimmed: `const r = spawnSync(…); return { status: r.status ?? 1, stdout: r.stdout }`.

    Empty where it makes anything else of it.
    """
    holder = next((a for a in ancestors(call) if a.type == "variable_declarator"), None)
    name = holder.child_by_field_name("name") if holder is not None else None
    values = returned(function)
    if name is None or len(values) != 1 or unwrap(values[0]).type != "object":
        return {}
    result = re.escape(runners.source.text(name))
    out = {}
    for field in parts(unwrap(values[0])):
        key, value = field.child_by_field_name("key"), field.child_by_field_name("value")
        if field.type != "pair" or key is None or value is None:
            return {}
        spelled = runners.source.text(key)
        match = re.fullmatch(
            _MADE.get(spelled, "(?!)").format(r=result, field=spelled),
            runners.source.squeezed(value),
        )
        if match is None:
            return {}
        out[spelled] = any(match.groupdict().values())
    return out


def _collected(field: Node, process: str, runners: Resolver) -> bool:
    key = field.child_by_field_name("key") or field
    value = field.child_by_field_name("value") or field
    spelled = runners.source.text(key)
    origin = _origin(value, runners)
    if spelled in _FIELDS:
        return re.fullmatch(rf"(await)?{process}\.{_FIELDS[spelled]}", origin) is not None
    text = rf"(await)?newResponse\({process}\.{re.escape(spelled)}\)\.text\(\)"
    return spelled in ("stdout", "stderr") and re.fullmatch(text, origin) is not None


def _origin(value: Node, runners: Resolver) -> str:
    """What a field's value is, through a constant or `const [a, b] = await Promise.all([…])`."""
    value = unwrap(value)
    if "identifier" not in value.type:
        return runners.source.squeezed(value)
    binding = runners.scopes.resolve(value)
    if binding is None or not runners.scopes.fixed(binding):
        return ""
    if binding.value is not None:
        return runners.source.squeezed(binding.value)
    pattern = binding.name_node.parent
    together = binding.declaration.child_by_field_name("value")
    spelled = runners.source.squeezed(together) if together is not None else ""
    array = next((n for n in _descend(together) if n.type == "array"), None)
    if pattern is None or pattern.type != "array_pattern" or array is None:
        return ""
    at = [n.id for n in pattern.named_children].index(binding.name_node.id)
    elements = parts(array)
    together_awaited = spelled.startswith("awaitPromise.all([") and at < len(elements)
    return runners.source.squeezed(elements[at]) if together_awaited else ""


def _descend(node: Node | None) -> list[Node]:
    """The call that is awaited, and its arguments."""
    call = node.named_children[0] if node is not None and node.named_children else None
    arguments = call.child_by_field_name("arguments") if call is not None else None
    return parts(arguments)
