"""Expanding: from shots as written to items with every variable bound.

Everything is evaluated on demand and once.  A shot list has references in every direction, so no fixed order would
do; what needs itself is a cycle and is reported as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from wanspec.catalogue.catalogue import Catalogue
from wanspec.domain.diagnostics import Checked, Diagnostic, once_each, suggestion
from wanspec.domain.fields import KINDS, MAX_TAKES
from wanspec.domain.items import Derived, Field, Item, Items, Reference, Unknown, references
from wanspec.domain.nodes import Node
from wanspec.domain.shotlist import Shot, ShotList
from wanspec.reading.tables import level_rows
from wanspec.reading.template_endings import TemplateFault, TemplateSignal
from wanspec.reading.templates import Templates
from wanspec.stages import layers as layering
from wanspec.stages.evaluation import FAULTY, Evaluator, Names, NodeFault, told
from wanspec.stages.filters import kind_of
from wanspec.stages.holdings import group_ids, holding_of, is_plain_null, own_field, own_layers, without_nulls
from wanspec.stages.matching import Matching
from wanspec.stages.members import Holding, Member, ModelChoice
from wanspec.stages.names import KeyFault, default_key, key_of_text, text_of
from wanspec.stages.references import ReferenceView, unwrapped
from wanspec.stages.scopes import EarlyNames, ForEachNames, ItemNames, ProjectNames
from wanspec.stages.signals import AlreadyReported, Cycle, FaultAt
from wanspec.stages.words import in_words

MAKES = {"image": "images", "video": "videos", "audio": "sound"}
ASKED = "?"  # marks what a reference is asked for among the fields that are being worked out
TEXTS = frozenset({"prompt", "prompt_file", "negative_prompt", "text", "words"})
MAX_STEPS = 200_000  # values of outer lists that are gone through, besides those that items are allowed
PUNCTUATION = frozenset(",.;:!?…)],。;:!?、)」』】")

# What is known of an item beyond its request: attribute name -> value; raises NotYetKnown.
Measure = Callable[[Member, Reference, str], object]


class Expansion:
    """All members of a shot list, evaluated as far as somebody asked."""

    def __init__(
        self,
        shots: ShotList,
        catalogue: Catalogue,
        templates: Templates,
        *,
        measure: Measure,
        max_items: int = 200_000,
    ) -> None:
        self.shots = shots
        self.catalogue = catalogue
        self.diagnostics: list[Diagnostic] = []
        self.evaluator = Evaluator(templates)
        self.matching = Matching(self, shots.shots)
        self.used_variables: set[str] = set()
        self.used_data: set[str] = set()
        self.incomplete: set[str] = set()  # shots of which not all items could be told
        self._measure = measure
        self._max_items = max_items
        self._by_id: dict[str, Shot] = {shot.id: shot for shot in shots.shots}
        self._order: dict[str, int] = {shot.id: n for n, shot in enumerate(shots.shots)}
        self._members: dict[str, tuple[list[Member], list[Member]]] = {}
        self._expanding: list[str] = []
        self._member_of_item: dict[str, Member] = {}
        self._count = 0
        self._steps = 0
        self._project_values: dict[str, object] = {}
        self._project_evaluating: list[str] = []
        self._holdings: dict[tuple[str, str, str], Holding] = {}
        self._choices: dict[str, ModelChoice] = {}  # of shots all of whose members have one model
        self._items_on_the_way: list[tuple[Member, str, Node | None]] = []

    # -- items -------------------------------------------------------------------------------------------------

    def all(self) -> Items:
        """Every item that could be made, in story order; faults are in `diagnostics`."""
        found: dict[str, Item] = {}
        for shot in self.shots.shots:
            for member in self.members(shot.id)[0]:
                item = self.item(member)
                if item is not None and self._member_of_item.get(member.id) is member:
                    found[item.id] = item
        return Items(found)

    def tell_unused_loops(self) -> None:
        """Variables of the project that need themselves are a fault although nobody asks for them.

        Nothing else about a variable that is not used is told: what it would be need not make sense.
        """
        used, used_data = set(self.used_variables), set(self.used_data)
        for name, node in self.shots.vars.items():
            if name in self.used_variables or not self.evaluator.has_template(node):
                continue
            try:
                self.project_variable(name)
            except FaultAt as fault:
                if fault.diagnostic.code == "WS307":
                    self.diagnostics.append(fault.diagnostic)
            except TemplateSignal:
                pass
        self.used_variables.intersection_update(used)
        self.used_data.intersection_update(used_data)

    def member(self, item_id: str) -> Member:
        return self._member_of_item[item_id]

    def place_in_story(self, item_id: str) -> tuple[int, int]:
        member = self._member_of_item[item_id]
        return self._order[member.shot.id], member.index

    def again(self, item_id: str) -> tuple[Item | None, tuple[Diagnostic, ...]]:
        """An item evaluated anew, with what has become known since; with the faults that this met."""
        member = self._member_of_item[item_id]
        member.forget()
        before, self.diagnostics = self.diagnostics, []
        try:
            return self.item(member), once_each(self.diagnostics)
        finally:
            self.diagnostics = before

    def item(self, member: Member) -> Item | None:
        """The item of a member; None when its model could not be told."""
        if member.item is not None:
            return member.item
        choice = self.choice(member)
        if choice is None:
            self._tell_without_model(member)
            return None
        with self._on_the_way(member, "", None):
            fields = self._all_fields(member, choice)
            params = self._params(member, choice.layers)
            takes = self._takes(member, choice.layers, fields)
            kind = self.kind(member)
            if choice.kind == "source":
                self._check_kind(member, kind, fields.get("source"))
            freeze = self._flag(member, choice.layers.freeze, "freeze")
            pick = self._pick(member, choice.layers.pick)
            title = self.title(member)
            tags = self.tags(member)
        used: dict[str, None] = dict(member.uses)
        for one in (*fields.values(), *((params,) if params else ())):
            for reference in references(one.value):
                used[reference.item] = None
        needs = tuple(sorted((n for n in used if n in self._member_of_item), key=self.place_in_story))
        member.item = Item(
            id=member.id,
            shot=member.shot,
            index=member.index,
            variables=_plain_variables(member),
            model=choice.id,
            model_node=choice.node,
            kind=kind,
            title=title,
            tags=tags,
            fields=fields,
            params=params,
            takes=takes,
            pick_required=pick,
            freeze=freeze,
            silenced=choice.layers.silenced | self.shots.silenced,
            needs=needs,
        )
        return member.item

    # -- members: for_each, when, key ----------------------------------------------------------------------------

    def members(self, shot_id: str) -> tuple[list[Member], list[Member]]:
        """The kept and the dropped members of a shot.  Raises Cycle when the shot is just being expanded."""
        known = self._members.get(shot_id)
        if known is not None:
            return known
        if shot_id in self._expanding:
            loop = [*self._expanding[self._expanding.index(shot_id) :], shot_id]
            raise Cycle([(one, self._by_id[one].node) for one in loop])
        self._expanding.append(shot_id)
        try:
            made = self._expand(self._by_id[shot_id])
        finally:
            self._expanding.pop()
        self._members[shot_id] = made
        return made

    def _expand(self, shot: Shot) -> tuple[list[Member], list[Member]]:
        kept: list[Member] = []
        dropped: list[Member] = []
        when = _node_of(shot, "when")
        key = _node_of(shot, "key")
        try:
            combinations = list(self._combinations(shot))
        except AlreadyReported:
            self.incomplete.add(shot.id)
            self._tell_unreadable(shot.node)
            return kept, dropped
        for index, (bindings, is_row) in enumerate(combinations, 1):
            member = Member(shot, index, bindings, is_row)
            try:
                keep = self._keeps(member, when)
                if keep:
                    member.id = self._id(member, key)
            except AlreadyReported:
                self.incomplete.add(shot.id)
                continue
            if not keep:
                # Named where that is possible, so that a reference to it can say that it was dropped.
                dropped.append(member)
                continue
            member.previous = kept[-1] if kept and bindings else None
            if (other := self._member_of_item.get(member.id)) is not None:
                self._twice(member, other, key)
                continue
            self._member_of_item[member.id] = member
            kept.append(member)
        if shot.id in self.incomplete and not kept:
            self._tell_unreadable(shot.node)
        return kept, dropped

    def _tell_unreadable(self, node: Node) -> None:
        """Templates that are not well formed, of a shot of which no item can be made to evaluate them for."""
        value = node.value
        if isinstance(value, str):
            try:
                self.evaluator.names_used(node)
            except TemplateFault as fault:
                self.diagnostics.append(told(node, fault))
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            self._tell_unreadable(inner)

    def _twice(self, member: Member, other: Member, key: Node | None) -> None:
        node = key or _node_of(member.shot, "for_each") or member.shot.node
        self.diagnostics.append(
            Diagnostic(
                "WS312",
                f"two items are called `{member.id}`",
                node.at,
                hint="give `key` another variable that tells them apart",
                shot=member.shot.id,
                item=member.id,
                also=((other.shot.node.at, "the other one comes from here"),) if other.shot is not member.shot else (),
            )
        )

    def _combinations(self, shot: Shot) -> Iterator[tuple[dict[str, object], bool]]:
        """Each combination of the shot's variables, and whether it is a row.  Raises AlreadyReported."""
        node = _node_of(shot, "for_each")
        if node is None:
            self._counted(shot, shot.node)
            yield {}, False
        elif isinstance(node.value, dict):
            yield from self._product(shot, node, list(node.value.items()), {})
        else:
            yield from ((row, True) for row in self._rows(shot, node))

    def _rows(self, shot: Shot, node: Node) -> Iterator[dict[str, object]]:
        given = self._for_each_value(shot, node, {})
        if isinstance(given, Mapping) or not isinstance(given, list | tuple):
            hint = "write a list of mappings, or names with a list each"
            raise self._refused(shot, node, f"`for_each` is {in_words(given)}, not a list of rows", hint)
        rows = [row for row in given if row is not None]
        for n, row in enumerate(rows):
            if not isinstance(row, Mapping):
                at = node.sequence[n] if n < len(node.sequence) else node
                hint = "`for_each: {name: […]}` takes the values of a plain list"
                raise self._refused(shot, at, f"row {n + 1} of `for_each` is {in_words(row)}, not a mapping", hint)
        for row in level_rows(rows):
            self._counted(shot, node)
            yield dict(row)

    def _product(
        self, shot: Shot, node: Node, names: Sequence[tuple[str, Node]], bound: dict[str, object]
    ) -> Iterator[tuple[dict[str, object], bool]]:
        if not names:
            self._counted(shot, node)
            yield dict(bound), False
            return
        (name, values_node), rest = names[0], names[1:]
        given = self._for_each_value(shot, values_node, bound)
        values = list(given) if isinstance(given, Mapping) else given
        if not isinstance(values, list | tuple):
            hint = f"write `{name}: [{given}]`" if isinstance(given, str | int | float) else "give it a list"
            raise self._refused(shot, values_node, f"`{name}` in `for_each` is {in_words(given)}, not a list", hint)
        values = [value for value in values if value is not None]
        if values and all(isinstance(value, Mapping) for value in values):
            values = level_rows(values)
        for value in values:
            if rest:
                self._stepped(shot, node)
            yield from self._product(shot, node, rest, {**bound, name: value})

    def _for_each_value(self, shot: Shot, node: Node, bound: Mapping[str, object]) -> object:
        nobody = Member(shot, 0, bound)
        try:
            return self.evaluator.render(node, ForEachNames(self, nobody, bound))
        except NodeFault as fault:
            self._tell(nobody, fault)
            raise AlreadyReported from None

    def _refused(self, shot: Shot, node: Node, message: str, hint: str) -> AlreadyReported:
        self.diagnostics.append(Diagnostic("WS309", message, node.at, hint, shot=shot.id))
        return AlreadyReported()

    def _counted(self, shot: Shot, node: Node) -> None:
        self._count += 1
        if self._count > self._max_items:
            if self._count == self._max_items + 1:
                self.diagnostics.append(
                    Diagnostic(
                        "WS313",
                        f"the list expands to more than {self._max_items} item{'s' if self._max_items != 1 else ''}",
                        node.at,
                        "raise the cap with `--max-items N` if that is meant",
                        shot=shot.id,
                    )
                )
            raise AlreadyReported

    def _stepped(self, shot: Shot, node: Node) -> None:
        """Bounds the way to the combinations, too: where the last list is empty there are none to be counted."""
        self._steps += 1
        if self._steps > MAX_STEPS + self._max_items:
            self._count = self._max_items
            self._counted(shot, node)

    def _keeps(self, member: Member, when: Node | None) -> bool:
        if when is None:
            return True
        value = self._evaluated(member, when, early=True)
        if not isinstance(value, bool):
            # Words that other versions of YAML, and many people, take for true and false.
            meant = str(value).strip().lower()
            word = "true" if meant in ("yes", "on", "true") else "false" if meant in ("no", "off", "false") else ""
            hint = f"write `when: {word}`" if word else "compare with something: `{{ city.code != 'rio' }}`"
            self._fault(member, "WS310", f"`when` gives {in_words(value)}, neither true nor false", when, hint)
            raise AlreadyReported
        return value

    def _id(self, member: Member, key: Node | None) -> str:
        try:
            if key is not None:
                value = self._evaluated(member, key, early=True)
                return f"{member.shot.id}/{key_of_text(text_of(value))}"
            if not member.bindings and not member.is_row:
                return member.shot.id
            return f"{member.shot.id}/{default_key(member.bindings, row=member.is_row)}"
        except KeyFault as fault:
            node = key or _node_of(member.shot, "for_each") or member.shot.node
            self._fault(
                member, "WS311", f"no item id can be made: {fault}", node, "write a `key:` of letters and digits"
            )
            raise AlreadyReported from None

    # -- model and layers ----------------------------------------------------------------------------------------

    def choice(self, member: Member) -> ModelChoice | None:
        """The model of a member, and the layers that hold with it; None where a fault was reported."""
        if member.model is None and not member.broken:
            member.model = self._choices.get(member.shot.id)
            if member.model is None:
                told = len(self.diagnostics)
                with self._on_the_way(member, "model", None):
                    member.model = self._choose_model(member)
                if member.model is not None and len(self.diagnostics) == told and self._is_one_model(member):
                    self._choices[member.shot.id] = member.model
            member.broken = member.model is None
        return member.model

    def _is_one_model(self, member: Member) -> bool:
        """Whether all members of the shot have the same model: nothing about it is a template."""
        chosen = [own_field(member.shot, name) for name in ("model", "kind")]
        nodes = [one.node for one in chosen if one is not None]
        if member.model is not None:
            nodes.append(member.model.node)
        return not any(map(self.evaluator.has_template, nodes))

    def _choose_model(self, member: Member) -> ModelChoice | None:
        shot = member.shot
        written, kind_written = own_field(shot, "model"), own_field(shot, "kind")
        try:
            kind = self._evaluated(member, kind_written.node) if kind_written else None
            if kind is not None and kind not in KINDS:
                assert kind_written is not None
                hint = suggestion(str(kind), KINDS) or "it is image, video or audio"
                self._fault(member, "WS314", f"`kind` is {in_words(kind)}", kind_written.node, hint)
                return None
            chosen = written or self._default_model(kind or "image")
            if chosen is None:
                node = kind_written.node if kind_written else shot.node
                hint = f"give it `model:`, or set `defaults: {{{kind or 'image'}: {{model: …}}}}`"
                self._fault(member, "WS205", f"shot `{shot.id}` has no model", node, hint)
                return None
            name = self._evaluated(member, chosen.node)
        except AlreadyReported:
            return None
        if not isinstance(name, str):
            self._fault(
                member, "WS314", f"`model` is {in_words(name)}", chosen.node, "write `provider/name` or an alias"
            )
            return None
        aliased = self.shots.aliases.get(name)
        model_id = str(aliased.value) if aliased is not None else name
        model = self.catalogue.get(model_id)
        if model is None:
            hint = suggestion(model_id, self.shots.aliases) if aliased is None else ""
            hint = hint or self.catalogue.suggest(model_id)
            self._fault(member, "WS201", f"no model is called `{model_id}`", aliased or chosen.node, hint)
            return None
        if kind_written and kind_written.own and written and written.own and model.kind not in (kind, "source"):
            self._fault(
                member,
                "WS206",
                f"`kind` is {kind}, but `{name}` makes {MAKES.get(model.kind, model.kind)}",
                kind_written.node,
                "leave `kind` out, the model decides; or choose another model",
            )
        alias = name if aliased is not None else ""
        place = (shot.id, model_id, alias)
        if place not in self._holdings:
            self._holdings[place] = holding_of(shot, self.shots, model, alias, self.evaluator)
        return ModelChoice(model_id, alias, model.kind, chosen.node, self._holdings[place])

    def _default_model(self, kind: str) -> layering.Chosen | None:
        return layering.nearest([layering.Layer(node.mapping) for node in self.shots.defaults.get(kind, ())], "model")

    def kind(self, member: Member) -> str:
        """image, video or audio.  A local model that keeps the medium has the kind of its source."""
        if member.kind is None:
            choice = self.choice(member)
            if choice is None:
                return "image"
            member.kind = choice.kind if choice.kind != "source" else self._kind_of_source(member)
        return member.kind

    def _kind_of_source(self, member: Member) -> str:
        with self._on_the_way(member, "source", None):
            field = self.field(member, "source")
        value = field.value if field else None
        if isinstance(value, Reference):
            return self.kind(self._member_of_item[value.item])
        if isinstance(value, Derived):
            return self.kind_of_derived(value)
        return kind_of(value) or "image"

    def _check_kind(self, member: Member, kind: str, source: Field | None) -> None:
        """A `kind` that stands beside a model which keeps the medium agrees with the source."""
        written, model = own_field(member.shot, "kind"), own_field(member.shot, "model")
        if source is None or written is None or model is None or not (written.own and model.own):
            return
        if isinstance(source.value, Unknown):
            return
        asked = self._value_or_none(member, written.node)
        if asked is not None and asked != kind:
            message = f"`kind` is {asked}, but the model keeps the {kind} of its source"
            self._fault(member, "WS206", message, written.node, "leave `kind` out, the source decides")

    def kind_of_derived(self, derived: Derived) -> str:
        """The kind of a filter's result."""
        model = self.catalogue.get(derived.model)
        if model is not None and model.kind != "source":
            return model.kind
        source = dict(derived.fields).get("source")
        if isinstance(source, Derived):
            return self.kind_of_derived(source)
        if isinstance(source, Reference):
            return self.kind(self._member_of_item[source.item])
        return kind_of(source) or "image"

    # -- fields --------------------------------------------------------------------------------------------------

    def field(self, member: Member, name: str) -> Field | None:
        """One field of a member, Unknown where it is faulty; None where it has none."""
        if name in member.fields:
            return member.fields[name]
        choice = self.choice(member)
        if choice is None:
            return None
        holding = choice.layers
        if not holding.undecided and name in holding.fixed:
            return holding.fixed[name]
        chosen = self._chosen(member, holding).get(name)
        found = self._field(member, name, chosen) if chosen else None
        member.fields[name] = found
        return found

    def _chosen(self, member: Member, holding: Holding) -> Mapping[str, layering.Chosen]:
        if holding.undecided:
            return layering.choose(holding.layers, lambda node: self._gives_null(member, node))
        return {name: layering.Chosen(node, own) for name, node, own in holding.templated}

    def _gives_null(self, member: Member, node: Node) -> bool:
        if not self.evaluator.has_template(node):
            return is_plain_null(node)
        value = self._with_holes(member, node)[0]
        return value is None or value == []

    def _all_fields(self, member: Member, choice: ModelChoice) -> dict[str, Field]:
        holding = choice.layers
        found: dict[str, Field] = {}
        if holding.undecided:
            for name in self._chosen(member, holding):
                if (one := self.field(member, name)) is not None:
                    found[name] = one
        else:
            found.update(holding.fixed)
            for name, node, own in holding.templated:
                if name in member.fields:
                    one = member.fields[name]
                else:
                    one = self._field(member, name, layering.Chosen(node, own))
                    member.fields[name] = one
                if one is not None:
                    found[name] = one
        prompt_file = found.pop("prompt_file", None)
        if prompt_file is not None:
            found["prompt"] = prompt_file
        if holding.suffix is not None and "prompt" in found:
            found["prompt"] = self._with_suffix(member, found["prompt"], holding.suffix)
        return found

    def _tell_without_model(self, member: Member) -> None:
        """What is faulty in the fields that stand on the shot and its groups, whatever model they are meant for."""
        with self._on_the_way(member, "", None):
            for name, chosen in layering.choose(own_layers(member.shot), is_plain_null).items():
                if name not in member.fields:
                    member.fields[name] = self._field(member, name, chosen)

    def _field(self, member: Member, name: str, chosen: layering.Chosen) -> Field | None:
        node = chosen.node
        with self._on_the_way(member, name, node):
            value, sound = self._with_holes(member, node)
            if name in TEXTS and isinstance(node.value, str) and not isinstance(value, str | Unknown | None):
                self._no_text(member, name, value, node)
                value, sound = FAULTY, False
            if name == "prompt_file" and value is not None and sound:
                try:
                    value = self._prompt_from_file(member, node, value)
                except AlreadyReported:
                    value, sound = FAULTY, False
        member.broken = member.broken or not sound
        if value is None or value == []:
            return None
        return Field(value, node, chosen.own)

    def _prompt_from_file(self, member: Member, node: Node, name: object) -> str | Unknown:
        if not isinstance(name, str):
            self._fault(
                member, "WS314", f"`prompt_file` is {in_words(name)}", node, "name a file in the prompts folder"
            )
            raise AlreadyReported
        try:
            return self.evaluator.render_file(node, name, ItemNames(self, member))
        except NodeFault as fault:
            self._tell(member, fault)
            raise AlreadyReported from None

    def _with_suffix(self, member: Member, prompt: Field, node: Node) -> Field:
        suffix = self._value_or_none(member, node)
        if suffix is not None and not isinstance(suffix, str):
            self._fault(member, "WS314", f"`prompt_suffix` is {in_words(suffix)}", node, "write text")
        if not suffix or not isinstance(suffix, str) or not isinstance(prompt.value, str):
            return prompt
        text = prompt.value.rstrip()
        gap = "" if not text or suffix[0] in PUNCTUATION or suffix[0].isspace() else " "
        return Field(f"{text}{gap}{suffix}", prompt.node, prompt.own)

    def _params(self, member: Member, holding: Holding) -> Field | None:
        if holding.params is None or holding.fixed_params is not None:
            return holding.fixed_params
        value, sound = self._with_holes(member, holding.params)
        member.broken = member.broken or not sound
        if value == FAULTY:
            return None
        return Field(without_nulls(value), holding.params, own="params" in member.shot.node.mapping)

    def _takes(self, member: Member, holding: Holding, fields: Mapping[str, Field]) -> int:
        if holding.takes is None:
            return 1
        takes = self._value_or_none(member, holding.takes)
        if takes is None:
            return 1
        if isinstance(takes, float) and takes.is_integer():
            takes = int(takes)
        if isinstance(takes, bool) or not isinstance(takes, int) or not 1 <= takes <= MAX_TAKES:
            hint = f"write a whole number from 1 to {MAX_TAKES}"
            self._fault(member, "WS314", f"`takes` is {in_words(takes)}", holding.takes, hint)
            member.broken = True
            return 1
        if member.model is not None and member.model.id.startswith("local/"):
            hint = "a local model has one result; leave `takes` out"
            self._fault(member, "WS203", f"`takes` is not taken by `{member.model.id}`", holding.takes, hint)
            return 1
        if "image_set" in fields:
            if holding.own_takes:
                self._fault(
                    member,
                    "WS203",
                    "`takes` stands beside `image_set`, whose outputs are its takes",
                    holding.takes,
                    "leave one of the two out",
                )
            return 1
        return takes

    def _flag(self, member: Member, node: Node | None, name: str) -> bool:
        if node is None:
            return False
        value = self._value_or_none(member, node)
        if value is None:
            return False
        if not isinstance(value, bool):
            self._fault(member, "WS314", f"`{name}` is {in_words(value)}", node, "write true or false")
            return False
        return value

    def _pick(self, member: Member, node: Node | None) -> bool:
        """Whether a pick is required."""
        value = self._value_or_none(member, node) if node is not None else None
        if value not in (None, "required") and node is not None:
            self._fault(member, "WS314", f"`pick` is {in_words(value)}", node, "write `pick: required`")
        return bool(value == "required")

    def title(self, member: Member) -> str:
        choice = self.choice(member)
        node = choice.layers.title if choice is not None else None
        value = self._value_or_none(member, node) if node is not None else None
        return "" if value is None else str(value)

    def tags(self, member: Member) -> tuple[str, ...]:
        choice = self.choice(member)
        if choice is None:
            return ()
        if choice.layers.fixed_tags is not None:
            return choice.layers.fixed_tags
        if member._tags is None:
            values = [self._value_or_none(member, node) for node in choice.layers.tag_nodes]
            given = [str(value) for value in values if value is not None]
            member._tags = tuple(dict.fromkeys([*given, *group_ids(member.shot)]))
        return member._tags

    # -- evaluating a node ---------------------------------------------------------------------------------------------

    def _evaluated(self, member: Member, node: Node, *, early: bool = False) -> Any:
        """A node's value for one member, as the domain knows it.  Raises AlreadyReported."""
        if not self.evaluator.has_template(node):
            return node.plain()
        names = EarlyNames(self, member) if early else ItemNames(self, member)
        try:
            return unwrapped(self.evaluator.render(node, names))
        except NodeFault as fault:
            self._tell(member, fault)
            raise AlreadyReported from None

    def _with_holes(self, member: Member, node: Node) -> tuple[Any, bool]:
        """A node's value as far as it can be told, Unknown where it cannot, and whether it has no fault."""
        if not self.evaluator.has_template(node):
            return node.plain(), True
        faults: list[NodeFault] = []
        value = unwrapped(self.evaluator.render_with_holes(node, ItemNames(self, member), faults))
        for fault in faults:
            self._tell(member, fault)
        return value, not faults

    def _value_or_none(self, member: Member, node: Node) -> Any:
        try:
            return self._evaluated(member, node)
        except AlreadyReported:
            member.broken = True
            return None

    # -- variables -----------------------------------------------------------------------------------------------

    def project_variable(self, name: str) -> object:
        """Raises KeyError where there is none, and the signals of a faulty one."""
        if name in self._project_values:
            return self._project_values[name]
        node = self.shots.vars[name]
        self.used_variables.add(name)
        if name in self.shots.literal_vars:
            return node.plain()
        with _no_loop(self._project_evaluating, name, self.shots.vars):
            try:
                value = self.evaluator.render(node, ProjectNames(self))
            except NodeFault as fault:
                raise fault.for_user_of_variable() from None
        self._project_values[name] = value
        return value

    def shot_variable(self, member: Member, name: str, nodes: Mapping[str, Node], names: Names) -> object:
        """A variable of the member's shot or groups.  Raises the signals of a faulty one."""
        if name in member.variables:
            return member.variables[name]
        with _no_loop(member.evaluating, name, nodes):
            try:
                value = self.evaluator.render(nodes[name], names)
            except NodeFault as fault:
                raise fault.for_user_of_variable() from None
        member.variables[name] = value
        return value

    def value_of_project_variable(self, name: str) -> object:
        """Its value, None where it was not needed."""
        return self._project_values.get(name, self.shots.vars[name].value if name in self.shots.literal_vars else None)

    def for_each_node(self, shot: Shot) -> Node | None:
        return _node_of(shot, "for_each")

    def vars_of(self, member: Member, *, early: bool) -> Mapping[str, Node]:
        """The `vars` of the member's shot; before its model is known, without those that defaults may bring."""
        if not early and member.model is not None:
            return member.model.layers.vars.mapping if member.model.layers.vars else {}
        found = layering.merged_over(own_layers(member.shot), "vars")
        return found.mapping if found else {}

    # -- what templates see of other items -----------------------------------------------------------------------

    def view(self, member: Member, take: int | None, asking: Member | None) -> ReferenceView:
        """A reference as a template sees it; what is asked of it counts as needed by the asking item."""

        def attribute(reference: Reference, name: str) -> object:
            if name == "takes":
                return [self.view(member, n, asking) for n in range(1, self.takes_of(member) + 1)]
            if asking is not None:
                asking.uses[member.id] = None
            # Not the field of that name: what is asked of an item may well be what its field says.
            with self._on_the_way(member, f"{ASKED}{name}", None):
                return self._measure(member, reference, name)

        return ReferenceView(Reference(member.id, take), attribute, lambda: self.kind(member))

    def takes_of(self, member: Member) -> int:
        """How many takes a member asks for."""
        choice = self.choice(member)
        if choice is None:
            return 1
        size = self.field(member, "image_set")
        if size is not None and isinstance(size.value, int | float) and size.value >= 1:
            return min(int(size.value), MAX_TAKES)
        return self._takes(member, choice.layers, {})

    def writes_params(self, member: Member) -> bool:
        choice = self.choice(member)
        return choice is not None and choice.layers.params is not None

    # -- faults --------------------------------------------------------------------------------------------------

    def _fault(self, member: Member, code: str, message: str, node: Node, hint: str = "") -> None:
        self.diagnostics.append(Diagnostic(code, message, node.at, hint, shot=member.shot.id, item=member.id))

    def _no_text(self, member: Member, name: str, value: object, node: Node) -> None:
        """An expression alone keeps its type, which is not text."""
        if isinstance(value, Reference | Derived):
            what = (
                f"the reference to `{value.item}`"
                if isinstance(value, Reference)
                else f"the result of `{value.model.removeprefix('local/')}`"
            )
            hint = "give it to a field for media, or name what you need of it: `.seed`, `.width`, `.duration`"
            self._fault(member, "WS316", f"`{name}` is text, and this gives {what}", node, hint)
            return
        hint = "`| string` behind the expression makes it text"
        if isinstance(value, Mapping):
            hint = "name one of its entries" + (f": `.{next(iter(value))}`" if value else "")
        elif isinstance(value, list | tuple):
            hint = "`| join(', ')` behind the expression makes it text"
        self._fault(member, "WS202", f"`{name}` must be text, and this gives {in_words(value)}", node, hint)

    def _tell(self, member: Member, fault: NodeFault) -> None:
        if not isinstance(fault.cause, AlreadyReported):
            one = told(fault.node, fault.cause)
            self.diagnostics.append(replace(one, shot=one.shot or member.shot.id, item=one.item or member.id))

    def _on_the_way(self, member: Member, name: str, node: Node | None) -> _Step:
        """Notes what is being worked out, as a context; what needs itself raises Cycle."""
        return _Step(self._items_on_the_way, (member, name, node))


