"""Work shared with other processes: threads do not help, for all of it holds Python's lock."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
_LEAST = 200_000  # bytes of source for each process: less is done sooner than a process starts


def shared(
    work: Callable[[T], R], items: Sequence[T], size: Callable[[T], int], told: Callable[[], None]
) -> list[R]:
    """`work` of each item, in their order; `size` is in bytes, `told` is called after an item.

    Where one process is enough, and where fork is not safe, this one does all of it.
    """
    sizes = [size(item) for item in items]
    count = min(_processors(), sum(sizes) // _LEAST)
    if count < 2:
        return [_done(work, item, told) for item in items]
    parts: list[list[int]] = [[] for _ in range(count)]
    loads = [0] * count
    for index in sorted(range(len(items)), key=lambda i: -sizes[i]):
        lightest = loads.index(min(loads))
        parts[lightest].append(index)
        loads[lightest] += sizes[index]

    def all_of(part: list[int]) -> list[R]:
        return [work(items[index]) for index in part]

    others = [_fork(partial(all_of, part)) for part in parts[1:]]
    found = {index: _done(work, items[index], told) for index in parts[0]}
    for part, answer in zip(parts[1:], others, strict=True):
        results = answer()
        if results is None:  # whatever stopped that process shows here, if it comes again
            results = all_of(part)
        found.update(zip(part, results, strict=True))
        for _ in part:
            told()
    return [found[index] for index in range(len(items))]


def _done(work: Callable[[T], R], item: T, told: Callable[[], None]) -> R:
    result = work(item)
    told()
    return result


def _processors() -> int:
    # macOS's own libraries do not survive a fork (Python's documentation of multiprocessing)
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def _fork(work: Callable[[], list[R]]) -> Callable[[], list[R] | None]:
    """Begin some work in a copy of this process; what is given back waits for the results."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as pipe:
                pickle.dump(work(), pipe, protocol=5)
            code = 0
        finally:
            os._exit(code)  # nothing of the parent's is flushed or cleaned up twice

    os.close(writing)

    def answer() -> list[R] | None:
        with os.fdopen(reading, "rb") as pipe:
            data = pipe.read()
        _, status = os.waitpid(child, 0)
        return pickle.loads(data) if status == 0 else None

    return answer
