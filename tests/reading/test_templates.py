"""Templates: what they give, what they refuse, and that none of them takes the machine with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wanspec.reading.project_files import PathFault
from wanspec.reading.template_endings import TemplateFault, TemplateSignal
from wanspec.reading.templates import Template, Templates, is_template

FILES = {
    "shot.j2": "{{ hero }} walks,\n{{ look }}\n",
    "wrong.j2": "fine\n  and {{ heor }} here\n",
    "broken.j2": "fine\n{% if %}",
    "null.j2": "a\n\n  {{ city.note }}\n",
    "filter.j2": "a\n{{ hero | uper }}",
    "macros.j2": "{% macro say(what) %}{{ hero }}: {{ what }}{% endmacro %}",
    "local.j2": "[{{ hero }}{{ extra }}]",
    "itself.j2": "{% include 'itself.j2' %}",
    "windows.j2": "a\r\nb {{ hero }}\r\n",
    "base.j2": "<{% block middle %}{{ hero }}{% endblock %}>",
}


class Waits(TemplateSignal):
    pass


class Reference:
    __wanspec_public__: ClassVar[frozenset[str]] = frozenset({"seed", "duration"})
    seed = 7
    secret = "hidden"

    def __init__(self, shot: str) -> None:
        self.shot = shot

    @property
    def duration(self) -> float:
        raise Waits(self.shot)

    def __str__(self) -> str:
        raise Waits("text of " + self.shot)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and other.shot == self.shot

    def __hash__(self) -> int:
        return hash(self.shot)


class Titled(str):
    __wanspec_public__: ClassVar[frozenset[str]] = frozenset({"title"})
    title = "The title"


VALUES: dict[str, Any] = {
    "hero": "Mara",
    "look": "35mm",
    "n": 5,
    "half": 2.5,
    "five": 5.0,
    "yes": True,
    "nothing": None,
    "city": {"code": "osl", "items": 3, "note": None, "tags": ["a", "b"]},
    "rows": [{"code": "osl", "n": 1}, {"code": "rio", "n": 2}],
    "cast": ["Mara", "Ines"],
    "ref": lambda shot, **_: Reference(shot),
    "shot": Titled("arrival"),
    "long": "x" * 900_000,
}


class Names:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, name: str) -> object:
        self.asked.append(name)
        if name == "waits":
            raise Waits("voice")
        return VALUES[name]

    def known(self) -> list[str]:
        return list(VALUES)


def read_prompt(name: str) -> tuple[str, str] | None:
    if name == "../secret":
        raise PathFault("`../secret` lies outside the project", "no", "outside")
    return (f"prompts/{name}", FILES[name]) if name in FILES else None


def make(**filters: Callable[..., object]) -> Templates:
    return Templates(
        read_prompt, {"shout": lambda text: text + "!"}, {"last_frame": lambda one: ["last", one], **filters}
    )


def render(source: str, names: Callable[[str], object] | None = None) -> object:
    return make().compile(source).render(names or Names())


def fault(source: str, *, load: bool = False) -> TemplateFault:
    templates = make()
    with pytest.raises(TemplateFault) as caught:
        (templates.load(source) if load else templates.compile(source)).render(Names())
    assert caught.value.message
    return caught.value


def test_what_counts_as_a_template() -> None:
    assert [is_template(t) for t in ("a {{ b }}", "{% x", "{#", "{ {", "}}", "{'a': 1}")] == [True] * 3 + [False] * 3


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{{ n }}", 5),
        (" {{ five }}\n", 5.0),
        ("{{ yes }}", True),
        ("{{ nothing }}", None),
        ("{{ city }}", VALUES["city"]),
        ("{{ city.items }}", 3),
        ("{{ n + 1 }}", 6),
        ("{{ n > 3 and not yes }}", False),
        ("{{ [n, hero] }}", [5, "Mara"]),
        ("{{ (n, 1) }}", [5, 1]),
        ("{{ {'a': n} }}", {"a": 5}),
        ("{{ range(3) }}", [0, 1, 2]),
        ("{{ cast | map('upper') }}", ["MARA", "INES"]),
        ("{{ rows | selectattr('n', 'gt', 1) | map(attribute='code') }}", ["rio"]),
        ("{{ city.tags[0] }}", "a"),
        ("{{ city['code'] }}", "osl"),
        ("{{ hero }}", "Mara"),
        ("{{ '1.10' }}", "1.10"),
        ("{{ ref('a') }}", Reference("a")),
        ("{{ [ref('a')] + [ref('b', take=2)] }}", [Reference("a"), Reference("b")]),
        ("{{ ref('a') | last_frame }}", ["last", Reference("a")]),
        ("{{ ref('a').seed + 1 }}", 8),
        ("{{ missing is defined }}", False),
        ("{{ missing | default(n) }}", 5),
        ("{{ shot.title }}", "The title"),
        ("{{ shout('a') }}", "a!"),
        ("{{ dict(a=n) }}", {"a": 5}),
    ],
)
def test_a_single_expression_keeps_its_type(source: str, value: object) -> None:
    found = render(source)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ hero }} is {{ n }}", "Mara is 5"),
        ("{{ n }}{{ n }}", "55"),
        ("{{ half }} {{ five }} {{ 10 / 2 }} {{ 1e30 }}", "2.5 5 5 1e+30"),
        ("{{ yes }} {{ not yes }}", "true false"),
        ("{{ cast }} {{ city.tags | map('upper') }}", '["Mara", "Ines"] ["A", "B"]'),
        ("is {{ {'a': none, 'é': 1.0} }}", 'is {"a": null, "é": 1}'),
        ("{{ hero ~ ' ' ~ n ~ yes }}.", "Mara 5true."),
        ("{{ '%s-%02d' % (hero, n) }}.", "Mara-05."),
        ("{{ '%s' | format(five) }}.", "5.0."),
        ("{{ cast | join(' & ') }}.", "Mara & Ines."),
        ("{% for x in cast %}{{ loop.index }}/{{ loop.length }}{{ x }}{{ ';' if not loop.last }}{% endfor %}", None),
        ("{% set x = n * 2 %}{{ x }}", "10"),
        ("{% set hero = hero | upper %}{{ hero }}", "MARA"),
        ("{% if yes %}a{% else %}{{ waits }}{% endif %}", "a"),
        ("{% raw %}{{ hero }}{% endraw %}", "{{ hero }}"),
        ("{# note #}a", "a"),
        ("a {{ hero }}\n", "a Mara\n"),
        ("{{ '<' }} & {{ '\"' }}", '< & "'),
        ("{{ cast | tojson }} {{ '<é>' | tojson }}", '["Mara", "Ines"] "<é>"'),
        ("{% for key, value in city | items %}{{ key }} {% endfor %}", "code items note tags "),
        ("{{ shot }} {{ shot | upper }}", "arrival ARRIVAL"),
        ("{% set ns = namespace(t=0) %}{% for r in rows %}{% set ns.t = ns.t + r.n %}{% endfor %}{{ ns.t }}", "3"),
        ("{% macro m(x) %}{{ x }}{{ hero }}{% endmacro %}{{ m(n) }}", "5Mara"),
    ],
)
def test_anything_else_becomes_text(source: str, text: str | None) -> None:
    assert render(source) == (text if text is not None else "1/2Mara;2/2Ines")


def test_only_what_is_used_is_looked_up() -> None:
    for source in ("{{ waits if n == 6 else hero }}", "{% if false %}{{ waits }}{% endif %}", "{{ hero or waits }}"):
        names = Names()
        make().compile(source).render(names)
        assert "waits" not in names.asked


def test_included_files_and_imported_macros_see_the_names() -> None:
    assert render("{% include 'shot.j2' %}!") == "Mara walks,\n35mm!"
    assert render("{% from 'macros.j2' import say %}{{ say('hi') }}") == "Mara: hi"
    assert render("{% import 'macros.j2' as m %}{{ m.say(n) }}") == "Mara: 5"
    assert render("{% for extra in cast %}{% include 'local.j2' %}{% endfor %}") == "[MaraMara][MaraInes]"
    assert render("{% extends 'base.j2' %}{% block middle %}{{ super() }}{{ n }}{% endblock %}") == "<Mara5>"
    assert render("{% include ['nope.j2', 'shot.j2'] %}") == "Mara walks,\n35mm"
    assert render("a{% include 'nope.j2' ignore missing %}b") == "ab"


def test_a_prompt_file_loses_its_last_line_end_and_is_always_text() -> None:
    templates = make()
    assert templates.load("shot.j2").render(Names()) == "Mara walks,\n35mm"
    assert templates.load("windows.j2").render_text(Names()) == "a\nb Mara"
    assert templates.compile("{{ n }}").render_text(Names()) == "5"
    assert templates.compile("{{ cast }}").render_text(Names()) == '["Mara", "Ines"]'


@pytest.mark.parametrize(
    ("source", "code", "message", "hint"),
    [
        ("{{ heor }}", "WS302", "`heor` is not defined", "did you mean `hero`?"),
        ("a {{ heor }}", "WS302", "`heor` is not defined", "did you mean `hero`?"),
        ("{{ ref(heor) }}", "WS302", "`heor` is not defined", "did you mean `hero`?"),
        ("{{ heor | last_frame }}", "WS302", "`heor` is not defined", "did you mean `hero`?"),
        ("{{ city.cod }}", "WS302", "there is no `cod` in the mapping", "did you mean `code`?"),
        ("{{ city.update }}", "WS302", "there is no `update` in the mapping", "it has `code`, `items`, `note`, `tags`"),
        ("{{ cast[7] }}", "WS302", "there is no entry 7 among 2", "entries count from 0"),
        ("{{ hero.__class__ }}", "WS302", "a text has no `__class__`", ""),
        ("{{ ref('a').secret }}", "WS302", "there is no `secret` here", "did you mean `seed`?"),
        ("{{ ref('a').shot }}", "WS302", "there is no `shot` here", "there is `duration`, `seed`"),
        ("{{ hero | uper }}", "WS301", "no filter is called `uper`", "did you mean `upper`?"),
        ("{{ hero is defned }}", "WS301", "no test is called `defned`", "did you mean `defined`?"),
        ("{% fro x in y %}", "WS301", "no tag is called `fro`", "did you mean `from`?"),
        ("{{ hero", "WS301", "`{{` or `{%` is opened and never closed", "close it with `}}` or `%}`"),
        ("{% if yes %}", "WS301", "a block is opened and never closed", "add `{% endif %}`"),
        ("{{ hero n }}", "WS301", "expected `}}`, got `n`", None),
        ("{{ '\\ud800' }}", "WS301", "an escape names NUL or half a character, which is no text", None),
        (
            "{{ city.note }} x",
            "WS303",
            "`city.note` is null where text is needed",
            "write `{{ city.note or '' }}` if nothing is meant",
        ),
        ("{{ 'a' ~ nothing }}", "WS303", "`nothing` is null where text is needed", None),
        ("{{ nothing | upper }}", "WS303", "the expression is null where text is needed", None),
        ("{{ n + hero }}", "WS303", "`+` does not join a number and a text", "`~` joins anything as text"),
        ("{{ hero - n }}", "WS303", "`-` does not work on a text and a number", ""),
        ("{{ n / 0 }}", "WS303", "a division by zero", ""),
        ("{{ hero.upper }}", "WS303", "`hero.upper` is a function, not its result", "add the brackets: `(…)`"),
        ("{{ n() }}", "WS303", "a number is called like a function", "remove the brackets"),
        ("{% for x in n %}{% endfor %}", "WS303", "a number is nothing to loop over", "loop over a list"),
        ("{{ ref() }}", "WS303", "the call lacks its argument `shot`", ""),
        ("{{ 1e308 * 10 }}", "WS303", "the result is not a finite number", ""),
        ("{{ 2 ** 80 }}", "WS303", "the number is too large", ""),
        ("{% include 'nope.j2' %}", "WS002", "no template file `nope.j2` in the prompt folders", None),
        ("{% include '../secret' %}", "WS020", "`../secret` lies outside the project", "no"),
    ],
)
def test_faults_in_the_users_words(source: str, code: str, message: str, hint: str | None) -> None:
    found = fault(source)
    assert (found.code, found.message, found.file) == (code, message, "")
    assert hint is None or found.hint == hint


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a'.format(1) }}",
        "{{ cast.append(1) }}",
        "{{ lipsum() }}",
        "{{ 'a' | random }}",
        "{{ hero | attr('__class__') }}",
        "{{ ref.__globals__ }}",
        "{{ ''['__class__'] }}",
        "{{ ref.__wanspec_public__ }}",
        "{{ self }}",
        "{{ namespace() }}",
        "{{ n.real }}",
        "{{ range.__self__ }}",
        "{{ hero | e }}",
        "{{ cycler(1) }}",
    ],
)
def test_what_templates_cannot_reach(source: str) -> None:
    fault(source)


@pytest.mark.parametrize(
    ("source", "file", "line", "column"),
    [
        ("wrong.j2", "prompts/wrong.j2", 2, 10),
        ("broken.j2", "prompts/broken.j2", 2, 1),
        ("null.j2", "prompts/null.j2", 3, 3),
        ("filter.j2", "prompts/filter.j2", 2, 1),
        ("itself.j2", "prompts/itself.j2", 1, 1),
    ],
)
def test_a_fault_in_a_template_file_is_told_at_its_own_line(source: str, file: str, line: int, column: int) -> None:
    for found in (fault(source, load=True), fault(f"x\n{{% include '{source}' %}}")):
        assert (found.file, found.line, found.column) == (file, line, column)


def test_a_fault_in_a_text_names_no_file_but_its_line() -> None:
    found = fault("one\ntwo {{ heor }}")
    assert (found.file, found.line) == ("", 2)
    assert (fault("nope.j2", load=True).code, fault("nope.j2", load=True).file) == ("WS002", "")


@pytest.mark.parametrize(
    "source",
    [
        "{{ waits }}",
        "a {{ waits }}",
        "{{ ref('a') }} as text",
        "{{ [ref('a')] }} as text",
        "{{ ref('a').duration + 1 }}",
        "{{ cast | map('fails') | list }}",
        "{{ hero | fails }}",
        "{{ hero ~ ref('a') }}",
        "{{ ref('a') | upper }}",
        "{% for x in [ref('a')] %}{{ x }}{% endfor %}",
        "{{ missing | default(waits) }}",
        "{{ [waits] }}",
    ],
)
def test_signals_pass_through_unchanged(source: str) -> None:
    def fails(_: object) -> object:
        raise Waits("filter")

    with pytest.raises(Waits):
        make(fails=fails).compile(source).render(Names())


BOMBS = [
    "{{ 'a' * 10**9 }}",
    "{{ ['a' * 1000] * 10**6 }}",
    "{{ 9 ** 9 ** 9 ** 9 }}",
    "{{ 'x' | center(10**9) }}",
    "{{ 'x'.ljust(10**9) }}",
    "{{ 'x'.zfill(10**9) }}",
    "{{ long.replace('x', long) }}",
    "{{ long | replace('', long) }}",
    "{{ long | join(long) }}",
    "{{ long.join(range(100000)) }}",
    "{{ '%999999999d' % 1 }}",
    "{{ '%*d' % (999999999, 1) }}",
    "{{ '%s%s' | format(long, long) }}",
    "{{ 'x' | indent(10**9) }}",
    "{{ [1] | batch(10**9, 'x') | list }}",
    "{{ [1] | slice(10**9) | list }}",
    "{{ 7 | round(-10**9) }}",
    "{{ [1] | tojson(indent=10**9) }}",
    "{{ range(10**12) }}",
    "{{ range(99999) | map('center', 9999) | list }}",
    "{{ long ~ long }}",
    "{{ long }}{{ long }}",
    "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
    "{% for i in range(100000) %}" + "x" * 50_000 + "{% endfor %}",
    "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{% set ns = namespace(a=[1]) %}{% for i in range(90) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}{{ ns.a }}",
    "{% set ns = namespace(a=1) %}{% for i in range(90) %}{% set ns.a = {1: ns.a, 2: ns.a} %}{% endfor %}{{ ns.a }}",
    "{% set ns = namespace(a='x') %}{% for i in range(90) %}{% set ns.a = ns.a ~ ns.a %}{% endfor %}{{ ns.a }}",
    "{% set ns = namespace(a='x') %}{% for i in range(90) %}{% set ns.a %}{{ ns.a }}{{ ns.a }}{% endset %}{% endfor %}",
    "{% for x in [1] recursive %}{{ loop([1, 1]) }}{% endfor %}",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "{{ " + "+".join(["1"] * 20_000) + " }}",
    "{{ " + "9" * 6000 + " }}",
    "{% if yes %}" * 300 + "{% endif %}" * 300,
    "{% for x in cast %}" * 30 + "{% endfor %}" * 30,
    "{% include 'itself.j2' %}",
    "{% call(x) shout('a') %}{% endcall %}" * 50_000,
]


@pytest.mark.parametrize("source", BOMBS, ids=lambda source: source[:50])
def test_nothing_grows_or_runs_without_bound(source: str) -> None:
    started = time.process_time()
    fault(source)
    assert time.process_time() - started < 20


def test_an_endless_template_is_stopped_once_for_all_its_items() -> None:
    template = make().compile(BOMBS[22])
    for _ in range(2000):
        with pytest.raises(TemplateFault, match="goes on for too long"):
            template.render(Names())


def test_many_endless_templates_cost_less_and_less() -> None:
    templates = make()
    started = time.process_time()
    for n in range(200):
        with pytest.raises(TemplateFault):
            templates.compile(BOMBS[22].replace("endfor %}{%", f"endfor %}}x{n}{{%")).render(Names())
    assert time.process_time() - started < 20


def test_values_that_hold_one_another_are_weighed_wherever_they_come_from() -> None:
    templates = make()
    values: dict[str, object] = {"a0": ["x"]}

    def double_sixty_times() -> None:
        for n in range(60):
            one = templates.compile(f"{{{{ a{n} }}}}").render(lambda name: values[name])
            values[f"a{n + 1}"] = [one, one]

    with pytest.raises(TemplateFault, match="grows beyond"):
        double_sixty_times()


def test_filters_and_functions_are_given_lists_not_generators() -> None:
    got: list[object] = []
    templates = make(keep=lambda value: got.append(value) or "")
    templates.compile("{{ cast | map('upper') | keep }}{{ keep }}".replace("{{ keep }}", "")).render(Names())
    assert got == [["MARA", "INES"]]


def test_the_names_used_are_known_before_rendering() -> None:
    templates = make()
    used: Mapping[str, set[str]] = {
        "{{ hero }} {{ city.code }} {{ ref('a') | last_frame }}": {"hero", "city", "ref"},
        "{% set a = n %}{{ a }}{% for x in rows %}{{ x }}{% endfor %}{{ range(3) }}": {"n", "rows"},
        "{% include 'shot.j2' %}{% from 'macros.j2' import say %}": {"hero", "look"},
        "{{ waits if yes else nothing | default(half) }}": {"waits", "yes", "nothing", "half"},
        "{% include 'nope.j2' %}": set(),
    }
    for source, names in used.items():
        assert templates.compile(source).used == names
    assert templates.load("local.j2").used == {"hero", "extra"}


SIMPLE = st.sampled_from(
    [
        "{{ hero }}",
        "{{n}}",
        "{{ city.code }}",
        "{{ city.note }}",
        "{{ cast }}",
        "{{ five }}",
        "{{ ref('a').seed }}",
        "{{ city.nope }}",
        "{{ nope }}",
        "{{ ref('a') }}",
        "{{ yes }}",
        " and ",
        "}}",
        "{",
        "\n",
        "'",
        "é",
        "{{ shot.title }}",
        "{{ hero | last_frame }}",
        "{{ ref }}",
        '{{ ref("b") | last_frame }}',
        "{{ true }}",
        "{{ loop }}",
        "{{ half }}",
    ]
)


def outcome(template: Template) -> object:
    try:
        value = template.render(Names())
    except (TemplateFault, TemplateSignal) as error:
        return type(error), str(error)
    return type(value), value


@settings(max_examples=200, deadline=None)
@given(st.lists(SIMPLE, min_size=1, max_size=5).map("".join))
def test_the_direct_way_and_jinja_agree(source: str) -> None:
    if not is_template(source):
        return
    templates = make()
    try:
        direct = templates.compile(source)
    except TemplateFault:
        return
    if direct.pieces is None:
        return
    through_jinja = make().compile(source)
    through_jinja.pieces = None
    assert outcome(direct) == outcome(through_jinja)


FRAGMENTS = st.sampled_from(
    [
        *list("(){}[]|.,:%#'\"~+-*/<>=! \n0129axé\\"),
        "{{ ",
        " }}",
        "{% ",
        " %}",
        "{#",
        "#}",
        "hero",
        "city",
        ".code",
        "ref('a')",
        "if ",
        "for x in ",
        "set x = ",
        "endif",
        "endfor",
        "| upper",
        "| join",
        "| map",
        "is defined",
        "macro m()",
        "endmacro",
        "include 'shot.j2'",
        "waits",
        "not ",
        "range(9)",
        "**9",
        "{% raw %}",
        "loop",
        "self",
        "__class__",
        "namespace(a=1)",
        "block b",
        "extends 'base.j2'",
        "super()",
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.lists(FRAGMENTS, max_size=25).map("".join), st.text(max_size=60).map(lambda t: "{{" + t + "}}")))
def test_no_template_raises_anything_but_declared_faults(source: str) -> None:
    templates = make()
    try:
        template = templates.compile(source)
        value = template.render(Names())
        assert isinstance(template.used, frozenset)
    except (TemplateFault, TemplateSignal):
        return
    if isinstance(value, str):
        value.encode()
