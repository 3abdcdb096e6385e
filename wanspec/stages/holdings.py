"""What holds for all members of one shot with one model: its layers, looked through once."""

from __future__ import annotations

from collections.abc import Mapping

from wanspec.catalogue.model import Model
from wanspec.domain.items import Field
from wanspec.domain.nodes import Node
from wanspec.domain.shotlist import Shot, ShotList
from wanspec.stages import layers as layering
from wanspec.stages.evaluation import Evaluator
from wanspec.stages.members import Holding
from wanspec.stages.references import unwrapped


def own_layers(shot: Shot) -> list[layering.Layer]:
    """The shot and its groups: what can be told before its model is known."""
    return [*(layering.Layer(group.mapping) for group in shot.groups), layering.Layer(shot.node.mapping, own=True)]


def own_field(shot: Shot, name: str) -> layering.Chosen | None:
    """A field of the shot, or of the nearest of its groups."""
    return layering.nearest(own_layers(shot), name)


def group_ids(shot: Shot) -> list[str]:
    """A group's id is one more tag of its shots."""
    return [str(group.mapping["id"].value) for group in shot.groups if "id" in group.mapping]


def holding_of(shot: Shot, shots: ShotList, model: Model, alias: str, evaluator: Evaluator) -> Holding:
    """All layers of a shot with a model, sorted out into what is fixed and what has templates."""
    layers = layering.layers_of(
        shot,
        shots,
        model=model.id,
        alias=alias,
        kind=model.kind,
        local_fields=model.own_fields if model.is_local else None,
    )
    fixed: dict[str, Field] = {}
    templated: list[tuple[str, Node, bool]] = []
    for name, one in layering.choose(layers, is_plain_null).items():
        if evaluator.has_template(one.node) or name == "prompt_file":
            templated.append((name, one.node, one.own))
        elif (value := unwrapped(one.node.plain())) != []:
            fixed[name] = Field(value, one.node, one.own, fixed=True)
    params = layering.merged_over(layers, "params")
    takes = layering.nearest(layers, "takes")
    tag_nodes = tuple(node for layer in layers if "tags" in layer.fields for node in layer.fields["tags"].sequence)
    fixed_tags: tuple[str, ...] | None = None
    if not any(map(evaluator.has_template, tag_nodes)):
        fixed_tags = tuple(dict.fromkeys([*(str(node.value) for node in tag_nodes), *group_ids(shot)]))

    def nearest(name: str) -> Node | None:
        found = layering.nearest(layers, name)
        return found.node if found else None

    return Holding(
        layers=layers,
        fixed=fixed,
        templated=tuple(templated),
        undecided=layering.depends_on_templates(layers, evaluator.has_template),
        params=params,
        fixed_params=None
        if params is None or evaluator.has_template(params)
        else Field(without_nulls(params.plain()), params, own="params" in shot.node.mapping, fixed=True),
        vars=layering.merged_over(layers, "vars"),
        suffix=nearest("prompt_suffix"),
        takes=takes.node if takes else None,
        own_takes=bool(takes and takes.own),
        pick=nearest("pick"),
        freeze=nearest("freeze"),
        title=nearest("title"),
        fixed_tags=fixed_tags,
        tag_nodes=tag_nodes,
        silenced=_silenced(layers),
    )


def is_plain_null(node: Node) -> bool:
    """Written as null or as an empty list: as if not written."""
    return node.value is None or node.value == []


def without_nulls(value: object) -> object:
    """A mapping without its nulls, at every depth: a null under `params` drops what it inherits."""
    if isinstance(value, Mapping):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    return value


def _silenced(layers: tuple[layering.Layer, ...]) -> frozenset[str]:
    found: dict[str, bool] = {}
    for layer in layers:
        for code, node in layer.fields["lint"].mapping.items() if "lint" in layer.fields else ():
            found[code] = node.value in (False, "off")
    return frozenset(code for code, off in found.items() if off)
