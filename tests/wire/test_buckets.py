"""Files in a bucket of the user's own: put there, and fetched by address, at stores that check every signature."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.wire.buckets import ACCESS_KEY, REGION, S3, SECRET_KEY, Call, Denied, Gcs, fetched
from tests.wire.studio import ENVIRONMENT, Studio, VendorInMemory, png
from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import Busy, MediaError, NotSent, Refused
from wanspec.wire.publisher import Publisher
from wanspec.wire.publishing import publisher_of

pytest.importorskip("obstore", reason="the package of the extra `buckets`")


@pytest.fixture(autouse=True)
def nobody_s_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Those of the machine that the tests run on."""
    import os

    for name in list(os.environ):
        if name.startswith(("AWS_", "GOOGLE_", "STORAGE_EMULATOR")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture
def s3() -> Iterator[S3]:
    with S3() as store:
        yield store


@pytest.fixture
def gcs() -> Iterator[Gcs]:
    with Gcs() as store:
        yield store


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "mara.png"
    path.write_bytes(png(80, 60, 12))
    return path


def opened(target: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Publisher:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    import os

    return publisher_of(target, (), os.environ)


def artifact_of(path: Path, media_type: str = "image/png") -> Artifact:
    data = path.read_bytes()
    return Artifact(hashlib.sha256(data).hexdigest(), media_type, len(data))


async def put(publisher: Publisher, path: Path, media_type: str = "image/png") -> str:
    artifact = artifact_of(path, media_type)
    await publisher.put(path, artifact)
    return await publisher.address(artifact, 3600)


def run(publisher: Publisher, path: Path, media_type: str = "image/png") -> str:
    import asyncio

    return asyncio.run(put(publisher, path, media_type))


def test_a_file_is_put_into_s3_and_its_address_opens_it(s3: S3, picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = run(opened("s3://films/stills", s3.environment(), monkeypatch), picture)
    ((key, (data, media_type)),) = s3.objects.items()
    assert key == f"stills/{artifact_of(picture).sha256}.png"
    assert (data, media_type) == (picture.read_bytes(), "image/png")
    assert fetched(address) == (200, data)
    signature = parse_qs(urlsplit(address).query)["X-Amz-Signature"][0]
    other = signature.replace(signature[0], "0" if signature[0] != "0" else "1")
    assert fetched(address.replace(signature, other))[0] == 403
    assert fetched(address.replace("Expires=3600", "Expires=36000"))[0] == 403
    assert fetched(address.partition("?")[0])[0] == 403


def test_a_large_file_goes_in_parts(s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(bytes(range(256)) * 24_000)
    address = run(opened("s3://films", s3.environment(), monkeypatch), clip, "video/mp4")
    assert len([call for call in s3.calls if call.startswith("PUT")]) > 1
    assert list(s3.objects.values()) == [(clip.read_bytes(), "video/mp4")]
    assert fetched(address) == (200, clip.read_bytes())


def test_credentials_may_come_from_a_profile(
    s3: S3, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "home/.aws"
    folder.mkdir(parents=True)
    lines = f"aws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n"
    (folder / "credentials").write_text(f"[default]\naws_access_key_id = AKIANOBODY\n[films]\n{lines}")
    (folder / "config").write_text(f"[profile films]\nregion = {REGION}\nendpoint_url = {s3.url}\n")
    address = run(opened("s3://films", {"AWS_PROFILE": "films"}, monkeypatch), picture)
    assert fetched(address)[0] == 200


def test_a_file_is_put_into_gcs_and_its_address_opens_it(
    gcs: Gcs, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key.json").write_text(gcs.credentials())
    environment = {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "key.json"), "GOOGLE_BASE_URL": gcs.url}
    address = run(opened("gs://films/stills/", environment, monkeypatch), picture)
    assert list(gcs.objects) == [f"stills/{artifact_of(picture).sha256}.png"]
    # The library signs for Google's own host alone, wherever the store is.
    host = "storage.googleapis.com"
    assert fetched(address, host) == (200, picture.read_bytes())
    assert fetched(address.replace("Expires=3600", "Expires=36000"), host)[0] == 403
    assert fetched(address.partition("?")[0], host)[0] == 401


def always(status: int, code: str) -> object:
    def trouble(_call: Call) -> None:
        raise Denied(status, code)

    return trouble


@pytest.mark.parametrize(
    ("bucket", "changes", "said"),
    [
        ("nowhere", {}, "there is no bucket `nowhere` (NoSuchBucket)"),
        ("films", {"AWS_SECRET_ACCESS_KEY": "wrong"}, "does not take the credentials (SignatureDoesNotMatch)"),
        ("films", {"AWS_ACCESS_KEY_ID": "AKIANOBODY"}, "does not take the credentials (InvalidAccessKeyId)"),
        ("films", {"AWS_REGION": "us-east-1"}, "is in another region (AuthorizationHeaderMalformed)"),
    ],
)
def test_what_a_bucket_refuses_is_told_without_secrets(
    s3: S3, picture: Path, monkeypatch: pytest.MonkeyPatch, bucket: str, changes: dict[str, str], said: str
) -> None:
    with pytest.raises(Refused) as told:
        run(opened(f"s3://{bucket}", s3.environment() | changes, monkeypatch), picture)
    assert said in told.value.message
    assert told.value.code == "publish"
    assert told.value.hint
    for secret in (SECRET_KEY, ACCESS_KEY, "Signature=", "StringToSign"):
        assert secret not in f"{told.value.message} {told.value.hint} {told.value.__cause__}"


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (403, "AccessDenied", "they may not write there"),
        (400, "ExpiredToken", "they have expired"),
        (400, "EntityTooLarge", "refuses the file (EntityTooLarge)"),
    ],
)
def test_a_bucket_s_reasons_are_told(
    s3: S3, picture: Path, monkeypatch: pytest.MonkeyPatch, status: int, code: str, said: str
) -> None:
    s3.trouble = always(status, code)  # type: ignore[assignment]
    with pytest.raises(Refused, match=said.replace("(", "\\(").replace(")", "\\)")):
        run(opened("s3://films", s3.environment(), monkeypatch), picture)


def test_a_bucket_that_is_down_is_worth_another_render(s3: S3, picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wanspec.wire.buckets._TRIES", 1)
    s3.trouble = always(503, "SlowDown")  # type: ignore[assignment]
    with pytest.raises(Busy, match="cannot be reached: SlowDown") as told:
        run(opened("s3://films", s3.environment(), monkeypatch), picture)
    assert told.value.retryable
    with pytest.raises(Busy, match="cannot be reached"):
        run(opened("s3://films", {**s3.environment(), "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, monkeypatch), picture)


@pytest.mark.parametrize(
    ("target", "environment", "said"),
    [
        ("s3://films", {}, "there are no credentials for `s3://films`"),
        ("s3://films", {"AWS_ACCESS_KEY_ID": ACCESS_KEY}, "there are no credentials for `s3://films`"),
        ("s3://films", {"AWS_PROFILE": "nobody"}, "there are no credentials for `s3://films`"),
        ("gs://films", {}, "there are no credentials for `gs://films`"),
        ("gs://films", {"GOOGLE_APPLICATION_CREDENTIALS": "/nowhere.json"}, "names `/nowhere.json`"),
        ("gs://films", {"GOOGLE_SERVICE_ACCOUNT_KEY": "not json"}, "`publish: gs://films` cannot be opened"),
    ],
)
def test_missing_credentials_are_told_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch, target: str, environment: dict[str, str], said: str
) -> None:
    with pytest.raises(NotSent, match=said) as told:
        opened(target, environment, monkeypatch)
    assert told.value.code == "publish"
    assert told.value.hint


@pytest.mark.parametrize(
    ("address", "said"),
    [("http://minio.example:9000", "plain http"), ("minio:9000", "no http address"), ("http://[", "no http address")],
)
def test_a_store_is_addressed_by_https_or_on_this_machine(
    s3: S3, monkeypatch: pytest.MonkeyPatch, address: str, said: str
) -> None:
    with pytest.raises(NotSent, match=said):
        opened("s3://films", s3.environment() | {"AWS_ENDPOINT_URL": address}, monkeypatch)


def test_without_the_package_it_is_named(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(NotSent, match="needs the package `obstore`") as told:
        opened("s3://films", s3.environment(), monkeypatch)
    assert told.value.hint == "pip install 'wanspec[buckets]'"


# -- in a render -------------------------------------------------------------------------------------------------------


def by_address_only(tmp_path: Path, s3: S3, monkeypatch: pytest.MonkeyPatch, **changes: str) -> Studio:
    """A vendor on this machine that takes addresses only, and a project that publishes in the bucket."""
    for name, value in (s3.environment() | changes).items():
        monkeypatch.setenv(name, value)
    import os

    near = {"ACME_BASE_URL": "http://127.0.0.1:9/acme", "BETTERCO_BASE_URL": "http://127.0.0.1:9/betterco"}
    environment = {**os.environ, **ENVIRONMENT, **near}
    studio = Studio(tmp_path, environment=environment, overrides={"acme": {"publish": "s3://films/stills"}})
    file = tmp_path / "schemas/acme/provider.yaml"
    text = file.read_text()
    file.write_text(text[: text.index("  upload:")] + text[text.index("  inline_bytes") :])
    return studio


def pictures_sent(studio: Studio) -> list[str]:
    return [call[3]["pictures"][0] for call in studio.vendor.calls if call[0] == "POST"]


def test_each_file_is_brought_once_and_each_request_gets_an_address_of_its_own(
    tmp_path: Path, s3: S3, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = by_address_only(tmp_path, s3, monkeypatch)
    done = studio.render(*(studio.action(f"prompt {n}", pictures=[picture]) for n in range(3)))
    assert all(one.made for one in done), done
    again = by_address_only(tmp_path, s3, monkeypatch)
    again.vendor = studio.vendor
    again.render(again.action("the next day", pictures=[picture]))
    assert len(s3.calls) == 1
    addresses = pictures_sent(studio)
    assert len(addresses) == 4
    assert {fetched(one) for one in addresses} == {(200, picture.read_bytes())}
    assert all(int(parse_qs(urlsplit(one).query)["X-Amz-Expires"][0]) >= 12 * 3600 for one in addresses)


def test_no_signature_is_left_behind(tmp_path: Path, s3: S3, picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    studio = by_address_only(tmp_path, s3, monkeypatch)
    said: list[str] = []

    def refuse(native: dict[str, object]) -> str:
        return f"cannot fetch {native['pictures'][0]} (403)"  # type: ignore[index]

    studio.vendor = Complaining(complaint=refuse)
    for error in studio.render(studio.action(pictures=[picture])):
        assert isinstance(error, Refused)
        assert "X-Amz-Signature=[hidden]" in error.message
        said.append(error.message)
    studio.vendor = VendorInMemory()
    studio.render(studio.action("a second", pictures=[picture]))
    signatures = {parse_qs(urlsplit(one).query)["X-Amz-Signature"][0] for one in pictures_sent(studio)}
    assert signatures
    left = [path for path in (tmp_path / ".wanspec").rglob("*") if path.is_file()]
    assert any(path.name == "open.jsonl" for path in left)
    for text in (*said, *studio.said, *(path.read_bytes().decode("latin-1") for path in left)):
        assert SECRET_KEY not in text
        assert not any(one in text for one in signatures)


class Complaining(VendorInMemory):
    """Repeats in its refusal what it was given."""

    def __init__(self, complaint: object) -> None:
        super().__init__()
        self._complaint = complaint

    def _submit(self, request: dict[str, object], _task_id: str) -> object:  # type: ignore[override]
        from tests.wire.studio import said

        return said(400, {"error": {"code": "no", "message": self._complaint(request)}})  # type: ignore[operator]


def test_a_file_that_changed_is_not_published(
    tmp_path: Path, s3: S3, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = by_address_only(tmp_path, s3, monkeypatch)
    action = studio.action(pictures=[picture])
    picture.write_bytes(png(80, 60, 13))
    (error,) = studio.render(action)
    assert isinstance(error, MediaError)
    assert error.code == "changed"
    assert (s3.calls, studio.vendor.calls) == ([], [])


def test_what_the_bucket_lost_is_brought_again_when_the_vendor_misses_it(
    tmp_path: Path, s3: S3, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = by_address_only(tmp_path, s3, monkeypatch)
    studio.render(studio.action("first", pictures=[picture]))
    studio.vendor.weather = ["bad media"]
    (done,) = studio.render(studio.action("second", pictures=[picture]))
    assert done.made
    assert len(s3.calls) == 2


def test_a_bucket_on_this_machine_is_no_way_to_a_vendor_elsewhere(
    tmp_path: Path, s3: S3, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = by_address_only(tmp_path, s3, monkeypatch)
    studio.environment = {**studio.environment, **ENVIRONMENT}
    (error,) = studio.render(studio.action(pictures=[picture]))
    assert isinstance(error, Refused)
    assert "is seen on this machine alone, and `acme` is not" in error.message
    assert s3.calls == []
    (done,) = studio.render(studio.action("no picture needs a bucket"))
    assert done.made
