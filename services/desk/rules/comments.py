"""What a comment may hold, and whom it may name."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from falin.kernel.refusals import Invalid
from services.desk.rules.feedback import names_somebody

LONGEST_COMMENT = 500


def checked_comment(text: str) -> str:
    """
    The words as they are kept.

    :raises Invalid: none, too many, or with somebody's number in them.
    """
    text = text.strip()
    if not text:
        raise Invalid("desk.comment_empty", _("请写几句话。"), field="text")
    if len(text) > LONGEST_COMMENT:
        raise Invalid("desk.comment_too_long", _("请不要超过 500 字。"), field="text")
    if names_somebody(text):
        raise Invalid("desk.comment_with_numbers", _("请不要写证件号码和手机号码，删掉再送。"), field="text")
    return text


def checked_told(wanted: Collection[int], may: Collection[int]) -> list[int]:
    """
    Whom a comment names, each once.

    :raises Invalid: somebody who may not see the thing, or whom nobody knows: which of the two is not said.
    """
    if not set(wanted) <= set(may):
        raise Invalid("desk.cannot_tell", _("请从列出的人里选：别人看不到这件事。"), field="tell")
    return sorted(set(wanted))
