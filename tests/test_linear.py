"""A pattern finds what Python's own engine finds, in whatever way it is searched for."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetmod.linear import Pattern, Unbounded

PIECES = ["a", "b", ".", "[ab]", "[^a]", r"\w", r"\b", r"\B", "^", "$", r"\A", r"\Z", r"\s", "\\n"]
PATTERNS = st.recursive(
    st.sampled_from(PIECES),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda all_: f"({'|'.join(all_)})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "*?", "+?", "{2}", "{1,3}", "{2,}"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
        st.tuples(st.sampled_from(["(?i:{})", "(?s:{})", "(?m:{})", "({})"]), inner).map(
            lambda pair: pair[0].format(pair[1])
        ),
    ),
    max_leaves=6,
)


@given(PATTERNS, st.text(alphabet="abAB \n", max_size=8))
def test_it_finds_what_re_finds(pattern: str, text: str) -> None:
    made = Pattern(pattern)
    made._plain = None  # all ways at once, whatever the pattern
    assert made.found_in(text) == (re.search(pattern, text) is not None)
    assert made.found_in(text) == (re.search(pattern, text) is not None)  # by known steps


@pytest.mark.parametrize("pattern", ["(?i)USERS.*x", "(?s)^.*b$", "(?m)^b+$", "(?ia)\\w+b"])
def test_flags_of_the_whole_pattern_count(pattern: str) -> None:
    for text in ("/users/x", "a\nb", "a\nbb\na", "äb", ""):
        assert Pattern(pattern).found_in(text) == (re.search(pattern, text) is not None)


@pytest.mark.parametrize(
    "pattern",
    ["(?=a)b", "(?!a)b", "(?<=a)b", r"(a)\1", "(?>a+)b", "a++b", "(a)?(?(1)b|c)", "a{2000}b*"],
)
def test_what_no_states_stand_for_is_refused(pattern: str) -> None:
    with pytest.raises(Unbounded):
        Pattern(pattern)
