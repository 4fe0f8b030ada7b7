"""What strangers send: any text, any bytes, any JSON, and values that databases and parsers stumble over."""

from __future__ import annotations

from hypothesis import strategies as st

NASTY_TEXTS = [
    "",
    "\x00",
    "a\x00b",
    "\ud800",
    "\udfff\ud800",
    "😀𝒳🎓",
    "x" * 300,
    "é" * 5000,
    "\u202e\u200b",
    "'; DROP TABLE zoom_xblock_delivery; --",
    "<script>alert(1)</script>",
    "{{ 7*7 }}{% debug %}",
    "../../etc/passwd",
    "%s%n%(x)s",
    "2026-01-05T09:00:00Z",
    "2026-02-30T25:61:61Z",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "NaN",
    "-0",
    "1e999",
    "84512345678",
    "٣٤",
]
NASTY_NUMBERS = [
    0,
    -1,
    1,
    2**31,
    2**32,
    2**53 + 1,
    2**63 - 1,
    2**63,
    -(2**63) - 1,
    2**64,
    2**80,
    10**30,
    1.5,
    -0.0,
    1e308,
]

TEXT = st.sampled_from(NASTY_TEXTS) | st.text(st.characters(codec=None), max_size=30)
#: What an attribute of XML or a form on the web may hold.
PLAIN_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40) | st.sampled_from(
    [text for text in NASTY_TEXTS if "\x00" not in text and not any(0xD800 <= ord(mark) < 0xE000 for mark in text)]
)
SCALAR = st.none() | st.booleans() | st.sampled_from(NASTY_NUMBERS) | st.integers() | TEXT
JSON = st.recursive(
    SCALAR | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
DEPTHS = st.sampled_from([1, 20, 31, 32, 33, 40, 500, 5000])


def any_of(names: str, value: st.SearchStrategy = JSON) -> st.SearchStrategy:
    """An object with some of these fields, each of any type."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names.split(), value))
