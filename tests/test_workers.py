"""Work that is shared with other processes gives what one process would give."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetmod import workers


@pytest.fixture
def four(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_processors", lambda: 4)


@given(st.lists(st.integers(0, 500_000), max_size=12))
@settings(max_examples=40, deadline=None)
def test_results_keep_the_order_of_the_items(sizes: list[int]) -> None:
    told: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "_processors", lambda: 4)
        found = workers.shared(lambda n: n * 2, sizes, lambda n: n, lambda: told.append(1))
    assert found == [n * 2 for n in sizes]
    assert len(told) == len(sizes)


@pytest.mark.usefixtures("four")
def test_much_work_is_done_by_several_processes() -> None:
    done_by = workers.shared(lambda _: os.getpid(), range(8), lambda _: 300_000, lambda: None)
    assert len(set(done_by)) == 4


@pytest.mark.usefixtures("four")
def test_little_work_is_done_here() -> None:
    done_by = workers.shared(lambda _: os.getpid(), range(8), lambda _: 10, lambda: None)
    assert set(done_by) == {os.getpid()}


@pytest.mark.usefixtures("four")
def test_a_process_that_dies_is_replaced() -> None:
    here = os.getpid()

    def work(item: int) -> int:
        if os.getpid() != here:
            os._exit(9)
        return item

    assert workers.shared(work, range(8), lambda _: 300_000, lambda: None) == list(range(8))


@pytest.mark.usefixtures("four")
def test_an_error_in_another_process_is_raised_here() -> None:
    def work(item: int) -> int:
        if item == 7:
            raise ValueError("seven")
        return item

    with pytest.raises(ValueError, match="seven"):
        workers.shared(work, range(8), lambda _: 300_000, lambda: None)
