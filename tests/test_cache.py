"""An audit that takes what the last one found says what one without would say."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from fleetmod.cache import Cache
from fleetmod.model import Acts, Edit, FileResult, Finding, Need
from fleetmod.runner import Runner
from tests.repo import Ran, commit, copy, fleetmod, make

CALL = """import { execFileSync } from "node:child_process";
export function stop() {
  execFileSync("launchctl", ["stop", "com.example.api"]);
}
"""
PATH = 'export const notes = "/Users/ada/notes/today.md";\n'
TEST = 'test("notes", () => expect(read()).toBe("/Users/ada/notes/today.md"));\n'
CONFIG = 'version = 1\n\n[home]\nusers = ["ada"]\n\n[process]\nadapters = [{adapters}]\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files: dict[str, str | bytes] = {
        "package.json": '{"name": "it", "workspaces": ["packages/*"]}\n',
        "packages/api/package.json": '{"name": "api"}\n',
        "packages/api/src/stop.ts": CALL,
        "packages/api/src/notes.ts": PATH,
        "packages/api/src/notes.test.ts": TEST,
        "fleetmod.toml": CONFIG.format(adapters=""),
    }
    return make(tmp_path / "repo", files)


def audit(root: Path, *args: str) -> Ran:
    """An audit with what is kept beside the repository."""
    env = {"FLEETMOD_CACHE_DIR": str(root.parent / "cache")}
    return fleetmod(root, "audit", "--format", "json", *args, env=env)


def same(root: Path) -> Ran:
    """What two audits say that keep and take results, and one that does neither."""
    plain = fleetmod(root, "audit", "--format", "json")
    assert audit(root) == plain
    assert audit(root) == plain
    return plain


def test_a_text_alone_and_one_beside_a_call(tmp_path: Path) -> None:
    hint = 'export const hint = "run launchctl kickstart -k system/com.example.api";\n'
    files: dict[str, str | bytes] = {"package.json": '{"name": "it"}\n', "src/hint.ts": hint}
    root = make(tmp_path / "repo", {**files, "fleetmod.toml": CONFIG.format(adapters="")})
    alone = "is not installed for texts alone"
    assert alone in same(root).out
    (root / "src/stop.ts").write_text(CALL)
    assert alone not in same(root).out
    (root / "src/stop.ts").unlink()
    assert alone in same(root).out


def test_a_check_whose_home_a_checked_in_file_keeps(root: Path) -> None:
    """It is looked at twice, and audited alike from what is kept."""
    check = (
        'import assert from "node:assert/strict";\nimport { readFileSync } from "node:fs";\n'
        'const url = new URL("./job.plist", import.meta.url);\n'
        'assert(readFileSync(url, "utf8").includes("/Users/ada/jobs/rotate.ts"));\n'
    )
    (root / "packages/api/src/check.ts").write_text(check)
    (root / "packages/api/src/job.plist").write_text("<string>/Users/ada/jobs/rotate.ts</string>")
    commit(root)
    assert "job.plist spells it as well" in same(root).out


def test_the_demo_is_audited_alike(tmp_path: Path) -> None:
    assert same(copy("demo", tmp_path / "demo")).code == 1


def test_a_file_that_changes_is_looked_at_anew(root: Path) -> None:
    same(root)
    (root / "packages/api/src/stop.ts").write_text("export const none = 1;\n")
    assert "com.example.api" not in same(root).out


def test_a_test_follows_the_code_of_its_package(root: Path) -> None:
    before = same(root)
    (root / "packages/api/src/notes.ts").write_text("export const notes = 1;\n")
    (root / "packages/api/src/stop.ts").write_text("export const none = 1;\n")
    after = same(root)
    assert "notes.test.ts" in before.out
    assert after.out != before.out


def test_another_configuration_counts_at_once(root: Path) -> None:
    assert '"refuse"' not in same(root).out
    adapter = '"packages/api/src/stop.ts"'
    (root / "fleetmod.toml").write_text(CONFIG.format(adapters=adapter))
    assert "own adapter of the tool" in same(root).out


def test_an_adapter_that_another_file_uses_counts_at_once(root: Path) -> None:
    own = "export class Jobs {}\n" + CALL
    (root / "packages/api/src/own.ts").write_text(own)
    use = 'import { Jobs } from "./own";\nexport const jobs = new Jobs();\n' + CALL
    (root / "packages/api/src/stop.ts").write_text(use)
    commit(root)
    assert "has its own adapter" not in audit(root).out
    (root / "fleetmod.toml").write_text(CONFIG.format(adapters='"packages/api/src/own.ts"'))
    assert "has its own adapter" in " ".join(audit(root).out.split())


def test_a_package_that_goes_takes_its_rewrites_with_it(root: Path) -> None:
    same(root)
    (root / "packages/api/package.json").unlink()
    (root / "package.json").unlink()
    assert "no package.json stands above the file" in same(root).out


def test_a_file_that_moves_is_found_where_it_is(root: Path) -> None:
    same(root)
    (root / "packages/api/src/stop.ts").rename(root / "packages/api/src/halt.ts")
    commit(root)
    assert "halt.ts" in same(root).out


def test_what_is_kept_for_one_rule_alone_is_not_kept(root: Path) -> None:
    one = audit(root, "--only", "home-path")
    assert one == fleetmod(root, "audit", "--format", "json", "--only", "home-path")
    assert one.out != same(root).out


BROKEN = [b"", b"no JSON", b"\xff", b"null", b"{}", b"[]", b"[1, 2]", b"[" * 100_000, b"9" * 10_000]


@pytest.mark.parametrize("content", BROKEN)
def test_a_damaged_file_is_as_good_as_none(root: Path, content: bytes) -> None:
    audit(root)
    (kept,) = (root.parent / "cache").iterdir()
    kept.write_bytes(content)
    same(root)


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: None,
        lambda raw: [],
        lambda raw: raw[:-1],
        lambda raw: [*raw, ""],
        lambda raw: ["packages/api/src/other.ts", *raw[1:]],
        lambda raw: [raw[0], 7, *raw[2:]],
        lambda raw: [*raw[:2], {}, *raw[3:]],
        lambda raw: [*raw[:2], [], *raw[3:5], [[1]], raw[6]],
        lambda raw: [*raw[:2], [], *raw[3:5], [[1, -1]], raw[6]],
        lambda raw: [*raw[:2], [], *raw[3:5], [[1, True]], raw[6]],
        lambda raw: [*raw[:2], [[*raw[2][0][:3], "elsewhere.ts", *raw[2][0][4:]]], *raw[3:]],
        lambda raw: [*raw[:2], [[*raw[2][0][:12], 1, *raw[2][0][13:]]], *raw[3:]],
    ],
)
def test_a_damaged_value_is_as_good_as_none(root: Path, damage: Callable[[Any], Any]) -> None:
    plain = fleetmod(root, "audit", "--format", "json")
    audit(root)
    (kept,) = (root.parent / "cache").iterdir()
    stamp, listed = json.loads(kept.read_bytes())
    for entry in listed:
        if entry[0] == "result" and entry[1].endswith("stop.ts"):
            entry[3] = damage(entry[3])
    kept.write_text(json.dumps([stamp, listed]))
    assert audit(root) == plain


def test_every_value_comes_back_as_it_was(tmp_path: Path) -> None:
    finding = Finding(
        *("rule", "home", "path", "a.ts", 1, 2, 3, 4, "text \udcff", "understood", "refuse"),
        *(
            "reason",
            "reason-code",
            True,
            "symbol",
            ("note", "other"),
            (3, 4),
            "accepted",
            True,
            "0123",
        ),
    )
    spans = ((1, 2), (3, 4))
    result = FileResult(
        *("a.ts", "sha", (finding, finding), (Edit(1, 2, "new", "rule"),)),
        *((Need("node-identity", "nodeIdentity"),), spans, spans[:1], "a problem"),
        *(((1, "com.acme"),),),
        (Acts(((1, "com.acme"), (2, "")), (("./a", "stop"),), ("start",)),),
        (("./b", "run"),),
    )
    runner = Runner("run", "argv", "text", True, False, "launchctl", lenient=(2, "quiet"))
    plain = Runner("other", "shell", "struct", False, True, fields=(("code", "exitCode"),))
    exports = {("./a", "run"): runner, ("./b", "default"): plain}
    assert all(getattr(finding, each.name) != each.default for each in fields(Finding))
    assert all(getattr(result, each.name) != each.default for each in fields(FileResult))
    for whole in (True, False):
        cache = Cache(tmp_path / "own/a.json", "stamp")
        cache.put("result", "a.ts", "key", result)
        cache.put("literals", "a.ts", "key", frozenset({"/Users/ada", "/home/ada"}))
        cache.put("exports", "a.ts", "key", exports)
        cache.save(whole)
        again = Cache(tmp_path / "own/a.json", "stamp")
        assert again.get("exports", "a.ts", "key") == exports
        assert again.get("result", "a.ts", "key") == result
        assert again.get("literals", "a.ts", "key") == {"/Users/ada", "/home/ada"}
        assert again.get("result", "a.ts", "other key") is None
        assert Cache(tmp_path / "own/a.json", "other").get("result", "a.ts", "key") is None


def planted(root: Path) -> Path:
    """The file that the next audit would read, saying that nothing was found."""
    audit(root)
    (kept,) = (root.parent / "cache").iterdir()
    stamp, listed = json.loads(kept.read_bytes())
    for entry in listed:
        if entry[0] == "result":
            entry[3] = [entry[1], "", *([[]] * 5), "", [], [], []]
    kept.write_text(json.dumps([stamp, listed]))
    # it is believed as it is; only the grep looks anew
    assert {f["rule"] for f in json.loads(audit(root).out)["findings"]} == {"gate-grep"}
    return kept


def file_link(kept: Path) -> None:
    kept.rename(kept.parents[1] / "blob")
    kept.symlink_to(kept.parents[1] / "blob")


def hard_link(kept: Path) -> None:
    os.link(kept, kept.parents[1] / "blob")


def shared_file(kept: Path) -> None:
    kept.chmod(0o666)


def folder_link(kept: Path) -> None:
    kept.parent.rename(kept.parents[1] / "real")
    kept.parent.symlink_to(kept.parents[1] / "real")


def shared_folder(kept: Path) -> None:
    kept.parent.chmod(0o777)


def other_file(kept: Path) -> None:
    os.chown(kept, 1234, 1234)


def other_folder(kept: Path) -> None:
    os.chown(kept.parent, 1234, 1234)


@pytest.mark.parametrize(
    "share",
    [file_link, hard_link, shared_file, folder_link, shared_folder, other_file, other_folder],
)
def test_a_file_or_folder_of_more_than_the_caller_is_not_used(
    root: Path, share: Callable[[Path], None]
) -> None:
    if share in (other_file, other_folder) and os.geteuid() != 0:
        pytest.skip("needs another user")
    kept = planted(root)
    share(kept)
    before = kept.read_bytes()
    same(root)
    if share in (folder_link, shared_folder, other_folder):  # nor is anything written there
        assert kept.read_bytes() == before


class Runs:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, (f"touch {self.mark}",))


@pytest.mark.parametrize("suffix", ["json", "pickle"])
def test_what_lies_in_the_folder_is_never_run(root: Path, suffix: str) -> None:
    audit(root)
    (kept,) = (root.parent / "cache").iterdir()
    kept.with_suffix(f".{suffix}").write_bytes(pickle.dumps(Runs(root.parent / "ran")))
    same(root)
    assert not (root.parent / "ran").exists()


RULE = """id = "acme-host"
title = "the first machine's name"
family = "home"
class = "path"
triggers = ["theMac"]
query = '((identifier) @debt (#eq? @debt "theMac"))'
refusal = "ask Ada"
prose = "One machine has this name."
"""


def test_another_text_of_a_rule_counts_at_once(root: Path) -> None:
    """A rule of the repository's own keeps its name and says something else."""
    config = root / "fleetmod.toml"
    config.write_text(config.read_text() + '\n[workspace]\nrules = ["rules"]\n')
    (root / "packages/api/src/host.ts").write_text("export const host = theMac;\n")
    own = root / "rules/acme-host.toml"
    own.parent.mkdir()
    own.write_text(RULE)
    commit(root)
    assert "ask Ada" in same(root).out
    own.write_text(RULE.replace("Ada", "Bob"))
    changed = same(root).out
    assert "ask Bob" in changed
    assert "ask Ada" not in changed


