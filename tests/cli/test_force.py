"""What is made anew although it is there, and what hangs on it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

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
