"""What nobody uses once the edits are made: imports, wrappers and constants of removed calls."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable

from tree_sitter import Node

from fleetmod.lift.targets import Targets
from fleetmod.model import Edit
from fleetmod.regex import lazy
from fleetmod.spans import Spans
from fleetmod.syntax.scope import Binding, Scopes
from fleetmod.syntax.source import FUNCTIONS, Source, code_end, unwrap, walk

RULE = "orphan"
_PURE = FUNCTIONS | {"string", "template_string", "number", "array", "identifier"}
_LOADS = lazy(r"^(?:await\s+)?(?:require|import)\(")
_PURE_CALL = lazy(
    r"(\w+\.)?promisify\(|require\(|createRequire\(|process\.getuid|(os\.)?userInfo\(\)"
    r"|(\w+\.)?(join|resolve|homedir|dirname|basename)\("
)
# the heading of a section, a directive for the rest of the file, and what is said of the file
_FOR_ALL = lazy(
    r"[-=*#~_\u2500-\u257f]{4,}|\b(?:eslint|biome|ts|prettier|oxlint)-(?:disable(?!-next|-line)|nocheck)"
    r"|@(?:file|module|license|fileoverview|packageDocumentation)\b|\b[Cc]opyright\b|\bregion\b"
)
_DECLARED = ("interface_declaration", "type_alias_declaration")
_WORD = lazy(rb"[\w$\x80-\xff]+")
# the name of a member is none of the file's: `port.start`, but `...start`
_FREE = r"(?:(?<=\.\.\.)|(?<![.\w$]))"
_NAME, _DOLLAR_NAME = lazy(r"(?:(?<=\.\.\.)|(?<![.\w]))\w+"), lazy(_FREE + r"[\w$]+")
_ROUNDS = 20  # declarations that only each other use, one behind the other; people write a few


def remove_orphans(scopes: Scopes, targets: Targets, edits: list[Edit]) -> list[Edit]:
    """Edits that delete declarations whose every use lies in removed code, until none is left.

    Only declarations that one of the edits took a use from are looked at: what was unused before
    is none of our business.
    """
    if not edits:
        return []
    removed = _values(scopes, targets, edits)
    return _merged([*removed, *_types(scopes.source, removed)], scopes.source.data)


def _types(source: Source, removed: list[Edit]) -> list[Edit]:
    """Deletions of the file's own types that only what is removed is declared with."""
    gone = _ranges(removed)
    names = _named_types(source) if removed else {}
    out = []
    for declaration in source.root.named_children if removed else ():
        own = declaration.child_by_field_name("name")
        if declaration.type not in _DECLARED or own is None:
            continue
        uses = [n for n in names[source.text(own)] if n.id != own.id]
        if uses and all(gone.around(n.start_byte, n.start_byte + 1) for n in uses):
            out.append(_lines(declaration, source, first=_description(declaration, source)))
    return out


def _values(scopes: Scopes, targets: Targets, edits: list[Edit]) -> list[Edit]:
    gone: dict[int, Binding] = {}
    removed: list[Edit] = []
    data = scopes.source.data
    texts, types = _Texts(edits), _named_types(scopes.source)
    fresh: Iterable[Edit] = edits
    for _ in range(_ROUNDS):
        words = {word for edit in fresh for word in _WORD.findall(data[edit.start : edit.end])}
        every = _ranges([*edits, *removed])
        found = [
            binding
            for binding in scopes.bindings(word.decode("utf-8", "replace") for word in words)
            if binding.name_node.id not in gone
            and not texts.name(binding)
            and _orphaned(binding, scopes, every)
            and all(every.around(n.start_byte, n.start_byte + 1) for n in types[binding.name])
            and _removable(binding, scopes, targets)
        ]
        if not found:
            break
        gone.update((binding.name_node.id, binding) for binding in found)
        before, removed = set(removed), _removed(gone.values(), scopes.source)
        fresh = set(removed) - before
    return removed


class _Texts:
    """Where the words stand that edits write."""

    def __init__(self, edits: Iterable[Edit]) -> None:
        self._places: dict[str, list[int]] = defaultdict(list)
        for edit in sorted(edits):
            for word in {*_NAME.findall(edit.text), *_DOLLAR_NAME.findall(edit.text)}:
                self._places[word].append(edit.start)

    def name(self, binding: Binding) -> bool:
        """Whether an edit where a declaration counts writes its name."""
        places, scope = self._places.get(binding.name, ()), binding.scope
        at = bisect_left(places, scope.start_byte)
        return at < len(places) and places[at] <= scope.end_byte