class _Step:
    """One thing that is being worked out.  A class, not a generator: there is one for every field of every item."""

    __slots__ = ("_step", "_way")

    def __init__(self, way: list[_OnTheWay], step: _OnTheWay) -> None:
        self._way = way
        self._step = step

    def __enter__(self) -> None:
        member, name, _ = self._step
        for n, (other, other_name, _) in enumerate(self._way):
            if other is member and other_name == name:
                raise Cycle([(_called(*one), one[2]) for one in (*self._way[n:], self._step)])
        self._way.append(self._step)

    def __exit__(self, *_: object) -> None:
        self._way.pop()


_OnTheWay = tuple[Member, str, Node | None]


def _called(member: Member, name: str, _: Node | None) -> str:
    return f"{member.id}.{name.removeprefix(ASKED)}" if name else member.id


@contextmanager
def _no_loop(way: list[str], name: str, nodes: Mapping[str, Node]) -> Iterator[None]:
    """Notes that a variable is being evaluated; one that needs itself is a fault at its node."""
    if name in way:
        loop = [*way[way.index(name) :], name]
        raise FaultAt(
            Diagnostic(
                "WS307",
                "variables use each other in a loop: " + " → ".join(f"`{one}`" for one in loop),
                nodes[name].at,
                "give one of them a value of its own",
                also=tuple(
                    (nodes[one].at, f"`{one}` uses `{loop[n + 1]}`")
                    for n, one in enumerate(loop[:-1])
                    if n and one in nodes
                ),
            )
        )
    way.append(name)
    try:
        yield
    finally:
        way.pop()


def _node_of(shot: Shot, name: str) -> Node | None:
    chosen = own_field(shot, name)
    return chosen.node if chosen else None


def _plain_variables(member: Member) -> dict[str, Any]:
    """The `for_each` variables that are JSON."""
    return {name: value for name, value in member.bindings.items() if not references(unwrapped(value))}


def expand(expansion: Expansion) -> Checked[Items]:
    """All items, with what was met while making them."""
    items = expansion.all()
    expansion.tell_unused_loops()
    return Checked(items, once_each(expansion.diagnostics))
