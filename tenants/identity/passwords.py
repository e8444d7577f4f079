"""
The rule for passwords in the reader's words: long, not known to attackers, not the person's own name (NIST SP 800-63B).

And what nothing keeps in clear: one-time passwords and the secrets of links.
"""

from __future__ import annotations

import hashlib
import secrets

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.utils.translation import gettext as _


class LongEnough(MinimumLengthValidator):
    """Django's rule; its sentence is not translated into Chinese everywhere."""

    def get_error_message(self) -> str:
        return _("密码太短，至少 %(n)s 个字符。一句自己记得住的话最好。") % {"n": self.min_length}

    def get_help_text(self) -> str:
        return _("至少 %(n)s 个字符。") % {"n": self.min_length}


_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that are mistaken for another on paper


def one_time_password() -> str:
    """Three groups of four letters: 59 bits, and can be read out over the telephone."""
    return "-".join("".join(secrets.choice(_LETTERS) for _letter in range(4)) for _group in range(3))


def hash_of(token: str) -> str:
    """Under which the secret of a link is kept."""
    return hashlib.sha256(token.encode()).hexdigest()
