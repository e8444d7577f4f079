"""
No refusal is written that nobody looked at as a person reads it.

The codes are read off the source of the services; each is shown in the browser (``tests/e2e/test_refusals.py``), or stands
below with the reason why no page can bring it about and the test that shows it all the same.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from falin.kernel.sheets import wording
from services.advisers.rules import import_wording
from services.advisers.types import Obstacle
from tests.e2e.test_refusals import CASES

TESTS = Path(__file__).resolve().parents[1]
SERVICES = TESTS.parent / "services"
REFUSALS = {"Refused", "Invalid", "Missing", "Forbidden"}
# Codes that are put together: where, and what they can become. A kernel's refusal that is only passed on is the kernel's.
PUT_TOGETHER: Mapping[tuple[str, str], frozenset[str]] = {
    ("advisers/policies.py", "code"): frozenset(f"advisers.{obstacle}" for obstacle in Obstacle),
    ("advisers/commands/importing.py", "f'advisers.sheet_{wrong.code}'"): frozenset(
        f"advisers.sheet_{code}" for code in (*wording.UNUSABLE, *import_wording.UNUSABLE)
    ),
    ("duty/commands/visits.py", "refused.code"): frozenset(),
}
ELSEWHERE: Mapping[str, tuple[str, str]] = {
    "advisers.no_subject": (
        "roles of advisers and firms are given with their subject",
        "app/advisers/test_reading.py::test_who_is_nobodys_adviser_has_no_communities_of_his_own",
    ),
    "advisers.no_such_column": (
        "the form offers the sheet's own columns",
        "web/advisers/test_importing_pages.py::test_a_wrong_choice_is_said_at_its_field_and_can_be_taken_back",
    ),
    "advisers.column_twice": (
        "said at the field of a sheet that a worker has checked",
        "web/advisers/test_importing_pages.py::test_a_wrong_choice_is_said_at_its_field_and_can_be_taken_back",
    ),
    "advisers.not_to_be_named": (
        "the form is not there any more; who sends it from an older page is led to what became of the sheet",
        "web/advisers/test_importing_pages.py::test_what_is_loaded_is_read_as_it_was_checked",
    ),
    "advisers.no_adviser": (
        "an address nobody is led to: 404",
        "web/advisers/test_pages.py::test_addresses_that_are_nonsense_are_missing_or_lead_on",
    ),
    "advisers.no_firm": (
        "pages take a firm by its name",
        "app/advisers/test_registering.py::test_an_unknown_firm_is_refused",
    ),
    "advisers.no_appointment": (
        "an address nobody is led to: 404",
        "app/advisers/test_appointing.py::test_another_countys_appointment_cannot_be_ended",
    ),
    "advisers.no_community": (
        "an address nobody is led to: 404",
        "app/advisers/test_appointing.py::test_a_community_of_another_county_does_not_exist_here",
    ),
    "advisers.not_a_community": (
        "an address nobody is led to",
        "app/advisers/test_appointing.py::test_a_street_is_not_a_community",
    ),
    "duty.book_open": (
        "said by the job that merges or splits counties",
        "app/registry/test_changing_hands.py::test_an_open_book_an_open_job_or_an_event_that_waits_holds_a_merge_up_and_nothing_changes",
    ),
    "advisers.seat_taken": (
        "two counties in one instant",
        "app/advisers/test_appointing.py::test_a_seat_taken_behind_ones_back_is_a_refusal",
    ),
    "advisers.same_adviser": (
        "who serves there is not among those to choose from",
        "app/advisers/test_appointing.py::test_a_replacement_that_is_refused_ends_nothing",
    ),
    "advisers.needed": (
        "the form asks for it first",
        "app/advisers/test_appointing.py::test_an_end_that_cannot_be_is_refused",
    ),
    "advisers.erased": (
        "nothing leads to the numbers of somebody erased",
        "app/advisers/test_erasing.py::test_nothing_more_is_done_with_an_erased_entry",
    ),
    "advisers.still_serves": (
        "the page offers erasing only for who serves nowhere",
        "app/advisers/test_erasing.py::test_who_serves_now_or_later_in_whatever_county_is_not_erased",
    ),
    "advisers.still_banned": (
        "the page offers erasing only for who is not banned",
        "app/advisers/test_erasing.py::test_who_is_banned_is_kept_until_the_ban_is_over",
    ),
    "advisers.unreadable": (
        "a damaged key or row",
        "web/advisers/test_clear_view.py::test_numbers_that_cannot_be_read_are_said_to_be_so_and_none_is_shown",
    ),
    "advisers.no_import": (
        "an address nobody is led to: 404",
        "web/advisers/test_importing_pages.py::test_another_county_finds_nothing",
    ),
    "files.missing": (
        "the link stands only where there is a file",
        "web/advisers/test_importing_pages.py::test_another_county_finds_nothing",
    ),
    "advisers.import_over": (
        "the page looks again by itself within seconds",
        "web/advisers/test_importing_pages.py::test_work_that_goes_on_may_be_stopped",
    ),
    "advisers.sheet_empty": (
        "found by the check, not at the field",
        "e2e/test_bad_sheets.py::test_a_file_that_cannot_be_used_says_why",
    ),
    "advisers.sheet_too_many_rows": (
        "found by the check; a hundred thousand rows",
        "app/advisers/test_importing_at_scale.py::test_one_row_too_many_is_refused_plainly",
    ),
    "duty.other_person": (
        "what a phone kept for another person; it waits for him",
        "rest/duty/test_api.py::test_a_visit_written_by_somebody_else_is_not_booked_under_this_name",
    ),
    "duty.not_an_adviser": (
        "only advisers' roles open the pages",
        "app/duty/test_logging.py::test_without_the_grant_or_as_nobodys_adviser_the_command_itself_refuses",
    ),
    "duty.no_such_place": (
        "only one's own places are listed: 404",
        "web/duty/test_pages.py::test_a_neighbour_street_cannot_remind",
    ),
    "duty.not_the_county": (
        "the county team's role is given for whole counties",
        "app/duty/test_book_and_hours.py::test_only_the_county_closes",
    ),
    "duty.no_such_month": (
        "the page sends a month of its list",
        "rest/duty/test_api.py::test_a_month_that_is_none_is_422",
    ),
    "duty.attendees_too_many": (
        "the form and the API bound it first",
        "app/duty/test_logging.py::test_what_cannot_be_is_refused_at_its_field_and_leaves_nothing",
    ),
    "duty.topic_too_long": (
        "the field takes no more",
        "app/duty/test_logging.py::test_what_cannot_be_is_refused_at_its_field_and_leaves_nothing",
    ),
    "duty.note_too_long": (
        "the field takes no more",
        "app/duty/test_logging.py::test_what_cannot_be_is_refused_at_its_field_and_leaves_nothing",
    ),
    "duty.too_long_ago": (
        "the form bounds the day first",
        "app/duty/test_logging.py::test_what_cannot_be_is_refused_at_its_field_and_leaves_nothing",
    ),
    "duty.why_too_long": (
        "the field takes no more",
        "app/duty/test_correcting.py::test_a_correction_that_cannot_be_is_refused_and_leaves_nothing",
    ),
    "duty.id_taken": (
        "two phones that make the same number of 122 bits",
        "app/duty/test_logging.py::test_anothers_id_is_refused_and_tells_nothing_of_his_visit",
    ),
    "duty.no_such_visit": (
        "an address nobody is led to: 404",
        "web/duty/test_pages.py::test_another_advisers_visit_is_not_there",
    ),
    "duty.no_such_reminder": (
        "only one's own are shown: 404",
        "app/duty/test_book_and_hours.py::test_a_reminder_that_was_read_is_no_longer_shown",
    ),
    "duty.month_not_begun": (
        "the list ends with this month",
        "app/duty/test_book_and_hours.py::test_reminders_that_make_no_sense_are_refused",
    ),
    "duty.nothing_posted": (
        "the button stands only where something is posted: 404",
        "app/duty/test_posting.py::test_what_is_withdrawn_is_gone_and_cannot_be_withdrawn_again",
    ),
    "duty.no_weekday": (
        "the form asks for it first",
        "app/duty/test_posting.py::test_hours_that_cannot_be_right_are_refused_at_their_field",
    ),
    "duty.hours_run_backwards": (
        "shown at its field by the page's own test",
        "web/duty/test_posting.py::test_hours_that_run_backwards_are_said_at_their_field_and_nothing_is_lost",
    ),
    "indicators.nothing_published": (
        "the links stand only where something is published: 404",
        "web/indicators/test_pages.py::test_a_month_nobody_published_says_so",
    ),
    "indicators.missing": (
        "an address nobody is led to: 404",
        "web/indicators/test_pages.py::test_what_is_not_ones_own_is_not_found",
    ),
    "indicators.no_such_ranking": (
        "the API alone asks for a level",
        "rest/indicators/test_api.py::test_a_ranking_of_a_level_that_is_not_below_is_refused",
    ),
    "indicators.bad_month": (
        "the page offers a list of months",
        "web/indicators/test_pages.py::test_a_month_that_is_none_is_refused",
    ),
    "indicators.part_of_a_county": (
        "the county team's role is given for whole counties",
        "app/indicators/test_rolling_up.py::test_who_is_not_the_county_may_not_publish",
    ),
    "indicators.sums_alone": (
        "who takes sums alone is shown no button for rows",
        "web/indicators/test_pages.py::test_who_takes_sums_home_takes_no_lines_of_visits",
    ),
    "indicators.no_own_lines": (
        "only advisers and firms are led there",
        "app/indicators/test_reading.py::test_who_has_a_place_has_no_lines_of_his_own",
    ),
    "indicators.month_not_begun": (
        "the button stands on months that have begun",
        "app/indicators/test_rolling_up.py::test_a_month_that_has_not_begun_is_refused",
    ),
    "duty.none_chosen": (
        "a sentence above the list; the browser's part of it is every page's",
        "web/duty/test_reminding_many.py::test_none_ticked_too_many_or_what_is_none_is_said",
    ),
    "duty.too_many_chosen": (
        "it takes more than a hundred rows",
        "web/duty/test_reminding_many.py::test_none_ticked_too_many_or_what_is_none_is_said",
    ),
    "advisers.too_late_to_resume": (
        "the button is gone with the sentence; who keeps it is told above the list",
        "web/portal/test_undo.py::test_an_appointment_that_was_ended_by_mistake_is_taken_back",
    ),
    "advisers.somebody_follows": (
        "no button stands after a replacement",
        "app/advisers/test_resuming.py::test_who_was_replaced_does_not_come_back_beside_the_other",
    ),
    "advisers.seat_used": (
        "it takes an appointment made within the ten minutes",
        "app/advisers/test_resuming.py::test_a_seat_that_was_taken_again_meanwhile_is_not_taken_twice",
    ),
    "duty.too_late_to_restore_hours": (
        "the button goes with the page it stands on",
        "web/portal/test_undo.py::test_hours_that_were_taken_off_the_board_by_mistake_stand_there_again",
    ),
    "duty.too_late_to_restore": (
        "it takes ten minutes",
        "app/duty/test_restoring.py::test_after_ten_minutes_it_stays_voided",
    ),
    "duty.too_late_to_take_back": (
        "it takes ten minutes, or an adviser who reads meanwhile",
        "web/duty/test_reminding_many.py::test_what_was_read_is_too_old_or_is_anothers_is_not_taken_back",
    ),
    "indicators.not_a_county": (
        "the button stands on a county's page alone",
        "app/indicators/test_rolling_up.py::test_a_province_has_nothing_of_its_own_to_publish",
    ),
}


def _written() -> Iterator[str]:
    for service in ("advisers", "duty", "indicators"):
        for path in sorted((SERVICES / service).rglob("*.py")):
            for call in ast.walk(ast.parse(path.read_text())):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in REFUSALS:
                    code = call.args[0]
                    if isinstance(code, ast.Constant):
                        yield str(code.value)
                    else:  # a new way of putting a code together has to be told here
                        yield from PUT_TOGETHER[str(path.relative_to(SERVICES)), ast.unparse(code)]


def test_every_refusal_is_shown_in_the_browser_or_says_why_it_cannot_be() -> None:
    shown, written = {case.code for case in CASES}, set(_written())
    assert len(written) > 60
    assert written - shown - set(ELSEWHERE) == set()
    assert (shown | set(ELSEWHERE)) - written == set()
    assert shown & set(ELSEWHERE) == set()


def test_what_no_page_can_bring_about_is_shown_by_a_test_that_stands() -> None:
    for code, (_why, where) in ELSEWHERE.items():
        file, test = where.split("::")
        assert f"def {test}(" in (TESTS / file).read_text(), (code, where)
