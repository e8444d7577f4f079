"""Every way the register, the appointments and the vacancies change."""

from services.advisers.commands.accounts import open_account
from services.advisers.commands.appointing import (
    appoint_adviser,
    end_appointment,
    explain_vacancy,
    replace_adviser,
    resume_appointment,
)
from services.advisers.commands.correcting import correct_identity
from services.advisers.commands.erasing import erase_numbers
from services.advisers.commands.looking_up import look_up
from services.advisers.commands.registering import (
    ban_adviser,
    lift_ban,
    record_examination,
    register_adviser,
    register_firm,
    update_adviser,
)
from services.advisers.commands.showing import show_numbers, take_own_record

__all__ = ["appoint_adviser", "ban_adviser", "correct_identity", "end_appointment", "erase_numbers", "explain_vacancy",
           "lift_ban", "look_up", "open_account", "record_examination", "register_adviser", "register_firm", "replace_adviser",
           "resume_appointment", "show_numbers", "take_own_record", "update_adviser"]  # fmt: skip
