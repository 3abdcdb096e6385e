"""Loading: what is read, in which order, what wins, and every fault that needs no template, at its place."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from wanspec.domain.diagnostics import Checked, Diagnostic
from wanspec.domain.nodes import Node
from wanspec.domain.shotlist import ShotList
from wanspec.stages.load import Given, load

HEAD = "wanspec: 1\nname: film\n"

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files of a project: `root` is what follows the two first lines of wanspec.yaml."""

    def files(root: str = "", /, **others: str) -> Path:
        folder = tmp_path / "film"
        folder.mkdir(exist_ok=True)
        (folder / "wanspec.yaml").write_text(root if root.startswith("wanspec") else HEAD + root)
        for name, text in others.items():
            path = folder / name.replace("__", "/").replace("_yaml", ".yaml").replace("_csv", ".csv")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return folder

    return files


def sound(loaded: Checked[ShotList]) -> ShotList:
    assert [one for one in loaded.diagnostics if one.is_error] == []
    assert loaded.value is not None
    return loaded.value


def values(nodes: dict[str, Node] | object) -> dict[str, object]:
    assert isinstance(nodes, dict)
    return {name: node.plain() for name, node in nodes.items()}


def told(root: Path, **given: object) -> list[tuple[str, str, int, int, str]]:
    found = load(Given(root, **given)).diagnostics  # type: ignore[arg-type]
    return [(one.code, one.at.file, one.at.line, one.at.column, one.at.path) for one in found]


def only(root: Path, **given: object) -> Diagnostic:
    (one,) = load(Given(root, **given)).diagnostics  # type: ignore[arg-type]
    return one


def test_the_smallest_project(write: Write) -> None:
    shots = sound(load(Given(write())))
    assert (shots.name, shots.shots, shots.prompts, shots.output, shots.budget) == (
        "film",
        (),
        ("prompts",),
        "renders",
        None,
    )
    assert sound(load(Given(write() / "wanspec.yaml"))).root == write()


def test_shots_stand_in_story_order_and_know_their_groups(write: Write) -> None:
    root = write(
        "include: [more/b.yaml, 'more/*.yaml', 'none/*.yaml', '*.yaml']\n"
        "shots:\n- id: first\n- id: act\n  tags: [x]\n  shots:\n  - id: inner\n  - shots: [{id: deep}]\n- id: last\n",
        more__a_yaml="shots: [{id: a}]\n",
        more__b_yaml="wanspec: 1\nshots: [{id: b}]\n",
        more__empty_yaml="# nothing yet\n",
        more__vars_yaml="vars: {x: 1}\nshots:\n",
    )
    shots = sound(load(Given(root)))
    assert [shot.id for shot in shots.shots] == ["b", "a", "first", "inner", "deep", "last"]
    deep = shots.shots[4]
    assert [group.path for group in deep.groups] == ["shots[1]", "shots[1].shots[1]"]
    assert (shots.shots[0].file, deep.node.path) == ("more/b.yaml", "shots[1].shots[1].shots[0]")
    assert list(shots.texts) == ["wanspec.yaml", "more/b.yaml", "more/a.yaml", "more/empty.yaml", "more/vars.yaml"]


def test_variables_by_precedence_merge_at_every_depth(write: Write, tmp_path: Path) -> None:
    root = write(
        "include: [v.yaml]\n"
        "vars: {hero: {name: Mara, coat: red, bag: [1, 2]}, look: film, n: 1, keep: 5}\n"
        "profiles: {final: {vars: {hero: {coat: blue, bag: [3]}, look: sharp, n: 2}}}\n",
        v_yaml="vars: {other: x}\n",
    )
    extra = tmp_path / "extra.yaml"
    extra.write_text("look: '{{ hero.name }}'\nn: 3\nnew: true\n")
    given = Given(root, profile="final", vars_files=(extra,), vars=(("n", "4"), ("code", "007"), ("t", "true")))
    shots = sound(load(given))
    assert values(shots.vars) == {
        "hero": {"name": "Mara", "coat": "blue", "bag": [3]},
        "look": "{{ hero.name }}",
        "n": 4,
        "keep": 5,
        "other": "x",
        "new": True,
        "code": "007",
        "t": True,
    }
    assert shots.literal_vars == {"n", "code", "t"}
    assert shots.vars["hero"].mapping["name"].path == "vars.hero.name"
    assert shots.vars["hero"].mapping["coat"].path == "profiles.final.vars.hero.coat"
    assert sound(load(Given(root))).vars["n"].value == 1


