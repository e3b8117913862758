"""What a trace's lines say, and what of the old machine they reach for."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetmod.fleet.rehearse.strace import Call, calls, opened
from fleetmod.fleet.rehearse.touch import Old, old_places
from fleetmod.workspace.schema import Home

HOME = Home(users=("sam",), root="/Users/sam/Code/acme", vault="/Volumes/Notes")
OLD = Old(old_places(HOME), {}, {"/home/koala/src/acme/notes": "/Users/sam/Notes"})


def only(line: str, *before: str) -> Call:
    return list(calls([*before, line]))[-1]


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ('access("/Users/sam/x", F_OK) = -1 ENOENT (No such file or directory)', "/Users/sam/x"),
        ('openat(AT_FDCWD</usr>, "../a", O_RDONLY) = 3</a>', "/usr/../a"),
        ('openat(7</srv/with \\76 in it>, "b", O_RDONLY) = 3', "/srv/with > in it/b"),
        (r'stat("/Users/sam/\303\251\"", 0x7ffc) = -1 ENOENT (No such …)', '/Users/sam/é"'),
        ('connect(3<socket:[1]>, {sa_family=AF_UNIX, sun_path="/x.sock"}, 110) = 0', "/x.sock"),
        ('symlink("/Users/sam/x", "/tmp/link") = 0', "/tmp/link"),
        ('openat(AT_FDCWD</>, "/late",  <unfinished ...>', "/late"),
    ],
)
def test_the_path_of_a_call(line: str, path: str) -> None:
    assert only(line).paths == (path,)


def test_a_result_is_no_path_that_is_asked_for() -> None:
    assert only('readlink("/a", "/Users/sam/x", 99) = 12').paths == ("/a",)
    assert only('getcwd("/Users/sam", 4096) = 11').paths == ()


def test_a_relative_path_is_below_the_folder_that_the_process_went_to() -> None:
    start = 'openat(AT_FDCWD</usr>, "/etc/ld.so.cache", O_RDONLY) = 3</etc/ld.so.cache>'
    assert only('stat("x", 0x1) = 0', start).paths == ("/usr/x",)
    assert only('stat("x", 0x1) = 0', start, 'chdir("lib") = 0').paths == ("/usr/lib/x",)
    failed = 'chdir("/no") = -1 ENOENT (No such file or directory)'
    assert only('stat("x", 0x1) = 0', start, failed).paths == ("/usr/x",)
    assert only('stat("x", 0x1) = 0', start, "fchdir(4</srv>) = 0").paths == ("/srv/x",)


def test_a_child_is_known_by_its_number_on_this_machine() -> None:
    line = "vfork() = 12 /* 4711 in strace's PID NS */"
    assert only(line).child == "4711" and only("vfork() = 12").child == "12"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/Users/sam", "the old home"),
        ("//Users/x/../sam/y", "the old home"),
        ("/home/sam/y", "the old home"),
        ("/Users/sam/Code/acme/z", "the old checkout"),
        ("/Users/sam/Code/acme-wiki", "the old home"),
        ("/Volumes/Notes/today.md", "the old vault"),
        ("/Users", ""),
        ("/Users/samwise/y", ""),
        ("/data/Users/sam/y", ""),
    ],
)
def test_places_are_compared_by_whole_components(path: str, kind: str) -> None:
    assert OLD.place(path)[0] == kind


def test_a_link_to_the_old_home_is_followed_where_the_call_follows() -> None:
    link = "/home/koala/src/acme/notes"
    assert OLD.place(f"{link}/x") == ("the old home", "/Users/sam/Notes/x")
    assert OLD.place(link) == ("the old home", "/Users/sam/Notes")
    call = only(f'newfstatat(AT_FDCWD</>, "{link}", 0x1, AT_SYMLINK_NOFOLLOW) = 0')
    assert not call.follows and OLD.place(link, call.follows) == ("", "")


def test_which_of_some_files_were_opened(tmp_path: Path) -> None:
    trace = tmp_path / "command-0.1"
    trace.write_text(
        'openat(AT_FDCWD</home/k/src/acme>, "packages/a/src/x.ts", O_RDONLY) = 3</x>\n'
        'openat(AT_FDCWD</home/k/src/acme>, "/home/k/src/acme/./y.ts", O_RDONLY) = 4</y>\n'
        'openat(AT_FDCWD</home/k/src/acme>, "z.ts", O_RDONLY) = -1 ENOENT (No such file)\n'
        'newfstatat(AT_FDCWD</home/k/src/acme>, "w.ts", {}, 0) = 0\n'
    )
    wanted = ("packages/a/src/x.ts", "w.ts", "y.ts", "z.ts")
    assert opened([trace], "/home/k/src/acme", wanted) == ["packages/a/src/x.ts", "y.ts"]