def _ranges(edits: Iterable[Edit]) -> Spans[Edit]:
    return Spans((edit.start, edit.end, edit) for edit in edits)


def _named_types(source: Source) -> dict[str, list[Node]]:
    """The places of types by name: `typeof name` and a type position use a declaration, too."""
    names: dict[str, list[Node]] = defaultdict(list)
    for node in source.of("type_identifier"):
        names[source.text(node)].append(node)
    return names


def _removed(gone: Iterable[Binding], source: Source) -> list[Edit]:
    """The edits that delete these declarations."""
    out: list[Edit] = []
    lists: dict[int, list[Binding]] = {}
    for binding in gone:
        if _listed(binding):
            lists.setdefault(_statement(binding).id, []).append(binding)
        else:
            out.append(_deletion(binding, source))
    for bindings in lists.values():
        out.extend(_unlist(bindings, source))
    return out


def _orphaned(binding: Binding, scopes: Scopes, edits: Spans[Edit]) -> bool:
    """Whether what is used of a declaration lies in edits, which do not only write it anew."""
    references = scopes.references(binding)
    for reference in references:
        start, end = reference.start_byte, reference.end_byte
        edit = edits.around(start, end)
        if edit is None or ((edit.start, edit.end) == (start, end) and edit.text):
            return False  # left, or renamed, or wrapped: still a use
    return bool(references)


def _removable(binding: Binding, scopes: Scopes, targets: Targets) -> bool:
    if binding.kind == "import":
        return binding.name_node.parent is not None
    if binding.kind == "function":
        return not scopes.exported(binding)
    if binding.kind not in ("const", "let", "var") or scopes.exported(binding):
        return False
    statement = binding.declaration.parent
    if statement is None or len(_declarators(statement)) != 1 or binding.value is None:
        # const { execSync } = require("child_process")
        value = binding.declaration.child_by_field_name("value")
        return value is not None and bool(_LOADS.search(scopes.source.text(value)))
    value = unwrap(binding.value)
    text = scopes.source.text(value)
    if _LOADS.search(text):
        return True
    inlined = targets.values.inline(value) is not None or targets.opening.only_gives(value)
    called = value.child_by_field_name("function")
    spelled = f"{scopes.original(called)}(" if called is not None else ""
    calls = _PURE_CALL.match(text) or _PURE_CALL.match(spelled)
    if targets.domains.own_uid(value):
        return True
    pure = value.type in _PURE or calls or inlined or _chosen_list(value)
    return bool(pure) and (value.type in FUNCTIONS or not re.search(r"\bawait\b|\byield\b", text))


def _chosen_list(value: Node) -> bool:
    """Whether a value is one of two lists of literals, as a condition says that calls nothing."""
    if value.type != "ternary_expression":
        return False
    branches = [value.child_by_field_name(field) for field in ("consequence", "alternative")]
    lists = all(branch is not None and branch.type == "array" for branch in branches)
    acts = ("call_expression", "new_expression", "await_expression", "yield_expression")
    return lists and not any(node.type in acts for node in walk(value))


def _declarators(statement: Node) -> list[Node]:
    return [c for c in statement.named_children if c.type == "variable_declarator"]


def _listed(binding: Binding) -> bool:
    """Whether the name comes from an import or a `const { … } = require(…)`."""
    return binding.kind == "import" or (binding.value is None and binding.kind != "function")


def _statement(binding: Binding) -> Node:
    node = binding.declaration
    return node if binding.kind == "import" or node.parent is None else node.parent


def _deletion(binding: Binding, source: Source) -> Edit:
    node = binding.declaration if binding.kind == "function" else _statement(binding)
    return _lines(node, source, first=_description(node, source))


def _description(node: Node, source: Source) -> Node:
    """The first of the comments right above a declaration that are about it alone, or itself.

    Where a statement follows on the next line, they may be about both.
    """
    below = node.next_sibling
    while below is not None and below.type == ";":
        below = below.next_sibling
    apart = below is None or below.start_point.row > node.end_point.row + 1
    if not (apart or (below is not None and below.type in ("comment", "}"))):
        return node
    first, above = node, node.prev_sibling
    while above is not None and above.type == "comment" and _own_lines(above, source):
        if above.end_point.row != first.start_point.row - 1 or _FOR_ALL.search(source.text(above)):
            break
        first, above = above, above.prev_sibling
    # what stands right below other code, or opens the file, may be about more
    alone = above is None or first.start_point.row > above.end_point.row + 1 or above.type == "{"
    return first if alone and first.start_point.row > 0 else node