def test_a_profile_lies_over_the_rest(write: Write) -> None:
    root = write(
        "models: {still: a/b, motion: c/d}\n"
        "defaults: {image: {width: 1}, still: {width: 2}}\n"
        "providers: {reapi: {in_flight: 8, poll: {first: 2, max: 15}, timeout_s: null}}\n"
        "budget: {usd: 25}\n"
        "profiles:\n"
        "  final:\n"
        "    models: {still: e/f}\n"
        "    defaults: {image: {width: 3}, video: {width: 4}}\n"
        "    providers: {reapi: {poll: {max: 30}, in_flight: null}}\n"
        "    budget: {usd: 2.5}\n"
        "  empty:\n"
    )
    shots = sound(load(Given(root, profile="final")))
    assert values(shots.aliases) == {"still": "e/f", "motion": "c/d"}
    assert {name: [layer.plain() for layer in layers] for name, layers in shots.defaults.items()} == {
        "image": [{"width": 1}, {"width": 3}],
        "still": [{"width": 2}],
        "video": [{"width": 4}],
    }
    assert shots.providers == {"reapi": {"poll": {"first": 2, "max": 30}}}
    assert shots.budget == Decimal("2.5")
    assert sound(load(Given(root, profile="empty"))).budget == 25
    assert sound(load(Given(root))).providers == {"reapi": {"in_flight": 8, "poll": {"first": 2, "max": 15}}}


def test_data_of_every_kind(write: Write) -> None:
    root = write(
        "data: {cities: data/c.csv, scenes: data/s.yaml}\n",
        data__c_csv="city,code\nOslo,007\nRio,\n",
        data__s_yaml="- {id: a}\n- {id: b, place: '{{ not rendered }}'}\n",
    )
    shots = sound(load(Given(root)))
    assert shots.data["cities"] == [{"city": "Oslo", "code": "007"}, {"city": "Rio", "code": None}]
    assert shots.data["scenes"] == [{"id": "a", "place": None}, {"id": "b", "place": "{{ not rendered }}"}]
    assert shots.data_files == {"cities": "data/c.csv", "scenes": "data/s.yaml"}


def test_null_is_as_if_not_written(write: Write) -> None:
    names = "description include prompts output vars data models defaults profiles allow_outside budget providers lint"
    root = write("".join(f"{name}: null\n" for name in [*names.split(), "shots"]))
    shots = sound(load(Given(root)))
    assert (shots.prompts, shots.output) == (("prompts",), "renders")
    fields = "title tags kind model params for_each key when vars takes pick freeze lint prompt prompt_file width shots"
    root = write("shots:\n- id: a\n" + "".join(f"  {name}:\n" for name in fields.split()) + "  aspect_ratio: 16:9\n")
    assert [shot.id for shot in sound(load(Given(root))).shots] == ["a"]


