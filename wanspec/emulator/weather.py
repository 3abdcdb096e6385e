"""Weather: how fast vendors work, what they allow, and which faults strike whom.

A fault is a rule of a few words: what happens, where, to whom and how often.  Which submissions a probability picks
follows from the seed and from what was submitted, not from the order in which it arrives.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from wanspec.domain.diagnostics import suggestion
from wanspec.domain.errors import UsageError


class WeatherFault(UsageError):
    """The description of the weather is wrong at `path`."""

    code = "weather"

    def __init__(self, path: str, message: str, hint: str = "") -> None:
        super().__init__(f"`{path}` {message}" if path else message, hint=hint)
        self.path = path


@dataclass(frozen=True, slots=True)
class Parameter:
    """A word that one fault understands besides those of every rule."""

    default: Any = None
    choices: tuple[Any, ...] = ()  # else a number of at least `least`, or text
    is_text: bool = False
    least: float = 0
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of fault."""

    about: str
    places: tuple[str, ...]  # where it may strike; the first unless the rule says otherwise
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


CALLS = ("submit", "poll", "download", "upload")
_WHEN = Parameter("before", ("before", "after"))

SORTS: Mapping[str, Sort] = {
    "latency": Sort("takes longer", ("task", *CALLS), {"seconds": Parameter(5.0)}),
    "rate_limit": Sort(
        "429; nothing is accepted",
        CALLS,
        {"retry_after": Parameter(), "as_date": Parameter(False, (True, False))},
    ),
    "server_error": Sort(
        "500, 502, 503 or 504, before or after a submission was accepted",
        CALLS,
        {"status": Parameter(500, (500, 502, 503, 504)), "when": _WHEN, "retry_after": Parameter()},
    ),
    "lost_answer": Sort(
        "the connection ends without an answer, before or after a submission was accepted; of a download half-way",
        CALLS,
        {"when": _WHEN},
    ),
    "garbled": Sort(
        "an answer of 200 that is a web page; a submission was accepted",
        ("submit", "poll", "upload"),
        {"when": Parameter("after", ("before", "after"))},
    ),
    "unauthorized": Sort("the key is refused", ("submit", "poll", "upload")),
    "no_balance": Sort("402; nothing is accepted", ("submit",)),
    "refused": Sort(
        "moderation refuses prompt or input at once, or withholds the output and pays back",
        ("submit",),
        {"about": Parameter("prompt", ("prompt", "input", "output"))},
    ),
    "immediate": Sort("the answer to a submission waits for the result and holds it", ("submit",)),
    "deferred": Sort("the answer to a submission does not wait for the result although it was asked to", ("submit",)),
    "failed": Sort(
        "accepted, then failed",
        ("task",),
        {"refund": Parameter(True, (True, False)), "code": Parameter(is_text=True)},
    ),
    "partial": Sort("some of several outputs fail", ("task",), {"failed": Parameter(1, least=1, whole=True)}),
    "stuck": Sort("runs for ever", ("task",)),
    "price": Sort("costs that many times its published price", ("task",), {"factor": Parameter(1.004)}),
    "empty_results": Sort("done, but without a result", ("poll",)),
    "unknown_status": Sort(
        "a status word that no document knows", ("poll",), {"word": Parameter("hibernating", is_text=True)}
    ),
    "forgotten": Sort(
        "the task is unknown to the vendor, and to its archive where it has one and that is wished",
        ("poll",),
        {"archive": Parameter(False, (True, False))},
    ),
    "expired_link": Sort("the link of a result is dead", ("download",), {"seconds": Parameter(0.0)}),
    "wrong_bytes": Sort(
        "another file than was asked for",
        ("download",),
        {"what": Parameter("html", ("html", "truncated", "empty", "size", "duration"))},
    ),
    "drip": Sort(
        "the bytes trickle, or stop for a while",
        ("download",),
        {"bytes_per_second": Parameter(least=1), "silent": Parameter(0.0)},
    ),
    "redirect": Sort("sends elsewhere", ("download",), {"to": Parameter("", is_text=True)}),
}

# A roll that stands for the whole task or file: asked again, the answer is the same.
_STEADY = frozenset({"empty_results", "unknown_status", "forgotten", "expired_link", "wrong_bytes", "drip", "redirect"})

