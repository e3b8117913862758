"""`fleetmod fleet status` on files of probe events."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fleetmod.errors import FleetmodError
from fleetmod.fleet.status.model import Limits
from fleetmod.fleet.status.query import read_status
from tests.node import check, node
from tests.repo import Ran, fleetmod

RUNTIME = Path(__file__).parents[2] / "fleetmod/runtime"


def event(at: str, node: str = "a", outcome: str = "ok", **changes: object) -> str:
    """One line; `at` is a time of the first of March 2026."""
    attributes = {
        "node_id": node,
        "platform": "linux",
        "endpoint_class": "localhost",
        "adapter_type": "systemctl",
        "duration_ms": 3,
        "outcome": outcome,
        "target": "com.acme.api",
        **changes,
    }
    time = f"2026-03-01T{at}:00.000Z"
    return json.dumps({"name": "fleet.probe", "time": time, "attributes": attributes})


def events(path: Path, *lines: str) -> Path:
    text = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def status(*args: str | Path, code: int = 0) -> dict[str, Any]:
    ran = fleetmod(Path(), "fleet", "status", *map(str, args), "--format", "json")
    assert ran.code == code, ran.out + ran.err
    return dict(json.loads(ran.out))


def states(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["name"], each["state"]) for each in document["nodes"]]


def refused(*args: str | Path, code: int) -> Ran:
    ran = fleetmod(Path(), "fleet", "status", *map(str, args))
    assert (ran.code, ran.out) == (code, ""), ran.out + ran.err
    return ran


def test_a_silent_node_is_told_from_one_that_fails_worst_first(tmp_path: Path) -> None:
    file = events(
        tmp_path / "e.jsonl",
        event("10:00", "gone"),
        *(event("11:50", "well") for _ in range(5)),
        event("11:40", "flaky", "failed"),
        event("11:50", "flaky"),
        event("11:50", "down", "failed"),
        event("12:00", "well"),
    )
    found = status(file, code=1)
    expected = [("down", "failing"), ("flaky", "failing"), ("gone", "silent"), ("well", "passing")]
    assert states(found) == expected
    assert [each["pass_rate"] for each in found["nodes"]] == [0, 0.5, 1, 1]
    assert found["newest_event_of"] == "well"


def test_silence_is_measured_to_the_time_that_is_given(tmp_path: Path) -> None:
    file = events(tmp_path / "e.jsonl", event("12:00"))
    assert states(status(file)) == [("a", "passing")]
    shifted = event("12:00").replace("12:00:00.000Z", "14:00:00.000+02:00")
    assert status(events(tmp_path / "s.jsonl", shifted))["now"] == "2026-03-01T12:00:00.000Z"
    at_noon = ["--now", "2026-03-01T13:30:00+01:00"]
    assert states(status(file, *at_noon)) == [("a", "passing")]
    assert states(status(file, *at_noon, "--silent-after", "29m", code=1)) == [("a", "silent")]


def test_a_node_fails_while_the_newest_probe_of_a_target_failed(tmp_path: Path) -> None:
    passed = [event("11:00", target="x") for _ in range(99)]
    failed = event("11:30", outcome="failed", target="x")
    file = events(tmp_path / "e.jsonl", failed, *passed)  # the order of lines says nothing
    found = status(file, code=1)
    assert found["nodes"][0]["failing_now"] == ["x"]
    file = events(tmp_path / "e.jsonl", failed, *passed, event("11:31", target="x"))
    assert states(status(file)) == [("a", "passing")]
    # a target that nobody probes any more
    file = events(tmp_path / "e.jsonl", failed, *passed, event("13:00", target="y"))
    assert states(status(file)) == [("a", "passing")]


def test_each_operation_on_a_target_is_judged_by_itself(tmp_path: Path) -> None:
    file = events(
        tmp_path / "e.jsonl",
        *(event("12:00", operation="probe", target="x") for _ in range(99)),
        event("11:59", outcome="failed", operation="restart", target="x"),
        event("11:59", outcome="failed", operation="isHealthy", target=""),
    )
    assert status(file, code=1)["nodes"][0]["failing_now"] == ["isHealthy", "restart x"]


def test_each_dimension_has_its_pass_rate_worst_first(tmp_path: Path) -> None:
    file = events(
        tmp_path / "e.jsonl",
        event("12:00", "a"),
        event("12:00", "b", platform="darwin", adapter_type="launchctl"),
        event(
            "12:00", "b", "failed", platform="darwin", adapter_type="colima", endpoint_class="vm"
        ),
    )
    found = status(file, code=1)

    def rates(dimension: str) -> list[tuple[str, float]]:
        return [(each["name"], each["pass_rate"]) for each in found[f"by_{dimension}"]]

    assert rates("platform") == [("darwin", 0.5), ("linux", 1)]
    assert rates("endpoint_class") == [("vm", 0), ("localhost", 1)]
    assert rates("adapter_type") == [("colima", 0), ("launchctl", 1), ("systemctl", 1)]


def test_broken_lines_are_counted_and_end_nothing(tmp_path: Path) -> None:
    whole = event("12:00")
    broken = [
        *(whole[:40], whole + whole, whole[:40] + whole, "5", "null", "[]", "{}", "\x00"),
        *(event("12:00", outcome="maybe"), whole.replace("2026-03-01T", "some day ")),
        whole.replace('"target"', '"aim"'),
        whole.replace("2026-03-01T12:00:00.000Z", "infinity"),
    ]  # fmt: skip
    other = whole.replace("fleet.probe", "fleet.heal")
    file = events(tmp_path / "e.jsonl", whole, *broken, other, "", whole)
    found = status(file)
    assert (found["broken_lines"], found["foreign_events"]) == (len(broken), 1)
    assert found["nodes"][0]["probes"] == 2
    ran = fleetmod(Path(), "fleet", "status", str(file))
    assert f"{len(broken)} broken line(s), 1 event(s) of other kinds" in ran.out


def test_globs_compressed_files_and_odd_names_are_read_once(tmp_path: Path) -> None:
    events(tmp_path / "a.jsonl", event("12:00"))
    events(tmp_path / "b.jsonl.gz", event("12:00"))
    odd = events(tmp_path / "c[1]*'.jsonl", event("12:00"))
    (tmp_path / "empty.jsonl").touch()
    found = status(tmp_path / "*.jsonl*", tmp_path / "a.jsonl", odd)
    assert found["nodes"][0]["probes"] == 3


def test_objects_of_a_storage_are_read_beside_files(tmp_path: Path) -> None:
    storage = pytest.importorskip("fsspec").filesystem("memory")
    storage.pipe("/fleet/b.jsonl", event("12:00", "b").encode())
    storage.pipe("/fleet/c.jsonl.gz", gzip.compress(event("12:00", "c").encode()))
    file = events(tmp_path / "a.jsonl", event("12:00", "a"))
    limits = Limits(timedelta(hours=1), 0.95)
    found = read_status([str(file), "memory://fleet/*.jsonl*"], limits)
    assert [each.name for each in found.nodes] == ["a", "b", "c"]
    with pytest.raises(FleetmodError, match="cannot be read"):
        read_status(["memory://nowhere/*.jsonl"], limits)
    assert "pip install" in refused("none://x/y", code=2).err


def test_what_cannot_be_read_is_one_line_and_no_answer(tmp_path: Path) -> None:
    whole = events(tmp_path / "a.jsonl", event("12:00"))
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(event("12:00").encode() * 99)[:60])
    assert "cut.jsonl.gz" in refused(whole, cut, code=3).err
    (tmp_path / "empty.jsonl").touch()
    assert "no probe event" in refused(tmp_path / "empty.jsonl", code=3).err
    assert "no such file" in refused(tmp_path / "*.json", code=2).err
    assert "is a folder" in refused(tmp_path, code=2).err
    assert "no time like" in refused(whole, "--silent-after", "0m", code=2).err
    assert "no time like" in refused(whole, "--now", "noon", code=2).err


def test_without_duckdb_the_extra_is_named(tmp_path: Path) -> None:
    file = events(tmp_path / "a.jsonl", event("12:00"))
    code = "import sys; sys.modules['duckdb'] = None; from fleetmod.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "fleet", "status", str(file)], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "pip install 'fleetmod[duckdb]'" in done.stderr and "Traceback" not in done.stderr


def test_it_reads_what_the_ports_of_many_nodes_write(tmp_path: Path) -> None:
    ports = ("process-manager", "container-runtime", "node-identity")
    names = ", ".join(json.dumps(str(RUNTIME / port / "src/index.ts")) for port in ports)
    (tmp_path / "calls.ts").write_text(f"""
const [{{ processManager }}, {{ containerRuntime }}, {{ nodeIdentity }}] =
  await Promise.all([{names}].map((name) => import(name)));
for (const node of ["koala", "panda"]) {{
  process.env.NODE_ID = node;
  process.env.FLEET_EVENTS = `${{node}}.jsonl`;
  await processManager.restart("com.acme.api");
  await containerRuntime.vmIp();
  void nodeIdentity.nodeId;
}}
""")
    env = {"PROCESS_MANAGER": "null", "CONTAINER_RUNTIME": "null"}
    check(node(), tmp_path / "calls.ts", cwd=tmp_path, env=env)
    found = status(tmp_path / "*.jsonl")
    assert states(found) == [("koala", "passing"), ("panda", "passing")]
    assert [each["name"] for each in found["by_adapter_type"]] == ["env", "null"]
    assert found["broken_lines"] == found["foreign_events"] == 0
