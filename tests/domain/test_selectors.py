"""Selectors as text, and what a criterion says of one item."""

from __future__ import annotations

import pytest

from wanspec.domain.items import Item
from wanspec.domain.nodes import Node
from wanspec.domain.selectors import ALL, REFERENCE_METHODS, Criterion, SelectorFault, matches, parse_selector
from wanspec.domain.shotlist import Shot


def item(
    id: str, *, shot: str = "", kind: str = "image", model: str = "acme/still", tags: tuple[str, ...] = ()
) -> Item:
    node = Node({}, "shots/act1.yaml", 3, 5)
    return Item(id, Shot(shot or id, node), 1, {}, model, node, kind, "", tags, {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("arrival", ((Criterion("", "arrival"),),)),
        ("street/*", ((Criterion("", "street/*"),),)),
        ("a b", ((Criterion("", "a"),), (Criterion("", "b"),))),
        ("  a \n b ", ((Criterion("", "a"),), (Criterion("", "b"),))),
        ("tag:act1,kind:video", ((Criterion("tag", "act1"), Criterion("kind", "video")),)),
        ("name+", ((Criterion("", "name", below=ALL),),)),
        ("+name", ((Criterion("", "name", above=ALL),),)),
        ("2+name+1", ((Criterion("", "name", above=2, below=1),),)),
        ("0+name", ((Criterion("", "name"),),)),
        ("@tag:x", ((Criterion("tag", "x", at=True),),)),
        ("+tag:x+3", ((Criterion("tag", "x", above=ALL, below=3),),)),
        ("street/3d", ((Criterion("", "street/3d"),),)),
        ("state:changed.prompt", ((Criterion("state", "changed.prompt"),),)),
        ("file:a:b.yaml", ((Criterion("file", "a:b.yaml"),),)),
        ("cafe\u0301", ((Criterion("", "caf\u00e9"),),)),
    ],
)
def test_a_selector_is_a_union_of_intersections(text: str, expected: object) -> None:
    assert parse_selector(text) == expected


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "the selector is empty", "name an item"),
        ("tag:a, kind:video", "nothing stands on one side of a comma", "takes no spaces"),
        (",a", "nothing stands on one side of a comma", ""),
        ("@name+", "`@name+` cannot be read", "@name"),
        ("+", "`+` cannot be read", ""),
        ("a++b", "`a++b` cannot be read", ""),
        ("tags:act1", "no selector method is called `tags:`", "did you mean `tag:`?"),
        ("colour:red", "no selector method is called `colour:`", "the methods are `tag:`"),
        (":act1", "has no method before its colon", ""),
        ("tag:", "has nothing after its colon", "`tag:`"),
        ("kind:vidoe", "`kind:` knows no `vidoe`", "did you mean `video`?"),
        ("status:broken", "`status:` knows no `broken`", "`failed`"),
        ("state:changed.promt", "`state:` knows no", "did you mean `changed.prompt`?"),
    ],
)
def test_what_cannot_be_read_says_what_to_write(text: str, message: str, hint: str) -> None:
    with pytest.raises(SelectorFault) as fault:
        parse_selector(text)
    assert message in fault.value.message
    assert hint in fault.value.hint


def test_a_shot_list_cannot_ask_for_states_or_for_the_graph() -> None:
    with pytest.raises(SelectorFault, match="`status:` cannot be used here"):
        parse_selector("status:failed", methods=REFERENCE_METHODS)
    with pytest.raises(SelectorFault, match="asks for the graph"):
        parse_selector("+arrival", methods=REFERENCE_METHODS, operators=False)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("street", True),
        ("street/osl/low", True),
        ("street/osl", False),
        ("street/*", True),
        ("*low", True),
        ("STREET", False),
        ("tag:act1", True),
        ("tag:act*", True),
        ("tag:act2", False),
        ("kind:video", True),
        ("kind:image", False),
        ("model:acme/*", True),
        ("model:acme/clip", True),
        ("model:acme", False),
        ("provider:acme", True),
        ("provider:other", False),
        ("file:shots/act1.yaml", True),
        ("file:./shots/act1.yaml", True),
        ("file:shots/*.yaml", True),
        ("file:act1.yaml", False),
        ("state:new", False),
    ],
)
def test_a_criterion_holds_for_an_item_or_not(text: str, holds: bool) -> None:
    subject = item("street/osl/low", shot="street", kind="video", model="acme/clip", tags=("act1", "night"))
    ((criterion,),) = parse_selector(text)
    assert matches(criterion, subject) is holds


def test_a_tag_with_glob_marks_is_found_as_it_is_written() -> None:
    assert matches(Criterion("tag", "take[1]"), item("a", tags=("take[1]",)))
