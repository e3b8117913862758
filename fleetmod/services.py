"""Which calls stay since another one of their service stays.

In one function, with the functions of the file that it runs, what acts on a service moves together
or not at all; what only asks goes with what stays in its own function.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.flow.exports import exported_as, taken_from
from fleetmod.flow.local_calls import LocalCalls, key
from fleetmod.lift.launchctl import ASKS, VERBS
from fleetmod.lift.operation import Command, Service
from fleetmod.lift.site import Site
from fleetmod.lift.sites import Sites
from fleetmod.model import Acts
from fleetmod.refusal import Reason
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import FUNCTIONS, parts

_STAYS = "line {} stays, and may be about the same service; the calls of one service move together"
_MANY = 40  # services that one call may be about; beyond this it is about any
_DEPTH = 4  # functions that hand a label on
# what a call says of its services, beside their names: that it is about one, that it may be any,
# that its plist may be called otherwise than the service, that no plist has the service's name
_SOME, _ANY, _OTHERWISE, _NO_PLIST = "some", "any", "otherwise", "no plist"
Token = tuple[str, str]


def staying(
    sites: Mapping[int, Site], refused: Iterable[int], moved: Iterable[int], lifter: Sites
) -> dict[int, Reason]:
    """Why calls that could move stay, by where each begins. `sites` are by the id of their call,
    `refused` and `moved` are where calls begin."""
    by_start = {site.call.start_byte: site for site in sites.values()}
    kept = [by_start[start] for start in refused if start in by_start]
    movable = [by_start[start] for start in moved if start in by_start]
    calls = LocalCalls(lifter.scopes)
    kept = _without_wrappers(kept, sites, calls)
    return _Together(lifter, calls, kept, movable).staying() if kept else {}


def acts_of(sites: Mapping[int, Site], lifter: Sites) -> Iterator[Acts]:
    """What the functions of a file do to services, for those that call them from other files."""
    calls = LocalCalls(lifter.scopes)
    acting = [site for site in sites.values() if _acts(site) and not site.foreign]
    acting = _without_wrappers(acting, sites, calls)
    if not acting:
        return
    services = _Together(lifter, calls, acting, []).services
    told = []
    for site in acting:
        named = sorted(service.name for service in services[site.call.id])
        told.append((site.call, named))
    # what a wrapper of another file runs is what its calls ask for, which are told by themselves
    known = frozenset(site.call.id for site in sites.values() if _is_told(site))
    yield from _groups(lifter.scopes, calls, told, known)


def joins_of(scopes: Scopes) -> Iterator[Acts]:
    """The same of a file that does nothing to a service itself: which functions of others it runs
    together, and under which names."""
    yield from _groups(scopes, LocalCalls(scopes), [])


def _groups(
    scopes: Scopes,
    calls: LocalCalls,
    acting: Sequence[tuple[Node, Sequence[str]]],
    known: Collection[int] = (),
) -> Iterator[Acts]:
    """The functions of a file by what they run, each group with the calls of `acting` in it; those
    that are `known`, by their ids, run nothing else."""
    found = [(calls.owner(node), use) for node, use in _taken(scopes) if node.id not in known]
    # what the module only hands on joins nothing: `command.action(start)`
    taken = [(owner, use.told) for owner, use in found if owner is not None or use.called]
    if not acting and not taken:
        return
    owners = (calls.owner(call) for call, _ in acting)
    connected = calls.connected([*owners, *(owner for owner, _ in taken)])
    begins: dict[int | None, set[tuple[int, str]]] = defaultdict(set)
    for call, named in acting:
        begins[connected[key(calls.owner(call))]] |= {(call.start_byte, name) for name in named}
    runs: dict[int | None, set[tuple[str, str]]] = defaultdict(set)
    for owner, told in taken:
        runs[connected[key(owner)]].add(told)
    names: dict[int | None, set[str]] = defaultdict(set)
    for function in scopes.source.of(*FUNCTIONS):
        if function.id in connected:
            names[connected[function.id]] |= exported_as(scopes, function)
    for group in sorted({*begins, *runs}, key=str):
        here, by = sorted(begins[group]), sorted(names[group])
        yield Acts(tuple(here), tuple(sorted(runs[group])), tuple(by))


def asks_of(sites: Mapping[int, Site], lifter: Sites) -> list[tuple[str, str]]:
    """The functions of other modules that get a command of the tool and are not known to run it, by
    the module as it is spelled and the name that it has there."""
    asked = set()
    for call in lifter.source.of("call_expression"):
        function = call.child_by_field_name("function")
        told = lifter.runners.of_another_module(function) if function is not None else None
        site = sites.get(call.id)
        if told is None or _is_told(site) or (site is not None and site.foreign):
            continue
        if site is not None or _may_be_command(call, lifter):
            asked.add(told)
    return sorted(asked)


def _may_be_command(call: Node, lifter: Sites) -> bool:
    """Whether a call gives a function words of a command: the tool's name, or a verb and more."""
    given = parts(call.child_by_field_name("arguments"))
    if any(lifter.grammar.names(lifter.source.text(each)) for each in given):
        return True
    first = given[:1] and (lifter.values.elements(given[0]) or given)[:1]
    verb = lifter.values.literal(first[0]) if first else None
    return verb in VERBS


def _is_told(site: Site | None) -> bool:
    """Whether a call is known to run the tool by a function of which that is known."""
    return site is not None and bool(site.runner.name)


def _without_wrappers(
    found: Iterable[Site], sites: Mapping[int, Site], calls: LocalCalls
) -> list[Site]:
    """Some calls without those of a wrapper's own: what it runs is what its calls ask for, and
    those are told by themselves."""
    wrappers = {key(calls.called(site.call)) for site in sites.values()} - {None}
    return [s for s in found if _verbs(s) or key(calls.owner(s.call)) not in wrappers]


