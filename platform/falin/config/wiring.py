"""Who listens to whom: an upper floor subscribes to a lower one's events here, so that no floor calls up."""

from __future__ import annotations

from contextlib import suppress

from django.conf import settings as conf
from kombu.exceptions import OperationalError

from falin.config.offers import OFFERED
from falin.kernel import crypto, elsewhere, jobs, outbox, parameters, quotas, relay, rest, retention, webhooks
from falin.kernel.audit import anchors, sealing
from falin.kernel.clock import now
from falin.kernel.crypto import rotation
from falin.kernel.rest.limits import BrokerCounter
from falin.kernel.scope import Scope
from falin.portal import commands as portal
from falin.portal import elsewhere as portal_elsewhere
from falin.portal import exports, places
from falin.portal.web.tables import TABLES as OWN_TABLES
from falin.ui import language
from services.advisers import api as advisers_api
from services.advisers import tasks as advisers
from services.advisers.api import HANGING, RETAINED, SEALED
from services.advisers.commands.correcting import RENAMED
from services.advisers.web.tables import TABLES as OF_ADVISERS
from services.desk import api as desk_api
from services.desk import tasks as desk
from services.duty import api as duty
from services.duty.web.tables import TABLES as OF_DUTY
from services.indicators import api as indicators
from services.indicators.tasks import on_month_rolled_up, on_places_changed_hands, on_update_changed
from services.indicators.web.tables import TABLES as OF_INDICATORS
from services.stations import api as stations
from services.stations import tasks as stations_tasks
from services.stations.web.tables import TABLES as OF_STATIONS
from tenants.divisions import above, hanging
from tenants.divisions.api import AREAS_AT, PLACES_CHANGED, list_divisions
from tenants.identity.api import PEOPLE_AT, scope_in_force, system_of, use_token
from tenants.identity.belongings import PEOPLE, ROLES
from tenants.identity.commands.erasing import CONTACTS
from tenants.identity.commands.following import NOT_BACK
from tenants.identity.commands.people import INVITATIONS
from tenants.identity.middleware import keep_language, language_of
from tenants.identity.oidc import provisioning
from tenants.identity.queries.account import SEALED as SEALED_OF_PEOPLE
from tenants.identity.signing import codes, notices
from tenants.registry import belongings, hands
from tenants.registry import commands as registry
from tenants.registry.api import JOBS_AT, TENANTS_AT, TenantInfo, seat_of, tell_body
from tenants.registry.belongings import ANCHORS, DOMAINS, PLACES
from tenants.registry.commands.backing_up import FAILED as BACKUP_FAILED
from tenants.registry.commands.changing import CHANGED_HANDS
from tenants.registry.commands.restoring import UPLOADED
from tenants.settings import api as settings
from tenants.settings.belongings import SETTINGS


