"""fleetmod.toml: reading, the line in every complaint, and writing."""

from __future__ import annotations

import json
import string
import tomllib
from dataclasses import fields
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetmod.errors import FleetmodError
from fleetmod.workspace.config import (
    Config,
    Container,
    Home,
    Identity,
    Images,
    Process,
    Runtime,
    Workspace,
    load_config,
    parse_config,
    render_config,
)
from fleetmod.workspace.json_schema import json_schema
from fleetmod.workspace.schema import TABLES
from fleetmod.workspace.toml_lines import key_lines, line_of_key

TRICKY = """\
# [home] users = "not a key"
title = "a = 1 # no comment"
lit = '[table]'
multi = \"\"\"
fake = 1
[fake_table]
\\\"\"\" still inside
\"\"\"
raw = '''
x = "y"
'''
after = 1
dotted.inner . "quoted.key" = true
when = 1979-05-27T07:32:00Z  # fine
list = [
  "one", # x = 1
  [1, 2],

  { a = 1, b.c = [
    "deep", "]" ] },
]

[ table . sub ]
inline = { p = 1, "q r" = { s = 'x}' } }

[[example]]
name = "first"
[example.child]
k = 1
[[example.part]]
n = 0
[[example.part]]
n = 1

[[example]]
name = "second"
tags = ["a",
  "b"]
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("lit",), 3),
        (("multi",), 4),
        (("raw",), 9),
        (("after",), 12),
        (("dotted",), 13),
        (("dotted", "inner", "quoted.key"), 13),
        (("when",), 14),
        (("list",), 15),
        (("list", 0), 16),
        (("list", 1), 17),
        (("list", 1, 1), 17),
        (("list", 2), 19),
        (("list", 2, "b", "c"), 19),
        (("list", 2, "b", "c", 1), 20),
        (("table",), 23),
        (("table", "sub", "inline"), 24),
        (("table", "sub", "inline", "q r", "s"), 24),
        (("example", 0), 26),
        (("example", 0, "name"), 27),
        (("example", 0, "child", "k"), 29),
        (("example", 0, "part", 0, "n"), 31),
        (("example", 0, "part", 1, "n"), 33),
        (("example", 1, "name"), 36),
        (("example", 1, "tags", 1), 38),
        (("example", 1, "nothing"), 35),  # its longest known beginning
        (("fake",), 1),
        (("fake_table",), 1),
        (("home", "users"), 1),
    ],
)
def test_line_of_key(path: tuple[str | int, ...], line: int) -> None:
    assert line_of_key(TRICKY, path) == line
    assert line_of_key(TRICKY.replace("\n", "\r\n"), path) == line


@given(st.text(alphabet="[]{}=\"'.,#\n a1\\"))
def test_the_locator_ends_on_any_text(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in key_lines(text).values())


def complaint(text: str) -> FleetmodError:
    with pytest.raises(FleetmodError) as caught:
        parse_config(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "what", "todo"),
    [
        ("[home]\nusers = [", 2, "not valid TOML", ""),
        ("a = 1\nb = \n", 2, "not valid TOML", ""),
        ("[home]\n\nuser = []\n", 3, "home.user is not a key", "Did you mean home.users?"),
        ("[proces]\n", 1, "proces is not", "Did you mean process?"),
        ("\nusers = []\n", 2, "users is not", "Did you mean home.users?"),
        (
            "[images]\nzzz = 1\n",
            2,
            "images.zzz is not",
            "[images] knows publish, platforms, builder, tags.",
        ),
        ("home.xroot = ''\n", 1, "home.xroot is not a key", "Did you mean home.root?"),
        ("[home]\nusers = 'a'\n", 2, "home.users must be a list of strings, not a string", ""),
        ("[home]\nusers = [\n 'a',\n 3]\n", 4, "home.users[1] must be a string, not a number", ""),
        ("[home]\nusers = [\n 'a',\n 'b/c']\n", 4, "home.users[1] is 'b/c'", ""),
        ("home = 3\n", 1, "home must be a table, not a number", ""),
        ("[[home]]\nusers = []\n", 1, "home must be a table, not a list", ""),
        ("[home]\nroot = 'Code/acme'\n", 2, "home.root is 'Code/acme': expected an absolute", ""),
        ("[home]\nroot = '/a/'\n", 2, "home.root is '/a/'", ""),
        ("[home]\nvault = true\n", 2, "home.vault must be a string, not a boolean", ""),
        ("[home]\nfixture = ''\n", 2, "home.fixture is ''", ""),
        ("version = 2\n", 1, "version 2 is not supported: expected 1", ""),
        ("version = true\n", 1, "version must be a number, not a boolean", ""),
        ("version = 1\n[runtime]\nscope = 'acme'\n", 3, "runtime.scope is 'acme'", ""),
        ("[runtime]\ndir = '../x'\n", 2, "runtime.dir is '../x'", ""),
        ("[workspace]\ngate = ['/abs']\n", 2, "workspace.gate[0] is '/abs'", ""),
        ("[identity]\nnode_env = 'A-B'\n", 2, "identity.node_env is 'A-B'", ""),
        ("[process]\nlabel_prefix = 'com x'\n", 2, "process.label_prefix is 'com x'", ""),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, line: int, what: str, todo: str) -> None:
    error = complaint(text)
    assert error.where == f"fleetmod.toml:{line}"
    assert what in error.what
    assert todo in error.todo
    assert error.todo


@pytest.mark.parametrize("key", ["packages", "scan", "gate", "exclude", "rules"])
@pytest.mark.parametrize("value", [r"a\u0000b", r"a\nb"])
def test_a_path_that_no_disk_and_no_report_can_hold(key: str, value: str) -> None:
    with pytest.raises(FleetmodError, match=rf"fleetmod\.toml:2: workspace\.{key}\[0\] is 'a"):
        parse_config(f'[workspace]\n{key} = ["{value}"]\n')


def test_a_number_of_any_length() -> None:
    with pytest.raises(FleetmodError, match="holds a number that is too long"):
        parse_config("version = " + "9" * 5000)


def test_nothing_said_is_the_default() -> None:
    assert parse_config("") == Config()
    config = parse_config("version = 1\n[home]\nusers = ['alice']\n[images]\n")
    assert config == Config(home=Home(users=("alice",)))


def test_load_config(tmp_path: Path) -> None:
    assert load_config(tmp_path) is None
    file = tmp_path / "fleetmod.toml"
    file.write_bytes(b"\xef\xbb\xbf[runtime]\r\nscope = '@acme'\r\n")
    assert load_config(tmp_path) == Config(runtime=Runtime(scope="@acme"))
    file.write_bytes(b"version = 1\n# caf\xe9\n")
    with pytest.raises(FleetmodError, match=r"^fleetmod\.toml:2: is not UTF-8"):
        load_config(tmp_path)
    file.unlink()
    file.mkdir()
    with pytest.raises(FleetmodError, match="cannot be read"):
        load_config(tmp_path)


lines = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1)
any_text = lines.filter(lambda text: text.strip().removeprefix("!"))
globs = st.lists(any_text, max_size=3).map(tuple)
folder = any_text.filter(lambda text: text[0] not in "/~" and "\\" not in text and ".." not in text)
folders = st.lists(folder, max_size=3).map(tuple)
segment = st.text(min_size=1).filter(lambda text: "/" not in text and text not in (".", ".."))
absolute = st.lists(segment, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
name = st.text(string.ascii_letters + "_", min_size=1)
configs = st.builds(
    Config,
    workspace=st.builds(
        Workspace, packages=globs, scan=folders, gate=folders, exclude=globs, rules=folders
    ),
    home=st.builds(
        Home,
        users=st.lists(name, max_size=3).map(tuple),
        root=st.one_of(st.just(""), absolute),
        vault=absolute,
        fixture=absolute,
    ),
    identity=st.builds(Identity, node_env=name, root_env=name, vault_env=name),
    process=st.builds(Process, label_prefix=st.one_of(st.just(""), name.map("com.{}.".format))),
    runtime=st.builds(Runtime, dir=folder, scope=name.map(lambda text: f"@{text.lower()}")),
    images=st.builds(Images, publish=folders, builder=name.map("b{}".format)),
)


@given(configs, st.dictionaries(st.sampled_from(["home.users", "runtime.dir"]), st.text()))
def test_what_is_written_reads_back_equal(config: Config, comments: dict[str, str]) -> None:
    assert parse_config(render_config(config, comments)) == config


def test_a_comment_stands_above_its_key() -> None:
    text = render_config(Config(), {"home.users": "seen 3 times\nin 2 files"})
    assert "\n# seen 3 times in 2 files\nusers = []" in text


def test_every_attribute_is_a_key_of_the_file() -> None:
    text = render_config(Config(), {})
    for table, key in (path for path in key_lines(text) if len(path) == 2):
        assert hasattr(getattr(Config(), str(table)), str(key))
    keys = sum(len(fields(table)) for table in TABLES.values())
    assert sum(len(path) == 2 for path in key_lines(text)) == keys


def test_a_short_file_says_the_same(tmp_path: Path) -> None:
    config = Config(container=Container(vm_addresses=("192.168.64.2",)))
    text = render_config(config, {"runtime.scope": "found"}, full=False)
    assert parse_config(text) == config
    assert "vm_addresses" in text and "scope" in text and "[cluster]" not in text
    assert len(text.splitlines()) < 25


@given(configs)
def test_any_short_file_says_the_same(config: Config) -> None:
    assert parse_config(render_config(config, {}, full=False, schema="./x.json")) == config


def test_the_schema_takes_what_init_writes_and_knows_no_other_key() -> None:
    schema = json_schema()
    checked_in = Path(__file__).parent.parent / "reports" / "config.schema.json"
    assert json.loads(checked_in.read_text()) == schema
    validator = jsonschema.Draft7Validator(schema)
    for full in (True, False):
        assert not list(validator.iter_errors(tomllib.loads(render_config(Config(), {}, full))))
    for wrong in (
        {"version": 1, "home": {"user": []}},
        {"version": 1, "homes": {}},
        {"version": 2},
        {"version": 1, "home": {"users": "alice"}},
        {"version": 1, "runtime": {"install": "never"}},
    ):
        assert list(validator.iter_errors(wrong)), wrong