def test_a_folder_that_cannot_be_made_is_no_error(root: Path) -> None:
    (root.parent / "cache").write_text("a file\n")
    same(root)


def test_files_that_are_gone_are_not_kept(root: Path) -> None:
    audit(root)
    (kept,) = (root.parent / "cache").iterdir()
    assert b"stop.ts" in kept.read_bytes()
    (root / "packages/api/src/stop.ts").unlink()
    audit(root)
    assert b"stop.ts" not in kept.read_bytes()


def test_the_hook_keeps_what_an_audit_found(root: Path) -> None:
    audit(root)
    env = {"FLEETMOD_CACHE_DIR": str(root.parent / "cache")}
    (root / "packages/api/src/new.ts").write_text(CALL)
    assert fleetmod(root, "check", str(root / "packages/api/src/new.ts"), env=env).code == 1
    (kept,) = (root.parent / "cache").iterdir()
    assert b"stop.ts" in kept.read_bytes()
    assert b"new.ts" in kept.read_bytes()


def test_an_audit_without_news_parses_nothing(root: Path) -> None:
    audit(root)
    code = (
        "import sys\nfrom fleetmod.cli import cli\n"
        "cli.main(['-C', sys.argv[1], 'audit', '--format', 'json'], standalone_mode=False)\n"
        "print([m for m in ('tree_sitter', 'fleetmod.engine', 'rich') if m in sys.modules])\n"
    )
    env = {**os.environ, "FLEETMOD_CACHE_DIR": str(root.parent / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(root)], capture_output=True, text=True, env=env
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_the_gate_proves_anew(root: Path) -> None:
    planted(root)  # an audit believes what is kept
    env = {"FLEETMOD_CACHE_DIR": str(root.parent / "cache")}
    for command in ("gate", "migrate"):
        assert "packages/api/src/stop.ts" in fleetmod(root, command, env=env).out
