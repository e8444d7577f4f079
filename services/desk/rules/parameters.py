"""Between which hours nobody's telephone rings, and how long what somebody said of a page is kept."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from falin.kernel.parameters import Parameter, declare

QUIET_FROM = declare(
    Parameter(
        key="desk.quiet_from", label=gettext_noop("几点以后不发短信和邮件"), unit=gettext_noop("点"), default=21, minimum=17,
        maximum=24, rule="decision 31", set_by=("province", "city", "county"), direction=-1,
    )
)  # fmt: skip
QUIET_UNTIL = declare(
    Parameter(
        key="desk.quiet_until", label=gettext_noop("几点以前不发短信和邮件"), unit=gettext_noop("点"), default=8, minimum=0,
        maximum=10, rule="decision 31", set_by=("province", "city", "county"), direction=1,
    )
)  # fmt: skip

FEEDBACK_KEPT = declare(
    Parameter(
        key="desk.feedback_kept", label=gettext_noop("答复过的意见保留的天数"), unit=gettext_noop("天"), default=730,
        minimum=30, maximum=1825, rule="PIPL 19", set_by=(), direction=-1,
    )
)  # fmt: skip
