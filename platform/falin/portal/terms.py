"""The place of the programme's terms: each word with its plain meaning and the rule it comes from. Static, without tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override, pgettext_lazy


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One word. ``key`` stands in addresses; ``rule`` is empty where the word is the platform's own."""

    key: str
    word: Any
    plain: Any
    rule: str = ""

    def called(self, language: str) -> str:
        """The word in another language than the page's."""
        with override(language):
            return str(self.word)

    @property
    def english(self) -> str:
        return self.called("en")

    @property
    def traditional(self) -> str:
        return self.called("zh-hant")


TERMS = (
    Term(key="programme", word=_("一社区一法律顾问"), rule="R2.1",
         plain=_("每个社区、每个村都至少有一名法律顾问，居民问他不要钱。")),
    Term(key="division", word=_("区划"), rule="R1.1",
         plain=_("省、市、县（区）、街道（乡镇）、社区（村）五级地方。有的地方少一级。")),
    Term(key="community", word=_("社区（村）"), rule="R1.7", plain=_("最下面一级。居委会算城镇，村委会算农村。")),
    Term(key="county-body", word=_("县级单位"), rule="R1.3",
         plain=_("县、区、县级市；没有县的市自己也算。登记、到访、结账都在这一级。")),
    Term(key="team", word=_("工作专班"), rule="R1.3",
         plain=_("县（区）里办这件事的人：登记顾问、聘任、看到访、结账、汇总。")),
    Term(key="liaison", word=_("联络员"), rule="R1.5", plain=_("社区里与法律顾问联系的人，帮居民找到顾问。")),
    Term(key="adviser", word=_("法律顾问"), rule="R2.1", plain=_("在省里登记、受聘到社区服务的律师或者基层法律服务工作者。")),
    Term(key="firm", word=_("律所"), rule="R2.4", plain=_("律师事务所和基层法律服务所，顾问是它的人。")),
    Term(key="exam", word=_("统一考试"), rule="R2.6", plain=_("第一次受聘以前要通过的考试。")),
    Term(key="appointment", word=pgettext_lazy("名词", "聘任"), rule="R2.2",
         plain=_("一名顾问在一个社区，从哪天到哪天。一名顾问在三个社区，就是三份聘任。")),
    Term(key="seat", word=_("名额"), rule="R2.2", plain=_("一名顾问最多服务的社区数，一般是三个。")),
    Term(key="vacancy", word=pgettext_lazy("名词", "空缺"), rule="R2.1",
         plain=_("现在没有顾问的社区。系统自己算，原因由县（区）写。")),
    Term(key="visit", word=_("到访"), rule="R2.4", plain=_("顾问到一个社区一次：几点到、几点走、做了什么。")),
    Term(key="hours", word=_("到点时长"), rule="R2.4",
         plain=_("顾问每月在每个社区至少到几小时。一般是 8 小时，各地可以另定；月中到任的按天折算。")),
    Term(key="lecture", word=_("法治讲座"), rule="R2.4",
         plain=_("在社区给居民讲法。一般每季度至少一场，各地可以另定；也算一次到访。")),
    Term(key="posted-hours", word=_("值班公示"), rule="R2.5", plain=_("什么时候、在哪里能见到顾问，向居民公布。")),
    Term(key="correction", word=_("更正和作废"), rule="R2.9", plain=_("记错了不删：写明原因更正，或者作废，原来的留着。")),
    Term(key="closing", word=pgettext_lazy("名词", "月度结账"), rule="R2.9", plain=_("一个月的到访定下来，以后不能再改。")),
    Term(key="roll-up", word=_("汇总"), plain=_("把到访和聘任算成指标。上级的数是下级的数加起来，从不取平均。")),
    Term(key="publishing", word=_("发布"), rule="R4.8",
         plain=_("县（区）的数算好、上级看得到。上级只看发布的数，看不到县里的记录。")),
    Term(key="as-of", word=_("数据截止日"), rule="R4.8", plain=_("指标按哪一天的记录算。以后补记的，下次汇总才算进去。")),
    Term(key="coverage", word=_("配备率"), rule="R4.2", plain=_("有顾问的社区和村 ÷ 全部社区和村。")),
    Term(key="hours-met", word=_("到点时长达标率"), rule="R2.4", plain=_("到够时长的聘任 ÷ 全部聘任。")),
    Term(key="target", word=_("目标"), rule="R4.2", plain=_("到年底要达到的数。下级可以定得更高，不能更低。")),
    Term(key="pace", word=_("进度线"), rule="R4.2", plain=_("照目标匀着走，这个月该到哪里。低于它就是落后。")),
    Term(key="ranking", word=_("排名"), rule="R4.8", plain=_("同级的地方按落后多少排，最落后的在前面，好先去帮。")),
    Term(key="as-was", word=_("当时口径"), plain=_("过去的月份，照当时的区划看。")),
    Term(key="as-is", word=_("现行口径"), plain=_("过去的月份，换成今天的区划看；拆分过的按比例分。")),
    Term(key="update", word=_("区划更新"), plain=_("把新的区划名单与现有的比，一条一条定，第二个人确认以后才生效。")),
    Term(key="role", word=_("身份"), plain=_("一个人在一个地方做什么，从哪天到哪天。一个人可以有几个身份，一次用一个。")),
    Term(key="granting", word=_("授予和确认"), plain=_("给人一个身份。要紧的身份要第二个人确认才生效，自己不能给自己。")),
    Term(key="review", word=_("季度复核"), plain=_("每季度看一遍谁还该有身份，没人确认的自动结束。")),
    Term(key="administrators", word=_("三员"),
         plain=_("系统管理员、安全管理员、审计管理员：三个人，互相看着，谁也不能一个人说了算。")),
    Term(key="second-factor", word=_("二次验证"), plain=_("密码以外再证明一次是您本人：验证器、指纹或者钥匙。")),
    Term(key="emergency", word=_("应急访问"),
         plain=_("平台运维要看一个单位的数据，得由单位同意，只有一小时，看了什么全记下。")),
    Term(key="audit", word=_("操作记录"), plain=_("谁、什么时候、为什么做了什么。只能添，不能改。")),
    Term(key="sealing", word=_("封存"), plain=_("每分钟把操作记录签一次名，以后谁改过一看就知道。")),
    Term(key="care", word=_("关怀版"), rule="R3.14", plain=_("大字、大按钮、一栏到底，给眼睛和手不方便的人。")),
    Term(key="approval", word=_("审图号"), plain=_("地图审核批准的编号，印在每一张地图下面。")),
    Term(key="token", word=_("令牌"), plain=_("让别的程序替您读写的一串字符，像钥匙一样要收好，可以随时作废。")),
    Term(key="push", word=_("消息推送"), plain=_("这里有了事，自动告诉别的系统。")),
)  # fmt: skip
