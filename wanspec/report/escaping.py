"""Text that others wrote, made safe to print."""

from __future__ import annotations

import re

# C0 and C1 controls and DEL move the cursor or recolour the terminal; direction marks reorder what is read;
# line and paragraph separators break a line in some terminals; surrogates cannot be encoded; U+FEFF is invisible.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def visible(text: str, *, tab: str | None = None) -> str:
    """One line in which every control character and direction mark is shown escaped.

    `tab` is what a tab becomes, where it is layout and not content.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(lambda match: _escape(match[0], tab), text)


def _escape(character: str, tab: str | None) -> str:
    if character == "\t" and tab is not None:
        return tab
    code = ord(character)
    return _NAMED.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, the last of them `…` where something was left out."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
