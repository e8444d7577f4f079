"""The place where what a program sent as JSON is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class TextParser(JSONParser):
    """
    As REST framework's, but JSON can name half a letter (``"\\ud800"``), which no answer could say back and no table keep.

    :raises ParseError: there is one in it, or it is nested so deep that nobody reads it.
    """

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        try:
            data = super().parse(stream, media_type, parser_context)
            json.dumps(data, ensure_ascii=False).encode()
        except (UnicodeEncodeError, RecursionError):
            raise ParseError(_("看不懂这个请求。")) from None
        return data