def wire() -> None:
    """Called once when Django is ready."""
    jobs.send_with(_to_broker)
    jobs.read_scopes_with(scope_in_force)
    rest.read_tokens_with(_by_token)
    elsewhere.find_with(portal_elsewhere.find)
    rest.count_with(BrokerCounter(conf.CELERY_BROKER_URL, str(conf.DATABASES["default"]["NAME"])))
    parameters.resolve_with(settings.resolve)
    language.remember_with(language_of, keep_language)
    quotas.seats_with(seat_of)
    quotas.count_with(rest.A_DAY, rest.calls_today)
    portal.register_jobs()
    places.register_jobs()
    registry.register_jobs()
    advisers.register_jobs()
    stations_tasks.register_jobs()
    jobs.register(rotation.REENCRYPT, rotation.reencrypt)
    crypto.declare(*SEALED, *SEALED_OF_PEOPLE, *desk_api.SEALED, *webhooks.SEALED)
    listed = exports.wire(*OF_ADVISERS, *OF_STATIONS, *OF_DUTY, *OF_INDICATORS, *OWN_TABLES)
    retention.declare(*RETAINED, *stations.RETAINED, UPLOADED, jobs.ENDED, INVITATIONS, CONTACTS, advisers_api.NUMBERS,
                      desk_api.ANSWERED, *listed)  # fmt: skip
    belongings.declare(*PLACES, *PEOPLE, *SETTINGS, *advisers_api.BELONGINGS, *stations.BELONGINGS, *duty.BELONGINGS,
                       *indicators.BELONGINGS, *desk_api.BELONGINGS, *ANCHORS, *DOMAINS)  # fmt: skip
    hands.declare(
        *hands.KERNEL,
        hands.DOMAINS,
        ROLES,
        *advisers_api.HANDS,
        *stations.HANDS,
        *desk_api.HANDS,
        *duty.HANDS,
        *indicators.HANDS,
    )
    hands.check_with(duty.check_closed_before)
    hands.deliver_with(_deliver)
    webhooks.declare(*OFFERED)
    webhooks.name_places_with(_place)
    outbox.listen(webhooks.wanted, webhooks.fan_out)
    hanging.declare(PEOPLE_AT, TENANTS_AT, JOBS_AT, AREAS_AT, HANGING, stations.STATIONS_AT, duty.HOURS_AT,
                    duty.VISITS_AT)  # fmt: skip
    hanging.tell_with(tell_body)
    above.declare(stations.BOARD, duty.BOARD, desk_api.BOARD)
    outbox.subscribe(PLACES_CHANGED, places.on_update_changed)
    outbox.subscribe(PLACES_CHANGED, on_update_changed)
    outbox.subscribe(sealing.SEALED, anchors.keep)
    for event in provisioning.EVENTS:
        outbox.subscribe(event, provisioning.on_person_changed)
    provisioning.tell_with(_accounts_are_due)
    outbox.subscribe("indicators.month.rolled_up", on_month_rolled_up)
    outbox.subscribe(CHANGED_HANDS, on_places_changed_hands)
    outbox.subscribe(codes.WANTED, codes.on_wanted)
    outbox.subscribe(RENAMED, advisers.on_renamed)
    for event in desk.OF_ADVISERS:
        outbox.subscribe(event, desk.on_adviser_event)
    outbox.subscribe("duty.reminder.taken_back", desk.on_reminder_taken_back)
    outbox.subscribe("advisers.appointment.resumed", desk.on_appointment_resumed)
    outbox.subscribe("desk.comment.written", desk.on_comment_written)
    outbox.subscribe("desk.comment.taken_back", desk.on_comment_taken_back)
    outbox.subscribe("portal.export.held", desk.on_export_held)
    outbox.subscribe(jobs.ENDED_EVENT, desk.on_job_ended)
    outbox.subscribe(BACKUP_FAILED, desk.on_backup_failed)
    for event in desk.EXPORTS_DECIDED:
        outbox.subscribe(event, desk.on_export_decided)
    for event in notices.SENTENCES:
        outbox.subscribe(event, notices.on_account_event)
    outbox.subscribe(NOT_BACK, notices.on_role_not_back)


def _deliver(body: TenantInfo) -> None:
    relay.drain({body.schema: system_of(body)}, clock=now)


def _accounts_are_due() -> None:
    """Tell a worker; a broker that is down costs nothing but time: the beat tells again."""
    from falin.config.celery import app

    with (
        suppress(OSError, OperationalError),
        app.connection_for_write(transport_options={"max_retries": 0, "socket_connect_timeout": 2}) as line,
    ):
        app.send_task("falin.config.tasks.keep_accounts", connection=line, retry=False)


def _place(node_id: int) -> dict[str, object] | None:
    found = list_divisions([node_id])
    return {"code": found[0].code, "name": found[0].name, "level": int(found[0].level)} if found else None


def _by_token(text: str, address: str, request_id: str) -> Scope:
    return use_token(text=text, address=address, request_id=request_id, now=now())


_TASKS = {jobs.Lane.LONG: "do_job", jobs.Lane.SHORT: "do_short_job"}


def _to_broker(schema: str, job_id: str, lane: jobs.Lane) -> None:
    """
    Hand a queued job to the workers, or fail at once: somebody waits for his page, and the sweep tells again.

    By the configured application: a shared task called in a web process would go to Celery's own default one.
    """
    from falin.config.celery import app

    with app.connection_for_write(transport_options={"max_retries": 0, "socket_connect_timeout": 2}) as line:
        app.send_task(f"falin.config.tasks.{_TASKS[lane]}", (schema, job_id), connection=line, retry=False)
