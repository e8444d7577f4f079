"""The place that knows which events other systems may be told of, and with which fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

PING = "webhooks.ping"  # sent on request only, to see whether a receiver listens


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """
    One kind of event.

    :param fields: the fields of the outbox's payload that leave; all others stay.
    :param place: the field that holds a node: it leaves as ``place`` with official code and name, for the number means
        nothing outside.
    """

    event: str
    label: Any
    fields: tuple[str, ...]
    place: str = ""


_declared: dict[str, Offer] = {}
Places = Callable[[int], Mapping[str, Any] | None]
_places: list[Places] = []


def declare(*offered: Offer) -> None:
    """Have events of these kinds leave where somebody asked for them; called by the composition root."""
    for offer in offered:
        _declared[offer.event] = offer


def name_places_with(places: Places) -> None:
    """Have places named by ``places`` (code, name and level of a node); wired by the composition root."""
    _places[:] = [places]


def offers() -> tuple[Offer, ...]:
    return tuple(_declared[event] for event in sorted(_declared))


def shown(event: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """What a receiver reads of an event."""
    offer = _declared[event]
    data = {name: payload[name] for name in offer.fields if name in payload}
    if offer.place and payload.get(offer.place) and _places:
        data["place"] = _places[0](int(payload[offer.place]))
    return data
