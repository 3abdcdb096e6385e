"""Which items a command is about: selectors, their graph operators, and what the last plan and run say."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from wanspec.domain.errors import UsageError
from wanspec.domain.graph import Graph
from wanspec.domain.items import Item, Items
from wanspec.domain.plan import Decision, Reason, Status
from wanspec.domain.runs import Run
from wanspec.domain.selectors import Criterion, matches, parse_selector

# Fields that `state:changed.prompt` and its like stand for; everything else is a parameter.
PROMPT_FIELDS = frozenset({"prompt", "prompt_suffix", "prompt_file", "negative_prompt", "text"})
MEDIA_FIELDS = frozenset(
    {
        "reference_images",
        "reference_videos",
        "reference_voices",
        "first_frame",
        "last_frame",
        "first_clip",
        "source_video",
        "audio",
        "source",
        "picture",
        "pictures",
        "clips",
        "captions",
    }
)


@dataclass(slots=True)
class _Scene:
    """What selectors are judged against."""

    items: Items
    graph: Graph
    decisions: Mapping[str, Decision] | None
    last_run: Run | None
    names: frozenset[str]  # items, and shots even when all their items were dropped
    _memo: dict[Criterion, frozenset[str]] = field(default_factory=dict)
    _states: dict[str, frozenset[str]] = field(default_factory=dict)

    def all_of(self, criterion: Criterion) -> frozenset[str]:
        """The items of one criterion with its graph operators."""
        found = self._memo.get(criterion)
        if found is None:
            found = self._memo[criterion] = self._with_relatives(criterion, self._core(criterion))
        return found

    def _core(self, criterion: Criterion) -> frozenset[str]:
        if criterion.is_name and criterion.value not in self.names:
            raise _unknown(criterion.value, self.names, self.items)
        if criterion.method == "status":
            outcomes = self.last_run.outcomes if self.last_run else {}
            return frozenset(id for id in self.items.by_id if id in outcomes and outcomes[id].status == criterion.value)
        if criterion.method == "state":
            return self._in_state(criterion.value)
        return frozenset(item.id for item in self.items if matches(criterion, item))

    def _with_relatives(self, criterion: Criterion, core: frozenset[str]) -> frozenset[str]:
        if criterion.at:
            family = core | _reach(core, self.graph.needed_by)
            return family | _reach(family, self.graph.needs)
        found = core
        if criterion.above:
            found |= _reach(core, self.graph.needs, criterion.above)
        if criterion.below:
            found |= _reach(core, self.graph.needed_by, criterion.below)
        return found

    def _in_state(self, state: str) -> frozenset[str]:
        if self.decisions is None:
            raise UsageError(
                f"`state:{state}` cannot be used here",
                hint="it compares with `wanspec.lock`: use it in `plan` or `render`",
            )
        known = self._states.get(state)
        if known is None:
            known = self._states[state] = self._judge(state, self.decisions)
        return known

    def _judge(self, state: str, decisions: Mapping[str, Decision]) -> frozenset[str]:
        def those(test: Callable[[Decision], bool]) -> frozenset[str]:
            return frozenset(id for id, decision in decisions.items() if test(decision))

        match state:
            case "new":
                return those(is_new)
            case "changed":
                return those(is_changed)
            case "stale":
                changed = those(is_changed)
                upstream = those(lambda one: one.status is Status.UPSTREAM)
                return changed | upstream | _reach(changed, self.graph.needed_by)
            case "cached":
                return those(lambda one: one.status is Status.CACHED)
            case _:
                what = state.removeprefix("changed.")
                return those(lambda one: is_changed(one) and any(change_of(reason) == what for reason in one.reasons))


def select(
    texts: Sequence[str],
    exclude: Sequence[str],
    items: Items,
    graph: Graph,
    *,
    decisions: Mapping[str, Decision] | None = None,
    last_run: Run | None = None,
    shots: Collection[str] = (),
) -> frozenset[str]:
    """The items that the selectors name and `exclude` does not take away; without selectors, all.

    `shots` are the ids of all shots, those whose items were all dropped included.
    Raises UsageError for a selector that cannot be read and for a plain name that is neither item nor shot.
    """
    names = frozenset(items.by_id) | frozenset(item.shot.id for item in items) | frozenset(shots)
    scene = _Scene(items, graph, decisions, last_run, names)
    chosen = _union(texts, scene) if texts else frozenset(items.by_id)
    return chosen - _union(exclude, scene)


def with_needed(selected: Iterable[str], decisions: Mapping[str, Decision], graph: Graph) -> frozenset[str]:
    """The selected items, and those that have to be rendered because a selected one cannot be made without them."""
    done = {Status.CACHED, Status.FROZEN}
    found = {id for id in selected if id in decisions}
    todo = [id for id in found if decisions[id].status not in done]
    while todo:
        for needed in graph.needs.get(todo.pop(), ()):
            if needed not in found and needed in decisions and decisions[needed].status not in done:
                found.add(needed)
                todo.append(needed)
    return frozenset(found)


def is_new(decision: Decision) -> bool:
    """Not in the lock, under this name or one it was renamed from."""
    return decision.locked is None and not decision.renamed_from


def is_changed(decision: Decision) -> bool:
    """Its own request differs from the one in the lock, whatever is done about it."""
    if is_new(decision) or decision.status in (Status.CACHED, Status.UPSTREAM):
        return False
    return decision.status is Status.CHANGED or bool(decision.reasons)


def change_of(reason: Reason) -> str:
    """What `state:changed.…` calls this kind of change."""
    name = reason.field.removeprefix("params.").split("[", 1)[0].split(".", 1)[0]
    if reason.field == "model":
        return "model"
    if name == "seed":
        return "seed"
    if name in PROMPT_FIELDS:
        return "prompt"
    if name in MEDIA_FIELDS or _is_medium(reason.before) or _is_medium(reason.after):
        return "media"
    return "params"


def _is_medium(value: object) -> bool:
    """A vendor's own field for media is told by its value: a digest or an address."""
    return isinstance(value, str) and value.startswith(("sha256:", "ref:", "url:", "https://"))


