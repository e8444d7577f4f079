"""
The place of webhooks: events of the outbox told to other systems over HTTPS, as Standard Webhooks describes it
(standardwebhooks.com, specification 1.0).

An event leaves only if it was offered, and only with the fields its offer names: no names, no numbers of persons. Each
receiver is told of each event once as far as we know; what it did not acknowledge is sent again under the same
``webhook-id``, for about three days, and by hand after that.
"""

from falin.kernel.webhooks.delivering import claim, fan_out, forget_old, pending_among, record, wanted
from falin.kernel.webhooks.endpoints import (
    MANAGE,
    PAGE,
    Endpoint,
    NoMessage,
    Told,
    change_endpoint,
    get_endpoint,
    list_endpoints,
    list_told,
    register_endpoint,
    remove_endpoint,
    resume_endpoint,
    rotate_secret,
    stop_endpoint,
    tell_again,
    tell_again_since,
    try_endpoint,
)
from falin.kernel.webhooks.offers import Offer, declare, name_places_with, offers
from falin.kernel.webhooks.sealed import SEALED
from falin.kernel.webhooks.sending import OK, Answer, post

__all__ = ["MANAGE", "OK", "PAGE", "SEALED", "Answer", "Endpoint", "NoMessage", "Offer", "Told", "change_endpoint", "claim",
           "declare", "fan_out", "forget_old", "get_endpoint", "list_endpoints", "list_told", "name_places_with", "offers",
           "pending_among", "post", "record", "register_endpoint", "remove_endpoint", "resume_endpoint", "rotate_secret",
           "stop_endpoint", "tell_again", "tell_again_since", "try_endpoint", "wanted"]  # fmt: skip
