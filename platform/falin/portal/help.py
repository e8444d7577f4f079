"""
The place of help: what each page is for and how one works with it, by the page's address and the reader's role.

Static text without tables. A topic stands for all addresses that begin as it says, the longest beginning wins, as in the
menu; so a new page has the help of the pages it lies among, and the test that asks every address finds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from falin.kernel.refusals import Missing
from falin.kernel.scope import Scope
from falin.portal.terms import TERMS, Term
from tenants.identity.api import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """
    Help for some pages.

    :param under: how the pages' addresses begin. :param grant: who has it may open them.
    :param lines: what everybody reads. :param by_role: what one role reads first.
    """

    key: str
    title: Any
    under: tuple[str, ...]
    grant: str
    lines: tuple[Any, ...]
    by_role: Mapping[Role, Any] = field(default_factory=dict)
    words: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return reverse("portal:help-topic", args=[self.key])

    @property
    def terms(self) -> tuple[Term, ...]:
        return tuple(term for term in TERMS if term.key in self.words)


TOPICS = (
    Topic(
        key="today", title=_("今天：从这里开始"), under=("", "hat/", "first-day/"), grant="home.read",
        lines=(
            _("“要办的”列出等着您办的事，前面的数是还有几件，点进去就能办。"),
            _("左边（手机上点“菜单”）是您这个身份能用的全部页面。"),
            _("有几个身份的，在最上面点地方名字换；不同身份看到的内容不一样。"),
            _("看不清就点最上面的“字号”或者“关怀版”；点“朗读”可以听。"),
            _("遇到法律问题要找人，打 12348，全天有人接。"),
        ),
        by_role={
            Role.PROVINCE_LEADER: _("您看全省：哪里没有顾问、哪里落后，可以一级一级点到社区。"),
            Role.CITY_OFFICER: _("您看全市的指标，督促落后的县（区），并给下面授予身份。"),
            Role.COUNTY_TEAM: _("您登记和聘任顾问，补空缺，催没到点的，每月结账。"),
            Role.COUNTY_FINANCE: _("您看本县（区）的指标。经费的页面还没有开通。"),
            Role.STREET_OFFICER: _("您看本街道的顾问到点没有，该催的催，公布值班时间。"),
            Role.LIAISON: _("您看本社区的顾问是谁、什么时候来，公布值班时间。"),
            Role.ADVISER: _("您每次到社区记一次到访；没有网络也能记，有了网络自动送出。"),
            Role.FIRM_MANAGER: _("您看本所的顾问各在哪里服务、到期没有。"),
            Role.INSPECTOR: _("您可以查地方。巡查的页面还没有开通。"),
            Role.AUDITOR: _("您看指标和操作记录，核对记录有没有被改过。"),
            Role.EVALUATOR: _("您可以查地方。评估的页面还没有开通。"),
            Role.DATA_STEWARD: _("您可以查地方。数据共享的页面还没有开通。"),
            Role.SYSTEM_ADMINISTRATOR: _("您提议给省、市两级授予身份，维护区划，处理大家的意见。"),
            Role.SECURITY_ADMINISTRATOR: _("您确认系统管理员提的授予和区划更新，审批应急访问。"),
            Role.AUDIT_ADMINISTRATOR: _("您看全省的操作记录，核对封存，处理异常提醒。"),
            Role.OPERATOR: _("您开通单位、看事件投递，不看单位里的数据。"),
        },
        words=("programme", "role", "care"),
    ),
    Topic(
        key="calendar", title=_("日历"), under=("calendar/",), grant="calendar.read",
        lines=(
            _("您这个身份有日子的事都在这里：值班、到访、聘任和身份到期、结账、复核。点一件就到能办的地方。"),
            _("“休”是国家放的假，“班”是调休上班的周末。明年的安排公布以前，只按周末算。"),
            _("“订阅到手机”给您一个地址，填进手机的日历就能看；里面没有人名。地址只显示一次，泄露了就停用。"),
        ),
    ),
    Topic(
        key="comments", title=_("评论"), under=("desk/comments/",), grant="comments.join",
        lines=(
            _("看得到这位顾问、这项聘任、这次到访或者这个地方的同事，可以在这里说一句话；别的单位看不到。"),
            _("勾上名字就是提醒他看（@），他会收到通知，通知里没有您写的话。"),
            _("自己写的可以收回：话就没有了，留下谁在什么时候写过。不要写居民的姓名、证件号码、电话和案情。"),
        ),
    ),
    Topic(
        key="search", title=_("搜索"), under=("search/",), grant="home.read",
        lines=(
            _("在最上面的框里写名称、其中几个字，或者拼音首字母，比如“zs”找“张三”。"),
            _("结果按类别分开；点上面的类别，只看那一类。"),
            _("只找得到您这个身份有权看的内容。到访按社区和顾问找；顾问找自己的，还能按写过的内容找。"),
        ),
    ),
    Topic(
        key="notices", title=_("通知"), under=("desk/notices/",), grant="notices.own",
        lines=(
            _("该您知道的事都在这里，没看的用粗字；点“去看看”就到能办的地方，并记下您看过了。"),
            _("“怎样通知我”里可以选哪几类也发邮件或者短信；晚上不发，第二天早上一起发。"),
            _("邮件和短信用您选的语言写：登录以后换语言就行，电脑上在页面最上面，手机上在最下面。"),
        ),
    ),
    Topic(
        key="news", title=_("对公众的通知"), under=("desk/news/",), grant="news.write",
        lines=(
            _("先写草稿：标题、正文、从哪天到哪天。看过没有问题再点“发布”，谁都看得到，不用登录。"),
            _("到日子自动出现、自动撤下；发布以后还能改，公开页面会注明改过。"),
            _("写错了就撤下，写明为什么；撤下的不能再发布，写过什么留在操作记录里。"),
        ),
    ),
    Topic(
        key="views", title=_("常用视图"), under=("desk/views/",), grant="views.own",
        lines=(
            _("点列名，列表就按这一列排；再点一次，倒过来排。手机上，列名在卡片上面。"),
            _("把列表筛选、排序好，在“常用视图”里起个名字存下，下次一点就是这样。"),
            _("勾上“本单位和我同一身份的人也能用”，同事也看得到这个视图；里面的内容仍按各人的权限。"),
        ),
    ),
    Topic(
        key="feedback", title=_("提意见"), under=("feedback/",), grant="feedback.own",
        lines=(
            _("哪一页不好用、写错了、看不懂，就在那一页点“这一页有问题”，用自己的话写。"),
            _("送出的只有您写的字、页面地址、您的身份和版本；请不要写居民的姓名、电话和案情。"),
            _("有人答复，会出现在您的通知里。"),
        ),
        by_role={
            Role.SYSTEM_ADMINISTRATOR: _("全省的意见都到您这里：没答的排在前面，答复以后写的人会收到通知。"),
            Role.OPERATOR: _("各单位的意见都到您这里：没答的排在前面，答复以后写的人会收到通知。"),
        },
    ),
    Topic(
        key="stations", title=_("服务站点"), under=("stations/",), grant="stations.read",
        lines=(
            _("居民在公开页面上看到的站点都在这里：县（区）中心、街道（乡镇）工作站、社区（村）工作室。"),
            _("电话、时间变了用“更正”；搬走了、不办了用“关闭”，要写原因。关闭的居民看不到，登记留着。"),
            _("写上经度和纬度，居民用手机定位时才看得到离自己多远；画过边界的县（区），站点也标在公开的地图上。"),
            _("站点多就用表格登记：先检查，逐行说清楚哪里要改，您确认以后才登记；登记过的不会再登记一次。"),
        ),
        by_role={
            Role.COUNTY_TEAM: _("您登记全县（区）的站点；街道也可以登记自己的。"),
            Role.STREET_OFFICER: _("您登记本街道（乡镇）和下面社区（村）的站点。"),
            Role.LIAISON: _("您只能看本社区（村）的站点，写错了请告诉街道。"),
        },
    ),
    Topic(
        key="advisers", title=_("法律顾问的登记"), under=("advisers/",), grant="advisers.read",
        lines=(
            _("列表里可以按姓名、律所、到期筛选；筛选在地址里，收藏网页就记住了。"),
            _("点姓名看一名顾问：在哪些社区、聘到哪天、考过试没有。证件号码平时不显示全。"),
            _("写错了用“更正”，要写原因；以前的样子留在操作记录里。"),
        ),
        by_role={
            Role.COUNTY_TEAM: _("新顾问先登记，再聘任到社区；人多就用批量导入。"),
            Role.STREET_OFFICER: _("您只能看本街道的顾问，要改请告诉县（区）工作专班。"),
            Role.LIAISON: _("您只能看本社区的顾问，要改请告诉县（区）工作专班。"),
        },
        words=("adviser", "firm", "exam"),
    ),
    Topic(
        key="import", title=_("批量导入顾问"), under=("advisers/import/",), grant="advisers.import",
        lines=(
            _("先下载模板，照着填；也可以直接传自己的表，再说明哪一列是什么。"),
            _("传上来先检查：哪一行、哪一列不对，都按您表里的行号说清楚。点“确认”以前什么也不存。"),
            _("有错的行可以单独下载，改好再传；对的行不用重来。"),
        ),
        words=("adviser", "firm"),
    ),
    Topic(
        key="appointing", title=_("空缺和聘任"), under=("advisers/vacancies/", "advisers/appoint/", "advisers/appointments/"),
        grant="advisers.appoint advisers.read",
        lines=(
            _("“空缺”列出没有顾问的社区；一时补不上的，请写明原因。"),
            _("选社区，再从合适的人里选一名；超过名额、没考过试的，系统会说为什么不行。"),
            _("不再服务的，用“结束聘任”或者“换人”，写明从哪天起。"),
        ),
        words=("appointment", "seat", "vacancy", "exam"),
    ),
    Topic(
        key="firms", title=_("律所"), under=("advisers/firms/",), grant="advisers.read",
        lines=(
            _("顾问要挂在一家律所或者基层法律服务所下面；先登记律所，再登记顾问。"),
            _("同一家律所全省只登记一次，登记以前先搜一搜。"),
        ),
        words=("firm",),
    ),
    Topic(
        key="firm", title=_("本所顾问"), under=("advisers/firm/",), grant="firm.read",
        lines=(
            _("这里是本所的顾问、他们服务的社区和聘任到期的日子。"),
            _("快到期的，请早些和县（区）商量续聘或者换人。"),
        ),
        words=("firm", "appointment"),
    ),
    Topic(
        key="me", title=_("我的信息"), under=("advisers/me/",), grant="duty.own",
        lines=(_("这里是省里登记的您的信息。有错请告诉聘您的县（区），由他们更正。"),), words=("adviser",),
    ),
    Topic(
        key="duty", title=_("我的社区和到访"), under=("duty/",), grant="duty.own",
        lines=(
            _("每个社区本月到了几小时、还差几小时，讲座办了没有，都在“我的社区”。"),
            _("到访按实际的时间记；在两个社区同一时间的，记不进去。"),
            _("记错了，没结账以前可以更正或者作废，要写原因。"),
        ),
        words=("visit", "hours", "lecture", "correction"),
    ),
    Topic(
        key="log", title=_("记一次到访"), under=("duty/log/",), grant="duty.log",
        lines=(
            _("选社区，写几点到、几点走、做了什么，可以拍照。居民的姓名和电话不要写。"),
            _("没有网络也能记：先存在手机里，页面会说“有几条等着送”，有了网络自动送出。"),
            _("写到一半离开，草稿还在；回来接着写。"),
        ),
        words=("visit", "hours", "lecture"),
    ),
    Topic(
        key="behind", title=_("谁还没到点"), under=("duty/behind/",), grant="duty.read",
        lines=(
            _("列出本月到点时长落后的顾问，差得最多的在前面。"),
            _("点“提醒”，顾问会收到通知；一天只能提醒一次，看了没有会显示在这里。"),
        ),
        words=("hours", "appointment"),
    ),
    Topic(
        key="hours", title=_("值班公示"), under=("duty/hours/",), grant="duty.post",
        lines=(
            _("写明星期几、几点到几点、在哪里能见到顾问；居民在公开页面上就看得到。"),
            _("有变动及时改，不再值班就撤下。"),
        ),
        words=("posted-hours",),
    ),
    Topic(
        key="months", title=_("月度结账"), under=("duty/months/",), grant="duty.close",
        lines=(
            _("一个月的到访核对好以后结账。结账以后谁也不能再改，请先看有没有该更正的。"),
            _("结过账又发现错的，只能在以后的月份里说明。"),
        ),
        words=("closing", "correction", "roll-up"),
    ),
    Topic(
        key="figures", title=_("指标与排名"), under=("figures/",), grant="figures.read",
        lines=(
            _("最上面一句话说清情况；下面是几个数、排名、地图和各月的走势，地图的数也有表。"),
            _("点地方名字往下一级看，一直到社区的一次次到访（您有权看的话）。"),
            _("上面可以换月份；“下载”得到的就是页面上看到的。"),
            _("“大屏”把这一页放到墙上的屏幕，自己会更新。"),
        ),
        by_role={
            Role.PROVINCE_LEADER: _("先看红色“落后”的，点进去看是哪几个县（区）、哪些社区。"),
            Role.COUNTY_TEAM: _("记录改过以后，点“重新汇总”，上级就看到新的数；平时每天夜里自动汇总。"),
            Role.AUDITOR: _("每个数都能点到它的来源；口径写在页面下面。"),
            Role.ADVISER: _("您看到的是自己已经发布的到访。"),
            Role.FIRM_MANAGER: _("您看到的是本所已经发布的到访。"),
        },
        words=("coverage", "hours-met", "target", "pace", "ranking", "as-of", "publishing", "as-was", "as-is", "approval"),
    ),
    Topic(
        key="people", title=_("人员和身份"), under=("people/",), grant="people.read",
        lines=(
            _("谁在哪个地方有什么身份、到哪天，都在这里。"),
            _("新来的人先录入，再授予身份；离开的人，先移交工作，再结束身份。"),
            _("要紧的身份要第二个人确认；自己不能给自己。"),
            _("临时有问题可以停用，停用的人马上退出；查清了再恢复。"),
        ),
        by_role={
            Role.COUNTY_TEAM: _("您给本县（区）的街道专员和社区联络员授予身份。"),
            Role.CITY_OFFICER: _("您给本市县、街道、社区三级授予身份，另一名市级专员确认。"),
            Role.FIRM_MANAGER: _("您可以让本所的另一个人也做律所负责人。"),
            Role.SYSTEM_ADMINISTRATOR: _("您提议省、市两级的身份，安全管理员确认以后生效。"),
            Role.SECURITY_ADMINISTRATOR: _("您在“待确认的授予”里确认或者退回。"),
            Role.AUDITOR: _("您只能看，不能改。"),
        },
        words=("role", "granting", "review", "administrators"),
    ),
    Topic(
        key="places", title=_("区划和地方"), under=("places/",), grant="places.read",
        lines=(
            _("从省往下一级一级点，或者搜名称、拼音。每个地方有它的沿革和负责的人。"),
            _("开发区、园区不是一级区划，在“统计区域”里。"),
        ),
        words=("division", "community", "county-body"),
    ),
    Topic(
        key="updates", title=_("区划更新"), under=("places/updates/",), grant="places.review",
        lines=(
            _("传新的区划名单，系统与现有的比较，列出改名、合并、拆分、新设。"),
            _("一条一条定，或者整组定；定完提交，第二个人确认以后从那天起生效。"),
            _("生效以前可以退回或者放弃；刚生效的可以撤销。"),
        ),
        words=("update", "division", "as-was", "as-is"),
    ),
    Topic(
        key="settings", title=_("设定"), under=("settings/",), grant="settings.read",
        lines=(
            _("每一项写着现在是多少、谁定的、从哪天起。下级只能定得更严。"),
            _("改设定要写从哪天起、为什么；过去的月份仍按当时的数算。"),
        ),
        words=("target", "hours", "seat"),
    ),
    Topic(
        key="history", title=_("操作记录"), under=("history/",), grant="history.read",
        lines=(
            _("谁、什么时候、为什么做了什么，最近的在前面。"),
            _("在一个人、一名顾问的页面上点“操作记录”，只看与它有关的。"),
        ),
        by_role={
            Role.FIRM_MANAGER: _("您看到的是本所负责人的身份：谁给的、到哪天、谁结束的。顾问的聘任，请问聘他的县（区）。"),
        },
        words=("audit",),
    ),
    Topic(
        key="audit", title=_("审计"), under=("audit/",), grant="audit.read",
        lines=(
            _("可以按人、时间、事情筛选全部操作记录；异常提醒排在前面。"),
            _("下载的文件带签名，用 falin verify 可以在自己的电脑上核对有没有被改过。"),
        ),
        words=("audit", "sealing"),
    ),
    Topic(
        key="exports", title=_("导出名单要两个人"), under=("exports/",), grant="lists.export",
        lines=(
            _("县（区）工作专班导出名单，先写明用途，由本单位另一个能导出的人确认；确认以后才做文件，只有请求的人能下载。"),
            _("确认的人先看谁要、拿去做什么、哪份名单、多少行；不合适就不同意，写明原因，请求的人会收到通知。"),
            _("自己不能确认自己的。到期没有人确认的自动结束；不要了，可以在“我的任务”里撤回。"),
        ),
    ),
    Topic(
        key="sums", title=_("操作统计"), under=("audit/sums/",), grant="audit.sums",
        lines=(
            _("本机构一个月做了多少件事：做了什么、以什么身份做的。只有数，没有人，也看不到哪一条。"),
            _("一行至少要有几个人的操作才单列，不到的并进“其余”；这样谁也认不出是谁做的。"),
            _("月份过完才有数，过完就不再变；下级单位的记录在它们自己那里，不算进来。"),
        ),
        words=("audit",),
    ),
    Topic(
        key="jobs", title=_("我的任务"), under=("jobs/", "files/", "lists/"), grant="jobs.own",
        lines=(
            _("费时间的事在后台做，这里看做到哪里了；不想要了可以取消。"),
            _("做好的文件在这里下载，过了期限会删掉。"),
        ),
    ),
    Topic(
        key="account", title=_("账号与安全"), under=("me/", "accounts/"), grant="account.own",
        lines=(
            _("在这里改密码、手机、邮箱，加二次验证，看哪些设备登录着，不认识的马上退出。"),
            _("要紧的事办以前，会再请您证明一次是本人。"),
            _("手机丢了，用备用码登录，再把旧的验证器删掉；备用码请印出来收好。"),
        ),
        words=("second-factor",),
    ),
    Topic(
        key="tokens", title=_("我的令牌"), under=("me/tokens/", "api/", "people/accounts/"), grant="tokens.own",
        lines=(
            _("要让别的程序替您读写，就做一个令牌，只勾需要的权限，写明期限。"),
            _("令牌只显示一次；泄露了马上作废。"),
        ),
        words=("token",),
    ),
    Topic(
        key="emergencies", title=_("应急访问"), under=("emergencies/",), grant="emergency.decide emergency.ask",
        lines=(
            _("平台运维查故障要看一个单位的数据，先写明为什么，由这个单位同意。"),
            _("只有一小时，只能看不能改，打开过哪些页面都记在这个单位的操作记录里；随时可以收回。"),
        ),
        words=("emergency", "audit"),
    ),
    Topic(
        key="tenants", title=_("开通和单位"), under=("tenants/", "setup/"), grant="tenants.manage",
        lines=(
            _("先建省，导入区划，再逐个开通县（区）；每个单位有一张清单，说还缺什么。"),
            _("停用、归档、恢复、迁移、合并、拆分都在单位的页面上，要第二个人确认的会说明。"),
            _("夜间备份只有接收人的私钥打得开；最近一次是什么时候、试恢复过没有，在单位的页面上。"),
            _("启动时加 --lan，“手机连接”里有一个方块：同一个办公室网络里的手机扫它，装一次证书，就能用 HTTPS 打开。"),
        ),
        words=("county-body", "administrators"),
    ),
    Topic(
        key="events", title=_("事件投递"), under=("events/",), grant="events.manage",
        lines=(_("看各单位的事件送到哪里了；送不出去的停在一边，查明原因以后点“再送”。"),),
    ),
    Topic(
        key="webhooks", title=_("消息推送"), under=("webhooks/",), grant="webhooks.manage",
        lines=(
            _("登记对方的地址，选要告诉它哪些事；每条消息都有签名，密钥只显示一次。"),
            _("对方没收到会自动再送；这里看每一次的结果，也可以重送。"),
        ),
        words=("push",),
    ),
    Topic(
        key="keys", title=_("键盘"), under=(), grant="home.read",
        lines=(
            _("“/”：到搜索框。"),
            _("“?”：打开这一页。"),
            _("“Escape”（键上多半写着 Esc）：收起打开的菜单。"),
            _("“Tab”往后走一处，“Shift + Tab”往前走一处，到哪里哪里有粗框；“Enter”打开或者提交，“空格”勾选。"),
            _("每一页按第一下“Tab”，是“跳到正文”，再按“Enter”就越过上面的菜单。"),
            _("在框里打字的时候，“/”和“?”就是字，不会跳走；用语音输入的，可以在下面把它们关掉。"),
        ),
    ),
    Topic(
        key="help", title=_("使用帮助"), under=("help/",), grant="home.read",
        lines=(
            _("每一页右上角的问号，打开的就是那一页的帮助；这里是全部。"),
            _("帮助可以打印，也可以点“朗读”听。不懂的词在“术语”里。"),
        ),
    ),
)  # fmt: skip
START = TOPICS[0]


@lru_cache(maxsize=512)
def topic_of(route: str) -> Topic:
    """The topic of an address, by its route: the one whose beginning is the longest."""
    place = route.lstrip("^")
    found = [(len(head), topic) for topic in TOPICS for head in topic.under if head and place.startswith(head)]
    return max(found, key=lambda pair: pair[0])[1] if found else START


@lru_cache(maxsize=512)
def help_url(route: str) -> str:
    """Where the help of a page is: the frame of every page asks, so it is remembered."""
    return topic_of(route).url


def list_topics(*, scope: Scope) -> list[Topic]:
    """The topics whose pages the role may open."""
    scope.require("home.read")
    return [topic for topic in TOPICS if any(map(scope.may, topic.grant.split()))]


def get_topic(*, scope: Scope, key: str) -> Topic:
    """
    One topic the role may open.

    :raises Missing: there is none, or it is about pages of others.
    """
    found = next((topic for topic in list_topics(scope=scope) if topic.key == key), None)
    if found is None:
        raise Missing("portal.no_such_help", gettext("没有这一篇帮助，或者它讲的页面您用不到。"))
    return found


def list_terms(*, scope: Scope) -> tuple[Term, ...]:
    """The programme's words."""
    scope.require("home.read")
    return TERMS


def lines_for(topic: Topic, role: str) -> list[str]:
    """What somebody in this role reads: his own line first."""
    own = topic.by_role.get(Role(role))
    return [str(line) for line in ((own,) if own else ()) + topic.lines]