def test_what_a_user_may_write_on_a_shot(write: Write) -> None:
    root = write(
        "lint: {WS490: off}\n"
        "shots:\n"
        "- id: a_1-b\n"
        "  for_each: '{{ data.x }}'\n"
        "  tags: '{{ t }}'\n"
        "  params: '{{ p }}'\n"
        "  takes: '{{ n }}'\n"
        "  freeze: '{{ f }}'\n"
        "  pick: '{{ p }}'\n"
        "  width: '{{ w }}'\n"
        "  aspect_ratio: '{{ a }}'\n"
        "  vars: {ärger: 1, first_frame: 2}\n"
        "  prompt: \u202emarked\n"
        "- {id: b, for_each: [{ref: 1, index: 2}], takes: 3, pick: required, freeze: true, clips: [], text: x}\n"
    )
    loaded = load(Given(root))
    assert loaded.diagnostics == ()
    assert sound(loaded).silenced == {"WS490"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: film\n", [("WS103", 1, 1, "wanspec")]),
        ("wanspec: 2\nname: film\n", [("WS112", 1, 10, "wanspec")]),
        ('wanspec: "1"\nname: film\n', [("WS112", 1, 10, "wanspec")]),
        ("wanspec: true\nname: film\n", [("WS112", 1, 10, "wanspec")]),
        ("wanspec: 1\n", [("WS103", 1, 1, "name")]),
        ("wanspec: 1\nname: My Film\n", [("WS104", 2, 7, "name")]),
        ("wanspec: 1\nname: 7\n", [("WS104", 2, 7, "name")]),
        ("- a\n", [("WS102", 1, 1, "")]),
        ("a: [\n", [("WS005", 2, 1, "")]),
        ("", [("WS012", 1, 1, "")]),
        (HEAD + "nmae: x\n", [("WS101", 3, 1, "nmae")]),
        (HEAD + "shots: {id: a}\n", [("WS102", 3, 8, "shots")]),
        (HEAD + "vars: [a]\n", [("WS102", 3, 7, "vars")]),
        (HEAD + "vars: {shot: 1, my-var: 2, in: 3, 1a: 4}\n", [("WS106", 3, c, p) for c, p in
            [(8, "vars.shot"), (17, "vars.my-var"), (28, "vars.in"), (35, "vars.1a")]]),
        (HEAD + "include: 5\n", [("WS102", 3, 10, "include")]),
        (HEAD + "include: [5]\n", [("WS102", 3, 11, "include[0]")]),
        (HEAD + "data: {x: [1]}\n", [("WS102", 3, 11, "data.x")]),
        (HEAD + "models: {a/b: c/d}\n", [("WS104", 3, 10, "models.a/b")]),
        (HEAD + "models: {still: wan}\n", [("WS102", 3, 17, "models.still")]),
        (HEAD + "defaults: {imgae: {}}\n", [("WS101", 3, 12, "defaults.imgae")]),
        (HEAD + "defaults: {image: {id: x}}\n", [("WS101", 3, 20, "defaults.image.id")]),
        (HEAD + "defaults: {image: {widht: 1}}\n", [("WS101", 3, 20, "defaults.image.widht")]),
        (HEAD + "defaults: {image: 5}\n", [("WS102", 3, 19, "defaults.image")]),
        (HEAD + "profiles: {a: {shots: []}}\n", [("WS101", 3, 16, "profiles.a.shots")]),
        (HEAD + "profiles: {a: {defaults: {x: {}}}}\n", [("WS101", 3, 27, "profiles.a.defaults.x")]),
        (HEAD + "profiles: {a: {vars: {ref: 1}}}\n", [("WS106", 3, 23, "profiles.a.vars.ref")]),
        (HEAD + "budget: 5\n", [("WS102", 3, 9, "budget")]),
        (HEAD + "budget: {usd: -1}\n", [("WS102", 3, 15, "budget.usd")]),
        (HEAD + "budget: {usd: true}\n", [("WS102", 3, 15, "budget.usd")]),
        (HEAD + "budget: {eur: 1}\n", [("WS101", 3, 10, "budget.eur")]),
        (HEAD + "providers: {r: {in_flight: 1.5}}\n", [("WS102", 3, 28, "providers.r.in_flight")]),
        (HEAD + "providers: {r: {api_key: x}}\n", [("WS101", 3, 17, "providers.r.api_key")]),
        (HEAD + "providers: {r: {pol: {}}}\n", [("WS101", 3, 17, "providers.r.pol")]),
        (HEAD + "providers: {r: {poll: {first: 9, max: 3}}}\n", [("WS102", 3, 23, "providers.r.poll")]),
        (HEAD + "providers: {r: {base_url: 'https://a.example'}}\n", [("WS113", 3, 27, "providers.r.base_url")]),
        (HEAD + "providers: {r: {base_url: 'ftp://x'}}\n", [("WS102", 3, 27, "providers.r.base_url")]),
        (HEAD + "providers: {r: {base_url: 'http://[::1]:80/x'}, s: {base_url: 'http://127.1.2.3'}}\n", []),
        (HEAD + "lint: {WS999: off}\n", [("WS101", 3, 8, "lint.WS999")]),
        (HEAD + "lint: {WS490: maybe}\n", [("WS110", 3, 15, "lint.WS490")]),
        (HEAD + "output: ../x\n", [("WS111", 3, 9, "output")]),
        (HEAD + "output: /tmp/x\n", [("WS111", 3, 9, "output")]),
        (HEAD + "output: .\n", [("WS111", 3, 9, "output")]),
        (HEAD + "output: .wanspec/x\n", [("WS111", 3, 9, "output")]),
        (HEAD + "output: wanspec.yaml\n", [("WS111", 3, 9, "output")]),
        (HEAD + "prompts: ../x\n", [("WS020", 3, 10, "prompts")]),
        (HEAD + "prompts: wanspec.yaml\n", [("WS020", 3, 10, "prompts")]),
        (HEAD + "include: [no.yaml]\n", [("WS002", 3, 11, "include[0]")]),
        (HEAD + "include: [../no.yaml]\n", [("WS020", 3, 11, "include[0]")]),
        (HEAD + "include: [wanspec.yaml]\n", [("WS020", 3, 11, "include[0]")]),
        (HEAD + "data: {x: no.csv}\n", [("WS002", 3, 11, "data.x")]),
        (HEAD + "data: {x: /etc/passwd}\n", [("WS020", 3, 11, "data.x")]),
    ],
)  # fmt: skip
def test_faults_of_the_root_file(write: Write, text: str, expected: list[tuple[str, int, int, str]]) -> None:
    root = write(HEAD)
    (root / "wanspec.yaml").write_text(text)
    assert told(root) == [(code, "wanspec.yaml", line, column, path) for code, line, column, path in expected]


