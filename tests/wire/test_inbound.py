"""Media on the way in: inline, uploaded once, by an earlier result's address, or published."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.wire.studio import Studio, VendorInMemory, png
from wanspec.domain.errors import MediaError, NotSent, Refused
from wanspec.wire.publishing import publisher_of


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "mara.png"
    path.write_bytes(png(80, 60, 12))
    return path


def sent(studio: Studio) -> list[dict[str, object]]:
    """The native requests that were submitted."""
    bodies = [call[3] for call in studio.vendor.calls if call[0] == "POST"]
    found = [one for body in bodies for one in (body if isinstance(body, list) else [body])]
    return [one for one in found if "prompt" in one]


def test_small_files_go_into_the_request_where_the_vendor_takes_that(tmp_path: Path, picture: Path) -> None:
    studio = Studio(tmp_path, VendorInMemory("betterco"))
    studio.render(studio.action(pictures=[picture]))
    text = base64.b64encode(picture.read_bytes()).decode()
    assert sent(studio)[0]["pictures"] == [f"data:image/png;base64,{text}"]


def test_a_file_is_uploaded_once_while_the_upload_lives(tmp_path: Path, picture: Path) -> None:
    studio = Studio(tmp_path)
    studio.render(*(studio.action(f"prompt {n}", pictures=[picture]) for n in range(3)))
    restarted = studio.restarted()
    restarted.render(studio.action("another", pictures=[picture]))
    uploads = [call for call in studio.vendor.calls if call[1].endswith("/files")]
    assert len(uploads) == 1
    assert {str(one["pictures"]) for one in sent(studio)} == {"['https://cdn.acme.example/up/1.png']"}
    restarted.clock.seconds += 86_400
    restarted.restarted().render(studio.action("much later", pictures=[picture]))
    assert len([call for call in studio.vendor.calls if call[1].endswith("/files")]) == 2


def test_an_upload_that_the_vendor_dropped_is_made_again_once(tmp_path: Path, picture: Path) -> None:
    studio = Studio(tmp_path)
    studio.render(studio.action("first", pictures=[picture]))
    studio.vendor.weather = ["bad media"]
    (done,) = studio.restarted().render(studio.action("second", pictures=[picture]))
    assert done.made
    assert len([call for call in studio.vendor.calls if call[1].endswith("/files")]) == 2
    studio.vendor.weather = ["bad media", "bad media"]
    (error,) = studio.restarted().render(studio.action("third", pictures=[picture]))
    assert isinstance(error, Refused)
    assert error.code == "media_unreachable"
    assert len(studio.vendor.charged) == 2


def test_addresses_are_sent_as_they_are_written(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    studio.render(studio.action(pictures=["https://example.com/a.png"]))
    assert sent(studio)[0]["pictures"] == ["https://example.com/a.png"]


def test_a_pinned_address_is_checked_and_sent_without_its_pin(tmp_path: Path) -> None:
    import hashlib

    studio = Studio(tmp_path)
    pin = hashlib.sha256(png()).hexdigest()
    studio.render(studio.action(pictures=[f"https://cdn.example/a.png#sha256={pin}"]))
    assert sent(studio)[0]["pictures"] == ["https://cdn.example/a.png"]
    (error,) = studio.render(studio.action("other", pictures=[f"https://cdn.example/a.png#sha256={'0' * 64}"]))
    assert isinstance(error, MediaError)
    assert error.code == "pin"
    assert len(studio.vendor.charged) == 1


def without_upload(studio: Studio) -> Studio:
    file = studio.root / "schemas/acme/provider.yaml"
    text = file.read_text()
    file.write_text(text[: text.index("  upload:")] + text[text.index("  inline_bytes") :])
    return studio


def test_an_earlier_result_goes_by_its_address_while_that_lives(tmp_path: Path) -> None:
    studio = without_upload(Studio(tmp_path))
    (first,) = studio.render()
    blob = studio.store().blobs.path(first.record.artifacts[0].sha256)
    studio.render(studio.action("it goes on", pictures=[blob]))
    assert sent(studio)[1]["pictures"] == ["https://cdn.acme.example/task-1/0.png"]
    studio.clock.seconds += 90_000
    (error,) = without_upload(studio.restarted()).render(studio.action("much later", pictures=[blob]))
    assert isinstance(error, Refused)
    assert error.code == "no_way"
    assert len(studio.vendor.charged) == 2


def test_a_file_without_a_way_is_refused_before_anything_is_sent(tmp_path: Path, picture: Path) -> None:
    studio = without_upload(Studio(tmp_path))
    (error,) = studio.render(studio.action(pictures=[picture]))
    assert isinstance(error, Refused)
    assert "publish" in error.hint
    assert studio.vendor.calls == []
    assert studio.ledger() == []


def test_a_folder_that_a_web_server_shows_is_a_way(tmp_path: Path, picture: Path) -> None:
    place = f"file://{tmp_path}/shown+https://media.example.org/films"
    studio = without_upload(Studio(tmp_path, overrides={"acme": {"publish": place}}))
    (done,) = studio.render(studio.action(pictures=[picture]))
    assert done.made
    (address,) = sent(studio)[0]["pictures"]  # type: ignore[misc]
    (shown,) = (tmp_path / "shown").iterdir()
    assert address == f"https://media.example.org/films/{shown.name}"
    assert shown.read_bytes() == picture.read_bytes()


@pytest.mark.parametrize(
    ("target", "word"),
    [
        ("file:///etc+https://x.example", "outside the project"),
        ("ftp://x", "no place to publish"),
        ("s3://", "names no bucket"),
        ("gs://films/../secret", "characters that none has"),
        ("file://shown", "it has no `\\+https://ADDRESS`"),
        ("file://shown+https://x.example", "not absolute"),
        ("", "no place to publish"),
        ("file:///tmp/x+http://x.example", "not https"),
        ("file:///tmp/x+https://user:word@x.example", "carries a password"),
        ("file:///tmp/x+https://x.example/?a=b", "goes on after the path"),
        ("file:///tmp/x+https://x.example:nothing", "is no address"),
    ],
)
def test_other_places_are_refused(tmp_path: Path, target: str, word: str) -> None:
    with pytest.raises(NotSent, match=word):
        publisher_of(target, (tmp_path,), {})


def test_a_file_that_changed_after_its_key_was_made_is_not_sent(tmp_path: Path, picture: Path) -> None:
    studio = Studio(tmp_path)
    action = studio.action(pictures=[picture])
    picture.write_bytes(png(80, 60, 13))
    (error,) = studio.render(action)
    assert isinstance(error, MediaError)
    assert error.code == "changed"
    assert studio.vendor.calls == []
