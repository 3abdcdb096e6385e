from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from wanspec.emulator import inputs


def test_a_medium_that_many_requests_bring_at_once_is_whole_for_each(tmp_path: Path) -> None:
    def bring(content: bytes) -> bool:
        path, _ = inputs.keep(content, tmp_path)
        return path.read_bytes() == content

    media = [bytes([number]) * 1_000_000 for number in range(10) for _ in range(8)]
    with ThreadPoolExecutor(8) as requests:
        assert all(requests.map(bring, media))
    assert len(list(tmp_path.iterdir())) == 10, "and nothing else is left"


def test_a_stand_in_is_drawn_once_for_all_who_ask_at_once(tmp_path: Path) -> None:
    place = inputs.Place("image", "https://example.com/a.png", "image", ("url",))
    with ThreadPoolExecutor(4) as requests:
        held = list(requests.map(lambda _: inputs.stand_in(place, tmp_path), range(8)))
    assert len({(one.file, one.bytes) for one in held}) == 1
    assert held[0].bytes > 0
