"""What can be told of a shot list before a template is rendered: unknown fields, wrong types, names, two ways at once.

Every fault is reported at its place, and what is faulty is taken out of the tree, so that no later stage meets it
again.  Nothing else may change a tree that was read.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Iterable
from urllib.parse import urlsplit

from wanspec.domain.codes import CODES
from wanspec.domain.diagnostics import Diagnostic, suggestion
from wanspec.domain.fields import (
    BUDGET_FIELDS,
    INCLUDED_FIELDS,
    KINDS,
    MAX_TAKES,
    NOT_IN_DEFAULTS,
    POLL_FIELDS,
    PROFILE_FIELDS,
    PROVIDER_FIELDS,
    ROOT_FIELDS,
    SHOT_FIELDS,
    TAKEN_NAMES,
    TEMPLATE_WORDS,
    WAYS,
)
from wanspec.domain.nodes import Location, Node
from wanspec.domain.publishing import FORMS_HINT, read_place
from wanspec.reading.templates import is_template

VERSION = 1
_NOTHING = Node(None, "", 1, 1)

_ID = re.compile(r"[a-z0-9][a-z0-9_-]*\Z")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\Z")
_MODEL = re.compile(r"[^/\s]+/\S+\Z")
_SECRET = re.compile(r"(?i)key|token|secret|password|auth")


class Structure:
    """Checks one shot list, file after file; the faults are in `faults`."""

    def __init__(self) -> None:
        self.faults: list[Diagnostic] = []
        self.ids: dict[str, Node] = {}  # of shots and groups: they share one space of names
        self._told: set[tuple[str, Location]] = set()  # an alias brings the same node twice

    # -- files ---------------------------------------------------------------------------------------------------

    def root(self, node: Node) -> bool:
        """The root document but for its shots.  False where it is no shot list at all."""
        if not isinstance(node.value, dict):
            self._tell(
                "WS102",
                f"a shot list is a mapping, and this is {in_words(node)}",
                node,
                "begin the file with `wanspec: 1`",
            )
            return False
        self._fields(node, ROOT_FIELDS, "a shot list", shot_list=True)
        self._version(node)
        self._project_name(node)
        self._text(node, "description")
        for name in ("include", "prompts", "allow_outside"):
            self._texts(node, name)
        self._text(node, "output")
        self._variables(node)
        self._texts_by_name(node, "data", "a file", "cities: data/cities.csv")
        self._models(node)
        self._providers(node)
        self._budget(node)
        self._lint(node)
        self._shots_value(node)
        profiles = node.mapping.get("profiles")
        if self._is(node, "profiles", dict, "a mapping of profiles", "profiles: {final: {vars: {…}}}"):
            assert profiles is not None
            for name in list(profiles.mapping):
                if self._is(profiles, name, dict, "a mapping", f"{name}: {{vars: {{…}}}}"):
                    self._profile(profiles.mapping[name], name)
        aliases = set(self._aliases(node))
        self._defaults(node, aliases)
        for profile in profiles.mapping.values() if profiles is not None else ():
            self._defaults(profile, aliases)
        return True

    def included(self, node: Node) -> bool:
        """A file named under `include`.  False where nothing in it can be used."""
        if node.value is None:
            return True
        if not isinstance(node.value, dict):
            hint = "begin the file with `shots:`"
            if isinstance(node.value, list):
                hint = "put `shots:` above the list"
            self._tell("WS102", f"an included file is a mapping, and this is {in_words(node)}", node, hint)
            return False
        for name, value in list(node.mapping.items()):
            if name in ROOT_FIELDS - INCLUDED_FIELDS:
                self._tell(
                    "WS101",
                    f"`{name}` stands in the root file alone",
                    value,
                    "an included file has `shots:` and `vars:`",
                    at=value.key_at,
                )
                del node.mapping[name]
        self._fields(node, INCLUDED_FIELDS, "an included file", shot_list=True)
        if "wanspec" in node.mapping:
            self._version(node)
        self._variables(node)
        self._shots_value(node)
        return True

    def variables_file(self, node: Node) -> None:
        """A file given with `--vars`: names and values."""
        if not isinstance(node.value, dict):
            if node.value is not None:
                self._tell(
                    "WS102",
                    f"a file of variables is a mapping, and this is {in_words(node)}",
                    node,
                    "write `name: value`",
                )
            return
        self._variable_names(node, "variable")

    # -- shots ---------------------------------------------------------------------------------------------------

    def shot(self, node: Node) -> bool:
        """One entry under `shots:`, not those inside a group.  False where it has to be left out."""
        if not isinstance(node.value, dict):
            hint = "write `- id: …`, and its fields below"
            self._tell("WS102", f"a shot is a mapping, and this is {in_words(node)}", node, hint)
            return False
        is_group = node.value.get("shots", _NOTHING).value is not None  # an empty group is one too
        usable = self._id(node, is_group)
        self._fields(node, SHOT_FIELDS, "a group" if is_group else "a shot")
        self._layer(node)
        self._for_each(node)
        title = node.mapping.get("title")
        if title is not None and isinstance(title.value, dict | list):
            self._drop(node, "title", "WS102", f"`title` is {in_words(title)}", "write text")
        if _written(node, "takes") and _written(node, "image_set"):
            self._both(node, "takes", "image_set", "an image set's outputs are its takes", drop="takes")
        if is_group:
            self._shots_value(node)
        return usable

    def _layer(self, node: Node) -> None:
        """What shots, groups and defaults have in common."""
        fields = node.mapping
        for name in _CHECKED.intersection(fields):
            _CHECKS[name](self, node)
        for one_way, other_way in WAYS:
            if not one_way.isdisjoint(fields) and not other_way.isdisjoint(fields):
                self._ways(node, one_way, other_way)

    def _params(self, node: Node) -> None:
        if not _is_template(node.mapping["params"]):
            self._is(node, "params", dict, "a mapping of the vendor's own fields", "params: {name: value}")

    def _takes(self, node: Node) -> None:
        takes = node.mapping["takes"]
        count = takes.value
        if count is None or _is_template(takes):
            return
        sound = isinstance(count, int | float) and not isinstance(count, bool) and count == int(count)
        if not sound or not 1 <= count <= MAX_TAKES:  # type: ignore[operator]
            hint = f"write a whole number from 1 to {MAX_TAKES}"
            self._drop(node, "takes", "WS102", f"`takes` is {in_words(takes)}", hint)

    def _pick(self, node: Node) -> None:
        pick = node.mapping["pick"]
        if pick.value not in (None, "required") and not _is_template(pick):
            hint = "write `pick: required`; a take is chosen with `wanspec pick ITEM TAKE`"
            self._drop(node, "pick", "WS110", f"`pick` is {in_words(pick)}", hint)

    def _freeze(self, node: Node) -> None:
        freeze = node.mapping["freeze"]
        if not isinstance(freeze.value, bool | None) and not _is_template(freeze):
            self._drop(node, "freeze", "WS102", f"`freeze` is {in_words(freeze)}", "write true or false")

    def _id(self, node: Node, is_group: bool) -> bool:
        what = "group" if is_group else "shot"
        written = node.mapping.get("id")
        if written is None or written.value is None:
            if not is_group:
                self._tell("WS103", "a shot without an `id`", node, "give it one: `id: arrival`", rule="id")
            return is_group
        value = written.value
        if not isinstance(value, str):
            hint = f'write `id: "{value}"`' if isinstance(value, int | float) and not isinstance(value, bool) else ""
            self._tell("WS104", f"an `id` is text, and this is {in_words(written)}", written, hint)
        elif is_template(value):
            hint = "write a fixed id; `for_each` and `key` make the ids of its items"
            self._tell("WS104", "an `id` is no template", written, hint)
        elif not _ID.match(value):
            proposed = re.sub(r"[^a-z0-9_]+", "-", value.lower()).strip("-_")
            hint = "letters a-z, digits, `-` and `_`, beginning with a letter or digit"
            self._tell(
                "WS104",
                f"`{_short(value)}` is no {what} id",
                written,
                f"write `{proposed}`: {hint}" if _ID.match(proposed) else hint,
            )
        elif value == "preview":
            message = f"no {what} can be called `preview`: `renders/preview` holds the previews"
            self._tell("WS104", message, written, "give it another id, `previews` say")
        elif (first := self.ids.get(value)) is not None:
            fault = Diagnostic(
                "WS105",
                f"the id `{value}` is taken",
                written.at,
                "give one of the two another id",
                also=((first.at, "first used here"),),
            )
            self._add(fault)
        else:
            self.ids[value] = written
            return True
        if is_group:
            del node.mapping["id"]
        return is_group

    def _ways(self, node: Node, one_way: frozenset[str], other_way: frozenset[str]) -> None:
        ways = one_way | other_way
        written = [name for name in node.mapping if name in ways and _written(node, name)]
        if not written or any(_is_template(node.mapping[name]) for name in written):
            return  # a template may give null, which is as if not written
        first = written[0]
        same = one_way if first in one_way else other_way
        for name in written[1:]:
            if name not in same:
                reason = (
                    "they are two ways to give a size" if "width" in one_way else "they are two ways to give a prompt"
                )
                self._both(node, first, name, reason, drop=name)
                break
        for name in written:
            if name not in same:
                node.mapping.pop(name, None)

    def _both(self, node: Node, first: str, second: str, reason: str, *, drop: str) -> None:
        fields = list(node.mapping)
        if fields.index(first) > fields.index(second):
            first, second = second, first
        one, other = node.mapping[first], node.mapping[second]
        self._add(
            Diagnostic(
                "WS108",
                f"`{second}` stands beside `{first}`: {reason}",
                other.key_at,
                "keep one of them",
                also=((one.key_at, f"`{first}` is here"),),
                rule=first,
            )
        )
        del node.mapping[drop]

    def _for_each(self, node: Node) -> None:
        given = node.mapping.get("for_each")
        if given is None or given.value is None or _is_template(given):
            return
        if isinstance(given.value, dict):
            self._names(given, "`for_each` variable")
        elif not isinstance(given.value, list):
            self._drop(
                node,
                "for_each",
                "WS102",
                f"`for_each` is {in_words(given)}",
                "write `for_each: {name: […]}`, or a list of mappings",
            )

    def _tags(self, node: Node) -> None:
        tags = node.mapping["tags"]
        if tags.value is None or _is_template(tags):
            return
        if not isinstance(tags.value, list):
            shown = tags.value if isinstance(tags.value, str | int) else "…"
            self._drop(node, "tags", "WS102", f"`tags` is {in_words(tags)}", f"write `tags: [{shown}]`")
            return
        for tag in list(tags.value):
            if not isinstance(tag.value, str | None):
                is_number = isinstance(tag.value, int | float)
                hint = f'write "{tag.value}"' if is_number else "write each tag as an entry of its own"
                self._tell("WS102", f"a tag is text, and this is {in_words(tag)}", tag, hint)
                tags.value.remove(tag)

    def _shots_value(self, node: Node) -> None:
        shots = node.mapping.get("shots")
        if shots is None or shots.value is None or isinstance(shots.value, list):
            return
        hint = "begin each shot with `- id: …`"
        self._drop(node, "shots", "WS102", f"`shots` is {in_words(shots)}, not a list", hint)

    # -- parts of the root ---------------------------------------------------------------------------------------

    def _version(self, node: Node) -> None:
        written = node.mapping.get("wanspec")
        if written is None or written.value is None:
            at = Location(node.file, 1, 1, "wanspec") if written is None else written.at
            self._add(
                Diagnostic("WS103", "`wanspec` is missing, the version of the language", at, "begin with `wanspec: 1`")
            )
        elif isinstance(written.value, bool) or written.value != VERSION:
            known = f"this wanspec reads version {VERSION}"
            hint = f"write `wanspec: {VERSION}`"
            if isinstance(written.value, int | float) and written.value > VERSION:
                hint = f"a newer wanspec may read it; else {hint}"
            self._tell("WS112", f"language version `{written.value}` is not known: {known}", written, hint)

    def _project_name(self, node: Node) -> None:
        written = node.mapping.get("name")
        if written is None or written.value is None:
            at = Location(node.file, 1, 1, "name") if written is None else written.at
            self._add(Diagnostic("WS103", "`name` is missing, the project's name", at, "add `name: my-project`"))
            return
        value = written.value
        if not isinstance(value, str):
            scalar = isinstance(value, int | float) and not isinstance(value, bool)
            hint = f'write `name: "{value}"`' if scalar else "write `name: my-project`"
            self._drop(node, "name", "WS104", f"a project's name is text, and this is {in_words(written)}", hint)
        elif not _NAME.match(value):
            proposed = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")
            hint = "letters a-z, digits and `-`, beginning with a letter or digit"
            self._drop(
                node,
                "name",
                "WS104",
                f"`{_short(value)}` is no project name",
                f"write `{proposed}`: {hint}" if proposed else hint,
            )

    def _profile(self, profile: Node, name: str) -> None:
        self._fields(profile, PROFILE_FIELDS, f"profile `{name}`", shot_list=True)
        self._variables(profile)
        self._models(profile)
        self._providers(profile)
        self._budget(profile)

    def _models(self, node: Node) -> None:
        if not self._is(node, "models", dict, "a mapping of aliases", "models: {still: provider/name}"):
            return
        models = node.mapping["models"]
        for alias, model in list(models.mapping.items()):
            if "/" in alias:
                self._tell(
                    "WS104",
                    f"the alias `{_short(alias)}` looks like a model",
                    model,
                    "an alias has no `/`",
                    at=model.key_at,
                )
                del models.mapping[alias]
            elif model.value is None:
                continue
            elif not isinstance(model.value, str) or not _MODEL.match(model.value):
                hint = "write `provider/name`; `wanspec models` lists what there is"
                self._drop(models, alias, "WS102", f"`{alias}` stands for {in_words(model)}, which is no model", hint)

    def _aliases(self, root: Node) -> Iterable[str]:
        places = [root, *(root.mapping.get("profiles", _NOTHING).mapping.values())]
        return (alias for place in places for alias in place.mapping.get("models", _NOTHING).mapping)

    def _defaults(self, node: Node, aliases: Collection[str]) -> None:
        if not self._is(node, "defaults", dict, "a mapping by kind or model", "defaults: {image: {width: 1536}}"):
            return
        defaults = node.mapping["defaults"]
        for name, layer in list(defaults.mapping.items()):
            if name not in KINDS and name not in aliases and not _MODEL.match(name):
                hint = suggestion(name, [*KINDS, *aliases])
                if not hint and name in SHOT_FIELDS:
                    hint = f"put it under a kind: `image: {{{name}: …}}`"
                self._tell(
                    "WS101",
                    f"`{_short(name)}` in `defaults` is neither a kind nor a model nor an alias",
                    layer,
                    hint or "write image, video, audio, `provider/name`, or a name from `models`",
                    at=layer.key_at,
                )
                del defaults.mapping[name]
                continue
            if not self._is(defaults, name, dict, "a mapping of fields", f"{name}: {{width: 1536}}"):
                continue
            self._fields(
                layer,
                SHOT_FIELDS - NOT_IN_DEFAULTS,
                f"the defaults of `{name}`",
                refused=lambda field: "a default cannot say which items there are" if field in NOT_IN_DEFAULTS else "",
            )
            self._layer(layer)

    def _providers(self, node: Node) -> None:
        if not self._is(node, "providers", dict, "a mapping of providers", "providers: {NAME: {in_flight: 8}}"):
            return
        providers = node.mapping["providers"]
        for name in list(providers.mapping):
            if not self._is(providers, name, dict, "a mapping", f"{name}: {{in_flight: 8}}"):
                continue
            provider = providers.mapping[name]
            for field, value in list(provider.mapping.items()):
                if field not in PROVIDER_FIELDS and _SECRET.search(field):
                    self._tell(
                        "WS101",
                        f"unknown field `{_short(field)}` of provider `{name}`",
                        value,
                        "keys never stand in a shot list; they come from the environment",
                        at=value.key_at,
                    )
                    del provider.mapping[field]
            self._fields(provider, PROVIDER_FIELDS, f"provider `{name}`", shot_list=True)
            self._number(provider, "in_flight", whole=True)
            self._number(provider, "per_minute")
            self._number(provider, "timeout_s")
            if self._is(provider, "poll", dict, "a mapping", "poll: {first: 2, max: 15}"):
                poll = provider.mapping["poll"]
                self._fields(poll, POLL_FIELDS, "`poll`", shot_list=True)
                self._number(poll, "first")
                self._number(poll, "max")
                first, longest = _number(poll, "first"), _number(poll, "max")
                if first is not None and longest is not None and first > longest:
                    hint = "`first` is the first interval, `max` the longest"
                    self._tell("WS102", f"`first` ({first:g}) is longer than `max` ({longest:g})", poll, hint)
                    del provider.mapping["poll"]
            self._base_url(provider)
            self._publish(provider)

    def _publish(self, provider: Node) -> None:
        if not self._text(provider, "publish") or not _written(provider, "publish"):
            return
        place = provider.mapping["publish"].value
        assert isinstance(place, str)
        try:
            read_place(place)
        except ValueError as fault:
            self._drop(provider, "publish", "WS102", f"`publish: {_short(place)}` cannot be used: {fault}", FORMS_HINT)

    def _base_url(self, provider: Node) -> None:
        if not self._text(provider, "base_url") or not _written(provider, "base_url"):
            return
        url = provider.mapping["base_url"]
        assert isinstance(url.value, str)
        try:
            parts = urlsplit(url.value)
            host = parts.hostname or ""
            sound = parts.scheme in ("http", "https") and bool(host)
            _ = parts.port
        except ValueError:
            sound, host = False, ""
        if not sound:
            self._drop(provider, "base_url", "WS102", "`base_url` is no http address", "write `http://127.0.0.1:PORT`")
        elif not _is_loopback(host):
            self._drop(
                provider,
                "base_url",
                "WS113",
                f"`base_url` of a shot list can only be on this machine, not `{_short(host)}`",
                "set the provider's `…_BASE_URL` in the environment instead",
            )

    def _budget(self, node: Node) -> None:
        if not self._is(node, "budget", dict, "a mapping", "budget: {usd: 25}"):
            return
        budget = node.mapping["budget"]
        self._fields(budget, BUDGET_FIELDS, "`budget`", shot_list=True)
        self._number(budget, "usd", zero=True)

    def _lint(self, node: Node) -> None:
        if not self._is(node, "lint", dict, "a mapping of codes", "lint: {WS401: off}"):
            return
        lint = node.mapping["lint"]
        for code, word in list(lint.mapping.items()):
            if code in CODES and not code.startswith("WS4"):
                hint = f"an error cannot be silenced; `wanspec explain {code}` says how to mend it"
                self._tell("WS101", f"`{code}` is no lint", word, hint, at=word.key_at)
                del lint.mapping[code]
            elif code not in CODES:
                lints = [one for one in CODES if one.startswith("WS4")]
                hint = suggestion(code, lints) or "`wanspec explain CODE` says what a code means"
                self._tell("WS101", f"no lint is called `{_short(code)}`", word, hint, at=word.key_at)
                del lint.mapping[code]
            elif word.value not in ("off", "on", True, False, None):
                self._drop(lint, code, "WS110", f"`{code}` is {in_words(word)}", f"write `{code}: off`")

    # -- variables -----------------------------------------------------------------------------------------------

    def _variables(self, node: Node) -> None:
        if self._is(node, "vars", dict, "a mapping of variables", "vars: {hero: Mara}"):
            self._variable_names(node.mapping["vars"], "variable")

    def _variable_names(self, node: Node, what: str) -> None:
        for name in self._names(node, what):
            del node.mapping[name]

    def _names(self, node: Node, what: str) -> list[str]:
        """Reports the names in a mapping that no variable can have, and gives them back."""
        bad = []
        for name, value in node.mapping.items():
            if fault := variable_fault(name):
                self._tell(
                    "WS106", f"no {what} can be called `{_short(name)}`: {fault[0]}", value, fault[1], at=value.key_at
                )
                bad.append(name)
        return bad

    # -- types ---------------------------------------------------------------------------------------------------

    def _fields(
        self,
        node: Node,
        known: frozenset[str],
        where: str,
        *,
        shot_list: bool = False,
        refused: Callable[[str], str] | None = None,
    ) -> None:
        """Reports and takes out every field that is not known; `shot_list`: no place for a model's fields."""
        if node.mapping.keys() <= known:
            return
        for name in [name for name in node.mapping if name not in known]:
            value = node.mapping[name]
            reason = refused(name) if refused is not None else ""
            if reason:
                self._tell(
                    "WS101",
                    f"`{name}` cannot stand in {where}: {reason}",
                    value,
                    "write it on the shots",
                    at=value.key_at,
                )
            else:
                hint = suggestion(name, known)
                if not shot_list and (not hint or (name != name.lower() and name.lower() not in known)):
                    hint = "a vendor's own fields stand under `params:`"
                elif known in (ROOT_FIELDS, INCLUDED_FIELDS) and name in SHOT_FIELDS:
                    # Not a misspelt `models`: most often all fields of a shot have lost their indentation.
                    hint = "it is a field of shots: indent it as far as the `id` of its shot"
                elif not hint and len(known) <= 6:
                    hint = "it takes " + ", ".join(f"`{one}`" for one in sorted(known))
                self._tell("WS101", f"unknown field `{_short(name)}` in {where}", value, hint, at=value.key_at)
            del node.mapping[name]

    def _is(self, node: Node, name: str, kind: type, what: str, example: str) -> bool:
        """Whether a field is written and has a type; if it is of another, it is reported and taken out."""
        value = node.mapping.get(name)
        if value is None or value.value is None:
            return False
        if isinstance(value.value, kind):
            return True
        self._drop(node, name, "WS102", f"`{_short(name)}` is {in_words(value)}, not {what}", f"write `{example}`")
        return False

    def _text(self, node: Node, name: str) -> bool:
        value = node.mapping.get(name)
        if value is None or isinstance(value.value, str | None):
            return True
        scalar = isinstance(value.value, int | float) and not isinstance(value.value, bool)
        hint = f'write "{value.value}"' if scalar else "write text"
        self._drop(node, name, "WS102", f"`{name}` is {in_words(value)}, not text", hint)
        return False

    def _texts(self, node: Node, name: str) -> None:
        value = node.mapping.get(name)
        if value is None or isinstance(value.value, str | None):
            return
        if not isinstance(value.value, list):
            self._drop(
                node, name, "WS102", f"`{name}` is {in_words(value)}, not a list of paths", f"write `{name}: [path]`"
            )
            return
        for entry in list(value.value):
            if not isinstance(entry.value, str):
                hint = (
                    f'write "{entry.value}"'
                    if type(entry.value) in (int, float)
                    else "write a path, or take the entry out"
                )
                self._tell("WS102", f"a path is text, and this is {in_words(entry)}", entry, hint)
                value.value.remove(entry)

    def _texts_by_name(self, node: Node, name: str, what: str, example: str) -> None:
        if not self._is(node, name, dict, f"a mapping of names to {what}", f"{name}: {{{example}}}"):
            return
        entries = node.mapping[name]
        for one, value in list(entries.mapping.items()):
            if not isinstance(value.value, str | None):
                self._drop(
                    entries, one, "WS102", f"`{_short(one)}` is {in_words(value)}, not {what}", f"write `{example}`"
                )

    def _number(self, node: Node, name: str, *, whole: bool = False, zero: bool = False) -> None:
        value = node.mapping.get(name)
        if value is None or value.value is None:
            return
        number = value.value
        sound = (
            isinstance(number, int | float) and not isinstance(number, bool) and (number > 0 or (zero and number == 0))
        )
        if sound and (not whole or number == int(number)):  # type: ignore[arg-type]
            return
        needed = "a whole number from 1 on" if whole else "a number from 0 on" if zero else "a number above 0"
        self._drop(node, name, "WS102", f"`{name}` is {in_words(value)}, not {needed}", f"write {needed}")

    # -- telling -------------------------------------------------------------------------------------------------

    def _drop(self, node: Node, name: str, code: str, message: str, hint: str) -> None:
        self._tell(code, message, node.mapping[name], hint)
        del node.mapping[name]

    def _tell(
        self, code: str, message: str, node: Node, hint: str, *, at: Location | None = None, rule: str = ""
    ) -> None:
        self._add(Diagnostic(code, message, at or node.at, hint, rule=rule))

    def _add(self, fault: Diagnostic) -> None:
        place = (fault.code + fault.rule, fault.at)
        if place not in self._told:
            self._told.add(place)
            self.faults.append(fault)


