"""Place of the form controls that browsers already do well: native dates, numeric keyboards, telephone keyboards."""

from typing import Any

from django import forms

from falin.kernel import formats

SEALED = {"autocomplete": "off", "data-sealed": ""}  # a number of somebody's papers or telephone: no draft keeps it


class DayInput(forms.DateInput):
    """A day, by the browser's own picker."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    """A time of day, to the minute."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%H:%M")


class MomentInput(forms.DateTimeInput):
    """A day and a time together."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%dT%H:%M")


class MonthInput(forms.TextInput):
    """A calendar month as 2026-11."""

    input_type = "month"


class PhoneInput(forms.TextInput):
    """A telephone number, shown in groups; spaces are welcome, the form takes them out."""

    input_type = "tel"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"autocomplete": "tel", "inputmode": "tel", **(attrs or {})})

    def format_value(self, value: Any) -> str | None:
        return _grouped(super().format_value(value))


class PapersInput(forms.TextInput):
    """The number of somebody's papers, or of his own telephone: shown in groups, with spaces or without, and never kept."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={**SEALED, **(attrs or {})})

    def format_value(self, value: Any) -> str | None:
        return _grouped(super().format_value(value))


def _grouped(value: str | None) -> str | None:
    return value and formats.grouped(value.strip())


class AmountInput(forms.TextInput):
    """A number that may have decimals: text with a numeric keyboard, so no wheel changes it by accident."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"inputmode": "decimal", "autocomplete": "off", **(attrs or {})})


class CodeInput(forms.TextInput):
    """A one-time code."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", **(attrs or {})})
