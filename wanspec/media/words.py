"""Looking for words in a prompt."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=256)
def _pattern(words: str) -> re.Pattern[str]:
    # Chinese and Japanese put no spaces between words; elsewhere a word counts only as a whole.
    spaced = [re.escape(word) for word in words.split() if word.isascii()]
    unspaced = [re.escape(word) for word in words.split() if not word.isascii()]
    wordings = [rf"(?<![^\W_])(?:{'|'.join(spaced)})(?![^\W_])"] if spaced else []
    return re.compile("|".join(wordings + unspaced), re.IGNORECASE)


def first_word(text: str, words: str) -> int | None:
    """Where the first of the words (separated by spaces) stands in the text, in any case."""
    found = _pattern(words).search(text)
    return None if found is None else found.start()


def has_word(text: str, words: str) -> bool:
    """Whether one of the words (separated by spaces) stands in the text, in any case."""
    return first_word(text, words) is not None
