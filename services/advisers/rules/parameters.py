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
