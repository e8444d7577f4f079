"""The figures of R2.4 that a level may set."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from falin.kernel.parameters import Parameter, declare

HOURS_A_MONTH = declare(
    Parameter(
        key="duty.hours_a_month",
        label=gettext_noop("每名顾问每月在每个社区的时长"),
        unit=gettext_noop("小时"),
        default=8,
        minimum=1,
        maximum=40,
        rule="R2.4",
        set_by=("province", "city", "county"),
        direction=1,
    )
)
LECTURES_A_QUARTER = declare(
    Parameter(
        key="duty.lectures_a_quarter",
        label=gettext_noop("每名顾问每季度在每个社区的讲座"),
        unit=gettext_noop("场"),
        default=1,
        minimum=0,
        maximum=12,
        rule="R2.4",
        set_by=("province", "city", "county"),
        direction=1,
    )
)
