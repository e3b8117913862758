"""What a refusal is: a reason with a code, and the exception that carries it to the finding."""

from __future__ import annotations


class Reason(str):
    """Why something stays as it is: a text that knows its `code` and what to do about it, `todo`.

    `reasons.py` holds one for each code. Called with another text, a reason says the same of one
    place: `reasons.NO_COUNTERPART("`launchctl limit` …")`. `example` is a file at `path` that is
    refused for it, where no rule has such an example.
    """

    code: str
    todo: str
    example: str
    path: str

    def __new__(cls, code: str, text: str, todo: str, example: str = "", path: str = "") -> Reason:
        made = super().__new__(cls, text)
        made.code, made.todo, made.example, made.path = code, todo, example, path
        return made

    def __call__(self, text: str) -> Reason:
        """The same reason in other words, which name the thing itself."""
        return Reason(self.code, text, self.todo)

    def __getnewargs__(self) -> tuple[str, str, str]:  # type: ignore[override]
        return self.code, str(self), self.todo


class Refused(Exception):
    """A place cannot be rewritten without changing what the code does, for `reason`."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason
