"""All providers by name: each one file `schemas/PROVIDER/provider.yaml`, with a shot list's overrides on top."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from wanspec.catalogue.catalogue import NAME, built_in_schemas
from wanspec.catalogue.model import LOCAL
from wanspec.catalogue.provider import (
    Ask,
    ErrorRule,
    Errors,
    MediaWays,
    Poll,
    Provider,
    Results,
    Submit,
    Upload,
    laid_over,
)
from wanspec.domain.diagnostics import Checked, Diagnostic, suggestion
from wanspec.domain.json import Json
from wanspec.domain.nodes import Location, Node

FILE = "provider.yaml"

# Reads YAML text: the tree with its places, or diagnostics.
ReadYaml = Callable[[bytes, str], Checked[Node]]


class Providers:
    """Providers by name; a built-in one's file is read when it is first asked for."""

    def __init__(
        self,
        built_in: Mapping[str, Path],
        own: Mapping[str, Mapping[str, Any]],
        overrides: Mapping[str, Json],
        read: ReadYaml,
    ) -> None:
        self._built_in = dict(built_in)
        self._own = dict(own)
        self._overrides = overrides
        self._read = read
        self._found: dict[str, Provider] = {}

    def names(self) -> tuple[str, ...]:
        return tuple(sorted({*self._built_in, *self._own}))

    def get(self, name: str) -> Provider | None:
        """None for a name that no file stands for."""
        if name not in self._found:
            if name in self._own:
                tree: Mapping[str, Any] = self._own[name]
            elif name in self._built_in:
                node = self._read(self._built_in[name].read_bytes(), f"{name}/{FILE}").value
                plain = node.plain() if node is not None else None
                assert isinstance(plain, dict), f"the installation is damaged: {self._built_in[name]}"
                tree = plain
            else:
                return None
            changes = self._overrides.get(name)
            if isinstance(changes, Mapping) and "timeout_s" in changes:
                # What a user says of every call holds for the submit too, however patient the file is with it.
                tree = laid_over(tree, {"submit": {"timeout_s": changes["timeout_s"]}})
            self._found[name] = provider_of(name, laid_over(tree, changes or {}), built_in=name not in self._own)
        return self._found[name]


def load_providers(
    read: ReadYaml,
    project_schemas: Path | None = None,
    overrides: Mapping[str, Json] | None = None,
) -> Checked[Providers]:
    """The built-in providers, and those of a project's own `schemas/` folder, whose faults are told.

    `overrides`: the shot list's `providers:`, already checked for unknown fields.
    Raises OSError when the built-in folder cannot be read: a damaged installation.
    """
    built_in = dict(provider_files(built_in_schemas()))
    own: dict[str, Mapping[str, Any]] = {}
    told: list[Diagnostic] = []
    if project_schemas is not None and project_schemas.is_dir():
        for name, file in provider_files(project_schemas):
            shown = f"{project_schemas.name}/{name}/{FILE}"
            tree, faults = _own_provider(name, file, shown, project_schemas, built_in, read)
            told.extend(faults)
            if tree is not None:
                own[name] = tree
    return Checked(Providers(built_in, own, overrides or {}, read), tuple(told))


def provider_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """`PROVIDER/provider.yaml` as name and file, sorted."""
    for provider in sorted(folder.iterdir()):
        file = provider / FILE
        if NAME.fullmatch(provider.name) and file.is_file():
            yield provider.name, file


def _own_provider(
    name: str, file: Path, shown: str, folder: Path, built_in: Mapping[str, Path], read: ReadYaml
) -> tuple[Mapping[str, Any] | None, tuple[Diagnostic, ...]]:
    def fault(message: str, hint: str = "", code: str = "WS292") -> tuple[None, tuple[Diagnostic, ...]]:
        return None, (Diagnostic(code, message, Location(shown), hint),)

    if name in built_in or name == LOCAL:
        return fault(
            f"the provider file redefines the built-in provider `{name}`",
            f"change single settings under `providers: {{{name}: …}}`, or give the provider another name",
            "WS291",
        )
    if not file.resolve().is_relative_to(folder.resolve()):
        return fault("the provider file is a link that leaves the project")
    try:
        data = file.read_bytes()
    except OSError as error:
        return fault(f"the provider file cannot be read: {(error.strerror or str(error)).lower()}")
    checked = read(data, shown)
    if checked.value is None or not checked.ok:
        return None, checked.diagnostics
    faults = provider_faults(checked.value)
    elsewhere = checked.value.find(("media", "upload", "origin"))
    if elsewhere.path == "media.upload.origin":
        # The key goes along with an upload, and the user trusts one address with it.
        message = f"`{elsewhere.path}` would send the key elsewhere than to the `origin`"
        faults = (*faults, Diagnostic("WS292", message, elsewhere.at, "only built-in providers may have it"))
    tree = checked.value.plain()
    return (tree if not faults and isinstance(tree, dict) else None), (*checked.diagnostics, *faults)


@cache
def provider_schema() -> Any:
    """The JSON Schema of provider files."""
    return json.loads((built_in_schemas() / "provider.schema.json").read_text("utf-8"))


def provider_faults(node: Node) -> tuple[Diagnostic, ...]:
    """What is wrong with a provider file, each fault at its place."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

    def told(error: ValidationError) -> Diagnostic:
        place = node.find(error.absolute_path)
        at, hint = place.at, ""
        schema: Any = error.schema
        value: Any = error.instance
        asked: Any = error.validator_value
        name = f"`{place.path}`" if place.path else "the provider file"
        if error.validator == "additionalProperties":
            known = schema.get("properties", {})
            unknown = next(one for one in value if one not in known)
            at = place.mapping[unknown].key_at if unknown in place.mapping else at
            message = f"unknown field `{unknown}` in {name}"
            hint = suggestion(str(unknown), known) or "the fields are " + ", ".join(f"`{one}`" for one in known)
        elif error.validator == "required":
            missing = next(one for one in asked if one not in value)
            message = f"{name} has no `{missing}`"
            hint = str(schema.get("properties", {}).get(missing, {}).get("description", ""))
        elif error.validator == "enum":
            message = f"{name} is none of the words that are known there"
            hint = "one of " + ", ".join(f"`{one}`" for one in asked)
        else:
            message = f"{name} {_WRONG.get(str(error.validator), 'is not of the form that is needed')}"
            hint = str(schema.get("description", "")) if isinstance(schema, Mapping) else ""
        return Diagnostic("WS292", message, at, hint, rule=f"{error.validator}:{place.path}")

    faults = [told(one) for one in Draft202012Validator(provider_schema()).iter_errors(node.plain())]
    if not faults:
        faults.extend(_pattern_faults(node))
    return tuple(sorted(faults, key=lambda one: (one.at.line, one.at.column)))


_WRONG = {
    "type": "is of the wrong type",
    "pattern": "is not of the form that is needed",
    "minimum": "is too small",
    "maximum": "is too large",
    "exclusiveMinimum": "is too small",
    "minItems": "is empty",
    "minLength": "is empty",
}


def _pattern_faults(node: Node) -> Iterator[Diagnostic]:
    """Patterns of the error rules that are no regular expressions."""
    rules = node.find(("errors", "rules"))
    for rule in rules.sequence:
        for name in ("code", "message"):
            pattern = rule.mapping.get(name)
            if pattern is not None:
                try:
                    re.compile(str(pattern.value))
                except re.error as error:
                    message = f"`{pattern.path}` is no regular expression: {error}"
                    yield Diagnostic("WS292", message, pattern.at)


# -- from the file's tree to values -----------------------------------------------------------------------------------


def provider_of(name: str, tree: Mapping[str, Any], *, built_in: bool = True) -> Provider:
    """The provider that a file describes, which fits the schema; overrides are in it already."""
    key = tree.get("key", {})
    limits = tree.get("task_s", {})
    return Provider(
        name=name,
        title=tree.get("title", name),
        origin=str(tree["origin"]).rstrip("/"),
        key_header=key.get("header", "Authorization"),
        key_value=key.get("value", "Bearer {key}"),
        headers=tree.get("headers", {}),
        submit=_submit(tree["submit"]),
        poll=_poll(tree["poll"]),
        results=_results(tree["results"]),
        errors=_errors(tree.get("errors", {})),
        media=_media(tree.get("media", {})),
        in_flight=int(tree.get("in_flight", 4)),
        per_minute=float(tree.get("per_minute", 120)),
        timeout_s=float(tree.get("timeout_s", 60)),
        task_s={kind: float(limit) for kind, limit in limits.items()},
        publish=str(tree.get("publish") or ""),
        base_url=str(tree.get("base_url") or "").rstrip("/"),
        built_in=built_in,
    )


def _texts(value: Any) -> tuple[str, ...]:
    """One text or several."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _ask(tree: Mapping[str, Any], method: str) -> Ask:
    path = tree.get("path", "/")
    return Ask(
        method=tree.get("method", method),
        paths={"": path} if isinstance(path, str) else path,
        query=tree.get("query", {}),
        body=tree.get("body"),
        batch=int(tree.get("batch", 1)),
    )


def _submit(tree: Mapping[str, Any]) -> Submit:
    repeat = tree.get("repeat", {})
    return Submit(
        ask=_ask({"body": "{request}", **tree}, "POST"),
        sends=tree.get("sends", {}),
        task=_texts(tree.get("task")),
        client_made=tree.get("task_id") == "client",
        timeout_s=float(tree["timeout_s"]) if "timeout_s" in tree else None,
        repeat_header=repeat.get("header", ""),
        repeat_s=float(repeat.get("lives_s", 24 * 3600)),
    )


def _poll(tree: Mapping[str, Any]) -> Poll:
    archive = tree.get("archive")
    return Poll(
        ask=_ask(tree, "GET"),
        entries=tree.get("entries", ""),
        task=tree.get("task", ""),
        status=tree.get("status", ""),
        words=tree.get("words", {}),
        otherwise=tree.get("otherwise", ""),
        finished=_texts(tree.get("finished")),
        per_output=bool(tree.get("per_output", False)),
        first_s=float(tree.get("first", 2)),
        longest_s=float(tree.get("max", 15)),
        archive=_ask(archive, "GET") if archive else None,
        archive_at=archive.get("at", "") if archive else "",
    )


def _results(tree: Mapping[str, Any]) -> Results:
    credits = tree.get("credits", {})
    return Results(
        entries=_texts(tree["entries"]),
        url=_texts(tree.get("url")),
        inline=_texts(tree.get("inline")),
        seed=tree.get("seed", ""),
        cost_usd=tree.get("cost_usd", ""),
        credits=credits.get("at", ""),
        credits_per_usd=Decimal(str(credits.get("per_usd", 1))),
        lives_s=float(tree.get("lives_s", 24 * 3600)),
    )


def _errors(tree: Mapping[str, Any]) -> Errors:
    in_message = tree.get("request_id_in_message")
    return Errors(
        at=_texts(tree.get("at", "error")),
        task=tree.get("task", ""),
        code=_texts(tree.get("code", "code")),
        message=_texts(tree.get("message", "message")),
        request_id=_texts(tree.get("request_id")),
        request_id_header=tree.get("request_id_header", ""),
        request_id_in_message=re.compile(in_message) if in_message else None,
        rules=tuple(_rule(rule) for rule in tree.get("rules", ())),
    )


def _rule(tree: Mapping[str, Any]) -> ErrorRule:
    status: int | Sequence[int] = tree.get("status", ())
    return ErrorRule(
        meaning=tree["is"],
        status=(status,) if isinstance(status, int) else tuple(status),
        code=re.compile(tree["code"]) if "code" in tree else None,
        message=re.compile(tree["message"], re.IGNORECASE) if "message" in tree else None,
    )


def _media(tree: Mapping[str, Any]) -> MediaWays:
    upload = tree.get("upload")
    return MediaWays(
        inline_bytes=int(tree.get("inline_bytes", 20_000_000)),
        upload=Upload(
            ask=_ask(upload, "POST"),
            gives=upload["gives"],
            file=upload.get("file", ""),
            origin=str(upload.get("origin", "")).rstrip("/"),
            kinds=tuple(upload.get("kinds", ("image", "video", "audio"))),
            lives_s=float(upload.get("lives_s", 24 * 3600)),
            most_bytes=int(upload.get("most_bytes", 20_000_000)),
        )
        if upload
        else None,
        result_urls=bool(tree.get("result_urls", True)),
    )
