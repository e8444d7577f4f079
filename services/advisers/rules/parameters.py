"""The programme's figures about advisers."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from falin.kernel.parameters import Parameter, declare

MOST_COMMUNITIES = declare(
    Parameter(
        key="advisers.most_communities",
        label=gettext_noop("一名顾问最多服务的社区数"),
        unit=gettext_noop("社区"),
        default=3,
        minimum=1,
        maximum=10,
        rule="R2.2",
        set_by=("province",),
        direction=-1,
    )
)

LATE_DAYS = declare(
    Parameter(
        key="advisers.late_days",
        label=gettext_noop("聘任结束后还能补交记录的天数"),
        unit=gettext_noop("天"),
        default=15,
        minimum=0,
        maximum=62,
        rule="R2.4",
        set_by=("province",),
    )
)

SHEETS_KEPT = declare(
    Parameter(
        key="advisers.sheets_kept",
        label=gettext_noop("导入的表格保留的天数"),
        unit=gettext_noop("天"),
        default=30,
        minimum=1,
        maximum=365,
        rule="PIPL 19",
        set_by=("province",),
        direction=-1,
    )
)