_SELECTORS = ("fault", "at", "provider", "kind", "model", "submit", "probability", "prompt", "times", "each")


@dataclass(frozen=True, slots=True)
class Rule:
    """One fault and whom it strikes; a selector that is empty strikes everybody."""

    fault: str
    at: str
    providers: tuple[str, ...] = ()
    kind: str = ""
    model: str = ""  # a glob over the vendor's name of the model
    submits: tuple[int, ...] = ()  # which submissions to their vendor, counted from 1
    probability: float = 1.0
    prompt: str = ""  # a part of the prompt, in any case
    times: int | None = None  # so often in all
    each: int | None = None  # so often for one submission
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        found = self.parameters.get(name)
        return SORTS[self.fault].parameters[name].default if found is None else found


@dataclass(frozen=True, slots=True)
class Limits:
    """What one vendor allows; None: as much as comes."""

    in_flight: int | None = None
    per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class Weather:
    """All of it."""

    seed: int | None = None
    latency_s: Mapping[str, float] = field(default_factory=dict)  # by kind of output
    limits: Mapping[str, Limits] = field(default_factory=dict)  # by provider
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """What the selectors of a rule look at."""

    provider: str
    kind: str = ""
    model: str = ""
    prompt: str = ""
    number: int = 0  # of the submission, from 1; 0 where there is none
    subject: str = ""  # names the submission in the same way in every run


class Storm:
    """The rules at work: what has struck already is counted here."""

    def __init__(self, rules: tuple[Rule, ...], seed: int) -> None:
        self._rules = rules
        self._seed = seed
        self._struck: Counter[int] = Counter()
        self._struck_each: Counter[tuple[int, str]] = Counter()

    def strikes(self, place: str, scene: Scene, faults: Collection[str], occasion: int = 0) -> Iterator[Rule]:
        """The rules that strike, in their order.  One is counted when it is taken from the iterator."""
        for index, rule in enumerate(self._rules):
            if rule.at != place or rule.fault not in faults or not _concerns(rule, scene):
                continue
            if rule.times is not None and self._struck[index] >= rule.times:
                continue
            if rule.each is not None and self._struck_each[index, scene.subject] >= rule.each:
                continue
            roll = occasion if rule.fault not in _STEADY else 0
            if rule.probability < 1 and share(self._seed, index, scene.subject, roll) >= rule.probability:
                continue
            self._struck[index] += 1
            self._struck_each[index, scene.subject] += 1
            yield rule


def share(*of: object) -> float:
    """A number from 0 to 1 that follows from what it is made of."""
    text = "\0".join(map(str, of)).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:7], "big") / 2**56


def _concerns(rule: Rule, scene: Scene) -> bool:
    return (
        (not rule.providers or scene.provider in rule.providers)
        and (not rule.kind or rule.kind == scene.kind)
        and (not rule.model or fnmatchcase(scene.model, rule.model))
        and (not rule.submits or scene.number in rule.submits)
        and (not rule.prompt or rule.prompt.casefold() in scene.prompt.casefold())
    )


# -- reading --------------------------------------------------------------------------------------------------------


def read_weather(value: object, providers: Collection[str]) -> Weather:
    """From JSON values: a list of faults, or a mapping with `faults`, `latency`, `limits` and `seed`.

    Raises WeatherFault with the place of the first mistake.
    """
    if value is None:
        return Weather()
    if isinstance(value, list | tuple):
        value = {"faults": list(value)}
    told = _mapping(value, "", ("seed", "latency", "limits", "faults"))
    seed = told.get("seed")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        raise WeatherFault("seed", "must be a whole number")
    listed = told.get("faults") or []
    if not isinstance(listed, list | tuple):
        raise WeatherFault("faults", "must be a list", "begin each entry with `- fault:`")
    return Weather(
        seed=seed,
        latency_s=_latency(told.get("latency")),
        limits=_limits(told.get("limits"), providers),
        rules=tuple(_rule(one, f"faults[{index}]", providers) for index, one in enumerate(listed)),
    )


def _latency(value: object) -> Mapping[str, float]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        return dict.fromkeys(("image", "video"), _number(value, "latency"))
    told = _mapping(value, "latency", ("image", "video"))
    return {kind: _number(seconds, f"latency.{kind}") for kind, seconds in told.items()}