@dataclass(frozen=True)
class _Taken:
    """A use of what another module exports: its name and module, and whether it is called."""

    told: tuple[str, str]
    called: bool


def _taken(scopes: Scopes) -> Iterator[tuple[Node, _Taken]]:
    """Where functions of other modules are called, or given to a call."""
    for call in scopes.source.of("call_expression"):
        function = call.child_by_field_name("function")
        if function is not None and (told := taken_from(scopes, function)) and told[1]:
            yield call, _Taken(told, True)
        for given in parts(call.child_by_field_name("arguments")):
            handle = given.type in ("identifier", "member_expression")
            if handle and (told := taken_from(scopes, given)) and told[1]:
                yield given, _Taken(told, False)


class _Together:
    """Each call that stays says so where it stands; each one that could move listens there."""

    def __init__(
        self, lifter: Sites, calls: LocalCalls, kept: list[Site], movable: list[Site]
    ) -> None:
        self._lifter, self._calls, self._kept, self._movable = lifter, calls, kept, movable
        every = [*kept, *movable]
        self.services = {site.call.id: frozenset(self._of_site(site)) for site in every}
        named = frozenset().union(*self.services.values())
        self._files = {service.name.lower() for service in named if service.file}
        acting = (self._calls.owner(site.call) for site in every if _acts(site))
        self._connected = self._calls.connected(acting)

    def staying(self) -> dict[int, Reason]:
        listening: dict[Hashable, list[Site]] = defaultdict(list)
        for site in self._movable:
            for told in self._listens(site):
                listening[told].append(site)
        out: dict[int, Reason] = {}
        waiting = list(reversed(self._kept))
        while waiting:
            site = waiting.pop()
            for told in self._tells(site):
                for other in listening.pop(told, ()):
                    if other.call.start_byte not in out:
                        line = self._lifter.source.line_of(site.call.start_byte)
                        why = reasons.SERVICE_STAYS(_STAYS.format(line))
                        out[other.call.start_byte] = why
                        waiting.append(other)
        return out

    def _tells(self, site: Site) -> Iterator[Hashable]:
        """What a call says that stays: where, whether it acts, and about what."""
        acts, around = _acts(site), [key(each) for each in self._calls.around(site.call)]
        within = [("within", each) for each in around if each is not None]
        places: list[Hashable] = [("own", around[0]), *within]
        if acts:
            places.append(("connected", self._connected[around[0]]))
        for service in self.services[site.call.id]:
            for token in self._said(service):
                for place in places:
                    yield place, acts, token
            yield from () if acts else self._asked_by_callers(site, service)

    def _listens(self, site: Site) -> Iterator[Hashable]:
        """What a call must hear to stay."""
        acts, around = _acts(site), [key(each) for each in self._calls.around(site.call)]
        # what stands at the top level holds back only what stands there, too
        outer = [("own", each) for each in around if each is not None or len(around) == 1]
        places: list[Hashable] = [*outer, ("within", around[0])]
        if acts:
            places.append(("connected", self._connected[around[0]]))
        for service in self.services[site.call.id]:
            for token in self._heard(service):
                for place in places:
                    for of_act in (True,) if acts else (True, False):
                        yield place, of_act, token
            yield from () if acts else self._asked_by_callers(site, service)

    def _asked_by_callers(self, site: Site, service: Service) -> Iterator[Hashable]:
        """Two answers about one service are compared in the function that asks for both, be it by
        a helper."""
        if not service.name:
            return
        for caller in self._calls.callers(self._calls.owner(site.call)):
            yield ("own", key(caller)), False, ("", service.name)

    def _said(self, service: Service) -> Iterator[Token]:
        yield _SOME, ""
        if not service.name:
            yield _ANY, ""
            return
        yield "", service.name
        if loose := self._loose(service):
            yield loose, ""

    def _heard(self, service: Service) -> Iterator[Token]:
        if not service.name:
            yield _SOME, ""
            return
        yield _ANY, ""
        yield "", service.name
        if loose := self._loose(service):
            yield (_NO_PLIST if loose == _OTHERWISE else _OTHERWISE), ""

    def _loose(self, service: Service) -> str:
        """Whether a plist may be that of a service with another name, or a service may have such a
        plist: nothing in the file shows one of the plist's name, or a plist of the service's."""
        name, words = service.name.lower(), self._lifter.scopes.words
        if service.file:
            return "" if name in words else _OTHERWISE
        return "" if name in self._files or f"{name}.plist" in words else _NO_PLIST

    def _of_site(self, site: Site) -> Iterator[Service]:
        for command in (Command(),) if site.commands is None else site.commands:
            told = [self._lifter.targets.service(target) for target in command.targets]
            for service in filter(None, told) if any(told) else [Service()]:
                yield from self._known(service)

    def _known(self, service: Service) -> frozenset[Service]:
        """The services that a label may name which a function gets; one of no name for any."""
        waiting, out = [(service, _DEPTH)], set[Service]()
        while waiting and len(out) <= _MANY:
            each, depth = waiting.pop()
            given = self._calls.given(each.hole.node) if each.hole and depth else None
            if each.name or given is None:
                out.add(Service(each.name, each.file))
                continue
            for node in given:
                found = self._lifter.targets.service(self._lifter.values.pieces(node))
                if found is not None:
                    waiting.append((found, depth - 1))
        return frozenset(out) if len(out) <= _MANY else frozenset((Service(),))


def _verbs(site: Site) -> list[str]:
    return [command.verb for command in site.commands or () if command.verb]


def _acts(site: Site) -> bool:
    return site.commands is None or any(command.verb not in ASKS for command in site.commands)
