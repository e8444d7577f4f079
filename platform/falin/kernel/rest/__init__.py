"""
The place of the API's doors: the same scope, the same transaction, problem+json (RFC 9457) for every refusal.

What every address of the API has is here and nowhere else: two ways in, rates, keys against doing a thing twice, ETag and
If-Match, pages with ``Link``, sparse fields, many requests in one, and what the description says of all that.
"""

from falin.kernel.rest.batch import Batch
from falin.kernel.rest.doors import DoorView
from falin.kernel.rest.limits import A_DAY, calls_today, count_with
from falin.kernel.rest.parsing import TextParser
from falin.kernel.rest.problems import exception_handler, plain_problem, problem
from falin.kernel.rest.ways_in import (
    BadToken,
    ByToken,
    SignedIn,
    TwoWaysIn,
    address_of,
    read_tokens_with,
)

__all__ = ["A_DAY", "BadToken", "Batch", "ByToken", "DoorView", "SignedIn", "TextParser", "TwoWaysIn", "address_of",
           "calls_today", "count_with", "exception_handler", "plain_problem", "problem", "read_tokens_with"]  # fmt: skip