def _union(texts: Sequence[str], scene: _Scene) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for text in texts:
        for intersection in parse_selector(text):
            found |= frozenset.intersection(*(scene.all_of(criterion) for criterion in intersection))
    return found


def _reach(start: Iterable[str], edges: Mapping[str, tuple[str, ...]], depth: int | None = None) -> frozenset[str]:
    """All that is reached in at most `depth` steps, without the start itself unless a step leads to it."""
    found: set[str] = set()
    frontier = set(start)
    while frontier and (depth is None or depth > 0):
        frontier = {there for here in frontier for there in edges.get(here, ())} - found
        found |= frontier
        depth = None if depth is None else depth - 1
    return frozenset(found)


def _unknown(name: str, names: frozenset[str], items: Items) -> UsageError:
    """`name` is no item and no shot; what may have been meant?"""
    tags = {tag for item in items for tag in item.tags}
    if name in tags:
        hint = f"`{name}` is a tag or a group: select it with `tag:{name}`"
    else:
        close = difflib.get_close_matches(name.lower(), sorted(names), n=3, cutoff=0.6)
        if not close:
            close = sorted(one for one in names if one.startswith(f"{name}/"))[:3]
        hint = "did you mean " + " or ".join(f"`{one}`" for one in close) + "?" if close else _first_names(items)
    return UsageError(f"no item or shot is called `{name}`", hint=hint)


def _first_names(items: Items) -> str:
    shots = list(dict.fromkeys(item.shot.id for item in items))
    if not shots:
        return "the shot list has no shots"
    shown = ", ".join(f"`{shot}`" for shot in shots[:8])
    return f"the shots are {shown}" + (f" and {len(shots) - 8} more" if len(shots) > 8 else "")


def item_called(name: str, items: Items) -> Item:
    """The one item of that id.  Raises UsageError with what may have been meant."""
    item = items.by_id.get(name)
    if item is not None:
        return item
    of_shot = [one.id for one in items if one.shot.id == name]
    if of_shot:
        shown = ", ".join(f"`{id}`" for id in of_shot[:6]) + (" …" if len(of_shot) > 6 else "")
        raise UsageError(f"`{name}` is a shot with {len(of_shot)} items", hint=f"name one of them: {shown}")
    error = _unknown(name, frozenset(items.by_id), items)
    raise UsageError(f"no item is called `{name}`", hint=error.hint)
