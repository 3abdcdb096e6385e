"""What is made anew although it is there, and what hangs on it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from wanspec.emulator import Emulator

CHAIN = """
  - id: again
    model: local/flip
    source: "{{ ref('mirrored') }}"
    axis: vertical
  - id: pier
    model: runware/wan2.7-image
    prompt: "{{ ref('again').width }} posts of a pier"
    width: 768
    height: 768
"""


def statuses(done) -> dict[str, str]:
    assert done.code == 0, done.err
    return {one["id"]: one["status"] for one in done.json["items"]}


def test_what_lies_between_a_forced_item_and_a_selected_one_is_looked_at(project: Path, run: Run) -> None:
    with (project / "wanspec.yaml").open("a") as file:
        file.write(CHAIN.partition("  - id: pier")[0])
    run("render", "-q")
    found = statuses(run("render", "--json", "-s", "again", "--force", "plate"))
    assert found == {"plate": "rendered", "again": "cached"}


def test_what_hangs_on_a_forced_item_is_served_where_the_same_bytes_came(project: Path, run: Run) -> None:
    with (project / "wanspec.yaml").open("a") as file:
        file.write(CHAIN)
    run("render", "-q", "-s", "again")
    done = run("render", "--json", "-s", "again", "--force", "mirrored")
    assert statuses(done) == {"mirrored": "rendered", "again": "cached"}


def test_a_budget_holds_for_what_hangs_on_a_forced_item_too(paid: Path, run: Run, monkeypatch) -> None:
    with (paid / "wanspec.yaml").open("a") as file:
        file.write("  - {id: boat, prompt: A boat, reference_images: [\"{{ ref('pier') }}\"]}\n")
    with Emulator(plain=True, latency_s=0.0) as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        assert run("render", "--yes").code == 0
        done = run("render", "--force", "pier", "--budget", "0.03", "--json")
        assert done.code == 3
        assert done.json["error"]["code"] == "over_budget"
        assert emulator.ledger.total_usd <= Decimal("0.06")
        assert run("render", "--force", "pier", "--budget", "0.06", "--json").code == 0


# -- a forced buy that nobody answered ---------------------------------------------------------------------------------

NOBODY_ANSWERS = """\
wanspec: 1
name: film
providers: {reapi: {poll: {first: 0.05, max: 0.2}}}
defaults: {image: {model: reapi/wan2.7-image, width: 768, height: 768}}
shots:
  - {id: still, prompt: a quay, takes: 2}
  - {id: next, prompt: a pier, reference_images: ["{{ ref('still') }}"]}
"""


@pytest.fixture
def emulator(paid: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Everything was rendered; then one take was forced, and the second answer was lost after it was charged."""
    (paid / "wanspec.yaml").write_text(NOBODY_ANSWERS)
    with Emulator(plain=True, latency_s=0.0) as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        assert run("render", "--yes", "-q").code == 0
        emulator.set_faults([{"fault": "lost_answer", "when": "after", "prompt": "quay", "times": 1}])
        yield emulator


def told(done) -> dict[str, tuple[str, int]]:
    """Status and takes of each item."""
    return {one["id"]: (one["status"], len(one["takes"])) for one in done.json["items"]}


UNCERTAIN = {"still": ("uncertain", 2), "next": ("cached", 1)}


def test_a_forced_buy_that_nobody_answered_is_told_while_the_older_result_serves(
    paid: Path, run: Run, emulator: Emulator
) -> None:
    done = run("render", "--yes", "--json", "--force", "still")
    assert (done.code, told(done)) == (1, UNCERTAIN)
    error = done.json["items"][0]["error"]
    assert error["code"] == "uncertain"
    assert error["message"].endswith("; the older result serves")
    assert done.json["items"][0]["pick"] == 1
    assert (paid / "renders/next.png").exists()
    assert told(run("status", "--json")) == UNCERTAIN
    rows = run("ledger", "--json", "--disputes").json["submissions"]
    assert len(rows) >= 1
    assert {(row["item"], row["outcome"]) for row in rows} == {("still", "uncertain")}
    charges = len(list(emulator.ledger))
    assert [one["status"] for one in run("plan", "--json").json["items"]] == ["uncertain", "cached"]
    again = run("render", "--json")  # nothing to leave for: it is left alone
    assert (again.code, told(again)) == (1, UNCERTAIN)
    assert len(list(emulator.ledger)) == charges


def test_it_is_bought_again_when_the_user_says_so(run: Run, emulator: Emulator) -> None:
    run("render", "--yes", "-q", "--force", "still")
    charges = len(list(emulator.ledger))
    refused = run("render", "--json", "--retry-uncertain")
    assert (refused.code, refused.json["error"]["code"]) == (3, "no_leave")
    done = run("render", "--json", "--retry-uncertain", "--yes")
    assert done.code == 0
    assert told(done)["still"] == ("rendered", 2)
    disputed = run("ledger", "--json", "--disputes").json["submissions"]
    assert len(list(emulator.ledger)) == charges + len(disputed) + (told(done)["next"][0] == "rendered")
    assert run("render", "--json").code == 0


def test_an_uncertain_buy_beside_an_older_result_asks_for_no_key(
    run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("render", "--yes", "-q", "--force", "still")
    charges = len(list(emulator.ledger))
    monkeypatch.delenv("REAPI_API_KEY")
    done = run("render", "--json")
    assert (done.code, told(done)) == (1, UNCERTAIN)
    assert len(list(emulator.ledger)) == charges