def _limits(value: object, providers: Collection[str]) -> Mapping[str, Limits]:
    found = {}
    for provider, told in _mapping({} if value is None else value, "limits", tuple(providers)).items():
        path = f"limits.{provider}"
        limits = _mapping(told, path, ("in_flight", "per_minute"))
        found[provider] = Limits(**{name: _count(number, f"{path}.{name}") for name, number in limits.items()})
    return found


def _rule(value: object, path: str, providers: Collection[str]) -> Rule:
    if isinstance(value, str):
        value = {"fault": value}
    if not isinstance(value, Mapping):
        raise WeatherFault(path, "must be a mapping", "write `- fault: rate_limit`")
    fault = value.get("fault")
    if not isinstance(fault, str) or fault not in SORTS:
        known = ", ".join(f"`{one}`" for one in SORTS)
        where = f"{path}.fault" if "fault" in value else path
        what = f"is `{fault}`, which is no fault" if "fault" in value else "has no `fault`"
        raise WeatherFault(where, what, suggestion(str(fault), SORTS) or f"the faults are {known}")
    sort = SORTS[fault]
    told = _mapping(value, path, (*_SELECTORS, *sort.parameters))
    at = told.get("at", sort.places[0])
    if at not in sort.places:
        places = ", ".join(f"`{one}`" for one in sort.places)
        raise WeatherFault(f"{path}.at", f"is `{at}`, where `{fault}` does not strike", f"it strikes at {places}")
    return Rule(
        fault=fault,
        at=at,
        providers=_providers(told.get("provider"), f"{path}.provider", providers),
        kind=_choice(told.get("kind", ""), f"{path}.kind", ("", "image", "video")),
        model=_text(told.get("model", ""), f"{path}.model"),
        submits=_submits(told.get("submit"), f"{path}.submit"),
        probability=_probability(told.get("probability", 1.0), f"{path}.probability"),
        prompt=_text(told.get("prompt", ""), f"{path}.prompt"),
        times=None if told.get("times") is None else _count(told["times"], f"{path}.times"),
        each=None if told.get("each") is None else _count(told["each"], f"{path}.each"),
        parameters={
            name: _parameter(told[name], f"{path}.{name}", parameter)
            for name, parameter in sort.parameters.items()
            if told.get(name) is not None
        },
    )


def _mapping(value: object, path: str, known: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise WeatherFault(path, "must be a mapping" if path else "the weather must be a list of faults or a mapping")
    for name in value:
        if name not in known:
            where = f"{path}.{name}" if path else str(name)
            words = ", ".join(f"`{one}`" for one in known)
            raise WeatherFault(where, "is not known here", suggestion(str(name), known) or f"known are {words}")
    return value


def _number(value: object, path: str, least: float = 0) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value < float("inf"):
        raise WeatherFault(path, f"must be a number of at least {least:g}")
    return value


def _count(value: object, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise WeatherFault(path, "must be a whole number of at least 1")
    return value


def _probability(value: object, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise WeatherFault(path, "must be a number from 0 to 1")
    return value


def _text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise WeatherFault(path, "must be text")
    return value


def _choice(value: object, path: str, known: tuple[Any, ...]) -> Any:
    for one in known:
        if type(one) is type(value) and one == value:
            return one
    words = ", ".join(f"`{str(one).lower() if isinstance(one, bool) else one}`" for one in known if one != "")
    raise WeatherFault(path, f"is `{value}`, not one of {words}", suggestion(str(value), map(str, known)))


def _providers(value: object, path: str, known: Collection[str]) -> tuple[str, ...]:
    names = value if isinstance(value, list | tuple) else () if value is None else (value,)
    return tuple(_choice(one, path, tuple(known)) for one in names)


def _submits(value: object, path: str) -> tuple[int, ...]:
    numbers = value if isinstance(value, list | tuple) else () if value is None else (value,)
    return tuple(_count(one, path) for one in numbers)


def _parameter(value: object, path: str, parameter: Parameter) -> Any:
    if parameter.choices:
        return _choice(value, path, parameter.choices)
    if parameter.is_text:
        text = _text(value, path)
        if re.search(r"[\r\n]", text):
            raise WeatherFault(path, "must be a single line")
        return text
    return _count(value, path) if parameter.whole else _number(value, path, parameter.least)
