"""Portable fields become a model's native request, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wanspec.catalogue.model import Model, PortableField
from wanspec.catalogue.paths import ABSENT, Path, blocked, copied, is_on, put, steps, value_at, without, written
from wanspec.catalogue.sizes import (
    FIELDS as SIZE_FIELDS,
)
from wanspec.catalogue.sizes import (
    NativeSize,
    NoSize,
    displaced,
    native_size,
    output_size,
    read_size,
    unsupported,
)
from wanspec.catalogue.transforms import TRANSFORMS, NotTransformable
from wanspec.catalogue.validation import request_faults
from wanspec.domain.diagnostics import suggestion
from wanspec.domain.items import Unknown, unknowns

# Fields that say how an item is made of actions, or that were put into `prompt` before: nothing native.
NOT_SENT = frozenset({"takes", "prompt_suffix", "prompt_file"})

# Decisions kept for each model: one for each set of fields that shots have, and for each size.
MOST_REMEMBERED = 10_000

# kind -> the catalogue's models of it
Peers = Callable[[str], Sequence[Model]]


def no_peers(kind: str) -> Sequence[Model]:
    """For callers without a catalogue."""
    del kind
    return ()


@dataclass(frozen=True, slots=True)
class PortableFault:
    """A field that has no native form.  The message goes on after the field's name: "`format` must be one of …"."""

    field: str  # the portable name, or "params"
    message: str
    hint: str = ""
    rule: str = ""
    path: Path = ()  # the place within the field's value


@dataclass(frozen=True, slots=True)
class Mapped:
    """A native request, before constants and task id."""

    native: dict[str, Any]  # JSON with media and Unknown where they stand
    origin: Mapping[str, str]  # native path -> portable field that gave it; longest prefix counts
    faults: tuple[PortableFault, ...] = ()
    ignored: Mapping[str, str] = field(default_factory=dict)  # inherited field that is left out -> why
    unchosen: tuple[str, ...] = ()  # native fields of prompt rewriting that are sent although nobody chose them


def to_native(
    model: Model,
    fields: Mapping[str, object],
    *,
    own: frozenset[str],
    params: Mapping[str, Any],
    own_params: Mapping[str, Any] | None = None,
    peers: Peers = no_peers,
) -> Mapped:
    """One item's fields and params as the model's native request.

    `own` names what stands on the shot itself: such a field that cannot be honoured is a fault, an inherited one is
    left out and told in `ignored`.  `own_params` are the shot's own among `params`; without it they all are when
    "params" is in `own`, else none.  A shot's native field wins over an inherited portable one, a shot's portable
    field over an inherited native one; both on the shot are a fault.  `peers` are whom a hint may name as able.
    """
    if own_params is None:
        own_params = params if "params" in own else {}
    if model.is_local:
        return _local(model, fields, own=own, params=params, peers=peers)
    return _Mapping(model, fields, own, params, own_params, peers).mapped()


def complete(model: Model, native: Mapping[str, Any]) -> dict[str, Any]:
    """The request with the catalogue's constants, and without a task id: every action gets its own.

    What lies deeper is shared with `native`, not copied.
    """
    whole = {**model.constants, **_integers(native, model.schema)}
    if model.task_id:
        whole.pop(model.task_id, None)
    return whole


