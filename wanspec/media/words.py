"""Looking for words in a prompt."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=256)
def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(r"(?<![^\W_])(?:" + "|".join(map(re.escape, words.split())) + r")(?![^\W_])", re.IGNORECASE)


def has_word(text: str, words: str) -> bool:
    """Whether one of the words (separated by spaces) stands in the text as a whole word, in any case."""
    return _pattern(words).search(text) is not None
