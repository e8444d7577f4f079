"""Fields that every shape of the API may have."""

from __future__ import annotations

from collections.abc import Collection
from datetime import time
from enum import Enum
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from falin.kernel.sorting import LONGEST, either_way


class OneOf(serializers.ChoiceField):
    """One word of an enumeration, which the description of the API names as such."""

    def __init__(self, words: type[Enum], *, name: str = "", **more: Any) -> None:
        self.words, self.name_in_api = words, name or words.__name__
        super().__init__(choices=[(word.value, word.value) for word in words if word.value], **more)


@extend_schema_field(
    {"type": "string", "description": "HH:MM"}
)  # the description's own "time" wants seconds and a zone
class ClockTime(serializers.TimeField):
    """A time of day in Shanghai, to the minute: what stands behind it is dropped, as it would not be told either."""

    def __init__(self, **more: Any) -> None:
        super().__init__(format="%H:%M", **more)

    def to_internal_value(self, value: Any) -> time:
        return super().to_internal_value(value).replace(second=0, microsecond=0)


class Measure(serializers.FloatField):
    """A number that is measured. Yes and no are none, though Python reckons with them."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class Sort(serializers.ChoiceField):
    """The order of a list, by the keys its page sorts by."""

    def __init__(self, keys: Collection[str]) -> None:
        super().__init__(choices=either_way(keys), required=False, default="", allow_blank=True,
                         help_text="the column the rows stand by; with - before it the other way round")  # fmt: skip


class Cursor(serializers.CharField):
    """Where a page of a list begins or ends, as an answer said it."""

    def __init__(self, help_text: str = "") -> None:
        super().__init__(required=False, default="", allow_blank=True, max_length=LONGEST, help_text=help_text)


class OneOfScheme(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """How the description names an enumeration: once, by its own name."""

    target_class = "falin.kernel.rest.fields.OneOf"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> Any:
        field = self.target
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name=field.name_in_api, type=ResolvedComponent.SCHEMA, object=field.words,
            schema={"type": "string", "enum": list(field.choices)},
        )  # fmt: skip
        auto_schema.registry.register_on_missing(component)
        return component.ref
