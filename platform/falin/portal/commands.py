"""Acts of the portal: the guided first start, and a word to the relay. Each passes on to the floor that owns the thing."""

from __future__ import annotations

import io
import uuid
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel import audit, clock, files, jobs, relay
from falin.kernel.audit import exporting
from falin.kernel.refusals import Invalid, Refused
from falin.kernel.scope import Scope
from falin.kernel.transactions import inside, shared
from falin.ui.geo import build_geo
from tenants.divisions.api import (
    LIST_AS_OF,
    LIST_SOURCE,
    Level,
    fetch_list,
    find_by_code,
    get_division,
    import_divisions,
    read_list,
)
from tenants.identity.api import Role, create_person, find_holder, grant_role, last_day, somebody_elses
from tenants.identity.passwords import one_time_password
from tenants.registry.api import Kind, django_as_owner, list_tenants, provision_tenant

MANAGE = "tenants.manage"
EXPORT = "audit.export"
# The first two digits of a province's codes, and its name: the list of places is fetched only after one was chosen.
PROVINCES = dict(
    line.split()
    for line in """11 北京市\n12 天津市\n13 河北省\n14 山西省\n15 内蒙古自治区\n21 辽宁省\n22 吉林省\n23 黑龙江省\n31 上海市
        32 江苏省\n33 浙江省\n34 安徽省\n35 福建省\n36 江西省\n37 山东省\n41 河南省\n42 湖北省\n43 湖南省\n44 广东省
        45 广西壮族自治区\n46 海南省\n50 重庆市\n51 四川省\n52 贵州省\n53 云南省\n54 西藏自治区\n61 陕西省\n62 甘肃省
        63 青海省\n64 宁夏回族自治区\n65 新疆维吾尔自治区""".splitlines()
)


