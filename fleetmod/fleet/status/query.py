"""One scan of the files by DuckDB, whose result grows with the nodes and targets, not the events.

The events are what `ProbeEvent` in runtime/events/src/event.ts says. Those of older ports have no
`operation`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from glob import escape, iglob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetmod.errors import UNPROVEN, FleetmodError
from fleetmod.fleet.status.model import FAILING, PASSING, SILENT, Group, Limits, Node, Status

if TYPE_CHECKING:
    import duckdb

DIMENSIONS = ("platform", "endpoint_class", "adapter_type")
_VERSION = 2
_MEMORY = "1GB"  # beyond it DuckDB spills to a folder for temporary files
# A cast to TIMESTAMP would drop an offset.
# A line that is no JSON becomes a row of NULLs (ignore_errors), a field of another type NULL
# (https://duckdb.org/docs/stable/data/json/loading_json).
_SCAN = """
CREATE TEMP TABLE seen AS
WITH lines AS (
  SELECT name, try_cast(time AS TIMESTAMPTZ) AS moment, attributes AS a
  FROM read_json($files, format = 'newline_delimited', ignore_errors = true, columns = {
    name: 'VARCHAR', time: 'VARCHAR', attributes: 'STRUCT(node_id VARCHAR, platform VARCHAR,
      endpoint_class VARCHAR, adapter_type VARCHAR, outcome VARCHAR, operation VARCHAR,
      target VARCHAR)'})
), sorted AS (
  SELECT *, CASE
    WHEN name <> 'fleet.probe' THEN 'foreign'
    WHEN name IS NULL OR moment IS NULL OR NOT isfinite(moment) OR a.outcome NOT IN ('ok', 'failed')
      OR (a.node_id || a.platform || a.endpoint_class || a.adapter_type || a.outcome || a.target)
        IS NULL THEN 'broken'
    ELSE 'event' END AS kind
  FROM lines
)
SELECT kind, a.node_id AS node, a.platform AS platform, a.endpoint_class AS endpoint_class,
  a.adapter_type AS adapter_type,
  trim(concat_ws(' ', a.operation, a.target)) AS target, count(*) AS probes,
  count(*) FILTER (a.outcome = 'failed') AS failed, max(moment) AS last,
  arg_max(a.outcome, moment) AS outcome
FROM sorted WHERE kind = 'event' GROUP BY ALL
UNION ALL
SELECT kind, NULL, NULL, NULL, NULL, NULL, count(*), 0, NULL, NULL
FROM sorted WHERE kind <> 'event' GROUP BY kind
"""
# A target that is not probed any more says nothing of its node today.
_NODES = """
WITH nodes AS (
  SELECT node, sum(probes) AS probes, sum(failed) AS failed, max(last) AS last
  FROM seen WHERE kind = 'event' GROUP BY node
)
SELECT node, any_value(n.probes), any_value(n.failed), epoch_us(any_value(n.last)),
  list(DISTINCT target ORDER BY target) FILTER (
    s.outcome = 'failed' AND n.last - s.last <= to_microseconds($silent_after))
FROM nodes n JOIN seen s USING (node) GROUP BY node
"""


def read_status(patterns: Sequence[str], limits: Limits) -> Status:
    """The status that the files say, which may be compressed (.gz, .zst), or objects of a storage.

    Raises FleetmodError without DuckDB or what reads that storage, for a pattern that matches no
    file, and with UNPROVEN for a file that cannot be read and for files without an event.
    """
    objects = [pattern for pattern in patterns if "://" in pattern]
    files = _files([pattern for pattern in patterns if "://" not in pattern])
    connection = _connect()
    duckdb = _duckdb()
    try:
        for protocol in {pattern.partition("://")[0] for pattern in objects}:
            connection.register_filesystem(_storage(protocol))
        # a name is a pattern to DuckDB
        connection.execute(_SCAN, {"files": [*map(escape, files), *objects]})
        after = limits.silent_after.total_seconds() * 1_000_000
        nodes = connection.execute(_NODES, {"silent_after": int(after)}).fetchall()
        by = {name: _groups(connection, name) for name in DIMENSIONS}
        other = dict(
            connection.execute("SELECT kind, probes FROM seen WHERE kind <> 'event'").fetchall()
        )
    except FleetmodError:
        raise
    except Exception as error:
        if not objects and not isinstance(error, duckdb.Error):
            raise  # a storage's library has errors of its own
        raise FleetmodError(
            f"the events cannot be read: {(str(error) or type(error).__name__).splitlines()[0]}",
            todo="Mend or leave out that file",
            exit_code=UNPROVEN,
        ) from error
    finally:
        connection.close()
    broken, foreign = other.get("broken", 0), other.get("foreign", 0)
    if not nodes:
        raise FleetmodError(
            f"no probe event in {len(patterns)} file(s), {broken} broken line(s)",
            todo="Give files that FLEET_EVENTS=FILE has the ports write",
            exit_code=UNPROVEN,
        )
    newest = max(nodes, key=lambda row: row[3])
    now = limits.now or _time(newest[3])
    return Status(
        now,
        "" if limits.now else newest[0],
        tuple(sorted((_node(row, now, limits) for row in nodes), key=_worst_node)),
        by,
        broken,
        foreign,
    )


def _files(patterns: Sequence[str]) -> list[str]:
    files: dict[str, None] = {}
    for pattern in patterns:
        plain = Path(pattern).exists()
        found = [pattern] if plain else sorted(iglob(pattern, recursive=True))  # noqa: PTH207 (absolute ones, too)
        found = [each for each in found if not Path(each).is_dir()]
        if not found:
            raise FleetmodError(
                "is a folder" if plain else "no such file",
                where=pattern,
                todo="Give files of events, or a glob like 'events/*.jsonl.gz'",
            )
        files |= dict.fromkeys(str(Path(each).resolve()) for each in found)
    return list(files)


def _storage(protocol: str) -> Any:
    """What reads the objects of a storage: fsspec's, which takes the environment's credentials."""
    try:
        import fsspec

        return fsspec.filesystem(protocol)
    except (ImportError, ValueError) as error:
        raise FleetmodError(
            f"{protocol}:// cannot be read here: {error}",
            todo="pip install 'fleetmod[duckdb]' and s3fs for s3://, gcsfs for gs://, adlfs for az://",
        ) from error


def _duckdb() -> Any:
    """The module; an older one has neither time zones built in nor our way with broken lines."""
    try:
        import duckdb
    except ImportError:
        found = False
    else:
        found = int(duckdb.__version__.partition(".")[0]) >= _VERSION
    if not found:
        raise FleetmodError(
            f"reading events needs the extra duckdb, version {_VERSION} or newer",
            todo="pip install 'fleetmod[duckdb]'",
        )
    return duckdb


def _connect() -> duckdb.DuckDBPyConnection:
    import tempfile

    config = {
        "memory_limit": _MEMORY,
        "temp_directory": f"{tempfile.gettempdir()}/fleetmod-duckdb-{os.getpid()}",
        "preserve_insertion_order": "false",
        "autoinstall_known_extensions": "false",
        "TimeZone": "UTC",  # of times without an offset
    }
    connection: duckdb.DuckDBPyConnection = _duckdb().connect(config=config)
    return connection


def _groups(connection: duckdb.DuckDBPyConnection, dimension: str) -> tuple[Group, ...]:
    rows = connection.execute(
        f"SELECT {dimension}, sum(probes), sum(failed) FROM seen WHERE kind = 'event' GROUP BY 1"
    ).fetchall()
    groups = (Group(name, int(probes), int(failed)) for name, probes, failed in rows)
    return tuple(sorted(groups, key=_worst))


def _node(row: tuple[Any, ...], now: datetime, limits: Limits) -> Node:
    name, probes, failed, last, down = row
    at, share = _time(last), 1 - int(failed) / int(probes)
    failing = bool(down) or share < limits.min_rate
    silent = now - at > limits.silent_after
    state = SILENT if silent else FAILING if failing else PASSING
    return Node(name, int(probes), int(failed), state, at, tuple(down or ()))


def _worst(group: Group) -> tuple[float, str]:
    return group.rate, group.name


def _worst_node(node: Node) -> tuple[int, float, str]:
    return (FAILING, SILENT, PASSING).index(node.state), node.rate, node.name


def _time(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC)
