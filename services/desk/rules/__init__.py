"""What notices say, to whom which kinds may come, and when a message may go out. Pure."""

from services.desk.rules.parameters import QUIET_FROM, QUIET_UNTIL
from services.desk.rules.quiet import may_go_out
from services.desk.rules.wording import DEFAULT_WAYS, LABELS, ROLES, sentence

__all__ = ["DEFAULT_WAYS", "LABELS", "QUIET_FROM", "QUIET_UNTIL", "ROLES", "may_go_out", "sentence"]