@pytest.mark.parametrize(
    ("text", "code", "column", "message"),
    [
        ("{}", "WS103", 3, "a shot without an `id`"),
        ("5", "WS102", 3, "a shot is a mapping, and this is the number 5"),
        ("{id: A b}", "WS104", 8, "`A b` is no shot id"),
        ("{id: -a}", "WS104", 8, "`-a` is no shot id"),
        ("{id: 7}", "WS104", 8, "an `id` is text, and this is the number 7"),
        ("{id: '{{ x }}'}", "WS104", 8, "an `id` is no template"),
        ("{id: preview}", "WS104", 8, "no shot can be called `preview`: `renders/preview` holds the previews"),
        ("{id: a, titel: x}", "WS101", 11, "unknown field `titel` in a shot"),
        ("{id: a, titel: }", "WS101", 11, "unknown field `titel` in a shot"),
        ("{id: a, title: [x]}", "WS102", 18, "`title` is a list"),
        ("{id: a, takes: 0}", "WS102", 18, "`takes` is the number 0"),
        ("{id: a, takes: 1.5}", "WS102", 18, "`takes` is the number 1.5"),
        ("{id: a, takes: true}", "WS102", 18, "`takes` is true"),
        ("{id: a, takes: two}", "WS102", 18, "`takes` is the text `two`"),
        ("{id: a, pick: 2}", "WS110", 17, "`pick` is the number 2"),
        ("{id: a, freeze: no}", "WS102", 19, "`freeze` is the text `no`"),
        ("{id: a, tags: x}", "WS102", 17, "`tags` is the text `x`"),
        ("{id: a, tags: [x, 5]}", "WS102", 21, "a tag is text, and this is the number 5"),
        ("{id: a, params: [x]}", "WS102", 19, "`params` is a list, not a mapping of the vendor's own fields"),
        ("{id: a, vars: x}", "WS102", 17, "`vars` is the text `x`, not a mapping of variables"),
        ("{id: a, vars: {item: 1}}", "WS106", 18, "no variable can be called `item`: …"),
        ("{id: a, for_each: 5}", "WS102", 21, "`for_each` is the number 5"),
        ("{id: a, for_each: {take: [1]}}", "WS106", 22, "no `for_each` variable can be called `take`: …"),
        ("{id: a, prompt: x, prompt_file: y}", "WS108", 22, "`prompt_file` stands beside `prompt`: …"),
        ("{id: a, resolution: 1k, height: 5, width: 7}", "WS108", 27, "`height` stands beside `resolution`: …"),
        ("{id: a, takes: 2, image_set: 3}", "WS108", 21, "`image_set` stands beside `takes`: …"),
        ("{id: a, lint: {WS1: off}}", "WS101", 18, "no lint is called `WS1`"),
        ("{id: a, shots: {b: c}}", "WS102", 18, "`shots` is a mapping, not a list"),
        ("{id: A, shots: []}", "WS104", 8, "`A` is no group id"),
    ],
)  # fmt: skip
def test_faults_of_a_shot(write: Write, text: str, code: str, column: int, message: str) -> None:
    one = only(write(f"shots:\n- {text}\n"))
    assert (one.code, one.at.line, one.at.column) == (code, 4, column)
    assert one.message == message or (message.endswith("…") and one.message.startswith(message[:-1]))


