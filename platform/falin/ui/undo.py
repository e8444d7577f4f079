"""
The place of the button beside "done": the sentence after an act carries the way to undo it, scripts or not.

It stays as long as the page does, and the command says how long it works; a message without one is a plain sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

from django.contrib import messages
from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Undo:
    """Where to send what."""

    action: str
    fields: tuple[tuple[str, str], ...]


def say_done(request: HttpRequest, words: str, *, undo: str) -> None:
    """Say that it is done. ``undo``: the address that undoes it, what it is to be sent as its query."""
    messages.success(request, words, extra_tags=undo)


def read_undo(carried: str) -> Undo | None:
    """What a message carries, if anything."""
    action, _mark, query = carried.partition("?")
    return Undo(action, tuple(parse_qsl(query))) if action.startswith("/") else None
