"""Keys go to their own provider's origin and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.wire.studio import ACME
from wanspec.catalogue.provider import Provider
from wanspec.catalogue.providers import provider_of
from wanspec.domain.errors import NotSent
from wanspec.reading.marked_yaml import read_yaml
from wanspec.wire.secrets import HIDDEN, Secrets, access_of, is_loopback, key_of

KEY = "sk-secret/with+signs"


def acme(**changes: object) -> Provider:
    node = read_yaml(ACME, "acme").value
    assert node is not None
    tree = node.plain()
    assert isinstance(tree, dict)
    return replace(provider_of("acme", tree), **changes)  # type: ignore[arg-type]


def refusal(provider: Provider, **environment: str) -> str:
    with pytest.raises(NotSent) as caught:
        access_of(provider, {f"ACME_{name}": value for name, value in environment.items()})
    assert KEY not in caught.value.message + caught.value.hint
    return caught.value.code


def test_a_built_in_providers_key_goes_to_its_origin() -> None:
    access = access_of(acme(), {"ACME_API_KEY": KEY})
    assert access.base == "https://api.acme.example"
    assert access.headers == {"Authorization": f"Bearer {KEY}"}
    assert not access.on_loopback
    assert KEY not in repr(access)


def test_the_environments_address_goes_before_the_shot_lists() -> None:
    provider = acme(base_url="http://127.0.0.1:5000")
    assert access_of(provider, {"ACME_API_KEY": KEY}).base == "http://127.0.0.1:5000"
    given = {"ACME_API_KEY": KEY, "ACME_BASE_URL": "https://proxy.example/acme/"}
    assert access_of(provider, given).base == "https://proxy.example/acme"


def test_a_projects_own_provider_gets_a_key_only_where_the_user_says_so() -> None:
    own = acme(built_in=False)
    assert refusal(own, API_KEY=KEY) == "untrusted_provider"
    assert access_of(own, {"ACME_API_KEY": KEY, "ACME_BASE_URL": "https://api.acme.example"}).headers
    assert access_of(acme(built_in=False, origin="http://127.0.0.1:8000"), {"ACME_API_KEY": KEY}).on_loopback


@pytest.mark.parametrize("key", ["", "two\nlines", "ends\r\n", "schlüssel", "tab\there", "\x7f"])
def test_a_key_that_cannot_be_used_is_as_if_missing(key: str) -> None:
    assert key_of(acme(), {"ACME_API_KEY": key}) == ""
    assert refusal(acme(), API_KEY=key) == "key_missing"


@pytest.mark.parametrize(
    "url",
    ["http://api.acme.example", "http://127.0.0.1.evil.example", "ftp://x", "nonsense", "https://", "https://h?q"],
)
def test_no_key_goes_over_plain_http_or_to_nonsense(url: str) -> None:
    assert refusal(acme(), API_KEY=KEY, BASE_URL=url) == "base_url"


def test_a_password_in_an_address_is_sent_and_never_shown() -> None:
    own_header = acme(key_header="X-Key", key_value="{key}")
    access = access_of(own_header, {"ACME_API_KEY": KEY, "ACME_BASE_URL": "https://me:pass%20word@proxy.example/p"})
    assert access.base == "https://proxy.example/p"
    assert access.headers["Authorization"].startswith("Basic ")
    assert access.secrets.hide("it said pass word and pass%20word") == f"it said {HIDDEN} and {HIDDEN}"


def test_a_key_is_taken_out_of_every_text_of_an_answer() -> None:
    secrets = Secrets((KEY,))
    answer = {"error": {"message": f"bad key {KEY}!", KEY: [1, None, True, KEY]}}
    assert secrets.hide_in(answer) == {"error": {"message": f"bad key {HIDDEN}!", HIDDEN: [1, None, True, HIDDEN]}}


def test_loopback_is_told_by_name_and_address() -> None:
    assert all(map(is_loopback, ["localhost", "LOCALHOST.", "127.0.0.1", "127.9.9.9", "::1", "[::1]"]))
    assert not any(map(is_loopback, ["127.0.0.1.example", "10.0.0.1", "localhost.example", ""]))