def test_hints_tell_what_to_write(write: Write) -> None:
    def hint(text: str, **given: object) -> str:
        return only(write(text), **given).hint

    assert hint("descripton: x\n") == "did you mean `description`?"
    assert hint("shots: [{id: a, widht: 5}]\n") == "did you mean `width`?"
    assert hint("shots: [{id: a, positivePrompt: x}]\n") == "a vendor's own fields stand under `params:`"
    assert hint("shots: [{id: A b}]\n").startswith("write `a-b`")
    assert hint("models: {still: a/b}\ndefaults: {stil: {}}\n") == "did you mean `still`?"
    assert hint("defaults: {width: 5}\n") == "put it under a kind: `image: {width: …}`"
    assert hint("vars: {my-var: 1}\n") == "write `my_var`"
    assert hint("profiles: {final: {}, draft: {}}\n", profile="finl") == "did you mean `final`?"
    assert hint("profiles: {final: {}, draft: {}}\n", profile="x") == "there is `final`, `draft`"
    assert hint("", profile="x") == "the list has no `profiles`"


def test_ids_of_shots_and_groups_are_one_space_of_names(write: Write) -> None:
    root = write(
        "include: [i.yaml]\nshots:\n- id: a\n- id: g\n  shots:\n  - id: g\n  - id: b\n- id: b\n",
        i_yaml="shots:\n- id: a\n",
    )
    loaded = load(Given(root))
    assert [(one.code, one.at.line, one.also[0][0].file, one.also[0][0].line) for one in loaded.diagnostics] == [
        ("WS105", 5, "i.yaml", 2),
        ("WS105", 8, "wanspec.yaml", 6),
        ("WS105", 10, "wanspec.yaml", 9),
    ]
    assert loaded.value is not None
    assert [shot.id for shot in loaded.value.shots] == [
        "a",
        "wanspec.yaml:shots[0]",  # goes by its place, so that what else is wrong with it is told
        "wanspec.yaml:shots[1].shots[0]",
        "b",
        "wanspec.yaml:shots[2]",
    ]


def test_faults_of_included_files_are_in_their_own_file(write: Write) -> None:
    root = write(
        "vars: {x: 1}\ninclude: ['*.yaml']\nshots: [{id: last}]\n",
        a_yaml="models: {}\nvars: {x: 2}\nshots:\n- id: ok\n  widht: 5\n",
        b_yaml="- id: z\n",
        c_yaml="shots: [\n",
        d_yaml="wanspec: 3\nshots: []\n",
    )
    loaded = load(Given(root))
    assert told(root) == [
        ("WS101", "a.yaml", 1, 1, "models"),
        ("WS107", "a.yaml", 2, 8, "vars.x"),
        ("WS101", "a.yaml", 5, 3, "shots[0].widht"),
        ("WS102", "b.yaml", 1, 1, ""),
        ("WS005", "c.yaml", 2, 1, ""),
        ("WS112", "d.yaml", 1, 10, "wanspec"),
    ]
    assert loaded.value is not None
    assert [shot.id for shot in loaded.value.shots] == ["ok", "last"]


def test_what_is_faulty_is_taken_out_and_the_rest_goes_on(write: Write) -> None:
    root = write("shots:\n- {id: a, titel: x, takes: 0, prompt: p, prompt_file: f, width: 5, vars: {ref: 1, ok: 2}}\n")
    loaded = load(Given(root))
    assert len(loaded.diagnostics) == 4
    assert loaded.value is not None
    assert loaded.value.shots[0].node.plain() == {"id": "a", "prompt": "p", "width": 5, "vars": {"ok": 2}}


def test_a_fault_behind_an_alias_is_told_once(write: Write) -> None:
    root = write(
        "shots:\n- {id: a, vars: &v {ref: 1}, params: &p [1]}\n- {id: b, vars: *v}\n- {<<: {titel: x}, id: c}\n"
    )
    assert [one[:3] for one in told(root)] == [
        ("WS106", "wanspec.yaml", 4),
        ("WS102", "wanspec.yaml", 4),
        ("WS101", "wanspec.yaml", 6),
    ]


def test_every_profile_is_checked_whichever_is_chosen(write: Write) -> None:
    root = write("profiles:\n  a: {vras: {}}\n  b: {budget: {usd: x}}\n  c: 5\n")
    for profile in (None, "a"):
        assert [one[0] for one in told(root, profile=profile)] == ["WS101", "WS102", "WS102"]