def _integers(native: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """5.0 as 5 where a whole number is meant: one value in JSON, but some readers refuse the point."""
    known = schema.get("properties", {})
    changed: dict[str, Any] = {}
    for name, value in native.items():
        kind = type(value)
        if kind is float and value.is_integer() and known.get(name, {}).get("type") == "integer":
            changed[name] = int(value)
        elif kind is dict and name in known:
            inner = _integers(value, known[name])
            if inner is not value:
                changed[name] = inner
    return {**native, **changed} if changed else native


def _given(fields: Mapping[str, object]) -> dict[str, object]:
    """Without what counts as not written: null and an empty list."""
    return {name: value for name, value in fields.items() if value is not None and value not in ([], ())}


def _written_params(params: Mapping[str, Any]) -> dict[str, Any]:
    kept = {}
    for name, value in params.items():
        if isinstance(value, Mapping):
            inner = _written_params(value)
            if inner or not value:
                kept[name] = inner
        elif value is not None and value not in ([], ()):
            kept[name] = copied(value)
    return kept


def _local(
    model: Model, fields: Mapping[str, object], *, own: frozenset[str], params: Mapping[str, Any], peers: Peers
) -> Mapped:
    """A local model's native fields are the shot's own; what is inherited from elsewhere does not reach it."""
    known = model.own_fields
    faults = []
    native: dict[str, Any] = {}
    for name, value in _given(fields).items():
        if name in NOT_SENT:
            continue
        if name in known:
            native[name] = copied(value)
        elif name in own:
            others = [one.id for one in peers(model.kind) if one.takes(name)]
            hint = suggestion(name, known) or "; ".join(
                filter(None, [_taken_by(others), "it takes " + _listed(sorted(known))])
            )
            faults.append(PortableFault(name, f"is no field of `{model.id}`", hint, "not-honoured"))
    if params and "params" in own:
        hint = "write its fields on the shot itself: " + _listed(sorted(known))
        faults.append(PortableFault("params", f"is no field of `{model.id}`", hint, "not-honoured"))
    return Mapped(native, {name: name for name in native}, tuple(faults))


def _listed(names: Sequence[str], last: str = "and") -> str:
    quoted = [f"`{name}`" for name in names]
    return f" {last} ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1] if quoted else ""]))


def _taken_by(ids: Sequence[str]) -> str:
    return f"taken by {_listed(ids)}" if ids else ""


class _Mapping:
    """One request in the making."""

    def __init__(
        self,
        model: Model,
        fields: Mapping[str, object],
        own: frozenset[str],
        params: Mapping[str, Any],
        own_params: Mapping[str, Any],
        peers: Peers,
    ) -> None:
        self.model = model
        self.fields = {name: value for name, value in _given(fields).items() if name not in NOT_SENT}
        self.own = own
        self.native: dict[str, Any] = _written_params(params)
        self.own_params = _written_params(own_params)
        self.rules = self.rules_beside(self.fields)
        self.peers = peers
        self.origin: dict[str, str] = {}
        self.faults: list[PortableFault] = []
        self.ignored: dict[str, str] = {}
        self.unchosen: list[str] = []
        self.set_by: dict[str, tuple[str, ...]] = {}

    def rules_beside(self, names: Iterable[str]) -> Mapping[str, PortableField]:
        """How each field is sent in a request that has these."""
        rules = self.model.portable
        if not any(rule.beside for rule in rules.values()):
            return rules
        given = {path for name in names if name in rules for path in rules[name].marks}
        return {
            name: rule.among(lambda path: path in given or is_on(self.native, steps(path)))
            for name, rule in rules.items()
        }

    def mapped(self) -> Mapped:
        plain = {name: value for name, value in self.fields.items() if name not in SIZE_FIELDS}
        size = {name: self.fields[name] for name in SIZE_FIELDS if name in self.fields}
        for name in self.chosen(plain):
            self.send(self.rules[name], plain[name])
        if size:
            self.displace_params_of_size(size)
            self.send_size({name: value for name, value in size.items() if self.size_is_free(name)})
        for one in self.model.certain:
            if not blocked(self.native, steps(one.path)) and (not one.beside or is_on(self.native, steps(one.beside))):
                put(self.native, steps(one.path), copied(one.value))
        if self.model.rewrite is not None and not blocked(self.native, steps(self.model.rewrite.path)):
            put(self.native, steps(self.model.rewrite.path), self.model.rewrite.default)
            self.unchosen.append(self.model.rewrite.path)
        return Mapped(self.native, self.origin, tuple(self.faults), self.ignored, tuple(self.unchosen))

    def chosen(self, plain: Mapping[str, object]) -> list[str]:
        """The fields to be sent, in the model's order.  Without params this hangs on few things, and is remembered."""
        known = self.model.compiled.setdefault("chosen", {})
        key = None if self.native else self.key_of(plain)
        if key is not None and key in known:
            names, ignored, self.rules = known[key]
            self.ignored.update(ignored)
            return list(names)
        names = [name for name in plain if self.is_known(name)]
        for name in names:
            if name in self.own:
                self.displace_params(self.rules[name])
        names = [name for name in names if self.is_free(name, self.rules[name].paths)]
        fitting = self.fitting(names)
        shape = self.rules_beside(fitting)
        if shape != self.rules:
            # A field that would have sent others elsewhere was left out.
            self.rules, self.set_by = shape, {}
            fitting = self.fitting([name for name in names if name in fitting])
            self.faults = list(dict.fromkeys(self.faults))
        names = fitting
        if key is not None and not self.faults and len(known) < MOST_REMEMBERED:
            known[key] = (tuple(names), dict(self.ignored), self.rules)
        return names

    def key_of(self, plain: Mapping[str, object]) -> object:
        """All that decides which fields are sent: names, whether they are the shot's own, and values of choices."""
        parts = []
        for name, value in plain.items():
            rule = self.rules.get(name)
            if rule is not None and rule.choices and not isinstance(value, str | bool):
                return None
            parts.append((name, name in self.own, value if rule is not None and rule.choices else value is False))
        return tuple(parts)

    # -- what can be honoured ----------------------------------------------------------------------------------------

    def is_known(self, name: str) -> bool:
        """Whether the model has such a field and takes this value of it."""
        rule = self.rules.get(name)
        value = self.fields[name]
        if rule is None:
            self.cannot(name, f"is not taken by `{self.model.id}`", self.who(name))
            return False
        if not rule.choices or isinstance(value, Unknown):
            return True
        if rule.choice(value) is not None:
            return True
        if rule.only_confirms:
            only = _listed([_shown(known) for known, _ in rule.choices], "or")
            hint = self.who(name)
            if rule.note:
                hint = f"{hint}; {rule.note}"
            self.cannot(name, f"can only be {only} with `{self.model.id}`", hint)
            return False
        known = [_shown(one) for one, _ in rule.choices]
        hint = suggestion(str(value), known) if isinstance(value, str) else ""
        if not hint and isinstance(value, bool) and "off" in known:
            hint = "did you mean `off`?" if not value else ""
        others = _taken_by(self.able(name))
        message = f"must be one of {_listed(known, 'or')}" if len(known) > 1 else f"must be `{known[0]}`"
        self.faults.append(PortableFault(name, message, hint or others, "choices"))
        return False

    def able(self, name: str, *, by_value: bool = True, in_this_shape: bool = False) -> list[str]:
        """The models of this kind that would honour a field, `by_value` with the value it has.

        Best those that honour the shot's other fields too; where there are none and the request's shape is not what
        keeps it from being honoured, those that leave some of the others out.
        """
        found: dict[str, bool] = {}
        for one in self.peers(self.model.kind):
            if one is self.model or one.is_local or not one.takes(name):
                continue
            tried = to_native(one, self.fields, own=frozenset({name}), params={})
            faults = [fault for fault in tried.faults if fault.field == name]
            if by_value and (faults or _refuses(one, tried, name)):
                continue
            if any(fault.rule in ("not-honoured", "shape") for fault in faults):
                continue
            together = to_native(one, self.fields, own=self.own | {name}, params={})
            found[one.id] = not any(fault.rule in ("not-honoured", "shape") for fault in together.faults)
        with_all = [one for one, all_honoured in found.items() if all_honoured]
        return with_all if with_all or in_this_shape else list(found)

    def who(self, name: str, *, in_this_shape: bool = False) -> str:
        known = name in self.model.portable or any(name in form.fields for form in self.model.size.forms)
        if able := self.able(name, by_value=known, in_this_shape=in_this_shape):
            return _taken_by(able)
        kind = self.model.kind
        peers = self.peers(kind)
        local = [one.id for one in peers if one.is_local and one.takes(name)]
        if local and name not in self.model.portable:
            return _taken_by(local)
        here = any(one.takes(name) for one in peers if not one.is_local)
        return f"no {kind} model in the catalogue takes it" + (" in such a request" if here else "")

    def cannot(self, name: str, message: str, hint: str, rule: str = "not-honoured") -> None:
        if name in self.own:
            self.faults.append(PortableFault(name, message, hint, rule))
        else:
            self.ignored[name] = message

    def fitting(self, names: Sequence[str]) -> list[str]:
        """Those that the shape of the request can honour.  The shot's own come first and shape it."""
        rules = self.rules
        order = [name for name in rules if name in names]
        if not any(rules[name].excludes or rules[name].needs for name in order):
            return order
        accepted = [name for name in order if name in self.own]
        for name in order:
            if name in self.own:
                continue
            if not rules[name].excludes:
                accepted.append(name)
                continue
            # Of two inherited ones that exclude each other the first stays; one that alone excludes gives way.
            rivals = [one for one in order if one not in self.own and one != name and not self.excludes(one, name)]
            beside = [*accepted, *(one for one in rivals if one not in accepted and one not in self.ignored)]
            present = {path for one in beside for path in self.presence(one)}
            against = [path for path in rules[name].excludes if path in present or is_on(self.native, steps(path))]
            if against and self.asks(name):
                self.ignored[name] = f"cannot stand beside {self.named(against[0], beside)}"
            else:
                accepted.append(name)
        kept: list[str] = []
        for name in [one for one in order if one in accepted]:
            rule = rules[name]
            if not rule.excludes and not rule.needs:
                kept.append(name)
                continue
            others = [one for one in accepted if one != name]
            present = {path for one in others for path in self.presence(one)}
            against = [path for path in rule.excludes if path in present or is_on(self.native, steps(path))]
            if against and name in self.own and self.asks(name):
                # Two that exclude each other are told once, at the later one.
                rivals = [one for one in others if set(self.presence(one)) & set(against)]
                mutual = [one for one in rivals if self.excludes(one, name)]
                if not (
                    mutual
                    and len(mutual) == len(rivals)
                    and all(order.index(one) > order.index(name) for one in mutual)
                ):
                    rival = self.named(against[0], accepted)
                    self.cannot(
                        name,
                        f"cannot stand beside {rival} in a request to `{self.model.id}`",
                        self.who(name, in_this_shape=True),
                        "shape",
                    )
                    continue
            if rule.needs and not any(path in present or is_on(self.native, steps(path)) for path in rule.needs):
                wanted = _listed([self.portable_name(path) for path in rule.needs], "or")
                hint = f"give {wanted}; {self.who(name)}"
                self.cannot(name, f"has no effect without {wanted} in a request to `{self.model.id}`", hint, "shape")
                continue
            kept.append(name)
        return kept

    def excludes(self, one: str, other: str) -> bool:
        return bool(set(self.rules[one].excludes) & set(self.presence(other)))

    def asks(self, name: str) -> bool:
        """Whether a field asks for something; `false` does not."""
        return self.fields[name] is not False

    def presence(self, name: str) -> tuple[str, ...]:
        """Native paths that count as set because of a field."""
        known = self.set_by.get(name)
        if known is None:
            rule = self.rules[name]
            sent = rule.choice(self.fields[name]) or {} if rule.choices else {}
            paths = [path for path, value in {**sent, **rule.sends}.items() if value is not False]
            known = (*rule.marks, *paths) if self.asks(name) else ()
            self.set_by[name] = known
        return known

    def named(self, path: str, among: Sequence[str]) -> str:
        for name in among:
            if path in self.presence(name):
                return f"`{name}`"
        return f"`params.{path}`"

    def portable_name(self, path: str) -> str:
        return next((name for name, rule in self.rules.items() if path in rule.marks), path)

    # -- params beside portable fields -------------------------------------------------------------------------------

    def displace_params(self, rule: PortableField) -> None:
        """The shot's own portable field wins over an inherited native one."""
        for path in rule.paths:
            if not blocked(self.own_params, steps(path)):
                without(self.native, steps(path))

    def displace_params_of_size(self, size: Mapping[str, object]) -> None:
        if any(name in self.own for name in size):
            for path in self.model.size.paths:
                if not blocked(self.own_params, steps(path)):
                    without(self.native, steps(path))

    def is_free(self, name: str, paths: Sequence[str]) -> bool:
        """Whether params leave room for a portable field."""
        taken = [path for path in paths if blocked(self.native, steps(path))]
        if not taken:
            return True
        if name in self.own:
            self.twice(name, taken[0])
        return False

    def twice(self, name: str, path: str) -> None:
        message = f"and `params.{_standing(self.native, steps(path))}` set the same field of `{self.model.id}`"
        self.faults.append(PortableFault(name, message, "keep one of them", "twice"))

    def size_is_free(self, name: str) -> bool:
        """As `is_free`; a form that needs another field than params give does not mind."""
        rule = self.model.size
        if name in self.own:
            return True  # told by the form that is chosen
        return not (rule.one_way and displaced(rule, self.native))

    # -- sending -----------------------------------------------------------------------------------------------------

    def send(self, rule: PortableField, value: object) -> None:
        name = rule.name
        if rule.choices:
            if isinstance(value, Unknown):
                if rule.paths:
                    self.put(rule.paths[0], value, name)
                return
            for path, sent in (rule.choice(value) or {}).items():
                self.put(path, copied(sent), name)
        if self.model.seed is not None and rule.to == self.model.seed.path and value == "random":
            return
        if rule.to:
            try:
                self.check_bounds(rule, value)
                for transform in rule.transforms:
                    waits = unknowns(value)
                    value = waits[0] if waits else TRANSFORMS[transform].there(value)
            except NotTransformable as error:
                self.faults.append(PortableFault(name, error.message, error.hint, "form", error.path))
                return
            self.send_to(rule, value)
        for path, sent in rule.sends.items():
            self.put(path, copied(sent), name)

    def check_bounds(self, rule: PortableField, value: object) -> None:
        if (rule.minimum is None and rule.maximum is None) or isinstance(value, Unknown):
            return
        if isinstance(value, bool) or not isinstance(value, int):
            raise NotTransformable("must be a whole number")
        if rule.minimum is not None and value < rule.minimum:
            raise NotTransformable(f"must be at least {rule.minimum}")
        if rule.maximum is not None and value > rule.maximum:
            raise NotTransformable(f"must be at most {rule.maximum}")

    def send_to(self, rule: PortableField, value: object) -> None:
        if rule.into:
            self.send_into(rule, value)
            return
        if not rule.to.endswith("[]"):
            self.put(rule.to, copied(value), rule.name)
            return
        if rule.each and not isinstance(value, list | tuple | Unknown):
            hint = "write it as `[…]`, or as entries that begin with `-`"
            self.faults.append(PortableFault(rule.name, "must be a list", hint, "form"))
            return
        entries = value_at(self.native, steps(rule.target))
        if entries is ABSENT:
            entries = []
            put(self.native, steps(rule.target), entries)
        many = isinstance(value, list | tuple) and (rule.each or not rule.item)
        values: list[Any] = list(value) if many else [value]  # type: ignore[call-overload]
        for number, one in enumerate(values):
            entry = one
            place = f"{rule.target}[{len(entries)}]"
            said = f"{rule.name}[{number}]" if rule.each and many else rule.name
            if rule.item:
                entry = {key: (one if part == "{value}" else copied(part)) for key, part in rule.item.items()}
                for key, part in rule.item.items():
                    if part == "{value}":
                        self.origin[f"{place}.{key}"] = said
            self.origin[place] = said
            entries.append(entry)

    def send_into(self, rule: PortableField, value: object) -> None:
        """One by one into the entries of a list that other fields made."""
        path, _, inside = rule.to.rpartition("[].")
        entries = value_at(self.native, steps(path))
        fitting = [
            (number, entry)
            for number, entry in enumerate(entries if isinstance(entries, list) else ())
            if isinstance(entry, dict) and all(entry.get(key) in said for key, said in rule.into.items())
        ]
        values = list(value) if isinstance(value, list | tuple) else [value]
        if len(values) > len(fitting):
            there = f"{len(fitting)} {'entry' if len(fitting) == 1 else 'entries'}"
            message = f"has {len(values)} entries for {there} that they belong to"
            self.faults.append(PortableFault(rule.name, message, rule.note, "form", (len(fitting),)))
        for number, (one, (place, entry)) in enumerate(zip(values, fitting, strict=False)):
            entry[inside] = one
            self.origin[f"{path}[{place}].{inside}"] = f"{rule.name}[{number}]"

    def put(self, path: str, value: object, name: str) -> None:
        try:
            put(self.native, steps(path), value)
        except TypeError:
            return  # params hold something else above it, which the schema faults
        self.origin[path] = name

    def send_size(self, size: Mapping[str, object]) -> None:
        rule = self.model.size
        known = self.model.compiled.setdefault("native sizes", {})
        key = None
        if all(type(value) in (int, str) for value in size.values()):
            key = (*size.items(), *(is_on(self.native, steps(path)) for path in rule.shapers))
            if key in known:
                self.put_size(known[key])
                return
        given = size
        for name in unsupported(rule, size, self.native):
            if not rule.forms or not self.model.takes(name):
                self.cannot(name, f"is not taken by `{self.model.id}`", self.who(name))
            else:
                why = f"is not taken by `{self.model.id}` in a request of this shape"
                against = [path for form in rule.forms if name in form.fields for path in form.excludes]
                shape = next((path for path in against if is_on(self.native, steps(path))), "")
                if shape:
                    why = f"cannot be chosen beside {self.shaped(shape)}"
                self.cannot(name, why, self.who(name, in_this_shape=True), "shape")
            size = {one: value for one, value in size.items() if one != name}
        try:
            sent = native_size(rule, size, self.native)
        except NoSize as error:
            hint = error.hint
            if error.field in size and isinstance(size[error.field], str):
                hint = "; ".join(filter(None, [hint, _taken_by(self.able(error.field))]))
            name = error.field if error.field in size else next(iter(size))
            self.faults.append(PortableFault(name, error.message, hint, "size"))
            self.spoil(size)
            return
        if key is not None and size is given and len(known) < MOST_REMEMBERED:
            known[key] = sent
        self.put_size(sent)

    def put_size(self, sent: NativeSize) -> None:
        for path, value in sent.native.items():
            source = sent.origin.get(path, "")
            if blocked(self.native, steps(path)):
                if source and source in self.own and blocked(self.own_params, steps(path)):
                    self.twice(source, path)
                continue
            self.put(path, value, source)
            if not source:
                del self.origin[path]

    def spoil(self, size: Mapping[str, object]) -> None:
        """Puts values that nobody knows where a faulty size would stand, so that nothing else is said of them."""
        forms = [form for form in self.model.size.forms if set(size) & set(form.fields)]
        for path in forms[0].send if forms else ():
            if not blocked(self.native, steps(path)):
                self.put(path, Unknown(()), next(iter(size)))

    def shaped(self, path: str) -> str:
        given = [name for name, rule in self.rules.items() if path in rule.marks and name in self.fields]
        return _listed(given, "or") if given else f"`params.{path}`"


def _refuses(model: Model, tried: Mapped, name: str) -> bool:
    """Whether the model's schema has a fault to find with what a field became."""
    return any(steps(one.field)[:1] == (name,) for one in request_faults(model, tried.native, tried.origin))


def _standing(tree: Mapping[str, Any], path: Path) -> str:
    """The place that keeps a path from being set: itself, or what is no mapping above it."""
    for length in range(1, len(path)):
        if not isinstance(value_at(tree, path[:length]), Mapping):
            return written(path[:length])
    return written(path)


def _shown(value: object) -> str:
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


# -- back ------------------------------------------------------------------------------------------------------------


def to_portable(model: Model, native: Mapping[str, Any]) -> dict[str, Any]:
    """A request in portable terms: what the preview draws from, prices and lints read.

    Sizes are pixels wherever the vendor's documents tell them; values that wait for a render are left out.
    """
    if model.is_local:
        return {name: copied(value) for name, value in native.items() if not unknowns(value)}
    found: dict[str, Any] = {}
    for name, rule in model.portable.items():
        value = _portable_value(model, rule, native)
        if value is not ABSENT and not unknowns(value):
            found[name] = value
    found.update(read_size(model, native))
    if pixels := output_size(model, native):
        found["width"], found["height"] = pixels
    return found


def _portable_value(model: Model, rule: PortableField, native: Mapping[str, Any]) -> Any:
    if rule.beside:
        rule = rule.among(lambda path: is_on(native, steps(path)))
    for path, sent in rule.sends.items():
        if value_at(native, steps(path)) != sent:
            return ABSENT
    if rule.choices:
        return _chosen(model, rule, native)
    if rule.into:
        return _received(rule, native)
    value = value_at(native, steps(rule.target))
    if value is ABSENT:
        default = model.default_at(steps(rule.target))
        return ABSENT if default is None or default == "" else default
    if rule.each:
        return _entries(rule, value)
    if rule.to.endswith("[]") and (rule.item or rule.place is not None):
        return _entry(rule, value)
    for transform in reversed(rule.transforms):
        value = TRANSFORMS[transform].back(value)
    return copied(value)


def _chosen(model: Model, rule: PortableField, native: Mapping[str, Any]) -> Any:
    def held(path: str) -> Any:
        value = value_at(native, steps(path))
        return model.default_at(steps(path)) if value is ABSENT else value

    # The choice that says most and agrees; one that sends nothing says nothing about a request.
    for known, sent in sorted(rule.choices, key=lambda pair: -len(pair[1])):
        if sent and all(held(path) == value for path, value in sent.items()):
            return known
    return ABSENT


def _received(rule: PortableField, native: Mapping[str, Any]) -> Any:
    path, _, inside = rule.to.rpartition("[].")
    entries = value_at(native, steps(path))
    found = [
        entry[inside]
        for entry in (entries if isinstance(entries, list | tuple) else ())
        if isinstance(entry, Mapping) and inside in entry
    ]
    return found or ABSENT


def _entries(rule: PortableField, entries: object) -> Any:
    inside = next((key for key, part in rule.item.items() if part == "{value}"), "")
    found = [
        entry[inside]
        for entry in (entries if isinstance(entries, list | tuple) else ())
        if isinstance(entry, Mapping)
        and inside in entry
        and all(entry.get(key) == said for key, said in rule.item.items() if key != inside)
    ]
    return found or ABSENT


def _entry(rule: PortableField, entries: object) -> Any:
    if not isinstance(entries, list | tuple):
        return ABSENT
    inside = next((key for key, part in rule.item.items() if part == "{value}"), "")
    for number, entry in enumerate(entries):
        if not isinstance(entry, Mapping):
            if rule.place == number:
                return entry
            continue
        said = {key: entry[key] for key in rule.item if key != inside and key in entry}
        if not said and rule.place != number:
            continue
        if all(value in rule.same.get(key, (rule.item[key],)) for key, value in said.items()):
            return entry.get(inside, ABSENT)
    return ABSENT
