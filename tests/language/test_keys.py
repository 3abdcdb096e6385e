"""Rule 8: what changes an action key, and what must not.  The keys in `golden_keys.json` are the same everywhere."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wanspec.domain.json import canonical, digest
from wanspec.domain.lock import Lock
from wanspec.pipeline import plan

GOLDEN = Path(__file__).with_name("golden_keys.json")


class Nothing:
    """A store that holds nothing."""

    def record(self, key, locked=None):
        del key, locked


def keys(seen) -> dict[str, list[str | None]]:
    assert seen.prepared is not None, seen.told()
    assert seen.codes == [], seen.told()
    made = plan(seen.prepared, Nothing(), Lock())
    return {name: list(decision.keys) for name, decision in made.decisions.items()}


def key(see, shot: str, **more) -> str:
    found = keys(see(f"shots: [{shot}]", **more))
    (one,) = found["a"]
    assert one is not None
    return one


BASE = "{id: a, prompt: a red kite, seed: 7}"


@pytest.mark.parametrize(
    "shot",
    [
        "{prompt: a red kite, seed: 7, id: a}",
        "{id: a, prompt: 'a red kite', seed: 7.0, title: Kite, tags: [t]}",
        "{id: a, prompt: \"a red {{ 'kite' }}\", seed: 7}",
        "{id: a, prompt: a red kite, seed: 7, format: jpg, quality: 95, thinking: true}",
        "{id: a, prompt: a red kite, seed: 7, params: {deliveryMethod: async, includeCost: true, ttl: 90}}",
        "{id: a, prompt: a red kite, seed: 7, params: {numberResults: 1}}",
        "{id: a, params: {positivePrompt: a red kite, seed: 7, width: 1536, height: 864}}",
        "{id: a, prompt: a red kite, seed: 7, safety: 'off'}",
        "{id: a, prompt: a red kite, params: {seed: 7, taskType: imageInference}}",
    ],
)
def test_the_same_request_has_the_same_key(see, shot):
    assert key(see, shot) == key(see, BASE)


@pytest.mark.parametrize(
    "shot",
    [
        "{id: a, prompt: a red kite., seed: 7}",
        "{id: a, prompt: a red kite, seed: 8}",
        "{id: a, prompt: a red kite, seed: random}",
        "{id: a, prompt: a red kite, seed: 7, quality: 94}",
        "{id: a, prompt: a red kite, seed: 7, format: png}",
        "{id: a, prompt: a red kite, seed: 7, width: 1280}",
        "{id: a, prompt: a red kite, seed: 7, thinking: false}",
        "{id: a, prompt: a red kite, seed: 7, model: runware/wan2.7-image-pro}",
        "{id: a, prompt: a red kite, seed: 7, params: {numberResults: 2}}",
    ],
)
def test_another_request_has_another_key(see, shot):
    assert key(see, shot) != key(see, BASE)


def test_the_name_of_a_media_file_is_nothing_and_its_bytes_are_all(see):
    def png(shade: int) -> bytes:
        from io import BytesIO

        from PIL import Image

        out = BytesIO()
        Image.new("RGB", (320, 240), (shade, 0, 0)).save(out, "PNG")
        return out.getvalue()

    def of(name: str, content: bytes) -> str:
        shot = f"{{id: a, prompt: x, seed: 1, reference_images: [{name}]}}"
        return key(see, shot, files={name: content})

    assert of("assets/one.png", png(1)) == of("assets/two.png", png(1))
    assert of("assets/one.png", png(1)) != of("assets/one.png", png(2))


def test_a_pinned_url_is_its_digest(see):
    def of(url: str) -> str:
        return key(see, f"{{id: a, prompt: x, seed: 1, reference_images: ['{url}']}}")

    pin = "#sha256=" + "ab" * 32
    assert of("https://a.example/x.png") != of("https://b.example/x.png")
    assert of("https://a.example/x.png" + pin) == of("https://b.example/y.png" + pin)


def test_takes_have_seeds_of_their_own_and_the_first_is_the_single_one(see):
    three = keys(see("shots: [{id: a, prompt: x, seed: 2147483646, takes: 3}]"))["a"]
    assert len(set(three)) == 3
    assert three[0] == key(see, "{id: a, prompt: x, seed: 2147483646}")
    assert three[2] == key(see, "{id: a, prompt: x, seed: 0}")  # past the maximum on from the minimum


def test_takes_without_a_seed_are_still_different(see):
    assert len(set(keys(see("shots: [{id: a, prompt: x, seed: random, takes: 3}]"))["a"])) == 3


def test_prompt_rewriting_enters_the_key_even_at_its_default(see):
    clip = "{id: a, kind: video, prompt: x, seed: 1, prompt_enhance: %s}"
    assert key(see, clip % "true") != key(see, clip % "false")
    assert see("shots: [{id: a, model: motion, prompt: x, prompt_enhance: null}]").native("a")["settings"] == {
        "promptEnhancer": True
    }


def test_keys_are_those_of_every_other_machine(see):
    """A difference here makes every user pay again: it needs a new key version, a rekey and a word in the changelog."""
    seen = see(
        """
        vars: {hero: Mara}
        shots:
          - {id: still, prompt: "{{ hero }} at the pier — 東京", seed: 7}
          - {id: derived-seed, prompt: x}
          - id: palette
            prompt: x
            seed: 1
            palette: [{hex: '#112233', ratio: 50}, {hex: '#445566', ratio: 30}, {hex: '#778899', ratio: 20}]
          - {id: pro, model: runware/wan2.7-image-pro, prompt: x, seed: 1, width: 4096, height: 2304}
          - {id: clip, kind: video, prompt: x, seed: 2, first_frame: 'https://example.com/a.png'}
          - {id: cut, model: local/cut, source: 'https://example.com/a.mp4', start: 0.5, end: 2}
          - {id: takes, prompt: x, seed: 9, takes: 2}
        """
    )
    found = keys(seen)
    if os.environ.get("WANSPEC_RENEW"):
        GOLDEN.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    assert found == json.loads(GOLDEN.read_text(encoding="utf-8"))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_canonical_text_is_that_of_rfc_8785(value):
    import rfc8785

    try:
        expected = rfc8785.dumps(value)
    except rfc8785.CanonicalizationError:
        return
    assert canonical(value) == expected


@given(st.dictionaries(st.text(min_size=1, max_size=4), JSON, max_size=6), st.randoms())
def test_the_order_of_a_mapping_changes_no_digest(value: dict, chance: random.Random):
    shuffled = list(value.items())
    chance.shuffle(shuffled)
    try:
        expected = digest(value)
    except ValueError:
        return
    assert digest(dict(shuffled)) == expected


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 2**53, "\ud800"])
def test_what_json_cannot_hold_has_no_canonical_text(bad):
    with pytest.raises(ValueError, match=r"."):
        canonical({"x": bad})


def test_kinds_of_values_are_told_apart():
    assert digest({"x": 1}) == digest({"x": 1.0})
    assert len({digest(one) for one in ({"x": 1}, {"x": "1"}, {"x": True}, {})}) == 4
