"""Shell structures and argument vectors as operations, whatever the tool that they run."""

from __future__ import annotations

import re
from dataclasses import replace

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.flow.texts import Hole
from fleetmod.lift.operation import Command, Foreign, HomeDir, Operation, OwnUid, Unliftable, Word
from fleetmod.lift.shell import Chain, Pipeline, Shell, Simple, parse_shell
from fleetmod.lift.targets import Targets
from fleetmod.syntax.source import walk

_ROOT = {"sudo", "doas"}
_SHELLS = ("bash", "sh", "zsh")


def text_of(word: Word) -> str | None:
    """A word's text when it is literal in full."""
    return "".join(p for p in word if isinstance(p, str)) if is_literal(word) else None


def is_literal(word: Word) -> bool:
    return all(isinstance(p, str) for p in word)


def is_shell(program: str) -> bool:
    """Whether a program takes a shell command as an argument."""
    return program.rsplit("/", 1)[-1] in _SHELLS


class Grammar:
    """One tool's command line. `shell` and `command` raise Unliftable and Foreign."""

    tools: tuple[str, ...] = ()  # the names of its programs
    carriers: tuple[str, ...] = ("sh", "bash", "zsh", "sudo", "ssh", "xcrun", "env")
    elsewhere: frozenset[str] = frozenset()  # programs that run it on another machine
    as_root = ""  # why it cannot be run as root
    per_branch = "call the port in each branch"
    port = ""  # the port that a refusal names

    def __init__(self, targets: Targets) -> None:
        self.targets = targets

    def subcommand(self, tool: str, verb: str, args: tuple[Word, ...]) -> tuple[Operation, ...]:
        raise NotImplementedError

    def pipeline(self, pipeline: Pipeline) -> Operation:
        raise Unliftable(
            reasons.PIPELINE("a pipeline after the command; read the port's result instead")
        )

    def fallback(self, left: tuple[Operation, ...], right: tuple[Operation, ...]) -> Operation:
        raise Unliftable(
            reasons.SEVERAL_COMMANDS(
                "a fallback that does something else; write both as separate calls"
            )
        )

    def sequence(
        self, operator: str, left: tuple[Operation, ...], right: tuple[Operation, ...]
    ) -> tuple[Operation, ...]:
        raise Unliftable(
            reasons.SEVERAL_COMMANDS("a sequence of commands; make each a call of its own")
        )

    def commands(self, shell: Shell) -> tuple[Command, ...] | None:
        """What the tool's commands in a shell line are about; None where that is not told."""
        return None

    def names(self, text: str) -> bool:
        """Whether a text holds the name of one of the tool's programs."""
        return any(tool in text for tool in self.tools)

    def mentions(self, shell: Shell) -> bool:
        """Whether any command of the shell line names the tool."""
        if isinstance(shell, Chain):
            return self.mentions(shell.left) or self.mentions(shell.right)
        stages = shell.stages if isinstance(shell, Pipeline) else (shell,)
        return any(self.stage(tuple(text_of(w) or "" for w in s.words)) for s in stages)

    def stage(self, words: tuple[str, ...]) -> bool:
        """Whether one command of a shell line, as far as it is literal, is about the tool."""
        return any(map(self.names, words))

    def carried(self, text: str) -> bool:
        """Whether a text begins with another program that runs the tool's work."""
        return False

    def speech(self, text: str) -> bool:
        """Whether a text that begins as a command does goes on as a sentence."""
        return False

    def arguments(self, words: list[str | None]) -> bool:
        """Whether words behind the tool's name can be its arguments; None is a word not known."""
        return True

    def runs(self, program: str, rest: list[str]) -> bool:
        """Whether an argument vector, its arguments as they are spelled, runs the tool."""
        name = program.rsplit("/", 1)[-1]
        return name in self.tools or (name in self.carriers and any(map(self.names, rest)))

    def shell(self, shell: Shell) -> tuple[Operation, ...]:
        if isinstance(shell, Simple):
            operations = self.command(shell.words)
            return (
                tuple(replace(op, silent=True) for op in operations) if shell.silent else operations
            )
        if isinstance(shell, Pipeline):
            return (self.pipeline(shell),)
        if shell.operator == "||":
            left = self.shell(shell.left)
            if isinstance(shell.right, Simple) and text_of(shell.right.words[0]) in ("true", ":"):
                return tuple(op.tolerate() for op in left)
            return (self.fallback(left, self.shell(shell.right)),)
        return self.sequence(shell.operator, self.shell(shell.left), self.shell(shell.right))

    def command(self, words: tuple[Word, ...]) -> tuple[Operation, ...]:
        """One command of the tool with its arguments as words."""
        program = text_of(words[0]) if words else None
        if program is None:
            raise Unliftable(
                reasons.RUNTIME_ARGUMENTS(
                    "the program to run is only known at run time; call the port where it is this "
                    "tool"
                )
            )
        name = program.rsplit("/", 1)[-1]
        if name in self.elsewhere:
            raise Foreign(f"runs through `{name}`, not on this host")
        if name in _ROOT:
            raise Unliftable(reasons.OTHER_USER(f"runs as root through {name}: {self.as_root}"))
        if name in _SHELLS:
            return self.nested(words)
        if name not in self.tools:
            raise Unliftable(
                reasons.SEVERAL_COMMANDS(
                    f"`{name}` runs in the same command; run it in a call of its own"
                )
            )
        if len(words) < 2:
            raise Unliftable(
                reasons.WRONG_ARGUMENTS(
                    "runs the tool without a subcommand; call the port with what is meant"
                )
            )
        if any(self._holds_arguments(p.node) for w in words for p in w if isinstance(p, Hole)):
            raise Unliftable(
                reasons.RUNTIME_ARGUMENTS(
                    f"the arguments are only known at run time; {self.per_branch}"
                )
            )
        verb = text_of(words[1])
        if verb is None:
            raise Unliftable(
                reasons.RUNTIME_ARGUMENTS(
                    f"the subcommand is only known at run time; {self.per_branch}"
                )
            )
        return self.subcommand(name, verb, words[2:])

    def _holds_arguments(self, node: Node) -> bool:
        """Whether a value spells a flag or several words, as `${force ? "-k " : ""}` does."""
        values = self.targets.values
        if (value := values.constant(node)) is not None and value.type == "ternary_expression":
            node = value
        if node.type in ("call_expression", "member_expression", "identifier"):
            return False
        kinds = ("string", "template_string", "identifier")
        texts = (values.literal(n) or "" for n in walk(node) if n.type in kinds)
        return any(text.startswith("-") or " " in text for text in texts)

    def nested(self, words: tuple[Word, ...]) -> tuple[Operation, ...]:
        flag = text_of(words[1]) if len(words) == 3 else None
        if flag is None or not re.fullmatch(r"-[a-z]*c", flag):
            raise Unliftable(
                reasons.SHELL_SYNTAX(
                    "a shell with arguments that are no plain `-c COMMAND`; call the port in its "
                    "place"
                )
            )
        if any(isinstance(p, OwnUid | HomeDir) for p in words[2]):
            raise Unliftable(
                reasons.SHELL_EXPANSION(
                    "a nested shell command with expansions of the outer shell; make the value in "
                    "code"
                )
            )
        return self.shell(parse_shell(tuple(p for p in words[2] if isinstance(p, str | Hole))))
