"""
What runs outside requests: hearing of events, looking ahead each night, sending what is due.

Who is told of what is said here, in one place: a listener for each event, and the look ahead.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

from django.utils import translation
from django.utils.translation import gettext as _

from falin.kernel.clock import legal_day, now
from falin.kernel.outbox import Event
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside
from services.advisers.api import count_ending, person_of_adviser
from services.desk.commands import claim_due, settle, tell, untell, untell_others
from services.desk.queries.feedback import answers_to_tell
from services.desk.queries.waiting import decisions_to_tell
from services.desk.types import Draft, NoticeKind, Parcel, Way
from tenants.identity.api import Role, corrections_to_tell, declined_to_tell, list_ending, list_holders, parted_to_tell
from tenants.identity.signing.sending import NotSent, tell_by

AHEAD = timedelta(days=30)
LAST_WORD = timedelta(days=7)
LONGEST = timedelta(minutes=5)  # a round of sending; its queue waits meanwhile
OF_ADVISERS = {
    "duty.reminder.sent": (NoticeKind.HOURS_MISSING, "adviser_id", ("node_id", "month", "minutes_missing")),
    "advisers.adviser.appointed": (NoticeKind.APPOINTED, "adviser", ("begins_on",)),
    "advisers.appointment.ended": (NoticeKind.APPOINTMENT_ENDED, "adviser", ("ends_on",)),
}
WITHDRAWN = "portal.export.withdrawn"
EXPORTS_DECIDED = ("portal.export.confirmed", "portal.export.refused", "portal.export.lapsed", WITHDRAWN)


def on_adviser_event(scope: Scope, event: Event) -> None:
    """Handler of ``OF_ADVISERS``: the adviser is told, if he has an account. Delivered twice, he is told once."""
    kind, who, kept = OF_ADVISERS[event.event]
    person_id = person_of_adviser(uuid.UUID(str(event.payload[who])))
    if person_id is None:
        return
    facts = {name: event.payload[name] for name in kept}
    facts.setdefault("node_id", event.payload.get("node"))
    draft = Draft(kind=kind, person_id=person_id, key=f"event:{event.id}", facts=facts)
    tell(scope=scope, drafts=[draft], now=event.at)


def on_reminder_taken_back(scope: Scope, event: Event) -> None:
    """The notice of a reminder that was taken back goes, unless it was read."""
    person_id = person_of_adviser(uuid.UUID(str(event.payload["adviser_id"])))
    if person_id is not None:
        facts = {name: event.payload[name] for name in ("node_id", "month")}
        untell(scope=scope, kind=NoticeKind.HOURS_MISSING, person_id=person_id, facts=facts,
               at=datetime.fromisoformat(event.payload["sent_at"]))  # fmt: skip


def on_appointment_resumed(scope: Scope, event: Event) -> None:
    """The notice of an ending that was taken back goes, unless it was read."""
    person_id = person_of_adviser(uuid.UUID(str(event.payload["adviser"])))
    if person_id is not None:
        untell(scope=scope, kind=NoticeKind.APPOINTMENT_ENDED, person_id=person_id,
               facts={"node_id": event.payload["node"], "ends_on": event.payload["ended_on"]},
               at=datetime.fromisoformat(event.payload["ended_at"]))  # fmt: skip


def on_comment_written(scope: Scope, event: Event) -> None:
    """Whom a comment names is told that it does, and not what it says."""
    facts = {name: event.payload[name] for name in ("comment", "kind", "subject", "thing", "who")}
    tell(scope=scope, now=event.at, drafts=[
        Draft(kind=NoticeKind.MENTIONED, person_id=person, key=f"comment:{event.payload['comment']}", facts=facts)
        for person in event.payload["told"]
    ])  # fmt: skip


def on_comment_taken_back(scope: Scope, event: Event) -> None:
    """The notices of a comment that was taken back go, unless they were read."""
    for person in event.payload["told"]:
        untell(scope=scope, kind=NoticeKind.MENTIONED, person_id=person, facts={"comment": event.payload["comment"]},
               at=datetime.fromisoformat(event.payload["written_at"]))  # fmt: skip


def on_export_held(scope: Scope, event: Event) -> None:
    """Who could confirm the export of a list is told that it waits, and not what for."""
    facts = {name: event.payload[name] for name in ("job", "list", "who")}
    tell(scope=scope, now=event.at, drafts=[
        Draft(kind=NoticeKind.EXPORT_HELD, person_id=person, key=event.key, facts=facts)
        for person in event.payload["told"]
    ])  # fmt: skip


def on_export_decided(scope: Scope, event: Event) -> None:
    """Handler of ``EXPORTS_DECIDED``: nobody is asked any more, and who asked is told what came of it."""
    untell(scope=scope, kind=NoticeKind.EXPORT_HELD, facts={"job": event.payload["job"]})
    if event.event == WITHDRAWN:
        return  # by himself
    facts = {"job": event.payload["job"], "list": event.payload["list"], "outcome": event.event.rsplit(".")[-1]}
    draft = Draft(kind=NoticeKind.EXPORT_DECIDED, person_id=event.payload["person"], key=event.key, facts=facts)
    tell(scope=scope, drafts=[draft], now=event.at)


def on_job_ended(scope: Scope, event: Event) -> None:
    """Who asked for it is told what came of it."""
    facts = {"job": event.payload["job"], "outcome": event.payload["outcome"], "thing": event.payload["title"]}
    draft = Draft(kind=NoticeKind.JOB_ENDED, person_id=event.payload["person"], key=event.key, facts=facts)
    tell(scope=scope, drafts=[draft], now=event.at)


def on_backup_failed(scope: Scope, event: Event) -> None:
    """The operators are told that a night's backup failed, once a night: the page says of whom and why."""
    facts = {"node_id": event.payload["node_id"], "on": event.payload["night"]}
    tell(scope=scope, now=event.at, drafts=[
        Draft(kind=NoticeKind.BACKUP_FAILED, person_id=person, key=f"backup:{event.payload['night']}", facts=facts)
        for person in list_holders(scope=scope, role=Role.OPERATOR, on=legal_day(event.at))
    ])  # fmt: skip


