"""The rule for passwords in the reader's words: long, not known to attackers, not the person's own name (NIST SP 800-63B)."""

from __future__ import annotations

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext as _


class LongEnough(MinimumLengthValidator):
    """Django's rule; its sentence is not translated into Chinese everywhere."""

    def get_error_message(self) -> str:
        return _("密码太短，至少 %(n)s 个字符。一句自己记得住的话最好。") % {"n": self.min_length}

    def get_help_text(self) -> str:
        return _("至少 %(n)s 个字符。") % {"n": self.min_length}
