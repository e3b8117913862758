"""A receiver of OTLP over HTTP in JSON that takes nothing but what the protocol allows."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

_JSON = "application/json"


@dataclass
class Receiver:
    """What arrived: `records` as plain attributes with those of their resource, `faults` what the
    protocol does not allow, `headers` of each request, `bodies` their texts. It gives `answers` in
    turn and then 200; while it is not `open`, it gives none."""

    answers: list[int] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    open: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def take(self, path: str, headers: dict[str, str], body: str) -> int:
        self.headers.append(headers)
        self.bodies.append(body)
        answer = self.answers.pop(0) if self.answers else 200
        if answer == 200:
            try:
                self.records += _records(path, headers, body)
            except (AssertionError, KeyError, ValueError) as error:
                self.faults.append(f"{type(error).__name__}: {error}: {body[:500]}")
                return 400
        return answer


@contextmanager
def receiving(answers: Sequence[int] = (), is_open: bool = True) -> Iterator[Receiver]:
    """A receiver on this host, which ends with the block; skips without its schema."""
    if os.environ.get("CI") != "true":
        pytest.importorskip("opentelemetry.proto")
    receiver = Receiver([*answers])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            receiver.open.wait(30)
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = receiver.take(self.path, headers, body)
            self.send_response(status)
            self.send_header("content-type", _JSON)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    if is_open:
        receiver.open.set()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield receiver
    finally:
        receiver.open.set()
        server.shutdown()
        server.server_close()


def _records(path: str, headers: dict[str, str], body: str) -> list[dict[str, Any]]:
    from google.protobuf.json_format import ParseDict, ParseError
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    assert path == "/v1/logs", path
    assert headers["content-type"] == _JSON
    document = json.loads(body)
    try:
        ParseDict(document, ExportLogsServiceRequest(), ignore_unknown_fields=False)
    except ParseError as error:
        raise ValueError(str(error)) from error
    found = []
    for logs in document["resourceLogs"]:
        resource = _values(logs["resource"]["attributes"])
        assert resource["service.name"], "a resource without a name"
        for scope in logs["scopeLogs"]:
            for record in scope["logRecords"]:
                # what the parser takes besides: 64 bits as a number, an enum as a text
                for time in ("timeUnixNano", "observedTimeUnixNano"):
                    assert re.fullmatch(r"[1-9]\d{18}", record[time]), record[time]
                assert type(record["severityNumber"]) is int
                values = _values(record["attributes"])
                about = {"scope": scope["scope"]["name"], "event": record["eventName"]}
                found.append(resource | values | about)
    return found


def _values(attributes: list[dict[str, Any]]) -> dict[str, Any]:
    names = [each["key"] for each in attributes]
    assert len(names) == len(set(names)), f"a name twice: {names}"
    return {each["key"]: _value(each["value"]) for each in attributes}


def _value(value: dict[str, Any]) -> object:
    ((kind, said),) = value.items()
    if kind == "intValue":
        assert isinstance(said, str), "64 bits that are no text"
        return int(said)
    assert type(said) is {"stringValue": str, "boolValue": bool}[kind]
    return said
