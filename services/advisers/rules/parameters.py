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

# The general limitation period (Civil Code 188): so long somebody may claim something from an engagement that ended, and
# has to show who did it. Three years of whatever length.
NUMBERS_KEPT = declare(
    Parameter(
        key="advisers.numbers_kept",
        label=gettext_noop("最后一次聘任结束后身份证号和手机号保留的天数"),
        unit=gettext_noop("天"),
        default=1096,
        minimum=365,
        maximum=1827,
        rule="PIPL 47",
        set_by=("province",),
        direction=-1,
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
