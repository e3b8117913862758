"""Results that are objects: `{ status, stdout, stderr }` of spawnSync, Bun, execa and the like."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.lift.operation import Operation
from fleetmod.lift.site import Site
from fleetmod.lower.calls import Calls
from fleetmod.lower.context import Context
from fleetmod.lower.draft import Draft, Refused
from fleetmod.lower.handlers import check_words
from fleetmod.lower.usage import Usage, declarator, declared, member
from fleetmod.regex import lazy
from fleetmod.syntax.scope import Binding
from fleetmod.syntax.source import contains, parts

_FIELDS = {
    "status": "exitCode",
    "exitCode": "exitCode",
    "code": "exitCode",
    "success": "ok",
    "ok": "ok",
    "failed": "",
    "error": "error",
    "stdout": "stdout",
    "stderr": "stderr",
}
_READS_TEXT = (
    "template_substitution", "binary_expression", "unary_expression", "ternary_expression",
    "parenthesized_expression", "non_null_expression",
)  # fmt: skip
_DECODER = lazy(r"(newTextDecoder\([^)]*\)|\w*[dD]ecoder)\.decode")


_BYTES = reasons.OUTPUT_BYTES("passes the bytes of the output on; the port gives text")
_WHOLE = reasons.RESULT_PASSED_ON(
    "the result object is exported whole; read its fields where it is made"
)
# ECMA-262, 22.1.3, but for what is something else of a Buffer; and what a Buffer calls so, too
_OF_TEXT = frozenset(
    "toString length trim trimStart trimEnd split match matchAll replace replaceAll includes slice"
    " indexOf lastIndexOf startsWith endsWith toLowerCase toUpperCase search padStart padEnd repeat"
    " concat substring normalize localeCompare".split()
)
_NO_CODE = reasons.ERROR_READ(
    "asks for a missing exit code, and the port always tells one; ask `error` of the port's outcome"
)
_TAKES_STRING = lazy(
    r"String|Number|parseInt|JSON\.parse|Buffer\.from|console\.\w+|(/.*/\w*|\w+)\.(test|exec)|process\.\w+\.write"
)


class Outcomes:
    def __init__(self, draft: Draft, calls: Calls) -> None:
        self.draft, self.calls = draft, calls
        self.scopes, self.source = draft.scopes, draft.scopes.source
        self.fields: Mapping[str, str] = _FIELDS  # the outcome's, by what this result calls them

    # -- a runner that throws: only success comes back ------------------------------------------

    def throwing(self, site: Site, usage: Usage, context: Context, op: Operation) -> None:
        """`const { stdout } = await run(…)`, `(await run(…)).stdout`, `const r = await run(…)`."""
        if not self.calls.prints(op):
            raise Refused(self.calls.unread(op))
        context = context.throwing()
        text = self.calls.text(op, context) + site.runner.strip
        holder = declarator(usage.value)
        if holder is not None:
            name = holder.child_by_field_name("name")
            if name is not None and name.type == "object_pattern":
                self.draft.replace_range(
                    name.start_byte,
                    usage.value.end_byte,
                    f"{self._stdout_only(name)} = {text}",
                    self.calls.rule,
                )
                return
            binding = declared(holder, self.scopes)
            reads = self.scopes.references(binding) if binding else []
            if binding is not None and self.scopes.exported(binding):
                raise Refused(_WHOLE)
            if all(member(r, self.source) in ("stdout", "stderr") for r in reads) and reads:
                made = f"{{ stdout: {text}, stderr: {self.draft.style.string('')} }}"
                self.draft.replace(usage.value, made, self.calls.rule)
                return
        elif member(usage.value, self.source) == "stdout" and usage.value.parent is not None:
            self.draft.replace(usage.value.parent, self._loose(text), self.calls.rule)
            return
        raise Refused(
            reasons.RESULT_PASSED_ON(
                "the result object is passed on whole; read its stdout where it is made"
            )
        )

    def _stdout_only(self, pattern: Node) -> str:
        """The local name that `{ stdout }` or `{ stdout: out }` declares, if it is the only one."""
        children = pattern.named_children
        text = self.source.text(pattern)
        match = re.fullmatch(r"\{\s*stdout\s*(?::\s*(\w+)\s*)?,?\s*\}", text)
        if match is None or len(children) != 1:
            raise Refused(
                reasons.OUTPUT_READ(
                    "takes more than stdout from the result; read the port's fields instead"
                )
            )
        return match.group(1) or "stdout"

    # -- a runner that does not throw: exit code and error output are read ------------------------

    def settled(self, site: Site, usage: Usage, context: Context, op: Operation) -> None:
        """`const p = spawnSync(…); if (p.status !== 0) …`, and the like inline."""
        holder = declarator(usage.value)
        self.fields = dict(site.runner.fields) or _FIELDS
        strip = site.runner.strip if self.calls.asks(op) else ""  # an action prints nothing
        if holder is None:
            self._inline(usage, context, op, strip)
            return
        name = holder.child_by_field_name("name")
        encoded = site.runner.decoded or "encoding" in site.options
        if name is not None and name.type == "object_pattern":
            pattern = self._pattern(name, encoded, op)
            if strip and "stdout" in pattern:
                raise Refused(
                    reasons.OUTPUT_READ(
                        "takes trimmed text from the result; read the port's fields instead"
                    )
                )
            outcome = self.calls.outcome(op, context, text="stdout" in pattern)
            self.draft.replace_range(
                name.start_byte, usage.value.end_byte, f"{pattern} = {outcome}", self.calls.rule
            )
            return
        binding = declared(holder, self.scopes)
        if binding is None or holder.child_by_field_name("type") is not None:
            raise Refused(
                reasons.OUTPUT_READ(
                    "the result is typed as a child process's; read the port's fields instead"
                )
            )
        if self.scopes.exported(binding):
            raise Refused(_WHOLE)
        reads = self.scopes.references(binding)
        if self._throw_only(holder, binding, reads, context, op):
            return
        self._adapt_reads(reads, encoded, strip, op)
        told = any(self._told(read) == "stdout" for read in reads)
        self.draft.replace(usage.value, self.calls.outcome(op, context, text=told), self.calls.rule)

    def _told(self, read: Node) -> str:
        """The outcome's field that is read of the result; empty for what it has not."""
        return self.fields.get(member(read, self.source), "")

    def _pattern(self, pattern: Node, encoded: bool, op: Operation) -> str:
        """`{ status, stderr: err }` with the outcome's names for the fields."""
        out = []
        for field in pattern.named_children:
            match = re.fullmatch(r"(\w+)(?:\s*:\s*(\w+))?", self.source.text(field))
            new = self.fields.get(match[1]) if match is not None else None
            if match is None or not new:
                raise Refused(
                    reasons.OUTPUT_READ(
                        f"reads `{self.source.text(field)}`, which the port does not tell"
                    )
                )
            local = match[2] or match[1]
            leaf = field if match[2] is None else field.child_by_field_name("value")
            binding = self.scopes.resolve(leaf) if leaf is not None else None
            plain = encoded or new not in ("stdout", "stderr")
            if binding is not None and self.scopes.exported(binding) and not plain:
                raise Refused(_BYTES)
            for read in self.scopes.references(binding) if binding is not None else ():
                self._check_read(read, new, op)
                if not plain and member(read, self.source) not in ("toString", "length"):
                    raise Refused(
                        reasons.OUTPUT_BYTES(
                            f"passes the bytes of `{local}` on; the port gives text"
                        )
                    )
            out.append(new if new == local else f"{new}: {local}")
        return "{ " + ", ".join(out) + " }"

    def _inline(self, usage: Usage, context: Context, op: Operation, trim: str) -> None:
        name = member(usage.value, self.source)
        new = self.fields.get(name)
        if not new or usage.value.parent is None:
            raise Refused(
                reasons.RESULT_PASSED_ON(
                    "the result object is passed on whole; read the port's fields instead"
                )
            )
        text = self._loose(self.calls.outcome(op, context, text=new == "stdout"))
        access = usage.value.parent
        self._check_read(access, new, op)
        stop = access.end_byte
        optional = access.child_by_field_name("property")
        assert optional is not None
        made = f"{text}.{new}{trim if new == 'stdout' else ''}"
        self.draft.replace_range(access.start_byte, stop, made, self.calls.rule)
        self.drop_encoding(access)

    def _throw_only(
        self, holder: Node, binding: Binding, reads: list[Node], context: Context, op: Operation
    ) -> bool:
        """`const p = run(); if (p.status !== 0) { throw … }` is a call that throws by itself."""
        statement = holder.parent
        if statement is None or len(statement.named_children) != 1 or self.calls.asks(op):
            return False
        check = statement.next_named_sibling
        if check is None or check.type != "if_statement":
            return False
        consequence = check.child_by_field_name("consequence")
        if consequence is None or check.child_by_field_name("alternative") is not None:
            return False
        if not all(contains(check, read) for read in reads) or not self._fails(check, binding):
            return False
        if not self._only_throws(consequence) or self._comments(statement, check):
            return False
        context = context.throwing()
        ends = ";" if self.source.text(statement).endswith(";") else ""
        text = self.calls.statement(op, context, ends)
        self.draft.replace_range(statement.start_byte, check.end_byte, text, self.calls.rule)
        return True

    def _fails(self, check: Node, binding: Binding) -> bool:
        condition = check.child_by_field_name("condition")
        text = self.source.squeezed(condition) if condition is not None else ""
        name = re.escape(binding.name)
        return bool(
            re.fullmatch(rf"\((!{name}\.success|{name}\.(status|exitCode|code)!==?0)\)", text)
        )

    def _only_throws(self, consequence: Node) -> bool:
        if consequence.type == "throw_statement":
            return True
        statements = consequence.named_children
        *before, last = statements or [consequence]
        return last.type == "throw_statement" and all(
            s.type == "lexical_declaration" for s in before
        )

    def _comments(self, first: Node, last: Node) -> bool:
        return any(
            first.start_byte <= c.start_byte < last.end_byte for c in self.source.of("comment")
        )

    def _check_read(self, read: Node, field: str, op: Operation) -> None:
        """Raises Refused where a field of the outcome is asked for what the port does not tell."""
        if field == "stderr":
            check_words(read, op, self.source)
        parent = read.parent
        compared = parent is not None and parent.type == "binary_expression"
        if parent is None or not compared or field != "exitCode":
            return
        sides = [self.source.text(side) for side in parent.named_children]
        if not {"null", "undefined"}.isdisjoint(sides):
            raise Refused(_NO_CODE)

    def _adapt_reads(self, reads: list[Node], encoded: bool, trim: str, op: Operation) -> None:
        """Adapt each read of the result; `encoded` output was a string before, too, and `trim` is
        what was done to it."""
        edits: list[tuple[Node, str]] = []
        after: list[tuple[Node, str]] = []
        for read in reads:
            name, told = member(read, self.source), self._told(read)
            access = read.parent
            if access is None or not told:
                raise Refused(
                    reasons.OUTPUT_READ(
                        f"reads `{name or 'the whole result'}`, which the port does not tell"
                    )
                )
            prop = access.child_by_field_name("property")
            assert prop is not None
            self._check_read(access, told, op)
            if told in ("stdout", "stderr") and not encoded:
                edits.extend(self._bytes_read(access))
                continue
            if told != name:
                edits.append((prop, told))
            if told == "stdout" and trim:
                after.append((access, trim))
        for node, text in edits:
            self.draft.replace(node, text, self.calls.rule)
        for node, text in after:
            self.draft.replace_range(node.end_byte, node.end_byte, text, self.calls.rule)

    def check_bytes(self, value: Node) -> None:
        """Raises Refused where output that came as bytes is used for more than its text."""
        holder = declarator(value)
        binding = declared(holder, self.scopes) if holder is not None else None
        typed = holder.child_by_field_name("type") if holder is not None else None
        if typed is not None or (binding is not None and self.scopes.exported(binding)):
            raise Refused(_BYTES)
        for read in self.scopes.references(binding) if binding is not None else (value,):
            self._bytes_read(read)

    def _bytes_read(self, access: Node) -> list[tuple[Node, str]]:
        """`p.stderr` is a string now: decoders around it go, string methods stay."""
        parent = access.parent
        if parent is None:
            return []
        if parent.type == "member_expression":
            whole = parent.parent
            name = member(access, self.source)
            if name not in _OF_TEXT:
                raise Refused(
                    reasons.OUTPUT_BYTES(
                        f"reads the output's bytes by `{name}`; the port gives text"
                    )
                )
            if name == "toString" and whole is not None:
                arguments = whole.child_by_field_name("arguments")
                return [(arguments, "()")] if arguments is not None else []
            return []
        if parent.type == "arguments" and parent.parent is not None:
            target = parent.parent.child_by_field_name("function")
            spelled = self.source.squeezed(target) if target is not None else ""
            if _TAKES_STRING.fullmatch(spelled):
                return []
            if _DECODER.fullmatch(spelled):
                return [(parent.parent, self.source.text(access))]
            if target is not None and self._takes_string(target):
                return []
            raise Refused(
                reasons.OUTPUT_BYTES(
                    f"passes bytes to `{spelled}`, which gets a string from the port"
                )
            )
        if parent.type not in _READS_TEXT:
            raise Refused(_BYTES)
        return []

    def _takes_string(self, target: Node) -> bool:
        """Whether a local function's first parameter may be a string."""
        binding = self.scopes.resolve(target) if target.type == "identifier" else None
        if binding is None:
            return False
        function = binding.value if binding.value is not None else binding.declaration
        listed = function.child_by_field_name("parameters")
        first = listed.named_children[0] if listed is not None and listed.named_children else None
        annotation = first.child_by_field_name("type") if first is not None else None
        return (
            annotation is not None
            and re.search(r"\b(string|any)\b", self.source.text(annotation)) is not None
        )

    def drop_encoding(self, access: Node) -> None:
        """`out.toString("utf8")` of what is a string now takes no encoding."""
        whole = access.parent.parent if access.parent is not None else None
        if (
            whole is not None
            and whole.type == "call_expression"
            and member(access, self.source) == "toString"
        ):
            arguments = whole.child_by_field_name("arguments")
            if arguments is not None and parts(arguments):
                self.draft.replace(arguments, "()", self.calls.rule)

    def _loose(self, text: str) -> str:
        return f"({text})" if text.startswith(("await ", "yield* ")) else text