def look_ahead(scope: Scope, moment: datetime) -> int:
    """
    What ends within a month: contracts to the county's team, roles to who holds them; and whose roles open nothing, to who
    gave them or looks after them. Every night; told once.
    """
    today = legal_day(moment)
    team = list_holders(scope=scope, role=Role.COUNTY_TEAM, on=today)
    drafts = [
        Draft(kind=NoticeKind.CONTRACTS_ENDING, person_id=person, key=f"contracts:{day}",
              facts={"ends_on": str(day), "count": count})
        for day, count in (count_ending(scope=scope, after=today, until=today + AHEAD) if team else {}).items()
        for person in team
    ]  # fmt: skip
    drafts += [
        Draft(kind=NoticeKind.ROLE_ENDING, person_id=one.person_id,
              key=f"binding:{one.id}:{one.ends_on}:{_step(one.ends_on, today)}",
              facts={"node_id": one.node_id, "ends_on": str(one.ends_on)})
        for one in list_ending(scope=scope, after=today, until=today + AHEAD)
    ]  # fmt: skip
    parted = [
        Draft(kind=NoticeKind.ROLES_PARTED, person_id=person_id, key=f"parted:{one.person.id}:{one.rule.code}:{one.newest}",
              facts={"person": one.person.id, "name": one.person.name, "rule": one.rule.code})
        for one in parted_to_tell(scope=scope, on=today) for person_id in sorted(one.who)
    ]  # fmt: skip
    untell_others(scope=scope, kind=NoticeKind.ROLES_PARTED, still=parted)
    drafts += parted
    return tell(scope=scope, drafts=drafts, now=moment)


def _step(day: date, today: date) -> int:
    """Told a month ahead, and once more in the last week."""
    return 7 if day <= today + LAST_WORD else 30


def send_due(scope: Scope) -> int:
    """
    Send what is due in one tenant, each message outside any transaction; how many went out.

    Answers to feedback and to corrections were given in another body, and a correction or a decision is asked of whoever may
    do it, in whatever body: these are looked for, where all else came by an event.
    """
    with inside(scope, read_only=False):
        decisions = decisions_to_tell(scope=scope, now=now())
        corrections = _corrections(scope, now())
        untell_others(scope=scope, kind=NoticeKind.DECISION_WAITS, still=decisions)
        untell_others(scope=scope, kind=NoticeKind.CORRECTION_ASKED, still=corrections)
        found = [*answers_to_tell(scope=scope, now=now()), *corrections, *decisions, *_declined(scope, now())]
        tell(scope=scope, drafts=found, now=now())
        parcels = claim_due(scope=scope, now=now())
    count, until = 0, now() + LONGEST
    for number, parcel in enumerate(parcels):
        if now() > until:  # nobody may take us for dead while we still send
            with inside(scope, read_only=False):
                settle(scope=scope, failed=[one for rest in parcels[number:] for one in rest.notice_ids], now=now())
            break
        count += _sent(scope, parcel)
    return count


def _sent(scope: Scope, parcel: Parcel) -> int:
    """Send one and note it before the next: who is killed between two has told nobody twice. How many notices it was."""
    try:
        _send(parcel)
    except NotSent:
        done = {"failed": parcel.notice_ids}
    else:
        done = {"sent": parcel.notice_ids}
    with inside(scope, read_only=False):
        settle(scope=scope, now=now(), **done)
    return len(done.get("sent", ()))


def _corrections(scope: Scope, moment: datetime) -> list[Draft]:
    """What people ask to have put right of their names, to each in this body who may; told once."""
    return [
        Draft(kind=NoticeKind.CORRECTION_ASKED, person_id=person_id, key=f"correction:{one.id}:{one.asked_at:%Y%m%dT%H%M%S}",
              facts={"name": one.now_name})
        for one, who in corrections_to_tell(scope=scope, on=legal_day(moment)) for person_id in sorted(who)
    ]  # fmt: skip


def _declined(scope: Scope, moment: datetime) -> list[Draft]:
    """That what somebody asked to have put right was not; the reason stands on his own page."""
    return [
        Draft(kind=NoticeKind.CORRECTION_DECLINED, person_id=one.person_id, key=f"declined:{one.id}", facts={})
        for one in declined_to_tell(scope=scope, now=moment)
    ]


def _send(parcel: Parcel) -> None:
    """A mail says what it is about; a text message, which others see on a locked screen, only that there is something."""
    with translation.override(parcel.language):
        count = len(parcel.sentences)
        subject = _("法邻：您有 %(n)d 条新通知") % {"n": count}
        if parcel.way == Way.SMS:
            text = _("法邻：您有 %(n)d 条新通知，请登录查看。") % {"n": count}
        else:
            text = "\n".join([*parcel.sentences, "", _("登录法邻可以看详情，也可以选哪些通知不发邮件。")])
        tell_by(person_id=parcel.person_id, sms=parcel.way == Way.SMS, subject=subject, text=text)