# Fields of a layer whose form can be told before anything is rendered.
_CHECKS: dict[str, Callable[[Structure, Node], None]] = {
    "vars": Structure._variables,
    "lint": Structure._lint,
    "params": Structure._params,
    "tags": Structure._tags,
    "takes": Structure._takes,
    "pick": Structure._pick,
    "freeze": Structure._freeze,
}
_CHECKED = frozenset(_CHECKS)


def variable_fault(name: str) -> tuple[str, str] | None:
    """Why no variable can have a name, and what to do; None where one can."""
    if name in TAKEN_NAMES:
        return "templates have a `" + name + "` of their own", "choose another name"
    if name in TEMPLATE_WORDS:
        return "it is a word of the template language", "choose another name"
    if not name.isidentifier():
        proposed = re.sub(r"\W+", "_", name).strip("_")
        if proposed.isidentifier() and proposed not in TAKEN_NAMES | TEMPLATE_WORDS:
            return "templates could not read it", f"write `{proposed}`"
        return "templates could not read it", "use letters, digits and `_`, beginning with a letter"
    if name.startswith("__"):
        return "names with two underscores are kept from templates", "choose another name"
    return None


def in_words(node: Node) -> str:
    """A value as a message says it."""
    value = node.value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return f"the text `{_short(value)}`" if value else "an empty text"
    return f"the number {value}"


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"


def _is_template(node: Node) -> bool:
    return isinstance(node.value, str) and is_template(node.value)


def _written(node: Node, name: str) -> bool:
    """Whether a field stands there with a value: null and an empty list count as not written."""
    value = node.mapping.get(name)
    return value is not None and value.value is not None and value.value != []


def _number(node: Node, name: str) -> float | None:
    value = node.mapping.get(name)
    return value.value if value is not None and isinstance(value.value, int | float) else None


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
