"""Every command and query that a page calls has an address of the API, or a reason why not."""

from __future__ import annotations

import re

import pytest
from django.urls import path

from falin.kernel.doors import door
from falin.kernel.rest.describing import description
from falin.kernel.scope import Scope
from tests.arch import parity

_IN_A_BROWSER = "somebody who is not signed in yet: by a link, a code or the other home; no token can be his"
_WHOLE_IN = "asked for the page of one thing; the API's answer of {} holds it whole"
_WORDS = "what a page says beside its rows, not a thing of its own"
REASONS = {
    "falin.portal.commands.ask_province": "the first start, on an empty installation: there is nobody with a token",
    "falin.portal.commands.ask_county": "the first start, on an empty installation: there is nobody with a token",
    "falin.portal.commands.enter_administrator": "no token gives a role (NOT_BY_TOKEN), least of all the three highest",
    "falin.portal.queries.setup_page": "the first start, on an empty installation: there is nobody with a token",
    "falin.portal.queries.office_network": "a square for the camera of who stands before this machine's screen",
    "falin.kernel.files.list_files": "which files are over by now; the API's address of such a file says 404",
    "falin.kernel.jobs.ask": "exports a list: a file of its rows; the API's answer of the list is those rows",
    "falin.portal.search.kinds": _WORDS,
    "services.advisers.queries.candidates.get_candidate": _WHOLE_IN.format("advisers_candidates"),
    "services.advisers.queries.homes.home_of": _WORDS,
    "services.advisers.queries.register.find_firm": "turns a typed name into a firm; the API takes its id",
    "services.advisers.queries.register.list_firm_names": "offers names while one types; the API has firms_list",
    "services.advisers.queries.register.most_communities": "stands in every adviser as `most`",
    "services.stations.queries.register.list_own_streets": "fills a list to choose from; the API has places_show",
    "services.stations.queries.register.list_places": "fills a list to choose from; the API has places_show",
    "services.duty.queries.hours.hours_a_month": _WORDS,
    "services.duty.queries.book.is_closed": "hides a button; a write into a closed month says so",
    "services.indicators.commands.exporting.book_export": "a file of rows; the API's answer is those rows",
    "services.indicators.queries.board.home_place": "sends on to one's page; the API has figures_home",
    "services.indicators.queries.board.rank": "stands in every row of figures_ranking",
    "tenants.divisions.queries.tree.list_path": "stands above each place that was found; places_show has it as `path`",
    "tenants.divisions.queries.tree.list_streets": "fills a list to choose from; the API has places_show",
    "tenants.divisions.queries.areas.list_areas_over": _WORDS,
    "tenants.divisions.queries.locating.outlined_levels": "shows buttons; public_near answers with nobody where there are none",
    "tenants.divisions.queries.locating.list_outlined": "a drawing to point at; the API has public_communities, public_near",
    "tenants.divisions.queries.history.changed_since": "offers today's tree beside the month's; the API takes `view`",
    "tenants.divisions.queries.history.list_codes": "finds an outline on the map; places_show has every code in `versions`",
    "tenants.divisions.queries.searching.list_by_code": "names an outline of a county that is no more; so does places_search",
    "tenants.divisions.queries.tree.list_county_bodies": "fills a list to choose from; the API has places_show",
    "tenants.identity.commands.account.set_forgotten_password": _IN_A_BROWSER,
    "tenants.identity.commands.account.take_over_address": "proved by a code that comes by SMS or mail to a person",
    "tenants.identity.commands.tokens.use_token": "a calendar's way in, as the header is a program's",
    "tenants.identity.commands.first.use_first_link": _IN_A_BROWSER,
    "tenants.identity.commands.people.use_invitation": _IN_A_BROWSER,
    "tenants.identity.queries.register.find_invited": _IN_A_BROWSER,
    "tenants.identity.oidc.commands.end_sessions": "the other home's own address, by its protocol",
    "tenants.identity.oidc.commands.forget_session": _IN_A_BROWSER,
    "tenants.identity.oidc.commands.note_refusal": _IN_A_BROWSER,
    "tenants.identity.queries.ending.list_colleagues": "who could confirm a file of a list, for which the API does not ask",
    "tenants.identity.queries.emergency.get_emergency": _WHOLE_IN.format("emergencies_here"),
    "tenants.identity.queries.emergency.page_of_emergencies": "emergencies and emergencies_here have them all, by cursor",
    "tenants.identity.queries.merging.get_merge": _WHOLE_IN.format("people_merges"),
    "tenants.identity.queries.merging.get_pair": _WHOLE_IN.format("people_same"),
    "tenants.identity.queries.register.allowed_roles": "fills a list to choose from; what is not allowed is refused",
    "tenants.identity.queries.register.confirms": "hides a button; who may not confirm is refused",
    "tenants.identity.queries.register.get_binding": _WHOLE_IN.format("people_get"),
    "tenants.identity.queries.register.languages_of": "a calendar has no header to say its language by; a program has",
    "tenants.identity.queries.register.known_names": "tells doubles in a sheet beforehand; people_enter_many says it by row",
    "tenants.identity.queries.register.looked_after": "hides a button; who may not is refused",
    "tenants.identity.queries.signing_in.read_signed_in": _IN_A_BROWSER,
    "tenants.registry.directory.changes": "looked at before the form is sent again; If-Match holds a program to what it saw",
    "tenants.registry.directory.checked": "by itself in tenants_replace_cells",
    "tenants.registry.directory.read_list": "reads the page's file; the body of tenants_replace_cells is the list",
    "tenants.registry.directory.write_list": "writes the page's file; the answer of tenants_cells is the list",
    "tenants.registry.directory.find_cell": "the cell's address beside a body that lives there; the API has tenants_cells",
    "tenants.registry.queries.find_tenant": _WHOLE_IN.format("tenants_list"),
    "tenants.registry.queries.get_archive": _WHOLE_IN.format("tenants_archives"),
    "tenants.registry.queries.list_changes": _WHOLE_IN.format("tenants_deeds"),
    "tenants.registry.queries.get_deed": _WHOLE_IN.format("tenants_deeds"),
}


