from __future__ import annotations

import base64
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image

from wanspec.emulator import Emulator
from wanspec.emulator.weather import WeatherFault
from wanspec.media import clips

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Customer, Customers


def test_the_settings_that_lead_a_client_here(emulator: Emulator) -> None:
    settings = emulator.environment()
    assert set(settings) == {
        f"{vendor}_{what}"
        for vendor in ("RUNWARE", "AIHUBMAX", "EMPIRIOLABS", "REAPI", "EVOLINK")
        for what in ("BASE_URL", "API_KEY")
    }
    assert settings["REAPI_BASE_URL"] == f"http://127.0.0.1:{emulator.port}/reapi"
    assert all(value.isprintable() and " " not in value for value in settings.values())


def test_each_vendor_makes_what_was_asked(customer: Customer) -> None:
    assert customer.submit().status in (200, 202)
    seen = customer.ended()
    assert len(seen.urls) == 1
    picture = customer.http.get(seen.urls[0])
    assert picture.status_code == 200
    assert picture.headers["content-type"] == "image/png"
    (charge,) = customer.emulator.ledger
    assert (charge.provider, charge.task_id, charge.state, charge.outputs) == (
        customer.vendor,
        customer.task_id,
        "done",
        1,
    )
    first, *polls, last = customer.emulator.visits
    assert (first.what, {visit.what for visit in polls}, last.what) == ("submit", {"poll"}, "download")
    assert (first.with_key, last.with_key) == (True, False)


def test_each_vendor_wants_its_own_key(customer: Customer) -> None:
    own = dict(customer.headers)
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}):
        customer.headers = headers
        seen = customer.submit()
        assert seen.status == 401, headers
        assert seen.error
    customer.headers = own
    assert customer.submit().status < 300
    assert len(customer.emulator.ledger) == 1


def test_each_vendor_words_what_it_does_not_take(customer: Customer) -> None:
    prompt = "positivePrompt" if customer.vendor == "runware" else "prompt"
    for wrong in ({prompt: 7}, {"model": "sora"}, {"model": ["wan"]}, {"surprise": 1}, {"seed": -1}):
        seen = customer.submit(**wrong)
        assert 400 <= seen.status < 500, wrong
        assert seen.error["message"]
    assert len(customer.emulator.ledger) == 0


def test_each_vendor_refuses_what_is_no_json_and_what_is_not_there(customer: Customer) -> None:
    path = {"runware": "/v1", "reapi": "/api/v1/images/generations"}.get(customer.vendor, "/v1/images/generations")
    for body in (b"", b"{", b"[]", b'"text"', b"[" * 100_000):
        assert customer.call("POST", path, content=body).status_code == 400
    assert customer.call("GET", "/v1/nowhere").status_code == 404
    assert customer.call("DELETE", path).status_code == 404


@pytest.mark.parametrize("body", [b'{"seed": NaN, "prompt": "x"}', b'{"prompt": "\\ud800"}', b'{"seed": 1e400}'])
def test_json_that_is_none_brings_nothing_down(customer_of: Customers, emulator: Emulator, body: bytes) -> None:
    customer = customer_of(emulator, "reapi")
    reply = customer.call(
        "POST", "/api/v1/images/generations", content=body.replace(b"{", b'{"model": "wan2.7-image", ')
    )
    assert reply.status_code == 400
    assert len(emulator.ledger) == 0


def test_an_unknown_task_is_unknown(customer: Customer) -> None:
    seen = customer.poll()
    assert seen.error
    assert seen.status == (200 if customer.vendor == "runware" else 404)


def test_the_prices_are_the_published_ones(customer: Customer) -> None:
    customer.submit()
    usd = {"runware": "0.03", "aihubmax": "0.03", "empiriolabs": "0.03", "reapi": "0.024"}[customer.vendor]
    assert customer.emulator.ledger.total_usd == Decimal(usd)


def test_the_same_submission_again_is_seen_in_the_ledger(customer: Customer) -> None:
    customer.submit("one")
    customer.submit("two")
    customer.submit("one")
    assert len(customer.emulator.ledger) == 3
    assert len(customer.emulator.ledger.duplicates) == 1


