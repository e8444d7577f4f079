"""The tree of places changed by hand, for tests of what stands on it: no list, no review, one update applied."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

from falin.kernel.transactions import shared
from tenants.divisions.commands.updating import lineage_row
from tenants.divisions.commands.writing import insert_versions, open_places, reserve_nodes, write_difference
from tenants.divisions.models import DivisionLineage, DivisionUpdate
from tenants.divisions.rules import Act, plan
from tenants.divisions.rules.planning import placed_of
from tenants.divisions.types import Standing, UpdateState
from tests.world import LENGTHS, NOW, World


def put_beside(code: str, *names: str) -> None:
    """Communities more beside the one with this code, on the codes after it, as if they had always been there."""
    with shared(read_only=False):
        like = next(place for place in open_places(None) if place.code == code)
        fresh = enumerate(zip(reserve_nodes(len(names)), names, strict=True), start=1)
        insert_versions(
            [like._replace(node=node, code=str(int(code) + turn), name=name) for turn, (node, name) in fresh],
            day=date(2023, 6, 30), update=None,
        )  # fmt: skip


def put_streets(like: str, streets: Mapping[str, str], places: Mapping[str, str]) -> None:
    """Streets more beside the one with code ``like``, and communities in them, by codes of 9 and 12 figures."""
    with shared(read_only=False):
        known = open_places(None)
        street = next(one for one in known if one.code == like.ljust(12, "0"))
        place = next(one for one in known if one.parent == street.node)
        nodes = dict(zip([*streets, *places], reserve_nodes(len(streets) + len(places)), strict=True))
        insert_versions(
            [street._replace(node=nodes[code], street=nodes[code], code=code.ljust(12, "0"), name=name)
             for code, name in streets.items()]
            + [place._replace(node=nodes[code], parent=nodes[code[:9]], street=nodes[code[:9]], code=code, name=name)
               for code, name in places.items()],
            day=date(2023, 6, 30), update=None,
        )  # fmt: skip


class Change:
    """What is to happen, by code; then ``on`` a day."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.acts: list[Callable[[dict[int, Standing]], Act]] = []
        self.begun: dict[str, int] = {}  # what may be moved under in the same update

    def move(self, code: str, under: str, becomes: str = "") -> Change:
        node, parent = self.world.node(code), self.begun.get(under) or self.world.node(under)

        def act(known: dict[int, Standing]) -> Act:
            was = known[node]
            return Act(node, was, placed_of(was)._replace(parent=parent, code=becomes or was.code))

        self.acts.append(act)
        return self

    def rename(self, code: str, name: str, becomes: str) -> Change:
        node = self.world.node(code)
        self.acts.append(lambda known: Act(node, known[node], placed_of(known[node])._replace(name=name, code=becomes)))
        return self

    def end(self, code: str, into: str = "-") -> Change:
        node = self.world.node(code)
        self.acts.append(lambda known: Act(node, known[node], None, (into.ljust(12, "0") if into != "-" else into,)))
        return self

    def begin(self, code: str, name: str, under: str, out_of: str) -> Change:
        with shared(read_only=False):
            (node,) = reserve_nodes(1)
        self.begun[code] = node
        parent = self.world.node(under)

        def act(known: dict[int, Standing]) -> Act:
            like = next(place for place in known.values() if place.level == LENGTHS[len(code)])
            to = placed_of(like)._replace(code=code.ljust(12, "0"), name=name, parent=parent)
            return Act(node, None, to, (out_of.ljust(12, "0"),))

        self.acts.append(act)
        return self

    def on(self, day: date, *, at: datetime = NOW) -> int:
        """Apply it; the update's number."""
        with shared(read_only=False):
            known = open_places(None)
            standing = {place.node: place for place in known}
            made = plan(known, [act(standing) for act in self.acts], day=day)
            update = DivisionUpdate.objects.create(
                source="测试", day=day, province="33", state=UpdateState.APPLIED, base="", prepared_by=0, prepared_at=NOW,
                applied_at=at,
            )  # fmt: skip
            write_difference(made.before, made.after, day=day, update=update.pk)
            DivisionLineage.objects.bulk_create(lineage_row(one, update.pk) for one in made.lineage)
        return int(update.pk)
