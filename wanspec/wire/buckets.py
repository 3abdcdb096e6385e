"""Object stores: files into a bucket, and addresses that a vendor can fetch them from for some hours.

Credentials and addresses are taken from where the stores' own tools take them.  A login that only works from inside a
cloud, a machine's own role, is used where the environment says that there is one: asking for it anywhere else means
waiting for an address that nobody answers at.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import Busy, NotSent, ProviderError, Refused
from wanspec.domain.publishing import Bucket
from wanspec.wire.publisher import Publisher, file_name
from wanspec.wire.secrets import is_loopback

# No address lives longer, whoever signs it.
_LONGEST_S = 7 * 24 * 3600.0
_PARTS_AT_ONCE = 4  # of a large file: a slow line has to bring each of them over within the timeout
_TIMEOUT_S = 300
_CONNECT_S = 10
_TRIES = 5
_GIVE_UP_S = 60.0  # as for everything that is free

_S3_INSIDE = (
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_METADATA_ENDPOINT",
)
_GCS_FILES = ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_PATH")

_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>([A-Za-z0-9]{1,60})</Code>")
_REGION_HINT = "set `AWS_REGION` to the region of the bucket"


def open_bucket(place: Bucket, environment: Mapping[str, str]) -> Publisher:
    """Raises NotSent where the package, the credentials or a usable address is missing.  Connects nowhere."""
    try:
        import obstore.store
    except ImportError:
        raise NotSent(
            f"`publish: {place.url}` needs the package `obstore`",
            hint="pip install 'wanspec[buckets]'",
            code="publish",
        ) from None
    config = _s3(place, environment) if place.scheme == "s3" else _gcs(place, environment)
    endpoint = config.get("endpoint") or config.get("base_url") or ""
    on_loopback = _checked_endpoint(place, endpoint)
    settings: dict[str, Any] = {
        "config": config,
        "client_options": {
            "allow_http": on_loopback,
            "timeout": f"{_TIMEOUT_S}s",
            "connect_timeout": f"{_CONNECT_S}s",
        },
        "retry_config": {"max_retries": _TRIES, "retry_timeout": timedelta(seconds=_GIVE_UP_S)},
    }
    try:
        store = obstore.store.from_url(place.url, **settings)
    except Exception as error:
        # obstore's classes have no common ancestor with its ValueErrors; none of their texts is free of values.
        raise NotSent(
            f"`publish: {place.url}` cannot be opened: {_settings_word(error)}",
            hint="look at the credentials and the address in the environment",
            code="publish",
        ) from None
    return _Store(store, place, on_loopback)


@dataclass(frozen=True, slots=True)
class _Store:
    store: Any
    place: Bucket
    on_loopback: bool

    async def put(self, path: Path, artifact: Artifact) -> None:
        import obstore

        attributes: Any = {"Content-Type": artifact.media_type}  # a vendor may go by it
        try:
            await obstore.put_async(
                self.store, file_name(artifact), path, attributes=attributes, max_concurrency=_PARTS_AT_ONCE
            )
        except Exception as error:  # obstore has a class for each store's troubles, and uses Python's own besides
            raise _trouble(self.place, error) from None

    async def address(self, artifact: Artifact, lives_s: float) -> str:
        import obstore

        lives = timedelta(seconds=min(lives_s, _LONGEST_S))
        try:
            return str(await obstore.sign_async(self.store, "GET", file_name(artifact), lives))
        except Exception as error:
            raise _trouble(self.place, error) from None


# -- credentials -------------------------------------------------------------------------------------------------------


def _s3(place: Bucket, environment: Mapping[str, str]) -> dict[str, str]:
    """What obstore does not read by itself: it looks at the environment, and not at the files of the AWS tools."""
    config: dict[str, str] = {}
    profile = _aws_profile(environment)
    if environment.get("AWS_ACCESS_KEY_ID") and environment.get("AWS_SECRET_ACCESS_KEY"):
        named = {}
    else:
        named = {name: profile[name] for name in _AWS_LOGIN if profile.get(name)}
        if not {"aws_access_key_id", "aws_secret_access_key"} <= set(named) and not any(
            environment.get(one) for one in _S3_INSIDE
        ):
            raise NotSent(
                f"there are no credentials for `{place.url}`",
                hint="set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or `AWS_PROFILE`",
                code="publish",
            )
    config.update(named)
    if not environment.get("AWS_REGION") and not environment.get("AWS_DEFAULT_REGION") and profile.get("region"):
        config["region"] = profile["region"]
    endpoint = (
        environment.get("AWS_ENDPOINT_URL_S3")
        or environment.get("AWS_ENDPOINT_URL")
        or environment.get("AWS_ENDPOINT")
        or profile.get("endpoint_url")
    )
    if endpoint:
        config["endpoint"] = endpoint.rstrip("/")
    return config


_AWS_LOGIN = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")


def _aws_profile(environment: Mapping[str, str]) -> dict[str, str]:
    """The chosen profile of `~/.aws/credentials` and `~/.aws/config`; empty where there is none that can be read."""
    home = Path(environment.get("HOME") or Path.home())
    name = environment.get("AWS_PROFILE") or "default"
    found: dict[str, str] = {}
    for variable, file, section in (
        ("AWS_CONFIG_FILE", "config", name if name == "default" else f"profile {name}"),
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials", name),
    ):
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read(environment.get(variable) or home / ".aws" / file, "utf-8")
        except (configparser.Error, UnicodeDecodeError, OSError):
            continue
        if parser.has_section(section):
            found.update(parser[section])
    return found


def _gcs(place: Bucket, environment: Mapping[str, str]) -> dict[str, str]:
    login = Path(environment.get("HOME") or Path.home()) / ".config/gcloud/application_default_credentials.json"
    named = next((environment[one] for one in _GCS_FILES if environment.get(one)), "")
    if named and not Path(named).is_file():
        raise NotSent(
            f"the credentials for `{place.url}` are not there: the environment names `{named}`",
            hint="`GOOGLE_APPLICATION_CREDENTIALS` is the path of a service account's key",
            code="publish",
        )
    if not named and not environment.get("GOOGLE_SERVICE_ACCOUNT_KEY") and not login.is_file():
        raise NotSent(
            f"there are no credentials for `{place.url}`",
            hint="set `GOOGLE_APPLICATION_CREDENTIALS` to the file of a service account's key",
            code="publish",
        )
    # Where it is not Google's own, files get there, and no address can be signed that opens them: for tests.
    endpoint = environment.get("GOOGLE_BASE_URL", "")
    return {"base_url": endpoint.rstrip("/")} if endpoint else {}


def _checked_endpoint(place: Bucket, endpoint: str) -> bool:
    """Whether a store's own address is on this machine.  Raises NotSent for plain http elsewhere."""
    try:
        parts = urlsplit(endpoint)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if endpoint and (parts.scheme not in ("http", "https") or not host):
        raise NotSent(
            f"the address of the store behind `{place.url}` is no http address",
            hint="`AWS_ENDPOINT_URL` is of the form `https://HOST`",
            code="publish",
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise NotSent(
            f"the store behind `{place.url}` is addressed by plain http, which is for this machine alone",
            hint="write `https://…`",
            code="publish",
        )
    return bool(host) and is_loopback(host)


# -- what goes wrong ---------------------------------------------------------------------------------------------------


def _trouble(place: Bucket, error: Exception) -> ProviderError:
    """In words of ours: the store's own repeat what was signed, and with which key."""
    text = str(error)
    status = found[1] if (found := _STATUS.search(text)) else ""
    code = found[1] if (found := _CODE.search(text)) else ""
    shown = code or (f"HTTP {status}" if status else "")
    if code == "NoSuchBucket" or (status == "404" and not code):
        return _refused(f"there is no bucket `{place.name}`", "look at the name under `publish`", shown)
    if code in ("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException") or (
        "incorrectly configured region" in text
    ):
        return _refused(f"the bucket `{place.name}` is in another region", _REGION_HINT, shown)
    if status in ("401", "403") or code in ("InvalidAccessKeyId", "ExpiredToken", "InvalidToken"):
        why = {
            "AccessDenied": "they may not write there",
            "ExpiredToken": "they have expired",
            "RequestTimeTooSkewed": "this machine's clock is wrong",
        }.get(code, "")
        message = f"the bucket `{place.name}` does not take the credentials" + (f": {why}" if why else "")
        return _refused(message, "look at the credentials and what they may do", shown)
    if status.startswith("4") and status not in ("408", "429"):
        return _refused(f"the bucket `{place.name}` refuses the file", "", shown)
    busy = Busy(
        f"the bucket `{place.name}` cannot be reached" + (f": {shown}" if shown else ""),
        hint="render again later",
        code="publish",
        provider_code=code,
    )
    busy.retryable = True
    return busy


def _refused(message: str, hint: str, shown: str) -> Refused:
    return Refused(message + (f" ({shown})" if shown else ""), hint=hint, code="publish", provider_code=shown)


def _settings_word(error: Exception) -> str:
    """The first line of a complaint about settings, without the values that follow."""
    line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return re.sub(r"""["'].*["']""", "…", line)[:200]
