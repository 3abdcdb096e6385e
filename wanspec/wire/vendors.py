"""The renderers of all vendors for one run, and what has to be in order before anything is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random

from wanspec.catalogue.catalogue import Catalogue
from wanspec.catalogue.media import form_of
from wanspec.catalogue.model import LOCAL
from wanspec.catalogue.provider import Provider, ways_for
from wanspec.catalogue.providers import Providers
from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import NotSent, StoreError
from wanspec.domain.items import Derived, Reference
from wanspec.domain.plan import Decision, Plan, Status
from wanspec.domain.publishing import no_way_hint
from wanspec.domain.requests import MediaUse
from wanspec.engine.clock import Clock, SystemClock
from wanspec.engine.renderers import Renderer
from wanspec.engine.workers import Workers
from wanspec.store import Store
from wanspec.wire.conversation import Conversation
from wanspec.wire.downloads import Downloads, Inspect
from wanspec.wire.http import Http
from wanspec.wire.inbound import Handles, Inbound, result_handle
from wanspec.wire.publisher import Publisher
from wanspec.wire.publishing import publisher_of
from wanspec.wire.renderer import VendorRenderer, Wishes
from wanspec.wire.secrets import Access, access_of


class Vendors(Mapping[str, Renderer]):
    """Renderers by provider, for those that can be reached; why not, for the others.

    To be closed in the event loop in which they were used.
    """

    def __init__(
        self,
        renderers: Mapping[str, VendorRenderer],
        refusals: Mapping[str, NotSent],
        providers: Providers,
        handles: Handles,
        http: Http | None,
        unpublished: Mapping[str, NotSent] | None = None,
    ) -> None:
        self._renderers = dict(renderers)
        self.refusals = dict(refusals)
        self.unpublished = dict(unpublished or {})  # why `publish:` cannot be used, where that is needed
        self.providers = providers
        self.handles = handles
        self._http = http

    def __getitem__(self, name: str) -> VendorRenderer:
        return self._renderers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._renderers)

    def __len__(self) -> int:
        return len(self._renderers)

    async def close(self) -> None:
        with suppress(StoreError):
            # So that the next plan reads little; what is not moved now is moved the next time.
            await asyncio.to_thread(self.handles.store.journal.tidy)
        if self._http is not None:
            await self._http.close()


def vendor_renderers(
    names: Collection[str],
    catalogue: Catalogue,
    providers: Providers,
    store: Store,
    environment: Mapping[str, str],
    *,
    inspect: Inspect,
    wishes: Wishes | None = None,
    tell: Callable[[str], None] = lambda _text: None,
    allowed_folders: tuple[Path, ...] = (),
    submits: bool = True,
    http: Http | None = None,
    clock: Clock | None = None,
    random: Random | None = None,
) -> Vendors:
    """The renderers of these providers.  Asks for keys, connects nowhere.

    `inspect`: what a downloaded file is, decoded to its end; raises MediaError.  `allowed_folders`: where `publish`
    may write beside the project.  A provider that cannot be used is in `refusals`; nothing is raised for one that is
    not needed.  Without `submits` nothing is brought there, only collected.
    """
    clock, random = clock or SystemClock(), random or Random()
    handles = Handles(store, clock)
    renderers: dict[str, VendorRenderer] = {}
    refusals: dict[str, NotSent] = {}
    unpublished: dict[str, NotSent] = {}
    for name in sorted(set(names) - {LOCAL}):
        try:
            provider = _provider(name, providers)
            access = access_of(provider, environment)
        except NotSent as refusal:
            refusals[name] = refusal
            continue
        publisher: Publisher | NotSent | None = None
        if provider.publish and submits:
            publisher = _publisher(provider, access, (store.root, *allowed_folders), environment)
        if isinstance(publisher, NotSent):
            unpublished[name] = publisher
        if http is None:
            from wanspec.wire.http import HttpxHttp

            http = HttpxHttp()
        talk = Conversation(provider, access, http, clock, random)
        renderers[name] = _renderer(talk, catalogue, store, inspect, handles, publisher, wishes or Wishes(), tell)
    return Vendors(renderers, refusals, providers, handles, http, unpublished)


def _publisher(
    provider: Provider, access: Access, folders: tuple[Path, ...], environment: Mapping[str, str]
) -> Publisher | NotSent:
    """A provider's `publish`, or why it cannot be used: that matters only where something has to go that way."""
    try:
        publisher = publisher_of(provider.publish, folders, environment)
    except NotSent as refusal:
        return refusal
    if publisher.on_loopback and not access.on_loopback:
        return NotSent(
            f"what is published at `{provider.publish}` is seen on this machine alone, and `{provider.name}` is not",
            hint="publish where the vendor can look",
            code="publish",
        )
    return publisher


def _renderer(
    talk: Conversation,
    catalogue: Catalogue,
    store: Store,
    inspect: Inspect,
    handles: Handles,
    publisher: Publisher | NotSent | None,
    wishes: Wishes,
    tell: Callable[[str], None],
) -> VendorRenderer:
    return VendorRenderer(
        talk=talk,
        store=store,
        model_of=catalogue.get,
        inbound=Inbound(talk, handles, publisher),
        downloads=Downloads(talk, inspect, store.folder / "evidence"),
        handles=handles,
        wishes=wishes,
        tell=tell,
    )


