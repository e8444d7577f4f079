"""What is known of places beyond the list: people, households, area, and outlines for the map; brought in from a file."""

from __future__ import annotations

import io
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from falin.kernel.clock import legal_day, now
from falin.kernel.doors import door
from falin.kernel.refusals import Invalid, Missing
from falin.kernel.scope import Scope
from falin.kernel.sheets.writing import write_csv
from falin.portal import places
from falin.portal.web.areas import DAY_ERRORS, DAYS
from falin.ui.forms import refusals_in
from falin.ui.widgets import DayInput
from tenants.divisions import api, policies

MOST = 20 * 1024 * 1024
FACTS, OUTLINES = "facts", "outlines"


class BringForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("导入什么"), widget=forms.RadioSelect, initial=FACTS,
        choices=[(FACTS, gettext_lazy("人口、户数、面积（CSV 或 XLSX）")), (OUTLINES, gettext_lazy("边界（GeoJSON）"))],
        error_messages={"required": gettext_lazy("请选一个。")},
    )  # fmt: skip
    file = forms.FileField(
        label=gettext_lazy("文件"),
        error_messages={"required": gettext_lazy("请选文件。"), "empty": gettext_lazy("这个文件是空的。")},
        help_text=gettext_lazy("表格第一行写“代码”“人口”“户数”“面积”，面积用平方米；边界的每个要素要有属性 code"),
    )  # fmt: skip
    day = forms.DateField(
        label=gettext_lazy("哪一天的"), widget=DayInput(), input_formats=DAYS, error_messages=DAY_ERRORS
    )
    source = forms.CharField(
        label=gettext_lazy("来源"), max_length=200, error_messages={"required": gettext_lazy("请写明来源。")},
        help_text=gettext_lazy("例如：县统计年鉴 2025。边界的来源写在公开页面的地图下面，有审图号的一起写上。"),
    )  # fmt: skip

    def clean_file(self) -> Any:
        given = self.cleaned_data["file"]
        if given.size > MOST:
            raise forms.ValidationError(_("文件太大：最多 %(most)s MB。") % {"most": MOST // 1024 // 1024})
        return given


@door(grant=policies.DESCRIBE, reads="GET", writes="POST")
def bring(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """All or nothing: what is wrong is said by row, and nothing is taken until all is right."""
    sent = request.method == "POST"
    form = BringForm(request.POST, request.FILES) if sent else BringForm(initial={"day": legal_day(now())})
    if form.is_valid():
        with refusals_in(form, past=()):  # a place in the file that is not one's own is the file's fault
            taken = take(scope=scope, data=form.cleaned_data["file"].read(), now=now(),
                         **{name: form.cleaned_data[name] for name in ("kind", "day", "source")})  # fmt: skip
            messages.success(request, _("已导入 %(n)d 项。") % {"n": taken})
            return redirect("portal:place", scope.roots[0])
    return render(request, "portal/places/describe.html", {"form": form}, status=422 if form.errors else 200)


def take(*, scope: Scope, kind: str, data: bytes, day: Any, source: str, now: Any) -> int:
    """
    How many numbers or outlines were taken.

    :raises Invalid: anything is wrong with the file; the first rows are named.
    """
    if not scope.roots:
        raise Missing("portal.no_place", _("您的身份不对应哪个地方。"))
    if kind == FACTS:
        taken, errors = api.bring_facts(scope=scope, data=data, on_day=day, source=source, whole=True, now=now)
    else:
        taken, errors = api.bring_boundaries(scope=scope, data=data, valid_from=day, source=source, whole=True, now=now)
    if errors or not taken:
        said = places.told(errors) if errors else _("文件里没有可以导入的内容。")
        raise Invalid(
            "portal.rows", said + (_("改好以后再传一次，这次什么也没有导入。") if errors else ""), field="file"
        )
    return taken


@door(grant=policies.DESCRIBE)
def template(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """The table to fill in: every street and community of one's own places."""
    out = io.BytesIO()
    places = (one for root in scope.roots for one in (*api.list_streets(root), *api.list_communities(root)))
    write_csv(out, ["代码", "名称", "人口", "户数", "面积"], ([one.code, one.name, "", "", ""] for one in places))
    named = content_disposition_header(as_attachment=True, filename=_("人口户数面积.csv"))
    return HttpResponse(
        out.getvalue(), content_type="text/csv; charset=utf-8", headers={"Content-Disposition": str(named)}
    )
