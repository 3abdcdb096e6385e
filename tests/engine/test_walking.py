"""Every node once, after all that it needs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wanspec.engine.walking import longest_paths, walk


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    """Node -> what it needs, among the nodes before it."""
    names = [f"n{number}" for number in range(draw(st.integers(0, 12)))]
    return {
        name: tuple(draw(st.lists(st.sampled_from(names[:place]), unique=True, max_size=4))) if place else ()
        for place, name in enumerate(names)
    }


@given(graphs(), st.randoms(use_true_random=False))
def test_every_node_is_visited_once_after_its_needs(graph: dict[str, tuple[str, ...]], random) -> None:
    done: list[str] = []

    def visit(node: str) -> Awaitable[None] | None:
        assert set(graph[node]) <= set(done)
        assert node not in done
        if random.random() < 0.5:
            done.append(node)
            return None

        async def work() -> None:
            for _ in range(random.randrange(4)):
                await asyncio.sleep(0)
            done.append(node)

        return work()

    asyncio.run(walk(list(graph), graph, {}, visit))
    assert sorted(done) == sorted(graph)


def test_needs_outside_the_walk_are_not_waited_for() -> None:
    seen: list[str] = []
    asyncio.run(walk(["b"], {"b": ("a",)}, {}, seen.append))
    assert seen == ["b"]


def test_the_most_urgent_of_those_that_are_ready_comes_first() -> None:
    seen: list[str] = []
    asyncio.run(walk(["a", "b", "c", "d"], {"d": ("a",)}, {"c": 2.0, "d": 9.0}, seen.append))
    assert seen == ["c", "a", "d", "b"]


def test_branches_go_on_side_by_side() -> None:
    async def scenario() -> list[str]:
        order: list[str] = []
        left, right = asyncio.Event(), asyncio.Event()

        def visit(node: str) -> Awaitable[None]:
            async def work() -> None:
                if node == "left":
                    right.set()
                    await left.wait()
                elif node == "right":
                    await right.wait()
                    left.set()
                order.append(node)

            return work()

        async with asyncio.timeout(5):
            await walk(["left", "right", "end"], {"end": ("left", "right")}, {}, visit)
        return order

    assert asyncio.run(scenario())[-1] == "end"


def test_an_exception_ends_the_walk() -> None:
    cancelled: list[str] = []

    def visit(node: str) -> Awaitable[None]:
        async def work() -> None:
            if node == "bad":
                raise KeyError(node)
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append(node)
                raise

        return work()

    with pytest.raises(ExceptionGroup) as raised:
        asyncio.run(walk(["good", "bad"], {}, {}, visit))
    assert isinstance(raised.value.exceptions[0], KeyError)
    assert cancelled == ["good"]


def test_the_longest_way_from_each_node() -> None:
    needed_by = {"a": ("b", "c"), "b": ("d",), "c": ("d",)}
    weights = {"a": 1.0, "b": 5.0, "c": 2.0, "d": 1.0}

    assert longest_paths(["a", "b", "c", "d"], needed_by, weights) == {"a": 7.0, "b": 6.0, "c": 3.0, "d": 1.0}