def _own_lines(comment: Node, source: Source) -> bool:
    start = comment.start_byte
    return not source.data[source.data.rfind(b"\n", 0, start) + 1 : start].strip()


def _unlist(bindings: list[Binding], source: Source) -> list[Edit]:
    """Delete names of one import; the whole statement when no name is left."""
    statement = _statement(bindings[0])
    gone = {b.name_node.id for b in bindings}
    groups = [n for n in walk(statement) if n.type in ("named_imports", "object_pattern")]
    names = [n for n in (groups[0].named_children if groups else []) if n.type != "comment"]
    keep = [n for n in names if not gone & {d.id for d in walk(n)}]
    clause = next((n for n in statement.named_children if n.type == "import_clause"), None)
    default = [n for n in (clause.named_children if clause else []) if n.type == "identifier"]
    default_kept = [n for n in default if n.id not in gone]
    if not keep and not default_kept:
        return [_lines(statement, source, blank=False)]
    if not keep and groups:
        return [Edit(default_kept[0].end_byte, groups[0].end_byte, "", RULE)]
    edits = []
    if default and not default_kept:
        edits.append(Edit(default[0].start_byte, groups[0].start_byte, "", RULE))
    last_kept = keep[-1]
    for index, name in enumerate(names):
        if name in keep:
            continue
        if name.start_byte < last_kept.start_byte:
            edits.append(Edit(name.start_byte, names[index + 1].start_byte, "", RULE))
    if names[-1].id != last_kept.id:
        edits.append(Edit(last_kept.end_byte, names[-1].end_byte, "", RULE))
    return edits


def _lines(node: Node, source: Source, blank: bool = True, first: Node | None = None) -> Edit:
    """Delete a statement with its line, from the comment `first` on, and (`blank`) a blank line
    that would be left doubled."""
    data = source.data
    start, end = (first or node).start_byte, code_end(node)
    line_start = data.rfind(b"\n", 0, start) + 1 or source.head
    line_end = data.find(b"\n", end)
    line_end = len(data) if line_end < 0 else line_end + 1
    alone = not data[line_start:start].strip() and not data[end:line_end].strip(b" \t\r\n;")
    if not alone:
        return _with_space(start, end, data)
    blank_before = (
        line_start == source.head
        or not data[data.rfind(b"\n", 0, line_start - 1) + 1 : line_start].strip()
    )
    next_end = data.find(b"\n", line_end)
    if blank and blank_before and next_end >= 0 and not data[line_end:next_end].strip():
        line_end = next_end + 1
    if blank and blank_before and line_end == len(data) and line_start > source.head:
        line_start = len(data[:line_start].rstrip()) + 1  # the file ends with the line before
    return Edit(line_start, line_end, "", RULE)


def _with_space(start: int, end: int, data: bytes) -> Edit:
    """A deletion of one statement of several on a line, with the space between it and the rest."""
    if data[start - 1 : start] in (b" ", b"\t") and data[end : end + 1] in b"\r\n":
        return Edit(len(data[:start].rstrip(b" \t")), end, "", RULE)
    while data[end : end + 1] in (b" ", b"\t"):
        end += 1
    return Edit(start, end, "", RULE)


def _merged(edits: list[Edit], data: bytes) -> list[Edit]:
    """Deletions that touch or hold each other, as one, which leaves no blank line doubled."""
    out: list[Edit] = []
    for edit in sorted(edits):
        if out and edit.start <= out[-1].end:
            whole = Edit(out[-1].start, max(out[-1].end, edit.end), "", RULE)
            out[-1] = _with_blank(whole, data)
        else:
            out.append(edit)
    return out


def _with_blank(edit: Edit, data: bytes) -> Edit:
    """A deletion of whole lines between two blank lines, with the second of these."""
    before = data.rfind(b"\n", 0, max(edit.start - 1, 0)) + 1
    after = data.find(b"\n", edit.end)
    whole = data[edit.start - 1 : edit.start] == data[edit.end - 1 : edit.end] == b"\n"
    blank = after >= 0 and not (data[before : edit.start] + data[edit.end : after]).strip()
    return Edit(edit.start, after + 1, "", RULE) if whole and blank else edit