def _provider(name: str, providers: Providers) -> Provider:
    found = providers.get(name)
    if found is None:
        raise NotSent(
            f"nothing here can send to `{name}`: it has no provider file",
            hint=f"`schemas/{name}/provider.yaml` beside the shot list says how it is spoken to",
            code="no_provider",
        )
    return found


def looking_through(workers: Workers) -> Inspect:
    """Looks at files in worker processes."""

    async def inspect(path: Path) -> Artifact:
        from wanspec.engine.chores import look_through

        async with workers.slots.one():
            return await workers.run(look_through, path)

    return inspect


# -- before anything is sent -------------------------------------------------------------------------------------------


def preflight(
    plan: Plan,
    vendors: Vendors,
    items: Collection[str],
    *,
    forced: Collection[str] = (),
    retry_uncertain: bool = False,
    offline: bool = False,
) -> None:
    """Raises NotSent when these items cannot all be rendered: a key is missing, a file has no way to its vendor.

    `items`: those that the render deals with, with all that they need.
    """
    working = {
        item_id: decision
        for item_id, decision in plan.decisions.items()
        if item_id in items and _has_work(decision, item_id in forced, retry_uncertain)
    }
    for item_id, decision in working.items():
        name = decision.request.model.partition("/")[0]
        if name == LOCAL:
            continue
        if offline:
            raise NotSent(
                f"`{item_id}` would have to be rendered by `{name}`, and this is offline",
                hint="`--preview` draws a stand-in",
                code="offline",
            )
        if name in vendors.refusals:
            others = dict.fromkeys(one.request.model.partition("/")[0] for one in working.values())
            raise _refusal([vendors.refusals[one] for one in (name, *others) if one in vendors.refusals])
        provider = vendors.providers.get(name)
        if provider is None:
            raise NotSent(f"nothing here can send to `{name}`", code="no_provider")
        if decision.status is Status.IN_FLIGHT and item_id not in forced:
            continue
        for use in decision.request.media:
            if not _has_way(plan, decision, vendors, provider, use):
                raise NotSent(
                    f"`{item_id}`: there is no way to bring {_called(use)} to `{name}`, which takes it by address only",
                    hint=no_way_hint(name),
                    code="no_way",
                )


def _refusal(found: Sequence[NotSent]) -> NotSent:
    """The first of several; of missing keys all, so that nobody sets one after the other."""
    missing = [one for one in dict.fromkeys(found) if one.code == "key_missing"]
    if found[0].code != "key_missing" or len(missing) < 2:
        return found[0]
    return NotSent(
        "; ".join(one.message for one in missing),
        hint="; ".join(dict.fromkeys(part for one in missing for part in one.hint.split("; ")[:1]))
        + "; `--preview` needs none",
        code="key_missing",
    )


def _has_work(decision: Decision, forced: bool, retry_uncertain: bool) -> bool:
    if forced or decision.to_render or decision.status is Status.IN_FLIGHT:
        return True
    return decision.status is Status.UNCERTAIN and retry_uncertain


def _has_way(plan: Plan, decision: Decision, vendors: Vendors, provider: Provider, use: MediaUse) -> bool:
    """Raises NotSent when the only way is a place to publish at that cannot be used."""
    medium = use.medium
    if isinstance(medium, str) and form_of(medium) in ("url", "uuid"):
        return True
    ways = {way for kind in use.kind.split("|") for way in ways_for(provider, use, kind)}
    unpublished = vendors.unpublished.get(provider.name)
    if ways - {"publish"} or (ways and unpublished is None):
        return True
    if _has_address(plan, decision, vendors, provider, use):
        return True
    if unpublished is not None and ways:
        raise unpublished
    return False


def _has_address(plan: Plan, decision: Decision, vendors: Vendors, provider: Provider, use: MediaUse) -> bool:
    """Whether a medium is, or will be, a vendor's result that can be fetched where that vendor shows it."""
    medium = use.medium
    if "url" not in use.forms or not provider.media.result_urls:
        return False
    content = str(decision.facts.get(f"media.{use.path}", ""))
    if content.startswith("sha256:"):
        return vendors.handles.find(result_handle(content.removeprefix("sha256:"))) is not None
    if not isinstance(medium, Reference):
        return False
    # Not rendered yet: a vendor's result has an address when it comes, a local one has none.
    above = plan.decisions.get(medium.item)
    return above is not None and above.request.model.partition("/")[0] != LOCAL


def _called(use: MediaUse) -> str:
    if isinstance(use.medium, Reference):
        return f"`{use.medium.item}`"
    if isinstance(use.medium, Derived):
        return f"the result of `{use.medium.model.removeprefix(f'{LOCAL}/')}`"
    text = use.medium
    return f"`{text if len(text) <= 60 else text[:60] + '…'}`"
