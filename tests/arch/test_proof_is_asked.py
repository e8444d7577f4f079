"""Which doors ask for a second or a fresh proof (decision 20): every weighty act, and its API."""

from __future__ import annotations

from collections.abc import Iterator

from falin.kernel.checks import walk
from falin.kernel.rest import DoorView
from falin.kernel.stepup import FRESH, SECOND

# What a grant's acts ask for: level 3 gives, exports, or shows in clear; level 2 is the rest of what weighs.
BY_GRANT = {
    "people.grant": FRESH, "people.confirm": FRESH, "figures.export": FRESH, "audit.export": FRESH,
    "lists.export": FRESH,
    "advisers.clear": FRESH, "emergency.ask": FRESH, "emergency.decide": FRESH,
    "figures.publish": SECOND, "duty.close": SECOND, "settings.set": SECOND, "tenants.manage": SECOND,
}  # fmt: skip
# Doors that ask for less, and why.
LESS = {
    "portal:people-sheet POST": "rows are tried and taken back; entering them is a door of its own",
    "portal:proposal-refuse POST": "gives nobody anything: a second factor is enough",
    "people-api:refuse POST": "likewise",
    "portal:export-refuse POST": "gives nobody anything: a second factor is enough", "api-export-refuse POST": "likewise",
    "portal:emergency-close POST": "takes back, at once and by whoever is there",
    "portal:emergency-refuse POST": "likewise", "portal:emergency-end POST": "likewise",
    "api-emergency DELETE": "likewise", "api-emergency-end POST": "likewise",
}  # fmt: skip
# Acts that their grant does not give away: it only reads.
BY_NAME = {
    "portal:person-suspend POST": SECOND, "portal:person-reinstate POST": FRESH, "portal:person-reset POST": FRESH,
    "portal:person-factors POST": FRESH, "people-api:factors DELETE": FRESH,
    "portal:review POST": FRESH, "portal:merge-confirm POST": FRESH, "portal:merge-refuse POST": SECOND,
    "portal:person-leave POST": FRESH, "portal:person-erase POST": FRESH, "people-api:contacts DELETE": FRESH,
    "people-api:suspension POST": SECOND, "people-api:suspension DELETE": FRESH,
    "people-api:password POST": FRESH, "people-api:review POST": FRESH, "people-api:merge-confirm POST": FRESH,
    "people-api:merge-refuse POST": SECOND, "people-api:leaving POST": FRESH, "portal:token-new POST": FRESH,
    "api-tokens POST": FRESH, "portal:own-data POST": FRESH, "api-own-data POST": FRESH,
    "portal:tenant-archive POST": FRESH, "tenants-api:archives POST": FRESH, "portal:tenant-close POST": FRESH,
    "portal:tenant-remove POST": FRESH, "portal:deed-confirm POST": FRESH, "tenants-api:ask POST": FRESH,
    "portal:tenant-clear POST": FRESH,
    "tenants-api:confirm POST": FRESH, "portal:setup-people POST": FRESH, "portal:webhook-secret POST": FRESH,
    "portal:webhook-new POST": FRESH, "api-webhooks POST": FRESH, "api-webhook-secret POST": FRESH,
    "advisers:identity POST": FRESH, "advisers-api:identity POST": FRESH,
    "advisers:erase POST": FRESH, "advisers:account POST": FRESH, "portal:security-address POST": FRESH,
    "desk:news-publish POST": SECOND, "desk-api:news-publish POST": SECOND, "portal:sign-on POST": FRESH,
    "api-sign-on DELETE": FRESH,
}  # fmt: skip


def writes() -> Iterator[tuple[str, str, int]]:
    """Every door that writes: its name and method, its grant, the level it asks for."""
    for _route, name, view in walk():
        owner = getattr(view, "cls", None)
        if isinstance(owner, type) and issubclass(owner, DoorView):
            for method, grant in owner.door_grants.items():
                if method in owner.door_writes and method != "GET":
                    yield f"{name} {method}", grant, owner.door_step_up.get(method, 0)
        else:
            for method in getattr(view, "door_writes", ()):
                yield f"{name} {method}", view.door_grant, view.door_step_up


def test_every_act_of_a_weighty_grant_asks_for_its_proof() -> None:
    weak = {f"{door}: {grant} asks for {level}" for door, grant, level in writes()
            if level < BY_GRANT.get(grant, 0) and door not in LESS}  # fmt: skip
    assert weak == set()


def test_every_weighty_act_behind_a_grant_that_reads_asks_for_its_proof() -> None:
    found = {door: level for door, _grant, level in writes()}
    assert set(BY_NAME) - set(found) == set()
    assert {door: found[door] for door, wanted in BY_NAME.items() if found[door] < wanted} == {}


def test_what_asks_for_less_is_still_there() -> None:
    assert set(LESS) - {door for door, _grant, _level in writes()} == set()