def test_no_project_is_told_with_the_way_to_make_one(tmp_path: Path) -> None:
    one = only(tmp_path)
    assert (one.code, one.message) == ("WS001", "there is no root file `wanspec.yaml`")
    assert one.hint.startswith("`wanspec init`")
    assert only(tmp_path / "nowhere").code == "WS001"
    (tmp_path / "wanspec.yaml").mkdir()
    assert only(tmp_path).code == "WS001"


def test_faults_of_the_command_line(write: Write, tmp_path: Path) -> None:
    root = write()
    gone = tmp_path / "gone.yaml"
    listed = tmp_path / "list.yaml"
    listed.write_text("- a\n")
    named = tmp_path / "named.yaml"
    named.write_text("ok: 1\nref: 2\n")
    broken = tmp_path / "broken.yaml"
    broken.write_bytes(b"a: \xff\n")
    assert only(root, vars_files=(gone,)).code == "WS002"
    assert only(root, vars_files=(tmp_path,)).code == "WS002"
    assert only(root, vars_files=(listed,)).code == "WS102"
    assert only(root, vars_files=(broken,)).code == "WS003"
    assert (only(root, vars_files=(named,)).code, only(root, vars_files=(named,)).at.line) == ("WS106", 2)
    assert only(root, vars=(("a-b", "1"),)).code == "WS106"
    assert only(root, vars=(("a", "\udcff"),)).code == "WS003"


def test_output_is_not_written_through_a_link(write: Write, tmp_path: Path) -> None:
    root = write("output: out/stills\n")
    (tmp_path / "elsewhere").mkdir()
    (root / "out").symlink_to(tmp_path / "elsewhere")
    assert only(root).message == "`out` is a link; nothing is written through one"
    (root / "renders").symlink_to(tmp_path / "elsewhere")
    assert only(write("")).code == "WS111"


def test_folders_outside_are_read_when_asked_for_and_granted(write: Write, tmp_path: Path) -> None:
    cast = tmp_path / "cast"
    cast.mkdir()
    (cast / "people.csv").write_text("name\nMara\n")
    (cast / "more.yaml").write_text("shots: [{id: out}]\n")
    root = write("allow_outside: [../cast]\ndata: {p: ../cast/people.csv}\ninclude: [../cast/*.yaml]\n")
    assert {one[0] for one in told(root)} == {"WS020"}
    shots = sound(load(Given(root, allow_outside=(cast,))))
    assert shots.data["p"] == [{"name": "Mara"}]
    assert shots.shots[0].file == "../cast/more.yaml"
    assert shots.allowed_outside == (cast,)


def test_a_file_that_is_too_large_is_not_read(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    import wanspec.stages.load

    root = write("data: {x: big.csv}\n", big_csv="a\n" + "x\n" * 500)
    monkeypatch.setattr(wanspec.stages.load, "MAX_BYTES", 500)
    assert only(root).code == "WS010"


def test_a_folder_to_publish_in_is_one_that_a_render_may_write_to(write: Write, tmp_path: Path) -> None:
    def shown(folder: Path) -> str:
        return f"'file://{folder}+https://films.example/in'"

    inside, outside = tmp_path / "film" / "not-there-yet", tmp_path / "web"
    assert told(write(f"providers: {{reapi: {{publish: {shown(inside)}}}}}\n")) == []
    away = f"providers:\n  reapi: {{publish: {shown(outside)}}}\n"
    fault = only(write(away))
    assert (fault.code, fault.is_error, fault.at.line, fault.at.path) == ("WS414", False, 4, "providers.reapi.publish")
    assert fault.message == f"`publish` names `{outside}`, which is outside the project"
    assert told(write(away + "lint: {WS414: off}\n")) == []
    assert [one[0] for one in told(write(away + "allow_outside: [../web]\n"))] == ["WS414"]
    assert told(write(away + "allow_outside: [../web]\n"), allow_outside=(outside,)) == []
    # Of a profile counts what it lays over the list, when it is chosen.
    profiles = away + "profiles: {cloud: {providers: {reapi: {publish: s3://films/in}}}}\n"
    assert told(write(profiles), profile="cloud") == []
    link = tmp_path / "film" / "link"
    link.symlink_to(tmp_path)
    assert told(write(f"providers: {{reapi: {{publish: {shown(link / 'web')}}}}}\n"))[0][0] == "WS414"
