"""A build that a repository has outside of its publish scripts, and how it becomes a finding."""

from __future__ import annotations

from dataclasses import dataclass, field

from fleetmod.model import EXEMPT, REFUSE, REWRITE, Edit, Finding

RULE = "images-publish"
FAMILY = "images"


@dataclass(frozen=True)
class Build:
    """One build of an image, or of several.

    `line` is where it stands; `names` are its names in a registry, None for one that only the tool
    knows, () for a build that is pushed nowhere. `dockerfile` and `context` are as spelled, None
    where unknown. `edits` make it build every platform; without any, `write` says what to write,
    and "" says that it does so already.
    """

    path: str
    line: int
    what: str
    names: tuple[str | None, ...] = ()
    spelled: tuple[str, ...] = ()
    dockerfile: str | None = None
    context: str | None = None
    write: str = ""
    edits: tuple[Edit, ...] = field(default=())
    notes: tuple[str, ...] = ()

    def finding(self, data: bytes) -> Finding:
        """The finding, at the build's own line."""
        lines = data.split(b"\n")
        start = sum(len(each) + 1 for each in lines[: self.line - 1])
        text = lines[self.line - 1].decode("utf-8", "replace").strip()
        action = REWRITE if self.edits else REFUSE if self.write else EXEMPT
        reason = "" if self.edits else self.write or "builds every platform already"
        return Finding(
            *(RULE, FAMILY, "call", self.path, start, start + len(lines[self.line - 1])),
            *(self.line, 1),
            text=text if len(text) <= 100 else f"{text[:99]}…",
            understood=self.what,
            action=action,
            reason=reason,
            notes=self.notes,
            lines=(self.line,),
        )
