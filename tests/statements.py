"""What was said to PostgreSQL, without what began the transaction: that travels in the message of its first statement."""

from __future__ import annotations

import re

from django.test.utils import CaptureQueriesContext

_OPENING = re.compile(r"^(begin[a-z ]*; )?select public\.enter\([^)]*\)(; |$)")


def statements(seen: CaptureQueriesContext) -> list[str]:
    texts = (_OPENING.sub("", query["sql"]) for query in seen.captured_queries)
    return [text for text in texts if text]