def test_a_picture_of_another_vendor_and_the_same_bytes_again_are_one_content(
    customer_of: Customers, emulator: Emulator
) -> None:
    """What goes in is compared by its bytes, as it would be if a client had put it elsewhere."""
    first = customer_of(emulator, "reapi")
    first.submit("a face")
    first.submit("a face")
    url = first.ended().urls[0]
    again = customer_of(emulator, "aihubmax")
    again.submit("older", image_urls=[url])
    again.submit("older", image_urls=[url + "?as=before"])
    assert len(emulator.ledger.duplicates) == 2
    assert again.ended().urls


def test_media_elsewhere_get_a_stand_in_and_nothing_is_fetched(customer_of: Customers, emulator: Emulator) -> None:
    customer = customer_of(emulator, "reapi")
    assert customer.submit(image_urls=["https://nowhere.invalid/a.png"], size="1K").status == 200
    assert customer.ended().urls


def test_an_own_link_that_leads_nowhere_is_refused(customer_of: Customers, emulator: Emulator) -> None:
    customer = customer_of(emulator, "reapi")
    assert customer.submit(image_urls=[f"{customer.base}/files/image/none.png"]).status == 400
    assert len(emulator.ledger) == 0


def test_links_die_when_time_passes(customer: Customer) -> None:
    customer.submit()
    url = customer.ended().urls[0]
    assert customer.http.get(url).status_code == 200
    customer.emulator.advance(8 * 24 * 3600)
    assert customer.http.get(url).status_code == (403 if customer.vendor == "empiriolabs" else 404)


def test_a_link_is_served_in_parts_too(customer: Customer) -> None:
    customer.submit()
    url = customer.ended().urls[0]
    whole = customer.http.get(url).content
    part = customer.http.get(url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole)}"
    assert customer.http.get(url, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416
    head = customer.http.head(url)
    assert (head.headers["content-length"], head.content) == (str(len(whole)), b"")


def test_a_task_takes_its_time(customer_of: Customers) -> None:
    with Emulator(latency_s=1000, plain=True) as emulator:
        customer = customer_of(emulator, "reapi")
        customer.submit()
        assert customer.poll().state == "processing"
        emulator.advance(2000)
        assert customer.ended().state == "completed"


def test_two_with_one_seed_answer_alike(customer_of: Customers) -> None:
    def answers(seed: int) -> list[Any]:
        with Emulator(seed=seed, clock_scale=2000, plain=True, faults=[{"fault": "failed", "probability": 0.5}]) as one:
            customer = customer_of(one, "reapi")
            found: list[Any] = [one.key("reapi")]
            for number in range(5):
                seen = customer.submit(f"shot {number}")
                found += [seen.body["id"], bool(customer.ended().urls)]
            return found

    assert answers(1) == answers(1)
    assert answers(1) != answers(2)


def test_limits_hold_until_there_is_room(customer_of: Customers) -> None:
    limits = {"reapi": {"in_flight": 1}, "aihubmax": {"per_minute": 2}}
    with Emulator(faults={"limits": limits}, latency_s=1000, plain=True) as emulator:
        one = customer_of(emulator, "reapi")
        assert one.submit("1").status == 200
        refused = one.call("POST", "/api/v1/images/generations", json={"model": "wan2.7-image", "prompt": "2"})
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        emulator.advance(2000)
        assert one.ended().urls
        assert one.submit("2").status == 200

        other = customer_of(emulator, "aihubmax")
        assert [other.submit(str(number)).status for number in range(3)] == [200, 200, 429]
        emulator.advance(61)
        assert other.submit("2").status == 200


def test_faults_can_be_changed_while_it_runs(customer: Customer) -> None:
    customer.emulator.set_faults([{"fault": "rate_limit"}])
    assert customer.submit().status == 429
    customer.emulator.set_faults([])
    assert customer.submit().status < 300
    with pytest.raises(WeatherFault, match=r"`faults\[0\].fault` is `hail`"):
        customer.emulator.set_faults(["hail"])


def test_the_controls(customer_of: Customers, emulator: Emulator, http: httpx.Client) -> None:
    address = f"{emulator.address}/_control"
    assert http.post(f"{address}/faults", json=[{"fault": "stuck", "prompt": "fog"}]).json() == {"faults": 1}
    assert http.get(f"{address}/faults").json() == {
        "faults": [{"fault": "stuck", "at": "task", "probability": 1.0, "prompt": "fog"}]
    }
    customer = customer_of(emulator, "reapi")
    customer.submit()
    customer.ended()
    told = http.get(f"{address}/ledger").json()
    assert [(one["provider"], one["state"], one["usd"]) for one in told["charges"]] == [("reapi", "done", 0.024)]
    assert (told["total_usd"], told["duplicates"]) == (0.024, [])
    assert http.get(f"{address}/visits").json()["visits"][0]["what"] == "submit"
    before = http.post(f"{address}/advance", json={"seconds": 0}).json()["now"]
    assert http.post(f"{address}/advance", json={"seconds": 10**6}).json()["now"] > before + 10**6 - 1


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "faults", b"{", 400),
        ("POST", "faults", b'["hail"]', 400),
        ("POST", "advance", b"{}", 400),
        ("POST", "advance", b'{"seconds": -1}', 400),
        ("POST", "advance", b'{"seconds": "NaN"}', 400),
        ("GET", "weather", b"", 404),
        ("DELETE", "ledger", b"", 404),
    ],
)
def test_the_controls_refuse_what_they_do_not_understand(
    emulator: Emulator, http: httpx.Client, method: str, path: str, body: bytes, status: int
) -> None:
    reply = http.request(method, f"{emulator.address}/_control/{path}", content=body)
    assert reply.status_code == status
    assert reply.json()["error"]


