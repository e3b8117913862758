"""Events on their way to a collector, by a thread: no call waits for it, and no end for long."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from tests.node import check, node, npm
from tests.otlp import receiving

RUNTIME = Path(__file__).parents[1] / "fleetmod/runtime"


def _package(port: str, module: str = "index.mjs") -> str:
    return json.dumps(str(RUNTIME / port / "package/js" / module))


# A synchronous program that ends at once: no turn of its loop is left for anything.
AT_ONCE = f"""
import {{ createProcessManagerSync, nullAdapter }} from {_package("process-manager")};
import {{ containerRuntimeSync }} from {_package("container-runtime")};
import {{ nodeIdentity }} from {_package("node-identity")};
const broken = {{ ...nullAdapter(), name: "own", stop: () => {{ throw new Error("oops"); }} }};
createProcessManagerSync({{ adapter: "null" }}).probe("com.acme.api");
try {{
  createProcessManagerSync({{ adapter: broken }}).stop("com.acme.api");
}} catch {{}}
containerRuntimeSync.vmIp();
void nodeIdentity.vaultPath;
process.exit(0);
"""
BUSY = f"""
import {{ createProcessManagerSync }} from {_package("process-manager")};
const port = createProcessManagerSync({{ adapter: "null" }});
port.start("first");
const began = performance.now();
for (let time = 1; time < 1200; time++) port.start("x");
console.log(Math.round(performance.now() - began));
"""
LATER = """
await new Promise((done) => setTimeout(done, 3500));
port.start("last");
"""
ENV = {"NODE_ID": "anvil", "CONTAINER_RUNTIME": "null", "OTEL_SERVICE_NAME": "tests"}


def ran(program: str, folder: Path, url: str, runtime: str = "node", **env: str) -> str:
    script = folder / "program.mjs"
    script.write_text(program)
    command = npm("bun") / ".bin/bun" if runtime == "bun" else node()
    return check(command, script, cwd=folder, env=ENV | {"FLEET_EVENTS": f"otlp-http {url}", **env})


@pytest.mark.parametrize("runtime", ["node", "bun"])
def test_every_event_of_a_program_that_ends_at_once_arrives(runtime: str, tmp_path: Path) -> None:
    with receiving() as receiver:
        token = "authorization=Bearer%20abc, x-scope=fleet"
        ran(AT_ONCE, tmp_path, receiver.url, runtime, OTEL_EXPORTER_OTLP_HEADERS=token)
    assert not receiver.faults
    said = {(each["scope"], each["operation"]): each for each in receiver.records}
    assert said.keys() >= {
        ("process-manager", "probe"),
        ("process-manager", "stop"),
        ("container-runtime", "vmIp"),
        ("node-identity", "vaultPath"),
    }
    probe = said["process-manager", "probe"]
    assert isinstance(probe.pop("duration_ms"), int)
    assert probe.pop("platform") in ("linux", "darwin")
    assert probe == {
        "event": "fleet.probe",
        "scope": "process-manager",
        "service.name": "tests",
        "node_id": "anvil",
        "endpoint_class": "localhost",
        "adapter_type": "null",
        "operation": "probe",
        "target": "com.acme.api",
        "outcome": "ok",
        "service.loaded": False,
    }
    failed = said["process-manager", "stop"]
    assert (failed["outcome"], failed["error.type"]) == ("failed", "Error")
    header = receiver.headers[0]
    assert (header["authorization"], header["x-scope"]) == ("Bearer abc", "fleet")


@pytest.mark.heavy
def test_a_collector_that_is_busy_is_asked_once_more_and_one_that_refuses_is_not(
    tmp_path: Path,
) -> None:
    program = (
        BUSY.partition("const began")[0] + "await new Promise((done) => setTimeout(done, 1500));"
    )
    with receiving([503]) as receiver:
        ran(program, tmp_path, receiver.url)
    assert len(receiver.bodies) == 2 and receiver.bodies[0] == receiver.bodies[1]
    assert [each["target"] for each in receiver.records] == ["first"]
    with receiving([400]) as receiver:
        ran(program, tmp_path, receiver.url)
    assert len(receiver.bodies) == 1


@pytest.mark.heavy
def test_a_slow_collector_slows_no_call_and_what_was_lost_is_counted(tmp_path: Path) -> None:
    with receiving(is_open=False) as receiver:
        threading.Timer(2, receiver.open.set).start()
        took = int(ran(BUSY + LATER, tmp_path, receiver.url))
    assert took < 2000
    last = receiver.records[-1]
    assert last["target"] == "last" and last["events.dropped"] >= 1
    assert len(receiver.records) - 1 + last["events.dropped"] == 1200


@pytest.mark.heavy
def test_a_collector_that_never_answers_does_not_keep_a_program_alive(tmp_path: Path) -> None:
    with receiving(is_open=False) as receiver:
        began = time.monotonic()
        ran(AT_ONCE, tmp_path, receiver.url)
        assert time.monotonic() - began < 4  # a second, and what a busy machine adds
