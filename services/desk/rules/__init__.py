"""What notices say, to whom which kinds may come, when a message may go out, and what people may write. Pure."""

from services.desk.rules.comments import LONGEST_COMMENT, checked_comment, checked_told
from services.desk.rules.feedback import A_DAY, LONGEST, names_somebody, page_kept
from services.desk.rules.news import TEXT_LONGEST, TITLE_LONGEST, as_paragraphs, stands
from services.desk.rules.parameters import FEEDBACK_KEPT, QUIET_FROM, QUIET_UNTIL
from services.desk.rules.quiet import may_go_out
from services.desk.rules.wording import DEFAULT_WAYS, LABELS, ROLES, sentence

__all__ = ["A_DAY", "DEFAULT_WAYS", "FEEDBACK_KEPT", "LABELS", "LONGEST", "LONGEST_COMMENT", "QUIET_FROM", "QUIET_UNTIL",
           "ROLES", "TEXT_LONGEST", "TITLE_LONGEST", "as_paragraphs", "checked_comment", "checked_told", "may_go_out",
           "names_somebody", "page_kept", "sentence", "stands"]  # fmt: skip