def test_a_web_page_cannot_steer_it(emulator: Emulator, http: httpx.Client) -> None:
    reply = http.post(f"{emulator.address}/_control/faults", json=[], headers={"Origin": "https://example.com"})
    assert reply.status_code == 403


def test_nothing_is_at_an_unknown_address(emulator: Emulator, http: httpx.Client) -> None:
    reply = http.get(f"{emulator.address}/hollywood/v1")
    assert reply.status_code == 404
    assert "/reapi" in reply.json()["error"]


def test_a_port_that_is_taken_is_an_error(emulator: Emulator) -> None:
    with pytest.raises(OSError, match="in use"), Emulator(port=emulator.port):
        pass


def test_it_can_be_stopped_while_it_answers_and_started_again(customer_of: Customers) -> None:
    emulator = Emulator(faults=["stuck"], plain=True)
    with pytest.raises(RuntimeError):
        emulator.environment()
    emulator.start()
    with pytest.raises(RuntimeError):
        emulator.start()
    customer = customer_of(emulator, "runware")
    ended = threading.Event()

    def wait_for_an_answer() -> None:
        with pytest.raises(httpx.HTTPError):
            customer.submit(deliveryMethod="sync")
        ended.set()

    waiting = threading.Thread(target=wait_for_an_answer)
    waiting.start()
    while not len(emulator.ledger):
        customer.poll()
    emulator.stop()
    waiting.join(10)
    assert ended.is_set()
    assert len(emulator.ledger) == 1, "the books outlive it"
    emulator.stop()
    with emulator:
        assert len(emulator.ledger) == 0


def test_many_at_once_are_kept_apart(customer_of: Customers, emulator: Emulator) -> None:
    customer = customer_of(emulator, "reapi")

    def submit(number: int) -> str:
        native = {"model": "wan2.7-image", "prompt": f"{number % 2}", "size": "768x768"}
        found = customer.call("POST", "/api/v1/images/generations", json=native).json()["id"]
        assert isinstance(found, str)
        return found

    with ThreadPoolExecutor(16) as crowd:
        ids = list(crowd.map(submit, range(64)))
    assert len(set(ids)) == 64
    assert sorted(ids) == sorted(charge.task_id for charge in emulator.ledger)
    assert len(emulator.ledger.duplicates) == 62
    for customer.task_id in ids[::16]:
        assert customer.ended().urls


def test_a_drawn_clip_begins_on_the_frame_that_it_was_given(customer_of: Customers, tmp_path: Path) -> None:
    Image.new("RGB", (640, 360), "#d01818").save(tmp_path / "red.png")
    frame = base64.b64encode((tmp_path / "red.png").read_bytes()).decode()
    with Emulator(clock_scale=2000) as emulator:
        customer = customer_of(emulator, "runware")
        customer.submit("a slow push in", video=True, inputs={"frameImages": [frame]}, resolution="720p")
        while not (seen := customer.poll()).urls:
            assert seen.error is None
        (tmp_path / "clip.mp4").write_bytes(customer.http.get(seen.urls[0]).content)
    clip = clips.read_clip(tmp_path / "clip.mp4")
    assert (clip.width, clip.height, clip.seconds) == (1280, 720, 2)
    first = clips.upright_picture(clips.first_frame(tmp_path / "clip.mp4"))
    red, green, blue = first.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert red > 150 > max(green, blue)
