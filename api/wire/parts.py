"""Counts what a JSON text is made of, before it becomes objects that fill memory."""

from __future__ import annotations

from api.problems import Refusal

MOST_PARTS = 1_500_000
"""Commas, brackets and quotes: a value of Python takes 20 to 80 bytes for each."""
MOST_WIDE_BYTES = 8_000_000
"""A text with letters beyond ASCII: one of them makes all of a string four times as
large."""
_PARTS = (b",", b"[", b"{", b'"')


def check_parts(text: bytes) -> None:
    """
    Refuse a text whose objects would take far more memory than it does.

    Args:
        text: JSON, before it is parsed.

    Raises:
        Refusal: 413, which a sender answers with less at once.
    """
    parts = sum(text.count(part) for part in _PARTS)
    if parts > MOST_PARTS:
        raise Refusal(
            413, f"The body has {parts} commas, opening brackets and quotes, and may "
            f"have {MOST_PARTS}; send less at once, or columns packed",
        )  # fmt: skip
    wide = not text.isascii() or b"\\u" in text
    if wide and len(text) > MOST_WIDE_BYTES:
        raise Refusal(
            413, f"A body with letters beyond ASCII may have {MOST_WIDE_BYTES} bytes "
            "unpacked; send less at once",
        )  # fmt: skip
