"""Which files are looked at, which hold a trigger, and the gate's grep against the real one."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fleetmod.errors import UNPROVEN, FleetmodError
from fleetmod.workspace.config import Config, Workspace
from fleetmod.workspace.discover import candidates, discover, grep_lines
from fleetmod.workspace.globs import glob_regex, matcher
from fleetmod.workspace.search import Search


def git(root: Path, *args: str) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", *who, *args], cwd=root, check=True, capture_output=True)


def put(root: Path, files: dict[str, str | bytes]) -> None:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        (root / path).write_bytes(data)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    root.mkdir()
    git(root, "init", "-q")
    return root


@pytest.fixture
def no_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")


def test_tracked_and_untracked_but_not_ignored(repo: Path) -> None:
    put(repo, {"a.ts": "", "dir/ü b.ts": "", ".gitignore": "out/\n", "out/x.ts": ""})
    git(repo, "add", ".")
    put(repo, {"new.ts": "", "gone.ts": "", "out/forced.ts": ""})
    git(repo, "add", "gone.ts", "-f", "out/forced.ts")
    (repo / "gone.ts").unlink()
    assert discover(repo, Config()) == [
        ".gitignore",
        "a.ts",
        "dir/ü b.ts",
        "new.ts",
        "out/forced.ts",
    ]


def test_links_submodules_and_nested_repositories_are_left_out(repo: Path) -> None:
    put(repo, {"a.ts": "", "nested/b.ts": ""})
    git(repo / "nested", "init", "-q")
    git(repo / "nested", "add", ".")
    git(repo / "nested", "commit", "-qm", "x")
    git(repo, "add", "nested")  # as a submodule
    (repo / "link.ts").symlink_to("a.ts")
    (repo / "broken.ts").symlink_to("nowhere")
    (repo / "folder").symlink_to("nested")
    assert discover(repo, Config()) == ["a.ts"]
    git(repo, "add", "link.ts", "broken.ts", "folder")
    assert discover(repo, Config()) == ["a.ts"]
    (repo / "link.ts").unlink()
    put(repo, {"link.ts": "a file by now"})
    assert discover(repo, Config()) == ["a.ts", "link.ts"]
    assert candidates(repo, ["link.ts"], [b"by now"]).hits == ("link.ts",)


FOREIGN = [
    *("node_modules/x/i.ts", "packages/a/node_modules/y.ts", "vendor/v.ts", "third_party/t.ts"),
    *("src/_generated/api.ts", "src/types.d.ts", "src/lib.min.js", "src/api.generated.ts"),
    *("bun.lock", "package-lock.json", "packages/a/yarn.lock", "Cargo.lock"),
]


@pytest.mark.parametrize("use_git", [True, False])
def test_what_is_not_ours(repo: Path, monkeypatch: pytest.MonkeyPatch, use_git: bool) -> None:
    if not use_git:
        monkeypatch.setenv("PATH", "")
    put(repo, dict.fromkeys([*FOREIGN, "src/vendor.ts", "src/generated.ts", "lock.ts"], "x"))
    assert discover(repo, Config()) == ["lock.ts", "src/generated.ts", "src/vendor.ts"]


@pytest.mark.parametrize("use_git", [True, False])
def test_scan_and_exclude(repo: Path, monkeypatch: pytest.MonkeyPatch, use_git: bool) -> None:
    if not use_git:
        monkeypatch.setenv("PATH", "")
    put(
        repo, dict.fromkeys(["a/x.ts", "a/old/y.ts", "a/z.md", "b/x.ts", "[c]/x.ts", "ab/x.ts"], "")
    )
    workspace = Workspace(scan=("a", "./[c]/", "a/old", "nothing"), exclude=("*.md", "a/**/y.ts"))
    assert discover(repo, Config(workspace=workspace)) == ["[c]/x.ts", "a/x.ts"]


def test_a_folder_inside_a_repository(repo: Path) -> None:
    put(repo, {"sub/a.ts": "needle", "b.ts": "needle"})
    git(repo, "config", "grep.fullName", "true")
    git(repo, "config", "submodule.recurse", "true")
    assert discover(repo / "sub", Config()) == ["a.ts"]
    assert candidates(repo / "sub", ["a.ts"], [b"needle"]).hits == ("a.ts",)


def test_a_folder_that_the_repository_around_it_ignores(repo: Path) -> None:
    put(repo, {".gitignore": "sub\n", "sub/a.ts": "needle"})
    assert discover(repo / "sub", Config()) == ["a.ts"]
    assert candidates(repo / "sub", ["a.ts"], [b"needle"]).hits == ("a.ts",)


def test_a_hook_s_environment_does_not_lead_astray(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(repo, {"a.ts": ""})
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    assert discover(repo, Config()) == ["a.ts"]


CONTENTS: dict[str, str | bytes] = {
    "hit.ts": "x needle y",
    "miss.ts": "x Needle y",
    'ü "q" näme.ts': "needle",
    "-e.ts": "needle",
    "binary.ts": b"\0needle",
    "late-nul.ts": b"needle" + b" " * 9000 + b"\0",
    "latin1.ts": b"\xe9 needle",
    "second.ts": "a.*b",
    "regex.ts": "aXXb",
    "attribute.ts": "needle",
    "ignored.ts": "needle",
    "forced.ts": "needle",
    "assumed.ts": "nothing",
    ".gitattributes": "attribute.ts -diff\nhit.ts binary\n",
    ".gitignore": "ignored.ts\nforced.ts\n",
}
HITS = {
    *("hit.ts", 'ü "q" näme.ts', "-e.ts", "late-nul.ts", "latin1.ts", "second.ts"),
    *("attribute.ts", "ignored.ts", "forced.ts", "assumed.ts"),
}


@pytest.mark.parametrize("use_git", [True, False])
def test_candidates(repo: Path, monkeypatch: pytest.MonkeyPatch, use_git: bool) -> None:
    put(repo, CONTENTS)
    git(repo, "add", "-f", "assumed.ts", "hit.ts", "forced.ts", "attribute.ts", "binary.ts")
    git(repo, "update-index", "--assume-unchanged", "assumed.ts")
    put(repo, {"assumed.ts": "needle"})
    if not use_git:
        monkeypatch.setenv("PATH", "")
    paths = sorted(CONTENTS)
    found = candidates(repo, [*paths, "missing.ts"], [b"needle", b"a.*b"])
    assert found.hits == tuple(path for path in paths if path in HITS)
    assert found.unreadable == (("missing.ts", "No such file or directory"),)
    assert candidates(repo, ["hit.ts"], [b"needle"]).hits == ("hit.ts",)
    assert candidates(repo, paths, []).hits == ()


@pytest.mark.parametrize("code", ["exit 128", "kill -9 $$", "echo garbage; exit 2"])
def test_a_git_that_fails_is_done_without(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    put(repo, {"a.ts": "needle"})
    fake = tmp_path / "bin" / "git"
    put(tmp_path, {"bin/git": f"#!/bin/sh\n{code}\n"})
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(fake.parent))
    assert discover(repo, Config()) == ["a.ts"]
    assert candidates(repo, ["a.ts"], [b"needle"]).hits == ("a.ts",)


def test_no_process_per_file(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(repo, {f"f{i}.ts": "needle" for i in range(200)})
    calls: list[object] = []
    real: Callable[..., object] = subprocess.Popen

    def run(*args: object, **kwargs: object) -> object:
        calls.append(args)
        return real(*args, **kwargs)

    monkeypatch.setattr(subprocess, "Popen", run)
    search = Search(repo)
    paths = discover(repo, Config(), search=search)
    assert len(candidates(repo, paths, [b"needle"], search).hits) == 200
    assert 0 < len(calls) <= 4  # the names, what is no file, whose tree it is, and the texts


def real_grep(root: Path, needle: str, folders: list[str]) -> list[tuple[str, int, str]]:
    command = ["grep", "-rnHF", needle, *folders, "--include=*.ts", "--exclude-dir=node_modules"]
    env = os.environ | {"LC_ALL": "C"}
    done = subprocess.run(command, cwd=root, capture_output=True, env=env, check=False)
    out = []
    for line in done.stdout.decode("utf-8", "replace").removesuffix("\n").split("\n"):
        if line:
            path, number, text = line.split(":", 2)
            out.append((path.removeprefix("./"), int(number), text))
    return sorted(set(out))


def test_grep_lines_is_grep(repo: Path) -> None:
    put(
        repo,
        {
            "packages/a/src/x.ts": "one\nneedle: two\r\n\n  needle needle\nneedle at the end",
            "packages/a/node_modules/y.ts": "needle",
            "packages/a/.hidden/z.ts": "needle\n",
            "packages/a/.ts": "needle\n",
            "packages/a/x.tsx": "needle\n",
            "packages/a/x.d.ts": "\n\nneedle\n",
            "packages/vendor/x.ts": "needle\n",
            "packages/ignored/x.ts": "needle\n",
            "packages/a/folder.ts/in.ts": "needle\n",
            "packages/a/latin.ts": b"\xe9 needle\n",
            "packages/empty.ts": "",
            "packages-two/x.ts": "needle\n",
            "apps/x.ts": "needle\n",
            "x.ts": "needle\n",
            ".gitignore": "ignored\n",
        },
    )
    (repo / "packages/link.ts").symlink_to("../x.ts")
    (repo / "packages/linked").symlink_to("../apps")
    for folders in (["packages"], ["packages/"], ["."], ["packages", "apps"], ["apps/x.ts"]):
        expected = real_grep(repo, "needle", folders)
        assert expected
        assert grep_lines(repo, folders, b"needle") == expected
    assert grep_lines(repo, ["missing"], b"needle") == []
    assert grep_lines(repo, ["packages"], b"n.edle") == []


def test_grep_lines_is_grep_on_random_trees(tmp_path: Path) -> None:
    rng = random.Random(1)
    names = ["a", "b.ts", "c.ts", "node_modules", ".d", "e.tsx"]
    for number in range(60):
        path = "/".join(["p", *rng.choices(names, k=rng.randint(0, 3)), f"f{number}.ts"])
        text = "".join(rng.choices(["needle", "need", "\n", " ", "é", "\r\n", ":"], k=30))
        put(tmp_path, {path: text})
    expected = real_grep(tmp_path, "needle", ["p"])
    assert len(expected) > 20
    assert grep_lines(tmp_path, ["p"], b"needle") == expected


def test_grep_lines_tells_of_a_binary_file(tmp_path: Path) -> None:
    put(tmp_path, {"p/x.ts": b"\0\nneedle\n"})
    assert grep_lines(tmp_path, ["p"], b"needle") == [("p/x.ts", 0, "binary file matches")]


def test_grep_lines_proves_nothing_of_an_unreadable_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, {"p/x.ts": "needle"})

    def opened(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", opened)
    with pytest.raises(FleetmodError) as caught:
        grep_lines(tmp_path, ["p"], b"needle")
    assert (caught.value.where, caught.value.exit_code) == ("p/x.ts", UNPROVEN)


PATHS = [
    *("a.ts", "a/b.ts", "a/b/c.ts", "a/b/.d/e.md", "x/a/b.ts", "x/y.test.ts", "a b/[c].ts"),
    *("docs/a.md", "docs/x/a.md", "x/docs/a.md", "ab.ts", "axb.ts"),
]
PATTERNS = [
    *(
        "*.ts",
        "a",
        "a/",
        "/a",
        "a/b",
        "a/*",
        "a/**",
        "**/b.ts",
        "docs/*.md",
        "docs/**/*.md",
        "a/b/",
    ),
    *(
        "**/docs",
        "x/**/b.ts",
        "?.ts",
        "a?b.ts",
        "[a-c].ts",
        "[!a].ts",
        "a[^b]b.ts",
        "**",
        "\\[c].ts",
    ),
    *("*.test.ts", "a b", "a/b.ts/", "/*.ts", "b.ts", ".d"),
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_exclude_globs_are_git_s(repo: Path, pattern: str) -> None:
    put(repo, {**dict.fromkeys(PATHS, ""), ".gitignore": f"{pattern}\n"})
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--others", "--ignored", "--exclude-standard"],
        cwd=repo,
        check=True,
        capture_output=True,
    )
    expected = sorted(set(listed.stdout.decode().split("\0")) - {"", ".gitignore"})
    fits = matcher([pattern])
    assert [path for path in sorted(PATHS) if fits(path)] == expected


def test_the_last_exclude_glob_decides() -> None:
    fits = matcher(["*.ts", "!keep.ts"])
    assert fits("a/x.ts")
    assert not fits("a/keep.ts")


@pytest.mark.parametrize(
    ("glob", "folder", "fits"),
    [
        ("packages/*", "packages/a", True),
        ("packages/*", "packages/a/b", False),
        ("./packages/*/", "packages/a", True),
        ("packages/**", "packages/a/b", True),
        ("packages/{a,b}", "packages/b", True),
        ("packages/{a,b}", "packages/c", False),
        ("pack.ges/*", "packages/a", False),
    ],
)
def test_workspace_globs(glob: str, folder: str, fits: bool) -> None:
    assert bool(glob_regex(glob).fullmatch(folder)) is fits