def test_every_command_and_query_of_a_page_has_an_address_of_the_api_or_a_reason() -> None:
    by_api = frozenset().union(*parity.behind_api().values())
    alone = {one: pages for one, pages in parity.behind_pages().items() if one not in by_api}
    assert {one: sorted(pages) for one, pages in alone.items() if one not in REASONS} == {}


def test_no_reason_outlives_what_it_excuses() -> None:
    by_api = frozenset().union(*parity.behind_api().values())
    assert set(REASONS) - (set(parity.behind_pages()) - by_api) == set()


# What a page reads from its address and no program needs to say.
NOT_FILTERS = {
    "/advisers/appoint/": "community stands in the API's address; shown: how many candidates the page lays out",
    "/duty/months/": "close: which month's form is open",
    "/feedback/": "page: where the writer came from; the API takes it with the words",
    "/figures/<int:node_id>/screen/": "hold: whether the page on the wall stays as it is; the month alone is asked of it",
    "/figures/<int:node_id>/": "page: of the table; the API gives every child",
    "/people/at/": "at stands in the API's address",
    "/sitemap.xml": "nothing is asked: the name is of a template's part",
    "/public/<slug:county>/sitemap.xml": "likewise",
}


def test_what_a_page_can_be_asked_its_api_can_be_asked_by_the_same_names() -> None:
    takes = {
        f"{method.upper()} {path}": {one["name"] for one in operation.get("parameters", ()) if one.get("in") == "query"}
        for path, methods in description()["paths"].items() for method, operation in methods.items()
    }  # fmt: skip
    by_api = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", where): behind for where, behind in parity.behind_api().items()}
    for page, (names, behind) in parity.pages_asking().items():
        twins = [where for where, its in by_api.items() if where.startswith("GET ") and its & behind]
        if twins and names and page not in NOT_FILTERS:
            assert any(names <= takes[where] for where in twins), f"{page} can be asked {sorted(names)}: {twins}"


def test_every_address_of_the_api_leads_to_a_command_or_query() -> None:
    bare = [where for where, behind in parity.behind_api().items() if not behind]
    assert bare == []


@pytest.mark.parametrize(
    "name", re.findall(r"(?:advisers_candidates|firms_list|places_search|places_show)", str(REASONS))
)
def test_what_a_reason_names_is_there(name: str) -> None:
    from falin.runtime.remote import acts

    assert name in acts()


def test_a_page_with_a_command_of_its_own_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test is not blind: a page that calls something no address of the API calls is named."""
    from services.duty import queries

    @door(grant="duty.read")
    def page(request: object, scope: Scope) -> None:
        _behind(scope)

    def _behind(scope: Scope) -> None:
        queries.closed_months(scope=scope)

    found = [(route, name, view) for route, name, view in parity.walk([path("bare/", page, name="bare")])]
    monkeypatch.setattr(parity, "walk", lambda: found)
    assert parity.behind_pages() == {"services.duty.queries.book.closed_months": {"/bare/"}}