class ProvinceForm(forms.Form):
    province = forms.ChoiceField(label=gettext_lazy("哪个省（自治区、直辖市）"), choices=list(PROVINCES.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialMade:
    """What is shown once after an official was entered."""

    name: str
    username: str
    password: str  # empty: he goes on, with the one he has
    role: str
    place: str
    ends_on: date


def ask_province(*, scope: Scope, province: str, now: datetime) -> uuid.UUID:
    """Queue: fetch the list of places, bring in one province, give its body a schema, draw its map."""
    scope.require(MANAGE)
    audit.record(scope=scope, act="portal.province.asked", subject=("province", province), node_id=None, now=now)
    return jobs.ask(scope=scope, kind="portal.open_province", title=_("取区划名录并开通省级"),
                    parameters={"province": province}, now=now)  # fmt: skip


def open_province(run: jobs.Run) -> dict[str, Any]:
    """The job behind ``ask_province``."""
    province = str(run.parameters["province"])
    run.progress(0, 4, _("取区划名录"))
    archive = fetch_list(settings.HOME)
    run.progress(1, 4, _("读入名录"))
    with django_as_owner(), shared(read_only=False):  # the owner may tell the planner what came in (analyze)
        result = import_divisions(rows=read_list(archive, province=province), province=province, as_of=LIST_AS_OF,
                                  source=LIST_SOURCE, now=clock.now())  # fmt: skip
    run.progress(2, 4, _("开通省级"))
    root = find_by_code(Level.PROVINCE, province)
    assert root is not None
    provision_tenant(node_id=root.id, kind=Kind.PROVINCE, name=root.name, now=clock.now())
    run.progress(3, 4, _("画地图"))
    draw_map(settings.HOME, province)
    return {"communities": result.counts[Level.COMMUNITY], "refused": len(result.refused)}


def draw_map(home: Path, province: str) -> Path:
    """The outlines of a province's counties and cities, made once at set-up."""
    out = home / "geo" / f"{province}.json"
    if not out.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        build_geo(province, out)
    return out


def ask_county(*, scope: Scope, node_id: int, now: datetime) -> uuid.UUID:
    """Queue: give a county-grade body its schema."""
    scope.require(MANAGE)
    place = get_division(node_id)
    if not place.is_county_body:
        raise Invalid("portal.not_a_county", _("这里不是县级单位，不单独开通。"), field="county")
    audit.record(scope=scope, act="portal.county.asked", subject=("division", node_id), node_id=node_id, now=now)
    return jobs.ask(scope=scope, kind="portal.open_county", title=_("开通%(name)s") % {"name": place.name},
                    parameters={"node_id": node_id}, now=now)  # fmt: skip


def open_county(run: jobs.Run) -> dict[str, Any]:
    """The job behind ``ask_county``."""
    place = get_division(int(run.parameters["node_id"]))
    tenant = provision_tenant(node_id=place.id, kind=Kind.COUNTY, name=place.name, now=clock.now())
    return {"schema": tenant.schema}


def ask_audit_export(*, scope: Scope, now: datetime) -> uuid.UUID:
    """Queue: write the whole log of the scope's tenant into a file for the asker. That he asked is booked."""
    scope.require(EXPORT)
    audit.record(scope=scope, act="audit.log.exported", subject=("log", scope.schema), node_id=None, now=now)
    return jobs.ask(scope=scope, kind="portal.export_audit", title=_("下载操作记录"), parameters={}, now=now)


def export_audit(run: jobs.Run) -> dict[str, Any]:
    """The job behind ``ask_audit_export``."""
    moment, text = clock.now(), io.BytesIO()
    run.scope.require(EXPORT)
    with inside(run.scope, read_only=True):
        entries = exporting.write(scope=run.scope, to=text, now=moment)
    with inside(run.scope, read_only=False):
        kept = files.keep_result(
            scope=run.scope, data=text.getvalue(), name=f"audit-{run.scope.schema}-{clock.legal_day(moment)}.jsonl",
            content_type="application/x-ndjson", purpose="audit-log", now=moment,
        )  # fmt: skip
    return {"file": str(kept.id), "entries": entries}


def register_jobs() -> None:
    jobs.register("portal.export_audit", export_audit)
    jobs.register("portal.open_province", open_province)
    jobs.register("portal.open_county", open_county)


def enter_administrator(
    *, scope: Scope, username: str, name: str, role: str, reason: str, now: datetime
) -> OfficialMade:  # fmt: skip
    """
    Enter one of the three administrators (decision 10), who bring in everybody else; or let one go on, from today, who
    is there under this sign-in name.

    :raises Refused: the name is taken, the office is, or the province does not stand yet.
    """
    scope.require(MANAGE)
    province = next(iter(list_tenants(kind=Kind.PROVINCE)), None)
    if province is None:
        raise Refused("portal.no_province", _("请先选省份并开通。"))
    person, password = find_holder(username=username, role=Role(role), node_id=province.node_id), ""
    if person is None:
        password = one_time_password()
        person = create_person(scope=scope, username=username, name=name, password=password, now=now)
    elif person.name != name:
        raise somebody_elses()
    ends_on = last_day(now=now, node_id=province.node_id)
    grant_role(scope=scope, person_id=person.id, role=Role(role), node_id=province.node_id, reason=reason,
               valid_to=ends_on, now=now)  # fmt: skip
    from falin.portal.shell import ROLE_LABELS

    return OfficialMade(name=name, username=username, password=password, role=str(ROLE_LABELS[Role(role)]),
                        place=province.name, ends_on=ends_on)  # fmt: skip


def resend_event(*, scope: Scope, schema: str, event_id: int, now: datetime) -> None:
    """
    Ask the relay to send an event again.

    :raises Missing: there is no such tenant.
    """
    scope.require("events.manage")
    relay.ask_again(schema=schema, event_id=event_id, now=now)
    audit.record(
        scope=scope, act="portal.event.resent", subject=("event", f"{schema}:{event_id}"), node_id=None, now=now
    )
