"""Place of what the frame of a page is told: the menu, where one is, who one is. `base.html` draws it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NavItem:
    """One entry of the menu. `count` > 0 stands behind it; `urgent` makes the count vermilion: a person must act."""

    label: str
    url: str
    icon: str = "list"
    current: bool = False
    count: int = 0
    urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NavGroup:
    """Entries under one short word ("人", "事"); the first group usually has none."""

    items: tuple[NavItem, ...]
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crumb:
    """One place on the way from the province down. `level` 1–5; without `url` it is only named."""

    label: str
    level: int
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hat:
    """A role at a place that this person holds. `key` is what the switch form sends."""

    key: str
    role: str
    place: str
    level: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Everything round a page for one person. Every part may be missing; the frame then leaves it out."""

    person: str = ""
    notice: str = ""  # what everybody has to know at present, on every page
    owner: str = ""  # the office in the strip at the very top
    active: Hat | None = None
    hats: tuple[Hat, ...] = ()  # all of them, the active one among them
    switch_url: str = ""  # takes POST hat=<key>
    nav: tuple[NavGroup, ...] = ()
    trail: tuple[Crumb, ...] = ()  # the last one is where we are
    below: tuple[Crumb, ...] = ()  # places one step down
    below_label: str = ""
    search_url: str = ""
    search_text: str = ""
    notices_url: str = ""
    unread_url: str = ""  # says how many notices one has not read; asked by the page's script
    account_url: str = ""
    password_url: str = ""
    sign_out_url: str = ""  # takes POST
    home_url: str = "/"
    help_url: str = ""
    feedback_url: str = ""  # says what is wrong on this page
