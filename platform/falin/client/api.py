"""Made by `./falin reference` from the API's description; do not edit."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict, cast

from falin.client.line import Line, Seen, quoted


class AccessTokenInRequest(TypedDict):
    binding_id: int
    name: str
    scopes: list[str]
    expires_on: str
    origins: NotRequired[list[str]]


class AccessTokenOut(TypedDict):
    id: int
    name: str
    holder: PersonOut
    binding_id: int
    role: Role
    node_id: int
    scopes: list[str]
    origins: list[str]
    made_at: str
    expires_at: str
    last_used_at: str | None
    state: TokenState


class AccountOut(TypedDict):
    adviser_id: str
    username: str
    password: str


class ActOut(TypedDict):
    id: int
    at: str
    act: str
    words: str
    person_id: int
    person: str
    role: str
    node_id: int | None
    place: str
    kind: str
    subject_id: str
    why: str
    changes: list[dict[str, Any]]


class AddressInRequest(TypedDict):
    address: str


class AddressMade(TypedDict):
    id: int


class AddressOut(TypedDict):
    id: int
    entered: str
    leads: str


class AdviserCountsOut(TypedDict):
    all: int
    ending: int
    room: int
    not_examined: int
    banned: int
    firms: int
    more: bool


class AdviserInRequest(TypedDict):
    firm_id: str
    name: str
    id_number: str
    phone: str
    licence: NotRequired[str]
    specialties: NotRequired[list[str]]
    exam_passed_on: NotRequired[str | None]


class AdviserOut(TypedDict):
    id: str
    name: str
    firm_id: str
    firm_name: str
    licence: str
    phone_masked: str
    firm_phone: str
    specialties: list[str]
    exam_passed_on: str | None
    banned_until: str | None
    ban_reason: str
    has_account: bool
    held: int
    most: int
    erased: bool


class AdviserPageOut(TypedDict):
    rows: list[AdviserRowOut]
    total: int
    more: bool
    first: int
    before: str
    after: str


class AdviserProfileOut(TypedDict):
    adviser: AdviserOut
    state: AdviserState
    appointments: list[dict[str, Any]]
    elsewhere: int


class AdviserRowOut(TypedDict):
    adviser: AdviserOut
    communities: list[str]
    ends_on: str | None
    state: AdviserState


AdviserState = Literal["banned", "not_examined", "ending", "serving", "free"]


class AgainInRequest(TypedDict):
    messages: NotRequired[list[str]]
    since: NotRequired[str]


class AgainOut(TypedDict):
    messages: int


class AlarmOut(TypedDict):
    id: int
    rule: str
    name: str
    sentence: str
    person_id: int
    person: str
    at: str


class AnswerInRequest(TypedDict):
    answer: str


class AppointmentInRequest(TypedDict):
    adviser_id: str
    node_id: int
    begins_on: str
    ends_on: NotRequired[str | None]


class AppointmentLineOut(TypedDict):
    appointment: AppointmentOut
    community: str
    street: str
    state: SquareState
    over: bool


class AppointmentOut(TypedDict):
    id: str
    node_id: int
    adviser_id: str
    adviser_name: str
    firm_id: str
    firm_name: str
    begins_on: str
    ends_on: str | None
    ended_why: str


class ArchiveInRequest(TypedDict):
    recipient: str


class ArchiveOut(TypedDict):
    id: str
    name: str
    at: str
    size: int
    rows: int
    nightly: bool


class AreaInRequest(TypedDict):
    home: int
    name: str
    listed: NotRequired[str]


class AreaMade(TypedDict):
    id: int


class AreaMonthOut(TypedDict):
    month: str
    as_of: str
    lying: int
    communities: int
    covered: int
    pairs: int
    met: int
    visits: int


class AreaOut(TypedDict):
    id: int
    name: str
    home: PlaceOut
    listed: PlaceOut | None


class AsideOut(TypedDict):
    id: int
    event: str
    words: str
    attempts: int
    error: str


class BackupOut(TypedDict):
    made_at: str | None
    size: int
    error: str
    tried_at: str | None
    verified_at: str | None
    trial_error: str


class BackupsOut(TypedDict):
    run: bool
    recipient: str
    trouble: str
    trials: bool


class BanInRequest(TypedDict):
    until: str
    reason: str


class BatchInRequest(TypedDict):
    requests: list[LineInRequest]


class BatchOut(TypedDict):
    results: list[LineOut]


class BehindOut(TypedDict):
    hours: HoursOut
    node_name: str
    street_name: str
    pace: int
    off_pace: int
    last_on: str | None
    reminded_today: bool


class BindingOut(TypedDict):
    id: int
    person: PersonOut
    role: Role
    node_id: int
    subject_id: str
    valid_from: str
    valid_to: str | None
    reason: str
    standing: Standing
    proposal: str | None
    granted_by: int
    decided_by: int | None
    ended_at: str | None
    ended_why: str
    acting_for: int | None
    takes_over: int | None


class BookMonthOut(TypedDict):
    month: str
    visits: int
    minutes: int
    closed_at: str | None
    closed_by: str
    over: bool


class BoundaryInRequest(TypedDict):
    from_code: str
    to_code: str
    share: str
    day: str
    source: str


class CalendarOut(TypedDict):
    month: str
    announced: bool
    days: list[DayOut]


class CandidateOut(TypedDict):
    adviser: AdviserOut
    may: bool
    obstacle: Obstacle | None
    reasons: list[ReasonOut]


class CarriedOut(TypedDict):
    label: str
    count: int


class CellInRequest(TypedDict):
    code: str
    name: str
    address: str
    places: list[str]


class CellOut(TypedDict):
    code: str
    name: str
    address: str
    places: list[str]
    since: str | None
    here: bool


class CellsInRequest(TypedDict):
    cells: list[CellInRequest]


class ChangeCandidateOut(TypedDict):
    node: int | None
    code: str
    name: str
    score: float


class ChangeDecisionInRequest(TypedDict):
    decision: Decision
    target: NotRequired[list[str]]


class ChangeGroupDecisionInRequest(TypedDict):
    group: str
    decision: Decision


class ChangeGroupOut(TypedDict):
    key: str
    kind: str
    reason: str
    sure: bool
    cause: str
    count: int
    open: int
    refused: int


class ChangeOut(TypedDict):
    id: int
    kind: str
    reason: str
    group: str
    sure: bool
    level: int
    node: int | None
    before_code: str
    before_name: str
    after_code: str
    after_name: str
    candidates: list[ChangeCandidateOut]
    decision: str
    share: str
    target: list[str]
    same: ChangeCandidateOut | None


class CheckedSheetOut(TypedDict):
    taken: TakenSheetOut
    refusal: str
    head: HeadTrouble | None
    sheet: str
    others: int
    head_row: int
    heads: list[str]
    columns: list[str]
    unknown: list[str]
    told: dict[str, Any]
    rows: int
    examples: int
    there: int
    to_mend: int
    ready: list[ReadyStation]
    findings: list[Finding]


class ClearInRequest(TypedDict):
    reason: str


class ClearNumbersOut(TypedDict):
    adviser_id: str
    name: str
    id_number: str
    phone: str
    seen_today: int


class CloseInRequest(TypedDict):
    on_day: str
    why: str


class CommentInRequest(TypedDict):
    text: str
    tell: NotRequired[list[int]]


class CommentOut(TypedDict):
    id: str
    name: str
    text: str
    told: list[str]
    at: str
    own: bool
    taken_back_at: str | None


class CommunityOut(TypedDict):
    node_id: int
    name: str
    street_id: int | None
    street: str
    urban: bool | None
    vacant: bool
    vacant_since: str | None
    reason: VacancyReason | None
    note: str
    served: list[AppointmentLineOut]


class CorrectionInRequest(TypedDict):
    node_id: int
    kind: VisitKind
    begins_at: str
    ends_at: str
    topic: NotRequired[str]
    attendees: NotRequired[int | None]
    note: NotRequired[str]
    photo: NotRequired[bytes | None]
    why: str


class CountiesShape(TypedDict):
    counties: list[PlaceTallyShape]


class Counts(TypedDict):
    rows: int
    ready: int
    to_mend: int
    examples: int
    blank: int


class DayOut(TypedDict):
    day: str
    works: bool
    holiday: str
    made_up: bool
    entries: list[EntryOut]


class DecidedOut(TypedDict):
    decided: int


Decision = Literal["accepted", "refused"]


class DecisionInRequest(TypedDict):
    allow: bool
    why: NotRequired[str]


DeedAct = Literal["close", "remove", "merge", "split", "move", "clear"]


class DeedInRequest(TypedDict):
    why: str
    act: DeedAct
    target: NotRequired[str]


class DeedOut(TypedDict):
    id: int
    tenant_id: int
    name: str
    act: DeedAct
    target: str
    why: str
    asked_by: int
    asked_at: str
    outcome: str
    due_at: str | None


class DeliveryOut(TypedDict):
    schema: str
    name: str
    waiting: int
    oldest_seconds: int
    measured_at: str
    set_aside: list[AsideOut]


DescriptionInKindEnum = Literal["facts", "outlines"]


class DescriptionInRequest(TypedDict):
    kind: DescriptionInKindEnum
    content: str
    day: str
    said_by: str


class DoorsOut(TypedDict):
    rows: list[PassedOut]
    after: str
    before: str


class DueOut(TypedDict):
    words: str
    count: int
    url: str
    kind: str


EditionEnum = Literal["2.6.1", "2.7.0"]


class EmergencyInRequest(TypedDict):
    tenant_id: int
    incident: str
    reason: str
    minutes: int


class EmergencyOut(TypedDict):
    id: int
    operator: str
    tenant_id: int
    tenant: str
    incident: str
    reason: str
    minutes: int
    asked_at: str
    state: str
    decided_by: str
    refused_why: str
    ends_at: str | None
    ended_at: str | None
    passed: list[PassedOut]
    passed_count: int


class EndInRequest(TypedDict):
    on_day: str
    why: str


class EndedOut(TypedDict):
    ended: int


class EndingOut(TypedDict):
    change: ChangeOut
    hanging: list[HangingOut]


class EndpointInRequest(TypedDict):
    name: str
    address: str
    events: list[str]


class EndpointOut(TypedDict):
    id: str
    name: str
    address: str
    events: list[str]
    stopped: str
    failing_since: str | None
    earlier_until: str | None
    at: str
    waiting: int
    given_up: int


class EnteredBy(TypedDict):
    job: str


class EnteredOut(TypedDict):
    person: PersonOut
    binding: BindingOut
    password: str
    token: str


class EnteredRowOut(TypedDict):
    number: int
    person: NotRequired[PersonOut | None]
    token: NotRequired[str]
    refused: NotRequired[str]


class EnteringOut(TypedDict):
    id: str
    state: JobState
    done: int
    total: int
    entered: int | None
    refused: int | None


class EntryInRequest(TypedDict):
    role: Role
    node_id: int
    begins_on: str
    ends_on: str
    reason: str
    subject_id: NotRequired[str]
    username: str
    name: str
    invite: NotRequired[bool]


class EntryOut(TypedDict):
    day: str
    words: str
    sign: str
    url: str
    begins_at: str | None
    ends_at: str | None


class EntryRowInRequest(TypedDict):
    number: int
    name: str
    username: str
    role: Role
    node_id: int
    begins_on: str
    ends_on: str
    reason: str


class ExaminationInRequest(TypedDict):
    passed_on: str


class ExplainedOut(TypedDict):
    person: PersonOut
    suspended: bool
    rights: list[RightOut]


class FactOut(TypedDict):
    kind: str
    on_day: str
    value: int
    said_by: str


class FactorOut(TypedDict):
    kind: FactorOutKindEnum
    name: str
    since: str
    used_at: str | None
    left: int | None


FactorOutKindEnum = Literal["totp", "webauthn", "recovery_codes"]


class FeedbackInRequest(TypedDict):
    page: str
    text: str


class FeedbackOut(TypedDict):
    id: int
    page: str
    text: str
    role: str
    body: str
    release: str
    at: str
    state: FeedbackState
    answer: str
    answered_at: str | None


class FeedbackPageOut(TypedDict):
    feedback: list[FeedbackOut]
    waiting: int
    next_before: int | None


FeedbackState = Literal["new", "answered"]


class FiguresShape(TypedDict):
    place: PlaceShape
    path: list[PlaceShape]
    month: str | None
    months: list[str]
    tally: TallyShape | None
    published: PublishedShape | None
    children: list[PlaceTallyShape]
    series: list[MonthTallyShape]
    expected: int
    reported: int
    view: ViewEnum
    estimated: int


class Finding(TypedDict):
    row: int
    column: str
    code: str
    found: str
    sentence: str


class FirmInRequest(TypedDict):
    name: str
    credit_code: NotRequired[str]
    phone: NotRequired[str]


class FirmMemberOut(TypedDict):
    adviser: AdviserOut
    state: AdviserState
    seats: list[FirmSeatOut]


class FirmOut(TypedDict):
    id: str
    name: str
    credit_code: str
    phone: str
    advisers: int


class FirmOverviewOut(TypedDict):
    firm: FirmOut
    members: list[FirmMemberOut]
    communities: int
    counties: int


class FirmPageOut(TypedDict):
    rows: list[FirmOut]
    total: int
    more: bool
    first: int
    before: str
    after: str


class FirmSeatOut(TypedDict):
    node_id: int
    community: str
    county: str
    begins_on: str
    ends_on: str | None


class FirstStepOut(TypedDict):
    words: str
    url: str
    done: bool


class FoundOut(TypedDict):
    place: PlaceOut
    former_name: str
    ended_on: str | None


class GapOut(TypedDict):
    node_id: int
    name: str
    street_id: int | None
    street: str
    reason: VacancyReason | None
    note: str
    vacant_since: str | None


class GroupOut(TypedDict):
    kind: GroupOutKindEnum
    hits: list[HitOut]
    more: bool


GroupOutKindEnum = Literal["pages", "places", "advisers", "firms", "stations", "visits", "people", "settings", "help", "jobs"]


class HandOverInRequest(TypedDict):
    successor_id: int
    role: Role
    on_day: str
    reason: str


class HangingOut(TypedDict):
    label: str
    count: int
    proposal: str


class HeadTrouble(TypedDict):
    row: int
    found: list[str]
    missing: list[str]
    doubled: list[str]
    merged: list[str]
    unknown: list[str]


class HeldFilterOut(TypedDict):
    name: str
    words: str


class HeldOut(TypedDict):
    id: str
    person: str
    own: bool
    purpose: str
    name: str
    filters: list[HeldFilterOut]
    columns: list[str]
    rows: int
    more: bool
    format: str
    asked_at: str
    until: str


class HelpOut(TypedDict):
    key: str
    title: str
    url: str
    lines: list[str]
    terms: list[TermOut]


class HitOut(TypedDict):
    name: str
    about: str
    url: str


class HomeShape(TypedDict):
    places: list[PlaceShape]


class HoursOut(TypedDict):
    month: str
    node_id: int
    adviser_id: str
    adviser_name: str
    firm_name: str
    minutes: int
    required_minutes: int
    missing: int
    visits: int
    lectures: int
    met: bool


class IdentityInRequest(TypedDict):
    name: NotRequired[str]
    id_number: NotRequired[str]
    why: str


ImportState = Literal["checking", "unusable", "bad_columns", "checked", "loading", "done", "stopped", "failed", "expired"]


class JobOut(TypedDict):
    job: str


JobState = Literal["held", "queued", "running", "done", "failed", "cancelled"]


class KeptOut(TypedDict):
    purpose: str
    days: int
    due: int
    oldest: str | None


LanguageEnum = Literal["zh-hans", "zh-hant", "en"]


class LanguageInRequest(TypedDict):
    language: LanguageEnum


class LeftBehindOut(TypedDict):
    schema: str
    size: int


class LeftOpenOut(TypedDict):
    ends: list[BindingOut]
    alone: list[BindingOut]
    proposals: list[BindingOut]
    programs: list[PersonOut]


class LineInRequest(TypedDict):
    method: MethodEnum
    path: str
    body: NotRequired[Any]
    key: NotRequired[str]
    match: NotRequired[str]


class LineOut(TypedDict):
    status: int
    body: Any
    location: str
    etag: str


class LineShape(TypedDict):
    visit_id: str
    place: PlaceShape | None
    on_day: str
    minutes: int
    kind: LineShapeKindEnum
    adviser_name: str


LineShapeKindEnum = Literal["visit", "lecture"]


class LineageOut(TypedDict):
    day: str
    kind: str
    from_id: int
    to_id: int
    share: str | None
    estimated: bool


class LinesShape(TypedDict):
    total: int
    minutes: int
    lectures: int
    page: int
    pages: int
    after: str
    before: str
    rows: list[LineShape]


class ListInRequest(TypedDict):
    edition: EditionEnum
    day: str
    under: NotRequired[str]


class ListUploadRequest(TypedDict):
    file: bytes
    source: str
    day: str
    code_column: NotRequired[str]
    under: NotRequired[str]
    name_column: NotRequired[str]
    parent_column: NotRequired[str]


class Loaded(TypedDict):
    advisers: int
    firms: int
    there: int
    refused: int
    appointed: int
    not_appointed: int
    findings: list[Finding]


class LogOut(TypedDict):
    acts: list[ActOut]
    older: int | None
    newer: int | None


class LookedUpOut(TypedDict):
    adviser: AdviserOut | None


class MadeOut(TypedDict):
    id: int
    key: str
    value: int | None
    locked: bool
    valid_from: str


class MadeTokenOut(TypedDict):
    token: AccessTokenOut
    secret: str


class MemberOut(TypedDict):
    id: int
    place: PlaceOut
    begins: str
    ends: str | None
    said_by: str


class MembersInRequest(TypedDict):
    codes: list[str]
    day: str
    said_by: str


class MergeInRequest(TypedDict):
    kept_id: int
    gone_id: int
    reason: str
    apart: NotRequired[bool]


class MergeOut(TypedDict):
    id: int
    kept: PersonOut
    gone: PersonOut
    reason: str
    proposed_by: int
    proposed_at: str


class MessageOut(TypedDict):
    id: str
    message_id: str
    event: str
    at: str
    state: StateEnum
    attempts: int
    next_at: str | None
    tries: list[TryOut]


MethodEnum = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class MonthIn(TypedDict):
    month: str


class MonthInRequest(TypedDict):
    month: str


class MonthTallyShape(TypedDict):
    month: str
    tally: TallyShape


class MonthsShape(TypedDict):
    months: list[str]


class MyMonthOut(TypedDict):
    hours: HoursOut
    node_name: str
    street_name: str
    pace: int
    days_left: int
    quarter_lectures: int
    quarter_lectures_required: int


class MyPlaceOut(TypedDict):
    node_id: int
    name: str


class NamesAskedOut(TypedDict):
    asked: NamesIn | None


class NamesCorrectedInRequest(TypedDict):
    name: str
    username: str
    why: str


class NamesIn(TypedDict):
    name: str
    username: str


class NamesInRequest(TypedDict):
    name: str
    username: str


class NewsInRequest(TypedDict):
    title: str
    text: str
    begins_on: str
    ends_on: NotRequired[str | None]


class NewsOut(TypedDict):
    number: int
    title: str
    text: str
    begins_on: str
    ends_on: str | None
    state: NewsState
    written_at: str
    published_at: str | None
    changed_at: str | None
    withdrawn_at: str | None
    why: str


class NewsPageOut(TypedDict):
    news: list[NewsOut]
    next_before: int | None


NewsState = Literal["draft", "published", "withdrawn"]


class NewsWhyInRequest(TypedDict):
    why: str


NoticeKind = Literal["hours_missing", "appointed", "appointment_ended", "contracts_ending", "role_ending", "feedback_answered", "mentioned", "correction_asked", "export_held", "export_decided", "decision_waits", "job_ended", "correction_declined", "backup_failed", "roles_parted"]


class NoticeOut(TypedDict):
    id: int
    kind: NoticeKind
    sentence: str
    at: str
    read_at: str | None


class NoticePageOut(TypedDict):
    notices: list[NoticeOut]
    unread: int
    next_before: int | None


NoticeWay = Literal["none", "mail", "sms"]


class NumberInRequest(TypedDict):
    number: str


class NumberOut(TypedDict):
    id: int


Obstacle = Literal["full", "not_examined", "examined_later", "banned", "held_already", "ends_before"]


class OfferOut(TypedDict):
    event: str
    words: str
    carries: list[str]
    place: bool


class OneAreaOut(TypedDict):
    id: int
    name: str
    home: PlaceOut
    listed: PlaceOut | None
    members: list[MemberOut]
    months: list[AreaMonthOut] | None


class OneJobOut(TypedDict):
    id: str
    kind: str
    title: str
    state: JobState
    done: int
    total: int
    log: str
    result: dict[str, Any]
    cancel_asked: bool
    created_at: str
    ended_at: str | None


class OnePlaceOut(TypedDict):
    place: PlaceOut
    ended_on: str | None
    path: list[PlaceOut]
    children: list[PlaceOut]
    versions: list[VersionOut]
    lineage: list[LineageOut]
    facts: list[FactOut]
    boundary: Any


class OneUpdateOut(TypedDict):
    summary: UpdateOut
    groups: list[ChangeGroupOut]
    hanging: list[EndingOut]


class OpeningOut(TypedDict):
    weekday: int
    begins_at: str
    ends_at: str


class OpeningOutRequest(TypedDict):
    weekday: int
    begins_at: str
    ends_at: str


class OptionOut(TypedDict):
    value: int
    word: str
    shown: str


class OutcomeOut(TypedDict):
    node_id: int
    adviser_id: str
    adviser_name: str
    node_name: str
    minutes_missing: int
    reminder_id: int | None
    code: str
    refused: str


class OwnCommunityOut(TypedDict):
    appointment_id: str
    node_id: int
    name: str
    street: str
    begins_on: str
    ends_on: str | None


class OwnNamesOut(TypedDict):
    name: str
    username: str
    asked: NamesIn | None
    declined_at: str | None
    why: str | None


class OwnerInRequest(TypedDict):
    owner_id: int
    reason: str


PageEnum = Literal["advisers", "vacancies", "firms", "behind", "posts", "stations", "people", "audit"]


class PairInRequest(TypedDict):
    node_id: int
    adviser_id: str


class PassedOut(TypedDict):
    at: str
    address: str


class PasswordOut(TypedDict):
    password: str


class PatchedCorrectionInRequest(TypedDict):
    firm_id: NotRequired[str]
    phone: NotRequired[str]
    licence: NotRequired[str]
    specialties: NotRequired[list[str]]


class PatchedStateInRequest(TypedDict):
    stopped: NotRequired[bool]


class PeopleInRequest(TypedDict):
    rows: list[EntryRowInRequest]
    rehearse: NotRequired[bool]


class PeopleOut(TypedDict):
    rows: list[RecordOut]
    after: str


class PersonOut(TypedDict):
    id: int
    username: str
    name: str


PlaceKind = Literal["administrative", "statistical"]


class PlaceOut(TypedDict):
    id: int
    level: int
    code: str
    name: str
    parent_id: int | None
    kind: PlaceKind
    status: PlaceStatus
    committee: str
    urban: bool | None
    is_county_body: bool


class PlaceShape(TypedDict):
    id: int
    level: int
    code: str
    name: str


PlaceStatus = Literal["in_use", "nominal"]


class PlaceTallyShape(TypedDict):
    place: PlaceShape
    tally: TallyShape | None


class PositionOut(TypedDict):
    longitude: float
    latitude: float


class PositionOutRequest(TypedDict):
    longitude: float
    latitude: float


class PostOut(TypedDict):
    node_id: int
    node_name: str
    street_name: str
    posted: PostedHoursOut | None


class PostedHoursInRequest(TypedDict):
    weekdays: list[int]
    begins_at: str
    ends_at: str
    room: str


class PostedHoursOut(TypedDict):
    weekdays: list[int]
    begins_at: str
    ends_at: str
    room: str
    posted_at: str


class Problem(TypedDict):
    type: str
    title: str
    status: int
    code: str
    field: NotRequired[str]
    errors: NotRequired[dict[str, Any]]
    level: NotRequired[int]
    where: NotRequired[str]


class PublicAdviserOut(TypedDict):
    name: str
    firm: str
    firm_phone: str
    specialties: list[str]
    since: str


class PublicCommunityOut(TypedDict):
    code: str
    name: str
    street: str
    advisers: list[PublicAdviserOut]
    hours: PublicHoursOut | None


class PublicCountyOut(TypedDict):
    county: str
    name: str
    city: str


class PublicFiguresOut(TypedDict):
    month: str | None
    as_of: str | None
    communities: int | None
    covered: int | None
    visits: int | None
    lectures: int | None
    minutes: int | None


class PublicHoursOut(TypedDict):
    weekdays: list[int]
    begins_at: str
    ends_at: str
    room: str


class PublicNewsOut(TypedDict):
    number: int
    title: str
    text: str
    published_at: str
    changed_at: str | None
    ends_on: str | None


class PublicNewsPageOut(TypedDict):
    news: list[PublicNewsOut]
    next_before: int | None


class PublicOpeningOut(TypedDict):
    weekday: int
    begins_at: str
    ends_at: str


class PublicPointOut(TypedDict):
    longitude: float
    latitude: float


class PublicPositionInRequest(TypedDict):
    longitude: float
    latitude: float
    accuracy: NotRequired[float]


class PublicStationOut(TypedDict):
    tier: StationTier
    name: str
    place: str
    address: str
    phone: str
    opening: list[PublicOpeningOut]
    today: str
    wheelchair: bool
    position: PublicPointOut | None
    metres: int | None


class PublishAskedRequest(TypedDict):
    month: str


class PublishedShape(TypedDict):
    as_of: str
    first_as_of: str
    published_at: str
    first_published_at: str
    edition: int
    restated: int


class RankShape(TypedDict):
    place: PlaceShape
    tally: TallyShape | None
    rank: int | None


class RankingShape(TypedDict):
    total: int
    rows: list[RankShape]


class ReaderOut(TypedDict):
    person_id: int
    name: str


class ReadyStation(TypedDict):
    row: int
    place: str
    node_id: int
    name: str
    address: str
    phone: str
    opening: list[OpeningOut]
    wheelchair: bool
    position: PositionOut | None
    opened_on: str


class ReasonInRequest(TypedDict):
    why: str


class ReasonOut(TypedDict):
    good: bool
    text: str
    help: str


class ReceiptOut(TypedDict):
    name: str
    at: str
    body: Any
    key: str
    signature: str


class RecordOut(TypedDict):
    person: PersonOut
    suspended: bool
    may_sign_in: bool
    bindings: list[BindingOut]


class RemindInRequest(TypedDict):
    month: str
    node_id: int
    adviser_id: str


class RemindManyInRequest(TypedDict):
    month: str
    pairs: list[PairInRequest]
    preview: NotRequired[bool]


class ReminderOut(TypedDict):
    id: int
    node_id: int
    node_name: str
    month: str
    minutes_missing: int
    at: str
    read_at: str | None


class ReplacementInRequest(TypedDict):
    new_adviser_id: str
    on_day: str
    why: str
    ends_on: NotRequired[str | None]


class ResendInRequest(TypedDict):
    schema: str
    event: int


class RestoreInRequest(TypedDict):
    archive: str
    certificate: str
    key: str
    password: NotRequired[str]
    check: NotRequired[bool]


class ReviewByInRequest(TypedDict):
    review_by: str


class ReviewInRequest(TypedDict):
    bindings: list[int]


class ReviewedOut(TypedDict):
    reviewed: int


class RightOut(TypedDict):
    binding: BindingOut
    place: str
    reaches: bool
    grants: list[str]
    stopped: str


Role = Literal["province_leader", "city_officer", "county_team", "county_finance", "street_officer", "liaison", "adviser", "firm_manager", "inspector", "auditor", "evaluator", "data_steward", "resident", "system_administrator", "security_administrator", "audit_administrator", "operator"]


class RoleInRequest(TypedDict):
    role: Role
    node_id: int
    begins_on: str
    ends_on: str
    reason: str
    subject_id: NotRequired[str]
    acting_for: NotRequired[int | None]


class RunShape(TypedDict):
    id: str
    month: str
    as_of: str
    computed_at: str
    published_at: str | None
    fresh: bool


class SameOut(TypedDict):
    one: RecordOut
    other: RecordOut
    by_phone: bool


class SealingOut(TypedDict):
    number: int
    at: str | None
    waiting: int
    waiting_since: str | None
    anchored: int


class SecretOut(TypedDict):
    id: str
    secret: str


class SecurityEventOut(TypedDict):
    at: str
    act: str
    by_himself: bool
    words: str
    more: str


class SecurityOut(TypedDict):
    username: str
    phone: str
    email: str
    language: str
    sessions: list[SessionOut]
    factors: list[FactorOut]
    events: list[SecurityEventOut]


class SeenByOut(TypedDict):
    at: str
    person: str
    role: str
    body: str
    reason: str


class SeenOut(TypedDict):
    on: str
    places: list[int]
    readers: list[RightOut]
    above: int
    emergencies: list[EmergencyOut]
    clear: list[ActOut]


class SentOut(TypedDict):
    id: int


class ServiceAccountInRequest(TypedDict):
    role: Role
    node_id: int
    begins_on: str
    ends_on: str
    reason: str
    subject_id: NotRequired[str]
    username: str
    name: str
    owner_id: int
    purpose: str
    review_by: str
    client_id: NotRequired[str]


class ServiceAccountOut(TypedDict):
    person: PersonOut
    owner: PersonOut
    purpose: str
    review_by: str
    client_id: str
    works: bool
    stopped_by: str
    bindings: list[BindingOut]


class SessionOut(TypedDict):
    id: str
    device: str
    place: str
    began_at: str
    seen_at: str
    this_one: bool


class SettingOut(TypedDict):
    key: str
    unit: str
    rule: str
    place: int
    place_name: str
    on: str
    value: int
    words: str
    options: list[OptionOut]
    origin: ToldOut | None
    lock: ToldOut | None
    steps: list[ToldOut]
    coming: list[ToldOut]
    may_set: bool


class ShareShape(TypedDict):
    part: int
    whole: int
    percent: str | None


class SheetColumnsRequest(TypedDict):
    columns: dict[str, Any]


class SheetImport(TypedDict):
    id: str
    name: str
    state: ImportState
    created_at: str
    ended_at: str | None
    done: int
    total: int
    sheet: str
    others: int
    head_row: int
    columns: list[str]
    unknown: list[str]
    heads: list[str]
    told: dict[str, Any]
    counts: Counts
    findings: list[Finding]
    head: HeadTrouble | None
    refusal: str
    loaded: Loaded | None
    has_errors_file: bool
    may_confirm: bool
    may_name: bool


class SheetUploadRequest(TypedDict):
    file: bytes


class SignOnOut(TypedDict):
    issuer: str
    linked_at: str | None
    linked_by_himself: bool


class SquareOut(TypedDict):
    node_id: int
    name: str
    state: SquareState
    ends_on: str | None


SquareState = Literal["covered", "ending", "vacant"]


Standing = Literal["proposed", "later", "in_force", "expired", "refused", "ended"]


StateEnum = Literal["waiting", "told", "given_up"]


class StatementInRequest(TypedDict):
    place: int
    value: int | str | None
    locked: NotRequired[bool]
    valid_from: str
    why: str


class StationColumnsRequest(TypedDict):
    name: NotRequired[str]
    place: NotRequired[str]
    address: NotRequired[str]
    opening: NotRequired[str]
    phone: NotRequired[str]
    wheelchair: NotRequired[str]
    longitude: NotRequired[str]
    latitude: NotRequired[str]
    opened_on: NotRequired[str]


class StationCountsOut(TypedDict):
    open: int
    no_position: int
    closed: int
    communities: int


class StationInRequest(TypedDict):
    node_id: int
    name: str
    address: str
    phone: NotRequired[str]
    opening: list[OpeningOutRequest]
    wheelchair: NotRequired[bool]
    position: NotRequired[PositionOutRequest | None]
    opened_on: str


class StationOut(TypedDict):
    id: str
    tier: StationTier
    node_id: int
    name: str
    address: str
    phone: str
    opening: list[OpeningOut]
    wheelchair: bool
    position: PositionOut | None
    opened_on: str
    closed_on: str | None
    closed_why: str


class StationPageOut(TypedDict):
    rows: list[StationRowOut]
    total: int
    more: bool
    before: str
    after: str


class StationRowOut(TypedDict):
    station: StationOut
    place: str
    above: str


class StationSheetUploadRequest(TypedDict):
    file: bytes


StationTier = Literal["centre", "station", "studio"]


class StayedOut(TypedDict):
    person_id: int
    role: str
    node_id: int
    why: str


class StepOut(TypedDict):
    words: str
    told: str
    done: bool
    needed: bool


class StreetOut(TypedDict):
    street_id: int | None
    name: str
    squares: list[SquareOut]


class SumOfMonthOut(TypedDict):
    month: str
    acts: int | None


class SumOut(TypedDict):
    act: str
    words: str
    role: str
    role_words: str
    acts: int | None


class SumsOut(TypedDict):
    least: int
    whole: SumOfMonthOut
    lines: list[SumOut]
    months: list[SumOfMonthOut]


class TakeBackInRequest(TypedDict):
    reminders: list[int]


class TakenBackOut(TypedDict):
    taken_back: int


class TakenOut(TypedDict):
    taken: int


class TakenSheetOut(TypedDict):
    id: str
    name: str
    at: str
    entering: EnteringOut | None


class TalkOut(TypedDict):
    kind: ThingKind
    title: str
    readers: list[ReaderOut]
    comments: list[CommentOut]


class TallyShape(TypedDict):
    communities: int
    covered: int
    missing: int
    urban: int
    urban_covered: int
    pairs: int
    required_minutes: int
    minutes: int
    met: int
    visits: int
    lectures: int
    coverage: ShareShape
    hours_met: ShareShape


TenantKind = Literal["province", "county"]


class TenantOut(TypedDict):
    id: int
    schema: str
    name: str
    kind: TenantKind
    state: TenantState
    since: str | None
    why: str
    migration: str
    behind: int
    trouble: str
    size: int
    archived_at: str | None
    backup: BackupOut
    left: list[LeftBehindOut]


class TenantReasonInRequest(TypedDict):
    why: str


TenantState = Literal["preparing", "open", "suspended", "closed", "moving", "elsewhere"]


class TermOut(TypedDict):
    key: str
    word: str
    plain: str
    rule: str
    english: str
    traditional: str


ThingKind = Literal["adviser", "appointment", "visit", "division"]


class TodayOut(TypedDict):
    day: str
    sentence: str
    due: list[DueOut]
    waits: list[DueOut]
    first: list[FirstStepOut]


class TokenOut(TypedDict):
    person: int
    tenant: int
    csrf: str
    until: int
    key: str


TokenState = Literal["works", "expired", "revoked", "dead"]


class ToldOut(TypedDict):
    place: str
    value: int | None
    words: str
    locked: bool
    valid_from: str
    person: str
    why: str
    recorded_at: str
    outcome: str | None


class TopicOut(TypedDict):
    key: str
    title: str
    url: str


class TouchedOut(TypedDict):
    overridden: list[str]
    communities: int


class TryOut(TypedDict):
    at: str
    outcome: str
    status: int
    milliseconds: int


class UnreadOut(TypedDict):
    unread: int


class UpdateOut(TypedDict):
    id: int
    list: str
    day: str
    province: str
    state: UpdateState
    prepared_at: str
    applied_at: str | None
    counts: dict[str, Any]
    alone: int
    open: int
    same: int
    carried: list[CarriedOut]
    stayed: list[StayedOut]
    handing: int


UpdateState = Literal["deciding", "submitted", "confirmed", "applied", "undone", "dropped"]


class UseOut(TypedDict):
    key: str
    used: int | None
    limit: int


class VacancyInRequest(TypedDict):
    reason: VacancyReason
    note: NotRequired[str]


VacancyReason = Literal["resigned", "hiring", "remote", "firm_short", "merged"]


class VersionOut(TypedDict):
    begins: str
    ends: str | None
    place: PlaceOut


ViewEnum = Literal["as_was", "as_is"]


class ViewInRequest(TypedDict):
    page: PageEnum
    title: str
    query: str
    shared: NotRequired[bool]


class ViewOut(TypedDict):
    id: int
    title: str
    query: str
    shared: bool
    own: bool
    may_drop: bool


class VisitInRequest(TypedDict):
    node_id: int
    kind: VisitKind
    begins_at: str
    ends_at: str
    topic: NotRequired[str]
    attendees: NotRequired[int | None]
    note: NotRequired[str]
    photo: NotRequired[bytes | None]
    id: str
    written_at: str
    person: NotRequired[int | None]
    tenant: NotRequired[int | None]


VisitKind = Literal["visit", "lecture"]


class VisitOut(TypedDict):
    id: str
    node_id: int
    adviser_id: str
    adviser_name: str
    kind: VisitKind
    begins_at: str
    ends_at: str
    minutes: int
    topic: str
    attendees: int | None
    note: str
    photo_id: str | None
    revision: int
    voided_at: str | None
    void_why: str
    written_at: str
    recorded_at: str


class WayInRequest(TypedDict):
    way: NoticeWay


class WayOut(TypedDict):
    way: NoticeWay
    kind: NoticeKind
    name: str


class WhyInRequest(TypedDict):
    why: str


class Falin(Line):
    """
    Every act of the API, by the name its description gives it.

    With ``fields`` ("id,adviser.name") an answer holds these alone, whatever its shape says.
    """

    def account_ask_correction(
        self,
        *,
        body: NamesInRequest,
        once: str = "",
    ) -> None:
        """Ask to have them put right: whose charge one is is told."""
        self.call("POST", "/api/v1/me/correction/", body=body, once=once)

    def account_choose_language(
        self,
        *,
        body: LanguageInRequest,
        once: str = "",
    ) -> None:
        """In which language one is written to: by mail and SMS, in calendars, on a browser that knows of no choice."""
        self.call("PUT", "/api/v1/me/language/", body=body, once=once)

    def account_end_session(
        self,
        *,
        session: str,
        once: str = "",
    ) -> None:
        """End one of one's own sessions."""
        self.call("DELETE", f"/api/v1/me/sessions/{quoted(session)}/", once=once)

    def account_names(
        self,
        *,
        fields: str | None = None,
    ) -> Seen[OwnNamesOut]:
        """One's own name and sign-in name, and how one asked them to be."""
        return cast("Seen[OwnNamesOut]", self.see("/api/v1/me/correction/", query={"fields": fields}))

    def account_security(
        self,
        *,
        fields: str | None = None,
    ) -> Seen[SecurityOut]:
        """Sessions, second factors, and the last twenty things that happened to the account."""
        return cast("Seen[SecurityOut]", self.see("/api/v1/me/security/", query={"fields": fields}))

    def account_sign_out_others(
        self,
        *,
        once: str = "",
    ) -> EndedOut:
        """End every session but this one."""
        return cast("EndedOut", self.call("DELETE", "/api/v1/me/sessions/", once=once))

    def accounts_end(
        self,
        *,
        person_id: int,
        why: str,
        once: str = "",
        match: str = "",
    ) -> None:
        """It is not wanted any more: its roles and tokens end at once."""
        self.call("DELETE", f"/api/v1/people/accounts/{quoted(person_id)}/", query={"why": why}, once=once, match=match)

    def accounts_get(
        self,
        *,
        person_id: int,
        fields: str | None = None,
    ) -> Seen[ServiceAccountOut]:
        """One program."""
        return cast("Seen[ServiceAccountOut]", self.see(f"/api/v1/people/accounts/{quoted(person_id)}/", query={"fields": fields}))

    def accounts_hand_over(
        self,
        *,
        person_id: int,
        body: OwnerInRequest,
        once: str = "",
        match: str = "",
    ) -> None:
        """Somebody else answers for it; the tokens there are end."""
        self.call("POST", f"/api/v1/people/accounts/{quoted(person_id)}/owner/", body=body, once=once, match=match)

    def accounts_list(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[ServiceAccountOut]]:
        """The programs in one's places, the ones that need somebody first."""
        return cast("Seen[list[ServiceAccountOut]]", self.see("/api/v1/people/accounts/", query={"fields": fields, "size": size, "cursor": cursor}))

    def accounts_open(
        self,
        *,
        body: ServiceAccountInRequest,
        once: str = "",
    ) -> ServiceAccountOut:
        """A new program with its role and who answers for it."""
        return cast("ServiceAccountOut", self.call("POST", "/api/v1/people/accounts/", body=body, once=once))

    def accounts_review(
        self,
        *,
        person_id: int,
        body: ReviewByInRequest,
        once: str = "",
        match: str = "",
    ) -> None:
        """It is still wanted, until this day."""
        self.call("POST", f"/api/v1/people/accounts/{quoted(person_id)}/review/", body=body, once=once, match=match)

    def advisers_ban(
        self,
        *,
        adviser_id: str,
        body: BanInRequest,
        once: str = "",
        match: str = "",
    ) -> AdviserOut:
        """Bar the adviser from new appointments up to and including a day."""
        return cast("AdviserOut", self.call("POST", f"/api/v1/advisers/{quoted(adviser_id)}/ban/", body=body, once=once, match=match))

    def advisers_candidates(
        self,
        *,
        node_id: int,
        q: str | None = None,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[CandidateOut]]:
        """Whom the community could get, and what speaks for and against each."""
        return cast("Seen[list[CandidateOut]]", self.see(f"/api/v1/advisers/communities/{quoted(node_id)}/candidates/", query={"q": q, "fields": fields, "size": size, "cursor": cursor}))

    def advisers_community(
        self,
        *,
        node_id: int,
        fields: str | None = None,
    ) -> Seen[CommunityOut]:
        """One community: who serves it and who did, or why nobody does."""
        return cast("Seen[CommunityOut]", self.see(f"/api/v1/advisers/communities/{quoted(node_id)}/", query={"fields": fields}))

    def advisers_correct(
        self,
        *,
        adviser_id: str,
        body: PatchedCorrectionInRequest,
        once: str = "",
        match: str = "",
    ) -> AdviserOut:
        """Correct what the register says; what is left out stays."""
        return cast("AdviserOut", self.call("PATCH", f"/api/v1/advisers/{quoted(adviser_id)}/", body=body, once=once, match=match))

    def advisers_correct_identity(
        self,
        *,
        adviser_id: str,
        body: IdentityInRequest,
        once: str = "",
        match: str = "",
    ) -> AdviserOut:
        """Put his name or identity number right, after his papers; what is left out stays. Asks for a fresh proof."""
        return cast("AdviserOut", self.call("POST", f"/api/v1/advisers/{quoted(adviser_id)}/identity/", body=body, once=once, match=match))

    def advisers_counts(
        self,
        *,
        fields: str | None = None,
    ) -> Seen[AdviserCountsOut]:
        """How many advisers each ready-made view of the list holds."""
        return cast("Seen[AdviserCountsOut]", self.see("/api/v1/advisers/counts/", query={"fields": fields}))

    def advisers_coverage(
        self,
        *,
        on: str | None = None,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[StreetOut]]:
        """Each street of the scope with its communities: covered, ending within 30 days, vacant."""
        return cast("Seen[list[StreetOut]]", self.see("/api/v1/advisers/coverage/", query={"on": on, "fields": fields, "size": size, "cursor": cursor}))

    def advisers_erase_numbers(
        self,
        *,
        adviser_id: str,
        why: str,
        once: str = "",
        match: str = "",
    ) -> None:
        """Erase both numbers of somebody who serves nowhere any more; for good."""
        self.call("DELETE", f"/api/v1/advisers/{quoted(adviser_id)}/numbers/", query={"why": why}, once=once, match=match)

    def advisers_explain_vacancy(
        self,
        *,
        node_id: int,
        body: VacancyInRequest,
        once: str = "",
    ) -> None:
        """Say why a community has no adviser at present."""
        self.call("POST", f"/api/v1/advisers/vacancies/{quoted(node_id)}/", body=body, once=once)

    def advisers_get(
        self,
        *,
        adviser_id: str,
        fields: str | None = None,
    ) -> Seen[AdviserProfileOut]:
        """One adviser with his appointments in the scope's places."""
        return cast("Seen[AdviserProfileOut]", self.see(f"/api/v1/advisers/{quoted(adviser_id)}/", query={"fields": fields}))

    def advisers_imports_columns(
        self,
        *,
        import_id: str,
        body: SheetColumnsRequest,
        once: str = "",
        match: str = "",
    ) -> SheetImport:
        """Say which column is which; it is checked again, and remembered for the next sheet."""
        return cast("SheetImport", self.call("PUT", f"/api/v1/advisers/imports/{quoted(import_id)}/columns/", body=body, once=once, match=match))

    def advisers_imports_confirm(
        self,
        *,
        import_id: str,
        once: str = "",
        match: str = "",
    ) -> SheetImport:
        """Have the ready rows loaded; an interrupted load goes on where it stood."""
        return cast("SheetImport", self.call("POST", f"/api/v1/advisers/imports/{quoted(import_id)}/confirm/", once=once, match=match))

    def advisers_imports_errors(
        self,
        *,
        import_id: str,
    ) -> Seen[bytes]:
        """As an XLSX with the same columns, what is wrong, and the file's own row numbers."""
        return cast("Seen[bytes]", self.see(f"/api/v1/advisers/imports/{quoted(import_id)}/errors.xlsx"))

    def advisers_imports_get(
        self,
        *,
        import_id: str,
        fields: str | None = None,
    ) -> Seen[SheetImport]:
        """How far it is, what was found, what came of it."""
        return cast("Seen[SheetImport]", self.see(f"/api/v1/advisers/imports/{quoted(import_id)}/", query={"fields": fields}))

    def advisers_imports_list(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[SheetImport]]:
        """The county's latest imports, newest first; without their findings."""
        return cast("Seen[list[SheetImport]]", self.see("/api/v1/advisers/imports/", query={"fields": fields, "size": size, "cursor": cursor}))

    def advisers_imports_stop(
        self,
        *,
        import_id: str,
        once: str = "",
        match: str = "",
    ) -> SheetImport:
        """Ask the work on it to stop; rows that were loaded stay."""
        return cast("SheetImport", self.call("POST", f"/api/v1/advisers/imports/{quoted(import_id)}/stop/", once=once, match=match))

    def advisers_imports_take(
        self,
        *,
        file: bytes,
        once: str = "",
    ) -> SheetImport:
        """Take a sheet and have it checked."""
        return cast("SheetImport", self.call("POST", "/api/v1/advisers/imports/", files={"file": file}, once=once))

    def advisers_lift_ban(
        self,
        *,
        adviser_id: str,
        why: str,
        once: str = "",
        match: str = "",
    ) -> AdviserOut:
        """Lift a ban before it runs out."""
        return cast("AdviserOut", self.call("DELETE", f"/api/v1/advisers/{quoted(adviser_id)}/ban/", query={"why": why}, once=once, match=match))

    def advisers_list(
        self,
        *,
        after: str | None = None,
        before: str | None = None,
        firm: str | None = None,
        q: str | None = None,
        size: int | None = None,
        sort: Literal["name", "-name", ""] | None = None,
        specialty: str | None = None,
        street: int | None = None,
        view: Literal["ending", "room", "not_examined", "banned", ""] | None = None,
        fields: str | None = None,
    ) -> Seen[AdviserPageOut]:
        """Advisers who serve in the scope's places or were registered by its county, by pinyin."""
        return cast("Seen[AdviserPageOut]", self.see("/api/v1/advisers/", query={"after": after, "before": before, "firm": firm, "q": q, "size": size, "sort": sort, "specialty": specialty, "street": street, "view": view, "fields": fields}))

    def advisers_look_up(
        self,
        *,
        body: NumberInRequest,
        once: str = "",
    ) -> LookedUpOut:
        """Who of the own list has this identity number or telephone. Booked, without the number."""
        return cast("LookedUpOut", self.call("POST", "/api/v1/advisers/number/", body=body, once=once))

    def advisers_me(
        self,
        *,
        fields: str | None = None,
    ) -> Seen[AdviserOut]:
        """What the register holds about the signed-in adviser."""
        return cast("Seen[AdviserOut]", self.see("/api/v1/advisers/me/", query={"fields": fields}))

    def advisers_mine(
        self,
        *,
        on: str | None = None,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[OwnCommunityOut]]:
        """The communities the signed-in adviser serves, in this county."""
        return cast("Seen[list[OwnCommunityOut]]", self.see("/api/v1/advisers/mine/", query={"on": on, "fields": fields, "size": size, "cursor": cursor}))

    def advisers_note_examination(
        self,
        *,
        adviser_id: str,
        body: ExaminationInRequest,
        once: str = "",
        match: str = "",
    ) -> AdviserOut:
        """Note that the adviser passed the unified examination (R2.6)."""
        return cast("AdviserOut", self.call("POST", f"/api/v1/advisers/{quoted(adviser_id)}/examination/", body=body, once=once, match=match))

    def advisers_open_account(
        self,
        *,
        adviser_id: str,
        once: str = "",
        match: str = "",
    ) -> AccountOut:
        """Make the adviser's sign-in. Takes no key: asking twice is refused, and no password is kept to answer with."""
        return cast("AccountOut", self.call("POST", f"/api/v1/advisers/{quoted(adviser_id)}/account/", once=once, match=match))

    def advisers_register(
        self,
        *,
        body: AdviserInRequest,
        once: str = "",
    ) -> AdviserOut:
        """Enter an adviser into the province's register."""
        return cast("AdviserOut", self.call("POST", "/api/v1/advisers/", body=body, once=once))

    def advisers_seen_by(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[SeenByOut]]:
        """Who saw the signed-in adviser's numbers in clear, in whatever county."""
        return cast("Seen[list[SeenByOut]]", self.see("/api/v1/advisers/mine/seen/", query={"fields": fields, "size": size, "cursor": cursor}))

    def advisers_show_numbers(
        self,
        *,
        adviser_id: str,
        body: ClearInRequest,
        once: str = "",
        match: str = "",
    ) -> ClearNumbersOut:
        """Identity number and private telephone in clear. Asks for the password within the last five minutes."""
        return cast("ClearNumbersOut", self.call("POST", f"/api/v1/advisers/{quoted(adviser_id)}/numbers/", body=body, once=once, match=match))

    def advisers_vacancies(
        self,
        *,
        on: str | None = None,
        sort: Literal["community", "-community", "since", "-since", "reason", "-reason", ""] | None = None,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[GapOut]]:
        """Communities of the scope without an adviser, with the reason that was given."""
        return cast("Seen[list[GapOut]]", self.see("/api/v1/advisers/vacancies/", query={"on": on, "sort": sort, "fields": fields, "size": size, "cursor": cursor}))

    def appointments_end(
        self,
        *,
        appointment_id: str,
        body: EndInRequest,
        once: str = "",
        match: str = "",
    ) -> AppointmentOut:
        """End an appointment on a day."""
        return cast("AppointmentOut", self.call("POST", f"/api/v1/advisers/appointments/{quoted(appointment_id)}/end/", body=body, once=once, match=match))

    def appointments_get(
        self,
        *,
        appointment_id: str,
        fields: str | None = None,
    ) -> Seen[AppointmentLineOut]:
        """One appointment, with the names of its places."""
        return cast("Seen[AppointmentLineOut]", self.see(f"/api/v1/advisers/appointments/{quoted(appointment_id)}/", query={"fields": fields}))

    def appointments_list(
        self,
        *,
        adviser: str | None = None,
        node: int | None = None,
        on: str | None = None,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[AppointmentOut]]:
        """Appointments in the scope's places; on a day, today when neither day, place nor adviser is given."""
        return cast("Seen[list[AppointmentOut]]", self.see("/api/v1/advisers/appointments/", query={"adviser": adviser, "node": node, "on": on, "fields": fields, "size": size, "cursor": cursor}))

    def appointments_make(
        self,
        *,
        body: AppointmentInRequest,
        once: str = "",
    ) -> AppointmentOut:
        """Have an adviser serve a community (R2.2, R2.6)."""
        return cast("AppointmentOut", self.call("POST", "/api/v1/advisers/appointments/", body=body, once=once))

    def appointments_replace(
        self,
        *,
        appointment_id: str,
        body: ReplacementInRequest,
        once: str = "",
        match: str = "",
    ) -> AppointmentOut:
        """End an appointment and have somebody else serve from the next day on; both or neither."""
        return cast("AppointmentOut", self.call("POST", f"/api/v1/advisers/appointments/{quoted(appointment_id)}/replace/", body=body, once=once, match=match))

    def appointments_resume(
        self,
        *,
        appointment_id: str,
        once: str = "",
        match: str = "",
    ) -> AppointmentOut:
        """Take the ending back, within ten minutes and by who ended it."""
        return cast("AppointmentOut", self.call("DELETE", f"/api/v1/advisers/appointments/{quoted(appointment_id)}/end/", once=once, match=match))

    def audit_alarms(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[AlarmOut]]:
        """The newest odd patterns, each with the rule it broke."""
        return cast("Seen[list[AlarmOut]]", self.see("/api/v1/audit/alarms/", query={"fields": fields, "size": size, "cursor": cursor}))

    def audit_export(
        self,
        *,
        once: str = "",
    ) -> JobOut:
        """Ask for the whole log as one file; the job's result names it."""
        return cast("JobOut", self.call("POST", "/api/v1/audit/export/", once=once))

    def audit_log(
        self,
        *,
        act: str | None = None,
        after: int | None = None,
        before: int | None = None,
        kind: str | None = None,
        person: str | None = None,
        place: int | None = None,
        since: str | None = None,
        subject: str | None = None,
        until: str | None = None,
        fields: str | None = None,
    ) -> Seen[LogOut]:
        """Who did what, newest first."""
        return cast("Seen[LogOut]", self.see("/api/v1/audit/", query={"act": act, "after": after, "before": before, "kind": kind, "person": person, "place": place, "since": since, "subject": subject, "until": until, "fields": fields}))

    def audit_sealing(
        self,
        *,
        fields: str | None = None,
    ) -> Seen[SealingOut]:
        """How far the log is sealed."""
        return cast("Seen[SealingOut]", self.see("/api/v1/audit/sealing/", query={"fields": fields}))

    def audit_shared_log(
        self,
        *,
        act: str | None = None,
        after: int | None = None,
        before: int | None = None,
        kind: str | None = None,
        person: str | None = None,
        place: int | None = None,
        since: str | None = None,
        subject: str | None = None,
        until: str | None = None,
        fields: str | None = None,
    ) -> Seen[LogOut]:
        """What is booked beside every tenant: operators' acts, the set-up, what the night does."""
        return cast("Seen[LogOut]", self.see("/api/v1/audit/shared/", query={"act": act, "after": after, "before": before, "kind": kind, "person": person, "place": place, "since": since, "subject": subject, "until": until, "fields": fields}))

    def audit_sums(
        self,
        *,
        month: str | None = None,
        fields: str | None = None,
    ) -> Seen[SumsOut]:
        """How much was done in one's own body in a month, by kind and by role, and never who did it."""
        return cast("Seen[SumsOut]", self.see("/api/v1/audit/sums/", query={"month": month, "fields": fields}))

    def batch(
        self,
        *,
        body: BatchInRequest,
        once: str = "",
    ) -> BatchOut:
        """Up to a hundred requests; the answer to each, in their order."""
        return cast("BatchOut", self.call("POST", "/api/v1/batch/", body=body, once=once))

    def calendar(
        self,
        *,
        month: str | None = None,
        fields: str | None = None,
    ) -> Seen[CalendarOut]:
        """A month with what has a day in one's role, and its working days."""
        return cast("Seen[CalendarOut]", self.see("/api/v1/calendar/", query={"month": month, "fields": fields}))

    def comments(
        self,
        *,
        kind: str,
        subject_id: str,
        fields: str | None = None,
    ) -> Seen[TalkOut]:
        """What was said about a thing: an adviser, an appointment, a visit, a place (`division`)."""
        return cast("Seen[TalkOut]", self.see(f"/api/v1/desk/comments/{quoted(kind)}/{quoted(subject_id)}/", query={"fields": fields}))

    def comments_take_back(
        self,
        *,
        comment_id: str,
        once: str = "",
    ) -> None:
        """Take one's own comment back: its words go, that there was one stays."""
        self.call("DELETE", f"/api/v1/desk/comments/{quoted(comment_id)}/", once=once)

    def comments_write(
        self,
        *,
        kind: str,
        subject_id: str,
        body: CommentInRequest,
        once: str = "",
        match: str = "",
    ) -> CommentOut:
        """Write about a thing; whom one names is told."""
        return cast("CommentOut", self.call("POST", f"/api/v1/desk/comments/{quoted(kind)}/{quoted(subject_id)}/", body=body, once=once, match=match))

    def duty_behind_list(
        self,
        *,
        month: str | None = None,
        sort: Literal["adviser", "-adviser", "community", "-community", "done", "-done", "due", "-due", "pace", "-pace", "missing", "-missing", "last", "-last", ""] | None = None,
        view: Literal["pace", "none"] | None = None,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[BehindOut]]:
        """Who has not reached the hours of a community yet, furthest behind first."""
        return cast("Seen[list[BehindOut]]", self.see("/api/v1/duty/behind/", query={"month": month, "sort": sort, "view": view, "fields": fields, "size": size, "cursor": cursor}))

    def duty_hours_mine(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[MyMonthOut]]:
        """The adviser's own communities this month."""
        return cast("Seen[list[MyMonthOut]]", self.see("/api/v1/duty/hours/", query={"fields": fields, "size": size, "cursor": cursor}))

    def duty_hours_post(
        self,
        *,
        node_id: int,
        body: PostedHoursInRequest,
        once: str = "",
    ) -> PostedHoursOut:
        """Post when and where a community's adviser can be met; what was posted before is replaced."""
        return cast("PostedHoursOut", self.call("PUT", f"/api/v1/duty/posted/{quoted(node_id)}/", body=body, once=once))

    def duty_hours_posted(
        self,
        *,
        sort: Literal["community", "-community", "time", "-time", "room", "-room", ""] | None = None,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[PostOut]]:
        """The communities of the scope, with what is posted for each; the unposted first."""
        return cast("Seen[list[PostOut]]", self.see("/api/v1/duty/posted/", query={"sort": sort, "fields": fields, "size": size, "cursor": cursor}))

    def duty_hours_restore(
        self,
        *,
        node_id: int,
        once: str = "",
    ) -> PostedHoursOut:
        """Take the withdrawing back, within ten minutes."""
        return cast("PostedHoursOut", self.call("POST", f"/api/v1/duty/posted/{quoted(node_id)}/restore/", once=once))

    def duty_hours_withdraw(
        self,
        *,
        node_id: int,
        once: str = "",
    ) -> None:
        """Take what is posted for a community off the board."""
        self.call("DELETE", f"/api/v1/duty/posted/{quoted(node_id)}/", once=once)

    def duty_months_close(
        self,
        *,
        body: MonthInRequest,
        once: str = "",
    ) -> MonthIn:
        """Close a month of the county's book."""
        return cast("MonthIn", self.call("POST", "/api/v1/duty/months/", body=body, once=once))

    def duty_months_list(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[BookMonthOut]]:
        """The county's book of months."""
        return cast("Seen[list[BookMonthOut]]", self.see("/api/v1/duty/months/", query={"fields": fields, "size": size, "cursor": cursor}))

    def duty_places_mine(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[MyPlaceOut]]:
        """Communities the adviser may log a visit for: served this month or last."""
        return cast("Seen[list[MyPlaceOut]]", self.see("/api/v1/duty/places/", query={"fields": fields, "size": size, "cursor": cursor}))

    def duty_reminders_mine(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[ReminderOut]]:
        """Reminders to the adviser, read and unread."""
        return cast("Seen[list[ReminderOut]]", self.see("/api/v1/duty/reminders/", query={"fields": fields, "size": size, "cursor": cursor}))

    def duty_reminders_read(
        self,
        *,
        reminder_id: int,
        once: str = "",
    ) -> None:
        """The adviser has read a word to him."""
        self.call("POST", f"/api/v1/duty/reminders/{quoted(reminder_id)}/read/", once=once)

    def duty_reminders_send(
        self,
        *,
        body: RemindInRequest,
        once: str = "",
    ) -> SentOut:
        """Remind an adviser of the hours a community still misses; once a day."""
        return cast("SentOut", self.call("POST", "/api/v1/duty/reminders/", body=body, once=once))

    def duty_reminders_send_many(
        self,
        *,
        body: RemindManyInRequest,
        once: str = "",
    ) -> list[OutcomeOut]:
        """Remind up to a hundred advisers, with what became of each; one that is refused stops no other."""
        return cast("list[OutcomeOut]", self.call("POST", "/api/v1/duty/reminders/many/", body=body, once=once))

    def duty_reminders_take_back(
        self,
        *,
        body: TakeBackInRequest,
        once: str = "",
    ) -> TakenBackOut:
        """Take back reminders one sent within ten minutes and nobody has read."""
        return cast("TakenBackOut", self.call("POST", "/api/v1/duty/reminders/take-back/", body=body, once=once))

    def duty_token(
        self,
        *,
        fields: str | None = None,
    ) -> Seen[TokenOut]:
        """
        Who is signed in; a fresh token for what is sent next, and the phone's key. Says 401 where the session is
        over.
        """
        return cast("Seen[TokenOut]", self.see("/api/v1/duty/token/", query={"fields": fields}))

    def duty_visits_correct(
        self,
        *,
        visit_id: str,
        body: CorrectionInRequest,
        once: str = "",
        match: str = "",
    ) -> VisitOut:
        """Mend a visit, with the reason, until its month is closed."""
        return cast("VisitOut", self.call("POST", f"/api/v1/duty/visits/{quoted(visit_id)}/correct/", body=body, once=once, match=match))

    def duty_visits_get(
        self,
        *,
        visit_id: str,
        fields: str | None = None,
    ) -> Seen[VisitOut]:
        """One of the adviser's own visits, as it stands in the book."""
        return cast("Seen[VisitOut]", self.see(f"/api/v1/duty/visits/{quoted(visit_id)}/", query={"fields": fields}))

    def duty_visits_list(
        self,
        *,
        month: str | None = None,
        sort: Literal["community", "-community", "when", "-when", "time", "-time", ""] | None = None,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[VisitOut]]:
        """The adviser's own visits."""
        return cast("Seen[list[VisitOut]]", self.see("/api/v1/duty/visits/", query={"month": month, "sort": sort, "fields": fields, "size": size, "cursor": cursor}))

    def duty_visits_log(
        self,
        *,
        body: VisitInRequest,
        once: str = "",
    ) -> VisitOut:
        """Log a visit. 201: booked now; 200: this very visit was booked before, nothing was written."""
        return cast("VisitOut", self.call("POST", "/api/v1/duty/visits/", body=body, once=once))

    def duty_visits_restore(
        self,
        *,
        visit_id: str,
        once: str = "",
        match: str = "",
    ) -> VisitOut:
        """Take the voiding back, within ten minutes."""
        return cast("VisitOut", self.call("DELETE", f"/api/v1/duty/visits/{quoted(visit_id)}/void/", once=once, match=match))

    def duty_visits_void(
        self,
        *,
        visit_id: str,
        body: WhyInRequest,
        once: str = "",
        match: str = "",
    ) -> VisitOut:
        """Take a visit out of the count, with the reason, until its month is closed."""
        return cast("VisitOut", self.call("POST", f"/api/v1/duty/visits/{quoted(visit_id)}/void/", body=body, once=once, match=match))

    def emergencies(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[EmergencyOut]]:
        """The operator's own requests, newest first."""
        return cast("Seen[list[EmergencyOut]]", self.see("/api/v1/emergencies/", query={"fields": fields, "size": size, "cursor": cursor}))

    def emergencies_ask(
        self,
        *,
        body: EmergencyInRequest,
        once: str = "",
    ) -> EmergencyOut:
        """Ask a tenant to be let in, to look and change nothing."""
        return cast("EmergencyOut", self.call("POST", "/api/v1/emergencies/", body=body, once=once))

    def emergencies_close(
        self,
        *,
        emergency_id: int,
        once: str = "",
    ) -> None:
        """The operator is done, or takes his request back."""
        self.call("DELETE", f"/api/v1/emergencies/{quoted(emergency_id)}/", once=once)

    def emergencies_decide(
        self,
        *,
        emergency_id: int,
        body: DecisionInRequest,
        once: str = "",
    ) -> EmergencyOut:
        """Yes from now on, or no with the reason."""
        return cast("EmergencyOut", self.call("POST", f"/api/v1/emergencies/{quoted(emergency_id)}/decision/", body=body, once=once))

    def emergencies_doors(
        self,
        *,
        emergency_id: int,
        after: str | None = None,
        before: str | None = None,
        size: int | None = None,
        fields: str | None = None,
    ) -> Seen[DoorsOut]:
        """Every door that was passed in one emergency of one's own tenant."""
        return cast("Seen[DoorsOut]", self.see(f"/api/v1/emergencies/{quoted(emergency_id)}/doors/", query={"after": after, "before": before, "size": size, "fields": fields}))

    def emergencies_end(
        self,
        *,
        emergency_id: int,
        once: str = "",
    ) -> EmergencyOut:
        """End it now."""
        return cast("EmergencyOut", self.call("POST", f"/api/v1/emergencies/{quoted(emergency_id)}/end/", once=once))

    def emergencies_here(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[EmergencyOut]]:
        """What was asked of one's own tenants, and every door that was passed in one's own."""
        return cast("Seen[list[EmergencyOut]]", self.see("/api/v1/emergencies/here/", query={"fields": fields, "size": size, "cursor": cursor}))

    def events_delivery(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[DeliveryOut]]:
        """How far each tenant's events are delivered, and what stands aside."""
        return cast("Seen[list[DeliveryOut]]", self.see("/api/v1/events/", query={"fields": fields, "size": size, "cursor": cursor}))

    def events_resend(
        self,
        *,
        body: ResendInRequest,
        once: str = "",
    ) -> None:
        """Have the relay send one again."""
        self.call("POST", "/api/v1/events/", body=body, once=once)

    def exports_confirm(
        self,
        *,
        job_id: str,
        once: str = "",
    ) -> None:
        """Yes, as the second person."""
        self.call("POST", f"/api/v1/exports/{quoted(job_id)}/confirm/", once=once)

    def exports_held(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[HeldOut]]:
        """The files that wait for a second person: those one can confirm, oldest first, and after them one's own."""
        return cast("Seen[list[HeldOut]]", self.see("/api/v1/exports/", query={"fields": fields, "size": size, "cursor": cursor}))

    def exports_refuse(
        self,
        *,
        job_id: str,
        body: ReasonInRequest,
        once: str = "",
    ) -> None:
        """No, with the reason."""
        self.call("POST", f"/api/v1/exports/{quoted(job_id)}/refuse/", body=body, once=once)

    def feedback_answer(
        self,
        *,
        feedback_id: int,
        body: AnswerInRequest,
        once: str = "",
    ) -> FeedbackOut:
        """Answer, once; the writer is told."""
        return cast("FeedbackOut", self.call("POST", f"/api/v1/feedback/{quoted(feedback_id)}/answer/", body=body, once=once))

    def feedback_list(
        self,
        *,
        before: int | None = None,
        view: Literal["answered", "new"] | None = None,
        fields: str | None = None,
    ) -> Seen[FeedbackPageOut]:
        """What everybody said whom one answers, newest first."""
        return cast("Seen[FeedbackPageOut]", self.see("/api/v1/feedback/all/", query={"before": before, "view": view, "fields": fields}))

    def feedback_own(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[FeedbackOut]]:
        """What one said oneself, with the answers."""
        return cast("Seen[list[FeedbackOut]]", self.see("/api/v1/feedback/", query={"fields": fields, "size": size, "cursor": cursor}))

    def feedback_send(
        self,
        *,
        body: FeedbackInRequest,
        once: str = "",
    ) -> FeedbackOut:
        """Say what is wrong on a page."""
        return cast("FeedbackOut", self.call("POST", "/api/v1/feedback/", body=body, once=once))

    def figures_counties(
        self,
        *,
        node_id: int,
        month: str | None = None,
        view: Literal["as_was", "as_is"] | None = None,
        fields: str | None = None,
    ) -> Seen[CountiesShape]:
        """Every county body below a place: what a map is coloured by."""
        return cast("Seen[CountiesShape]", self.see(f"/api/v1/figures/{quoted(node_id)}/counties/", query={"month": month, "view": view, "fields": fields}))

    def figures_home(
        self,
        *,
        fields: str | None = None,
    ) -> Seen[HomeShape]:
        """The places one's figures begin at."""
        return cast("Seen[HomeShape]", self.see("/api/v1/figures/", query={"fields": fields}))

    def figures_months(
        self,
        *,
        node_id: int,
        view: Literal["as_was", "as_is"] | None = None,
        fields: str | None = None,
    ) -> Seen[MonthsShape]:
        """The months published for a place."""
        return cast("Seen[MonthsShape]", self.see(f"/api/v1/figures/{quoted(node_id)}/months/", query={"view": view, "fields": fields}))

    def figures_own_visits(
        self,
        *,
        after: str | None = None,
        before: str | None = None,
        month: str | None = None,
        page: int | None = None,
        size: int | None = None,
        sort: Literal["day", "-day", "adviser", "-adviser", "time", "-time", ""] | None = None,
        fields: str | None = None,
    ) -> Seen[LinesShape]:
        """A firm's or an adviser's own published visits."""
        return cast("Seen[LinesShape]", self.see("/api/v1/figures/visits/", query={"after": after, "before": before, "month": month, "page": page, "size": size, "sort": sort, "fields": fields}))

    def figures_place(
        self,
        *,
        node_id: int,
        month: str | None = None,
        view: Literal["as_was", "as_is"] | None = None,
        fields: str | None = None,
    ) -> Seen[FiguresShape]:
        """A place in one month, what lies one step below it, and the months before."""
        return cast("Seen[FiguresShape]", self.see(f"/api/v1/figures/{quoted(node_id)}/", query={"month": month, "view": view, "fields": fields}))

    def figures_publish(
        self,
        *,
        node_id: int,
        body: PublishAskedRequest,
        once: str = "",
        match: str = "",
    ) -> RunShape:
        """Roll up a month of one's own county and have it published; a second time without changes does nothing."""
        return cast("RunShape", self.call("POST", f"/api/v1/figures/{quoted(node_id)}/publish/", body=body, once=once, match=match))

    def figures_ranking(
        self,
        *,
        node_id: int,
        level: Literal[2, 3, 4, 5],
        month: str,
        view: Literal["as_was", "as_is"] | None = None,
        fields: str | None = None,
    ) -> Seen[RankingShape]:
        """The places of one level below a place by coverage, most behind first."""
        return cast("Seen[RankingShape]", self.see(f"/api/v1/figures/{quoted(node_id)}/ranking/", query={"level": level, "month": month, "view": view, "fields": fields}))

    def figures_visits(
        self,
        *,
        node_id: int,
        after: str | None = None,
        before: str | None = None,
        month: str | None = None,
        page: int | None = None,
        size: int | None = None,
        sort: Literal["day", "-day", "adviser", "-adviser", "time", "-time", ""] | None = None,
        fields: str | None = None,
    ) -> Seen[LinesShape]:
        """The published visits behind a community's figure."""
        return cast("Seen[LinesShape]", self.see(f"/api/v1/figures/{quoted(node_id)}/visits/", query={"after": after, "before": before, "month": month, "page": page, "size": size, "sort": sort, "fields": fields}))

    def files_get(
        self,
        *,
        file_id: str,
    ) -> Seen[bytes]:
        """A stored file as it was stored; access is checked each time."""
        return cast("Seen[bytes]", self.see(f"/api/v1/files/{quoted(file_id)}/"))

    def firms_list(
        self,
        *,
        after: str | None = None,
        before: str | None = None,
        q: str | None = None,
        size: int | None = None,
        sort: Literal["name", "-name", "advisers", "-advisers", ""] | None = None,
        fields: str | None = None,
    ) -> Seen[FirmPageOut]:
        """Firms of the province's register."""
        return cast("Seen[FirmPageOut]", self.see("/api/v1/advisers/firms/", query={"after": after, "before": before, "q": q, "size": size, "sort": sort, "fields": fields}))

    def firms_own(
        self,
        *,
        on: str | None = None,
        fields: str | None = None,
    ) -> Seen[FirmOverviewOut]:
        """The signed-in manager's own firm, wherever its advisers serve."""
        return cast("Seen[FirmOverviewOut]", self.see("/api/v1/advisers/firm/", query={"on": on, "fields": fields}))

    def firms_register(
        self,
        *,
        body: FirmInRequest,
        once: str = "",
    ) -> FirmOut:
        """Enter a firm into the province's register."""
        return cast("FirmOut", self.call("POST", "/api/v1/advisers/firms/", body=body, once=once))

    def first_day_put_away(
        self,
        *,
        once: str = "",
    ) -> None:
        """Put the list of one's first day away; `today` has it until then."""
        self.call("DELETE", "/api/v1/today/first/", once=once)

    def help_get(
        self,
        *,
        key: str,
        fields: str | None = None,
    ) -> Seen[HelpOut]:
        """Help for some pages."""
        return cast("Seen[HelpOut]", self.see(f"/api/v1/help/{quoted(key)}/", query={"fields": fields}))

    def help_list(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[TopicOut]]:
        """The topics whose pages one's role may open."""
        return cast("Seen[list[TopicOut]]", self.see("/api/v1/help/", query={"fields": fields, "size": size, "cursor": cursor}))

    def help_terms(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[TermOut]]:
        """The programme's words with their plain meaning."""
        return cast("Seen[list[TermOut]]", self.see("/api/v1/help/terms/", query={"fields": fields, "size": size, "cursor": cursor}))

    def history_list(
        self,
        *,
        before: int | None = None,
        fields: str | None = None,
    ) -> Seen[LogOut]:
        """What was done at one's places, newest first."""
        return cast("Seen[LogOut]", self.see("/api/v1/history/", query={"before": before, "fields": fields}))

    def history_of(
        self,
        *,
        kind: str,
        subject_id: str,
        before: int | None = None,
        fields: str | None = None,
    ) -> Seen[LogOut]:
        """Who did what to one thing, when and why."""
        return cast("Seen[LogOut]", self.see(f"/api/v1/history/{quoted(kind)}/{quoted(subject_id)}/", query={"before": before, "fields": fields}))

    def history_seen(
        self,
        *,
        kind: str,
        subject_id: str,
        on: str | None = None,
        fields: str | None = None,
    ) -> Seen[SeenOut]:
        """Who could have seen one thing on a day: roles in force, emergencies open, and looks at it in clear."""
        return cast("Seen[SeenOut]", self.see(f"/api/v1/history/{quoted(kind)}/{quoted(subject_id)}/seen/", query={"on": on, "fields": fields}))

    def jobs_cancel(
        self,
        *,
        job_id: str,
        once: str = "",
        match: str = "",
    ) -> OneJobOut:
        """Ask it to stop; one that has not begun ends at once."""
        return cast("OneJobOut", self.call("POST", f"/api/v1/jobs/{quoted(job_id)}/cancel/", once=once, match=match))

    def jobs_get(
        self,
        *,
        job_id: str,
        fields: str | None = None,
    ) -> Seen[OneJobOut]:
        """How far it is, and what came of it."""
        return cast("Seen[OneJobOut]", self.see(f"/api/v1/jobs/{quoted(job_id)}/", query={"fields": fields}))

    def jobs_list(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[OneJobOut]]:
        """One's own jobs, newest first, up to fifty."""
        return cast("Seen[list[OneJobOut]]", self.see("/api/v1/jobs/", query={"fields": fields, "size": size, "cursor": cursor}))

    def me_sign_on(
        self,
        *,
        fields: str | None = None,
    ) -> Seen[SignOnOut]:
        """Whether one's account at the second home is linked, and since when."""
        return cast("Seen[SignOnOut]", self.see("/api/v1/me/sign-on/", query={"fields": fields}))

    def me_sign_on_unlink(
        self,
        *,
        once: str = "",
    ) -> None:
        """Part one's account from the person here; sessions that came from it are over."""
        self.call("DELETE", "/api/v1/me/sign-on/", once=once)

    def news(
        self,
        *,
        before: int | None = None,
        view: Literal["draft", "published", "withdrawn"] | None = None,
        fields: str | None = None,
    ) -> Seen[NewsPageOut]:
        """What the county's team wrote, newest first."""
        return cast("Seen[NewsPageOut]", self.see("/api/v1/desk/news/", query={"before": before, "view": view, "fields": fields}))

    def news_change(
        self,
        *,
        number: int,
        body: NewsInRequest,
        once: str = "",
        match: str = "",
    ) -> NewsOut:
        """Put it in other words or on other days."""
        return cast("NewsOut", self.call("PUT", f"/api/v1/desk/news/{quoted(number)}/", body=body, once=once, match=match))

    def news_get(
        self,
        *,
        number: int,
        fields: str | None = None,
    ) -> Seen[NewsOut]:
        """One of them."""
        return cast("Seen[NewsOut]", self.see(f"/api/v1/desk/news/{quoted(number)}/", query={"fields": fields}))

    def news_publish(
        self,
        *,
        number: int,
        once: str = "",
        match: str = "",
    ) -> NewsOut:
        """Let everybody read it."""
        return cast("NewsOut", self.call("POST", f"/api/v1/desk/news/{quoted(number)}/publish/", once=once, match=match))

    def news_withdraw(
        self,
        *,
        number: int,
        body: NewsWhyInRequest,
        once: str = "",
        match: str = "",
    ) -> NewsOut:
        """Take it off the public pages for good."""
        return cast("NewsOut", self.call("POST", f"/api/v1/desk/news/{quoted(number)}/withdraw/", body=body, once=once, match=match))

    def news_write(
        self,
        *,
        body: NewsInRequest,
        once: str = "",
    ) -> NewsOut:
        """Write a draft."""
        return cast("NewsOut", self.call("POST", "/api/v1/desk/news/", body=body, once=once))

    def notices(
        self,
        *,
        before: int | None = None,
        view: Literal["unread"] | None = None,
        fields: str | None = None,
    ) -> Seen[NoticePageOut]:
        """One's own notices, newest first."""
        return cast("Seen[NoticePageOut]", self.see("/api/v1/desk/notices/", query={"before": before, "view": view, "fields": fields}))

    def notices_choose(
        self,
        *,
        kind: str,
        body: WayInRequest,
        once: str = "",
    ) -> None:
        """Say how one wants to be told of a kind."""
        self.call("PUT", f"/api/v1/desk/notices/ways/{quoted(kind)}/", body=body, once=once)

    def notices_read(
        self,
        *,
        notice_id: int,
        once: str = "",
    ) -> None:
        """One notice is read."""
        self.call("POST", f"/api/v1/desk/notices/{quoted(notice_id)}/read/", once=once)

    def notices_read_all(
        self,
        *,
        once: str = "",
    ) -> UnreadOut:
        """Everything is read."""
        return cast("UnreadOut", self.call("POST", "/api/v1/desk/notices/read/", once=once))

    def notices_unread(
        self,
        *,
        fields: str | None = None,
    ) -> Seen[UnreadOut]:
        """How many one has not read."""
        return cast("Seen[UnreadOut]", self.see("/api/v1/desk/notices/unread/", query={"fields": fields}))

    def notices_ways(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[WayOut]]:
        """How one is told of each kind."""
        return cast("Seen[list[WayOut]]", self.see("/api/v1/desk/notices/ways/", query={"fields": fields, "size": size, "cursor": cursor}))

    def own_data(
        self,
        *,
        once: str = "",
    ) -> bytes:
        """Everything that is kept about oneself, as one archive; booked, not kept."""
        return cast("bytes", self.call("POST", "/api/v1/me/data/", once=once))

    def people_asked_correction(
        self,
        *,
        person_id: int,
        fields: str | None = None,
    ) -> Seen[NamesAskedOut]:
        """What he asked to have put right of his names; read by whose charge he is."""
        return cast("Seen[NamesAskedOut]", self.see(f"/api/v1/people/{quoted(person_id)}/correction/", query={"fields": fields}))

    def people_confirm(
        self,
        *,
        proposal: str,
        once: str = "",
    ) -> None:
        """Yes, as the second person."""
        self.call("POST", f"/api/v1/people/proposals/{quoted(proposal)}/confirm/", once=once)

    def people_confirm_merge(
        self,
        *,
        merge_id: int,
        once: str = "",
    ) -> None:
        """Yes, as another person; it cannot be undone."""
        self.call("POST", f"/api/v1/people/merges/{quoted(merge_id)}/confirm/", once=once)

    def people_correct(
        self,
        *,
        person_id: int,
        body: NamesCorrectedInRequest,
        once: str = "",
        match: str = "",
    ) -> PersonOut:
        """Put a name or sign-in name right."""
        return cast("PersonOut", self.call("POST", f"/api/v1/people/{quoted(person_id)}/correction/", body=body, once=once, match=match))

    def people_decline_correction(
        self,
        *,
        person_id: int,
        why: str,
        once: str = "",
        match: str = "",
    ) -> None:
        """Say no to what he asked for; he reads the reason."""
        self.call("DELETE", f"/api/v1/people/{quoted(person_id)}/correction/", query={"why": why}, once=once, match=match)

    def people_end_role(
        self,
        *,
        binding_id: int,
        why: str,
        once: str = "",
    ) -> None:
        """End a grant, or take back a proposal."""
        self.call("DELETE", f"/api/v1/people/roles/{quoted(binding_id)}/", query={"why": why}, once=once)

    def people_enter(
        self,
        *,
        body: EntryInRequest,
        once: str = "",
    ) -> EnteredOut:
        """Enter somebody with his first role."""
        return cast("EnteredOut", self.call("POST", "/api/v1/people/", body=body, once=once))

    def people_enter_many(
        self,
        *,
        body: PeopleInRequest,
        once: str = "",
    ) -> list[EnteredRowOut]:
        """Many people at once, or how they would go; a row that is refused stops no other."""
        return cast("list[EnteredRowOut]", self.call("POST", "/api/v1/people/sheet/", body=body, once=once))

    def people_erase_contacts(
        self,
        *,
        person_id: int,
        why: str,
        once: str = "",
        match: str = "",
    ) -> None:
        """Erase the telephone and mail address of somebody who left; for good."""
        self.call("DELETE", f"/api/v1/people/{quoted(person_id)}/contacts/", query={"why": why}, once=once, match=match)

    def people_get(
        self,
        *,
        person_id: int,
        fields: str | None = None,
    ) -> Seen[RecordOut]:
        """One person with every grant in reach, over ones too."""
        return cast("Seen[RecordOut]", self.see(f"/api/v1/people/{quoted(person_id)}/", query={"fields": fields}))

    def people_grant(
        self,
        *,
        person_id: int,
        body: RoleInRequest,
        once: str = "",
        match: str = "",
    ) -> BindingOut:
        """Give a role, or propose it where it needs a second person; ``acting_for`` makes a deputy."""
        return cast("BindingOut", self.call("POST", f"/api/v1/people/{quoted(person_id)}/roles/", body=body, once=once, match=match))

    def people_hand_over(
        self,
        *,
        person_id: int,
        body: HandOverInRequest,
        once: str = "",
        match: str = "",
    ) -> list[BindingOut]:
        """A whole post to a successor, in one transaction."""
        return cast("list[BindingOut]", self.call("POST", f"/api/v1/people/{quoted(person_id)}/hand-over/", body=body, once=once, match=match))

    def people_leave(
        self,
        *,
        person_id: int,
        body: ReasonInRequest,
        once: str = "",
        match: str = "",
    ) -> LeftOpenOut:
        """Somebody leaves: everything he holds ends at once; what is left open."""
        return cast("LeftOpenOut", self.call("POST", f"/api/v1/people/{quoted(person_id)}/leaving/", body=body, once=once, match=match))

    def people_left_open(
        self,
        *,
        person_id: int,
        fields: str | None = None,
    ) -> Seen[LeftOpenOut]:
        """What would end, and what somebody else would have to take over."""
        return cast("Seen[LeftOpenOut]", self.see(f"/api/v1/people/{quoted(person_id)}/leaving/", query={"fields": fields}))

    def people_list(
        self,
        *,
        after: str | None = None,
        q: str | None = None,
        sort: Literal["name", "-name", "username", "-username", ""] | None = None,
        view: Literal["soon", "suspended", "former"] | None = None,
        fields: str | None = None,
    ) -> Seen[PeopleOut]:
        """The register, as far as the scope reaches; by name, pinyin, its initials or sign-in name."""
        return cast("Seen[PeopleOut]", self.see("/api/v1/people/", query={"after": after, "q": q, "sort": sort, "view": view, "fields": fields}))

    def people_merges(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[MergeOut]]:
        """What waits for another person."""
        return cast("Seen[list[MergeOut]]", self.see("/api/v1/people/merges/", query={"fields": fields, "size": size, "cursor": cursor}))

    def people_proposals(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[BindingOut]]:
        """What waits for a second person, oldest first; those of one ``proposal`` are decided together."""
        return cast("Seen[list[BindingOut]]", self.see("/api/v1/people/proposals/", query={"fields": fields, "size": size, "cursor": cursor}))

    def people_propose_merge(
        self,
        *,
        body: MergeInRequest,
        once: str = "",
    ) -> MergeOut | None:
        """Say that two records are one person, or that they are two."""
        return cast("MergeOut | None", self.call("POST", "/api/v1/people/merges/", body=body, once=once))

    def people_refuse(
        self,
        *,
        proposal: str,
        body: ReasonInRequest,
        once: str = "",
    ) -> None:
        """No, with the reason."""
        self.call("POST", f"/api/v1/people/proposals/{quoted(proposal)}/refuse/", body=body, once=once)

    def people_refuse_merge(
        self,
        *,
        merge_id: int,
        body: ReasonInRequest,
        once: str = "",
    ) -> None:
        """No: they are two people."""
        self.call("POST", f"/api/v1/people/merges/{quoted(merge_id)}/refuse/", body=body, once=once)

    def people_reinstate(
        self,
        *,
        person_id: int,
        why: str,
        once: str = "",
        match: str = "",
    ) -> None:
        """Let him in again."""
        self.call("DELETE", f"/api/v1/people/{quoted(person_id)}/suspension/", query={"why": why}, once=once, match=match)

    def people_reset_factors(
        self,
        *,
        person_id: int,
        why: str,
        once: str = "",
        match: str = "",
    ) -> None:
        """Take away the second factors of somebody who lost his; his sessions are over."""
        self.call("DELETE", f"/api/v1/people/{quoted(person_id)}/factors/", query={"why": why}, once=once, match=match)

    def people_reset_password(
        self,
        *,
        person_id: int,
        once: str = "",
        match: str = "",
    ) -> PasswordOut:
        """A one-time password in place of a lost one."""
        return cast("PasswordOut", self.call("POST", f"/api/v1/people/{quoted(person_id)}/password/", once=once, match=match))

    def people_review(
        self,
        *,
        body: ReviewInRequest,
        once: str = "",
    ) -> ReviewedOut:
        """Keep these roles for the quarter; what nobody keeps ends."""
        return cast("ReviewedOut", self.call("POST", "/api/v1/people/review/", body=body, once=once))

    def people_rights(
        self,
        *,
        person_id: int,
        at: int | None = None,
        fields: str | None = None,
    ) -> Seen[ExplainedOut]:
        """What a person may do and why."""
        return cast("Seen[ExplainedOut]", self.see(f"/api/v1/people/{quoted(person_id)}/rights/", query={"at": at, "fields": fields}))

    def people_same(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[SameOut]]:
        """Pairs of records that may be one person, the surest first."""
        return cast("Seen[list[SameOut]]", self.see("/api/v1/people/same/", query={"fields": fields, "size": size, "cursor": cursor}))

    def people_suspend(
        self,
        *,
        person_id: int,
        body: ReasonInRequest,
        once: str = "",
        match: str = "",
    ) -> None:
        """Shut somebody out; his sessions are over at once."""
        self.call("POST", f"/api/v1/people/{quoted(person_id)}/suspension/", body=body, once=once, match=match)

    def people_to_review(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[BindingOut]]:
        """Roles this quarter's review has not seen yet, up to 200."""
        return cast("Seen[list[BindingOut]]", self.see("/api/v1/people/review/", query={"fields": fields, "size": size, "cursor": cursor}))

    def people_who(
        self,
        *,
        node_id: int,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[RightOut]]:
        """Who of those in reach may act at a place, and by which grant."""
        return cast("Seen[list[RightOut]]", self.see(f"/api/v1/people/at/{quoted(node_id)}/", query={"fields": fields, "size": size, "cursor": cursor}))

    def places_area(
        self,
        *,
        area_id: int,
        view: Literal["as_was", "as_is"] | None = None,
        fields: str | None = None,
    ) -> Seen[OneAreaOut]:
        """One with its members, and its figures for who may read those of its place."""
        return cast("Seen[OneAreaOut]", self.see(f"/api/v1/places/areas/{quoted(area_id)}/", query={"view": view, "fields": fields}))

    def places_area_add(
        self,
        *,
        area_id: int,
        body: MembersInRequest,
        once: str = "",
        match: str = "",
    ) -> TakenOut:
        """Places that lie in it from a day on, with all below them."""
        return cast("TakenOut", self.call("POST", f"/api/v1/places/areas/{quoted(area_id)}/members/", body=body, once=once, match=match))

    def places_area_end(
        self,
        *,
        area_id: int,
        member_id: int,
        day: str,
        said_by: str,
        once: str = "",
        match: str = "",
    ) -> None:
        """From a day on it no longer lies there; past figures stay."""
        self.call("DELETE", f"/api/v1/places/areas/{quoted(area_id)}/members/{quoted(member_id)}/", query={"day": day, "said_by": said_by}, once=once, match=match)

    def places_areas(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[AreaOut]]:
        """Every statistical area."""
        return cast("Seen[list[AreaOut]]", self.see("/api/v1/places/areas/", query={"fields": fields, "size": size, "cursor": cursor}))

    def places_boundary(
        self,
        *,
        body: BoundaryInRequest,
        once: str = "",
    ) -> UpdateOut:
        """Enter that a counted share of a place went over to another one, as an update that a second person confirms."""
        return cast("UpdateOut", self.call("POST", "/api/v1/places/updates/boundaries/", body=body, once=once))

    def places_changes(
        self,
        *,
        update_id: int,
        after: int | None = None,
        group: str | None = None,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[ChangeOut]]:
        """A hundred changes of an update, or of one group; the next ones ``after`` the last id."""
        return cast("Seen[list[ChangeOut]]", self.see(f"/api/v1/places/updates/{quoted(update_id)}/changes/", query={"after": after, "group": group, "fields": fields, "size": size, "cursor": cursor}))

    def places_compare(
        self,
        *,
        body: ListInRequest,
        once: str = "",
    ) -> JobOut:
        """Compare an edition of the national list with the tree; a job whose result names the update."""
        return cast("JobOut", self.call("POST", "/api/v1/places/updates/", body=body, once=once))

    def places_compare_list(
        self,
        *,
        file: bytes,
        once: str = "",
    ) -> JobOut:
        """
        Compare a list of one's own with the tree; a job whose result names the update. What is wrong is said by
        row.
        """
        return cast("JobOut", self.call("POST", "/api/v1/places/updates/lists/", files={"file": file}, once=once))

    def places_confirm(
        self,
        *,
        update_id: int,
        once: str = "",
        match: str = "",
    ) -> JobOut:
        """Yes, as the second person; a job applies it."""
        return cast("JobOut", self.call("POST", f"/api/v1/places/updates/{quoted(update_id)}/confirmation/", once=once, match=match))

    def places_decide(
        self,
        *,
        change_id: int,
        update_id: int,
        body: ChangeDecisionInRequest,
        once: str = "",
        match: str = "",
    ) -> ChangeOut:
        """Accept or refuse one change, or accept it as something else."""
        return cast("ChangeOut", self.call("POST", f"/api/v1/places/updates/{quoted(update_id)}/changes/{quoted(change_id)}/", body=body, once=once, match=match))

    def places_decide_group(
        self,
        *,
        update_id: int,
        body: ChangeGroupDecisionInRequest,
        once: str = "",
        match: str = "",
    ) -> DecidedOut:
        """Accept or refuse what is still open of a group."""
        return cast("DecidedOut", self.call("POST", f"/api/v1/places/updates/{quoted(update_id)}/groups/", body=body, once=once, match=match))

    def places_describe(
        self,
        *,
        body: DescriptionInRequest,
        once: str = "",
    ) -> TakenOut:
        """Population, households, area or outlines of one's own places; all or nothing."""
        return cast("TakenOut", self.call("POST", "/api/v1/places/descriptions/", body=body, once=once))

    def places_drop(
        self,
        *,
        update_id: int,
        body: ReasonInRequest,
        once: str = "",
        match: str = "",
    ) -> UpdateOut:
        """Give an update up; the tree stays as it is."""
        return cast("UpdateOut", self.call("POST", f"/api/v1/places/updates/{quoted(update_id)}/drop/", body=body, once=once, match=match))

    def places_open_area(
        self,
        *,
        body: AreaInRequest,
        once: str = "",
    ) -> AreaMade:
        """One more, at a place of one's own; without members yet."""
        return cast("AreaMade", self.call("POST", "/api/v1/places/areas/", body=body, once=once))

    def places_search(
        self,
        *,
        limit: int | None = None,
        on: str | None = None,
        q: str | None = None,
        under: str | None = None,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[FoundOut]]:
        """
        Places by name, former name, pinyin, initials or code, those that are no more last; without a word,
        provinces.
        """
        return cast("Seen[list[FoundOut]]", self.see("/api/v1/places/", query={"limit": limit, "on": on, "q": q, "under": under, "fields": fields, "size": size, "cursor": cursor}))

    def places_send_back(
        self,
        *,
        update_id: int,
        why: str,
        once: str = "",
        match: str = "",
    ) -> UpdateOut:
        """Back to the one who decides, with a reason."""
        return cast("UpdateOut", self.call("DELETE", f"/api/v1/places/updates/{quoted(update_id)}/confirmation/", query={"why": why}, once=once, match=match))

    def places_show(
        self,
        *,
        node_id: int,
        on: str | None = None,
        fields: str | None = None,
    ) -> Seen[OnePlaceOut]:
        """One place as it is, was on a day, or last was; with its past."""
        return cast("Seen[OnePlaceOut]", self.see(f"/api/v1/places/{quoted(node_id)}/", query={"on": on, "fields": fields}))

    def places_submit(
        self,
        *,
        update_id: int,
        once: str = "",
        match: str = "",
    ) -> UpdateOut:
        """Everything is decided: a second person is asked."""
        return cast("UpdateOut", self.call("POST", f"/api/v1/places/updates/{quoted(update_id)}/submission/", once=once, match=match))

    def places_undo(
        self,
        *,
        update_id: int,
        why: str,
        once: str = "",
        match: str = "",
    ) -> UpdateOut | JobOut:
        """
        Take an applied update back, until something new stands on it. One that made places: a job, which asks the
        counties first.
        """
        return cast("UpdateOut | JobOut", self.call("DELETE", f"/api/v1/places/updates/{quoted(update_id)}/application/", query={"why": why}, once=once, match=match))

    def places_update_show(
        self,
        *,
        update_id: int,
        fields: str | None = None,
    ) -> Seen[OneUpdateOut]:
        """One update with its groups, and what hangs on the places that would end."""
        return cast("Seen[OneUpdateOut]", self.see(f"/api/v1/places/updates/{quoted(update_id)}/", query={"fields": fields}))

    def places_updates(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[UpdateOut]]:
        """The updates, newest first."""
        return cast("Seen[list[UpdateOut]]", self.see("/api/v1/places/updates/", query={"fields": fields, "size": size, "cursor": cursor}))

    def public_communities(
        self,
        *,
        county: str,
        q: str | None = None,
        street: str | None = None,
    ) -> Seen[list[PublicCommunityOut]]:
        """Communities with their advisers and hours: those called so, or those of one street."""
        return cast("Seen[list[PublicCommunityOut]]", self.see(f"/api/v1/public/{quoted(county)}/communities/", query={"q": q, "street": street}))

    def public_community(
        self,
        *,
        code: str,
        county: str,
    ) -> Seen[PublicCommunityOut]:
        """One community: its adviser and when he can be met."""
        return cast("Seen[PublicCommunityOut]", self.see(f"/api/v1/public/{quoted(county)}/communities/{quoted(code)}/"))

    def public_counties(
        self,
    ) -> Seen[list[PublicCountyOut]]:
        """The counties that have public pages."""
        return cast("Seen[list[PublicCountyOut]]", self.see("/api/v1/public/"))

    def public_figures(
        self,
        *,
        county: str,
    ) -> Seen[PublicFiguresOut]:
        """The county's newest published figures."""
        return cast("Seen[PublicFiguresOut]", self.see(f"/api/v1/public/{quoted(county)}/figures/"))

    def public_near(
        self,
        *,
        county: str,
        body: PublicPositionInRequest,
        once: str = "",
    ) -> list[PublicCommunityOut]:
        """Communities around a position, the one that holds it first; the position is not kept."""
        return cast("list[PublicCommunityOut]", self.call("POST", f"/api/v1/public/{quoted(county)}/near/", body=body, once=once))

    def public_news(
        self,
        *,
        county: str,
        before: int | None = None,
    ) -> Seen[PublicNewsPageOut]:
        """What the county tells everybody today, newest first."""
        return cast("Seen[PublicNewsPageOut]", self.see(f"/api/v1/public/{quoted(county)}/news/", query={"before": before}))

    def public_news_get(
        self,
        *,
        county: str,
        number: int,
    ) -> Seen[PublicNewsOut]:
        """One of them."""
        return cast("Seen[PublicNewsOut]", self.see(f"/api/v1/public/{quoted(county)}/news/{quoted(number)}/"))

    def public_stations(
        self,
        *,
        county: str,
        community: str | None = None,
        q: str | None = None,
        street: str | None = None,
    ) -> Seen[list[PublicStationOut]]:
        """Stations of a community, its street and the county's centre, in this order; all of them where none is named."""
        return cast("Seen[list[PublicStationOut]]", self.see(f"/api/v1/public/{quoted(county)}/stations/", query={"community": community, "q": q, "street": street}))

    def public_stations_near(
        self,
        *,
        county: str,
        body: PublicPositionInRequest,
        once: str = "",
    ) -> list[PublicStationOut]:
        """Stations around a position, nearest first; the position is not kept."""
        return cast("list[PublicStationOut]", self.call("POST", f"/api/v1/public/{quoted(county)}/stations/near/", body=body, once=once))

    def search(
        self,
        *,
        q: str,
        kind: Literal["advisers", "firms", "help", "jobs", "pages", "people", "places", "settings", "stations", "visits"] | None = None,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[GroupOut]]:
        """Everything in scope that is called so: by name, part of it, pinyin or initials."""
        return cast("Seen[list[GroupOut]]", self.see("/api/v1/search/", query={"kind": kind, "q": q, "fields": fields, "size": size, "cursor": cursor}))

    def settings_explain(
        self,
        *,
        key: str,
        place: int,
        on: str | None = None,
        fields: str | None = None,
    ) -> Seen[SettingOut]:
        """One figure: its value, where it comes from, and all that was said on the way down."""
        return cast("Seen[SettingOut]", self.see(f"/api/v1/settings/{quoted(key)}/", query={"on": on, "place": place, "fields": fields}))

    def settings_kept(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[KeptOut]]:
        """How long files and rows of one's own body are kept, and what goes tonight."""
        return cast("Seen[list[KeptOut]]", self.see("/api/v1/settings/kept/", query={"fields": fields, "size": size, "cursor": cursor}))

    def settings_list(
        self,
        *,
        place: int,
        on: str | None = None,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[SettingOut]]:
        """Every figure as it is in force at a place of the scope."""
        return cast("Seen[list[SettingOut]]", self.see("/api/v1/settings/", query={"on": on, "place": place, "fields": fields, "size": size, "cursor": cursor}))

    def settings_say(
        self,
        *,
        key: str,
        body: StatementInRequest,
        once: str = "",
        match: str = "",
    ) -> MadeOut:
        """Set, tighten or lock a figure at one's own place from a later day on; ``value`` null takes it back."""
        return cast("MadeOut", self.call("POST", f"/api/v1/settings/{quoted(key)}/", body=body, once=once, match=match))

    def settings_touched(
        self,
        *,
        key: str,
        place: int,
        valid_from: str,
        locked: bool | None = None,
        value: int | str | None = None,
        fields: str | None = None,
    ) -> Seen[TouchedOut]:
        """What a change would do below one's place, before it is made."""
        return cast("Seen[TouchedOut]", self.see(f"/api/v1/settings/{quoted(key)}/touched/", query={"locked": locked, "place": place, "valid_from": valid_from, "value": value, "fields": fields}))

    def settings_uses(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[UseOut]]:
        """What one's own body has taken and may take."""
        return cast("Seen[list[UseOut]]", self.see("/api/v1/settings/use/", query={"fields": fields, "size": size, "cursor": cursor}))

    def stations_close(
        self,
        *,
        station_id: str,
        body: CloseInRequest,
        once: str = "",
        match: str = "",
    ) -> StationOut:
        """Take a station off the public pages for good, with the reason."""
        return cast("StationOut", self.call("POST", f"/api/v1/stations/{quoted(station_id)}/close/", body=body, once=once, match=match))

    def stations_correct(
        self,
        *,
        station_id: str,
        body: StationInRequest,
        once: str = "",
        match: str = "",
    ) -> StationOut:
        """Put right what the register says of a station; what it said stands in its history."""
        return cast("StationOut", self.call("PUT", f"/api/v1/stations/{quoted(station_id)}/", body=body, once=once, match=match))

    def stations_counts(
        self,
        *,
        fields: str | None = None,
    ) -> Seen[StationCountsOut]:
        """How many stations there are, and in how many communities."""
        return cast("Seen[StationCountsOut]", self.see("/api/v1/stations/counts/", query={"fields": fields}))

    def stations_get(
        self,
        *,
        station_id: str,
        fields: str | None = None,
    ) -> Seen[StationRowOut]:
        """One station of the scope's places, closed ones too."""
        return cast("Seen[StationRowOut]", self.see(f"/api/v1/stations/{quoted(station_id)}/", query={"fields": fields}))

    def stations_list(
        self,
        *,
        after: str | None = None,
        before: str | None = None,
        q: str | None = None,
        size: int | None = None,
        sort: Literal["tier", "-tier", "name", "-name", "opened", "-opened", ""] | None = None,
        street: int | None = None,
        tier: Literal["centre", "station", "studio", ""] | None = None,
        view: Literal["no_position", "closed"] | None = None,
        fields: str | None = None,
    ) -> Seen[StationPageOut]:
        """Stations of the scope's places: those that are open where nothing else is asked."""
        return cast("Seen[StationPageOut]", self.see("/api/v1/stations/", query={"after": after, "before": before, "q": q, "size": size, "sort": sort, "street": street, "tier": tier, "view": view, "fields": fields}))

    def stations_open(
        self,
        *,
        body: StationInRequest,
        once: str = "",
    ) -> StationOut:
        """Enter a station into the register, where everybody reads it from then on."""
        return cast("StationOut", self.call("POST", "/api/v1/stations/", body=body, once=once))

    def stations_reopen(
        self,
        *,
        station_id: str,
        once: str = "",
        match: str = "",
    ) -> StationOut:
        """Take the closing back, within ten minutes."""
        return cast("StationOut", self.call("DELETE", f"/api/v1/stations/{quoted(station_id)}/close/", once=once, match=match))

    def stations_sheets_enter(
        self,
        *,
        sheet_id: str,
        body: StationColumnsRequest,
        once: str = "",
        match: str = "",
    ) -> EnteredBy:
        """Have the ready rows entered by a job; what is in the register already is not entered again."""
        return cast("EnteredBy", self.call("POST", f"/api/v1/stations/sheets/{quoted(sheet_id)}/enter/", body=body, once=once, match=match))

    def stations_sheets_errors(
        self,
        *,
        sheet_id: str,
        address: str | None = None,
        latitude: str | None = None,
        longitude: str | None = None,
        name: str | None = None,
        opened_on: str | None = None,
        opening: str | None = None,
        phone: str | None = None,
        place: str | None = None,
        wheelchair: str | None = None,
    ) -> Seen[bytes]:
        """
        The rows that cannot be entered, as an XLSX with the sheet's columns, what is wrong, and its own row
        numbers.
        """
        return cast("Seen[bytes]", self.see(f"/api/v1/stations/sheets/{quoted(sheet_id)}/errors.xlsx", query={"address": address, "latitude": latitude, "longitude": longitude, "name": name, "opened_on": opened_on, "opening": opening, "phone": phone, "place": place, "wheelchair": wheelchair}))

    def stations_sheets_get(
        self,
        *,
        sheet_id: str,
        address: str | None = None,
        latitude: str | None = None,
        longitude: str | None = None,
        name: str | None = None,
        opened_on: str | None = None,
        opening: str | None = None,
        phone: str | None = None,
        place: str | None = None,
        wheelchair: str | None = None,
        fields: str | None = None,
    ) -> Seen[CheckedSheetOut]:
        """Every row beside the register as it is now; and how far the job is that enters them."""
        return cast("Seen[CheckedSheetOut]", self.see(f"/api/v1/stations/sheets/{quoted(sheet_id)}/", query={"address": address, "latitude": latitude, "longitude": longitude, "name": name, "opened_on": opened_on, "opening": opening, "phone": phone, "place": place, "wheelchair": wheelchair, "fields": fields}))

    def stations_sheets_list(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[TakenSheetOut]]:
        """The sheets one has put here oneself, newest first."""
        return cast("Seen[list[TakenSheetOut]]", self.see("/api/v1/stations/sheets/", query={"fields": fields, "size": size, "cursor": cursor}))

    def stations_sheets_take(
        self,
        *,
        file: bytes,
        once: str = "",
    ) -> CheckedSheetOut:
        """Put a sheet here and have every row checked; nothing is entered yet."""
        return cast("CheckedSheetOut", self.call("POST", "/api/v1/stations/sheets/", files={"file": file}, once=once))

    def tenants_add_address(
        self,
        *,
        tenant_id: int,
        body: AddressInRequest,
        once: str = "",
        match: str = "",
    ) -> AddressMade:
        """One more; served within a minute."""
        return cast("AddressMade", self.call("POST", f"/api/v1/tenants/{quoted(tenant_id)}/addresses/", body=body, once=once, match=match))

    def tenants_addresses(
        self,
        *,
        tenant_id: int,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[AddressOut]]:
        """Under which addresses a body is found."""
        return cast("Seen[list[AddressOut]]", self.see(f"/api/v1/tenants/{quoted(tenant_id)}/addresses/", query={"fields": fields, "size": size, "cursor": cursor}))

    def tenants_again(
        self,
        *,
        deed_id: int,
        once: str = "",
    ) -> JobOut:
        """Another try at a merge, split or move that was confirmed and could not be done."""
        return cast("JobOut", self.call("POST", f"/api/v1/tenants/deeds/{quoted(deed_id)}/again/", once=once))

    def tenants_archives(
        self,
        *,
        tenant_id: int,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[ArchiveOut]]:
        """The body's exports that lie in the store."""
        return cast("Seen[list[ArchiveOut]]", self.see(f"/api/v1/tenants/{quoted(tenant_id)}/archives/", query={"fields": fields, "size": size, "cursor": cursor}))

    def tenants_ask(
        self,
        *,
        tenant_id: int,
        body: DeedInRequest,
        once: str = "",
        match: str = "",
    ) -> NumberOut:
        """Ask for what takes a second operator."""
        return cast("NumberOut", self.call("POST", f"/api/v1/tenants/{quoted(tenant_id)}/deeds/", body=body, once=once, match=match))

    def tenants_backups(
        self,
        *,
        fields: str | None = None,
    ) -> Seen[BackupsOut]:
        """Whether the cell backs its bodies up at night, and for whom. How each body stands is in the body."""
        return cast("Seen[BackupsOut]", self.see("/api/v1/tenants/backups/", query={"fields": fields}))

    def tenants_cells(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[CellOut]]:
        """The directory of cells. What is asked here of a place of another one is answered 421, with its address."""
        return cast("Seen[list[CellOut]]", self.see("/api/v1/tenants/cells/", query={"fields": fields, "size": size, "cursor": cursor}))

    def tenants_checklist(
        self,
        *,
        tenant_id: int,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[StepOut]]:
        """From provisioned to open, step by step."""
        return cast("Seen[list[StepOut]]", self.see(f"/api/v1/tenants/{quoted(tenant_id)}/checklist/", query={"fields": fields, "size": size, "cursor": cursor}))

    def tenants_confirm(
        self,
        *,
        deed_id: int,
        once: str = "",
    ) -> None:
        """Yes, as the second operator."""
        self.call("POST", f"/api/v1/tenants/deeds/{quoted(deed_id)}/confirm/", once=once)

    def tenants_deeds(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[DeedOut]]:
        """What waits for a second operator or for its day."""
        return cast("Seen[list[DeedOut]]", self.see("/api/v1/tenants/deeds/", query={"fields": fields, "size": size, "cursor": cursor}))

    def tenants_export(
        self,
        *,
        tenant_id: int,
        body: ArchiveInRequest,
        once: str = "",
        match: str = "",
    ) -> JobOut:
        """Ask for one archive of everything; the job's result names the file."""
        return cast("JobOut", self.call("POST", f"/api/v1/tenants/{quoted(tenant_id)}/archives/", body=body, once=once, match=match))

    def tenants_get(
        self,
        *,
        tenant_id: int,
        fields: str | None = None,
    ) -> Seen[TenantOut]:
        """One of them."""
        return cast("Seen[TenantOut]", self.see(f"/api/v1/tenants/{quoted(tenant_id)}/", query={"fields": fields}))

    def tenants_list(
        self,
        *,
        sort: Literal["name", "-name", "state", "-state", "release", "-release", "size", "-size", "archive", "-archive", "backup", "-backup", ""] | None = None,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[TenantOut]]:
        """Every body with a schema of its own."""
        return cast("Seen[list[TenantOut]]", self.see("/api/v1/tenants/", query={"sort": sort, "fields": fields, "size": size, "cursor": cursor}))

    def tenants_open(
        self,
        *,
        tenant_id: int,
        once: str = "",
        match: str = "",
    ) -> None:
        """A body that is prepared begins; refused (409) while a needed step of its checklist is undone."""
        self.call("POST", f"/api/v1/tenants/{quoted(tenant_id)}/opening/", once=once, match=match)

    def tenants_receipts(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[ReceiptOut]]:
        """What is left of bodies that were removed: signed receipts."""
        return cast("Seen[list[ReceiptOut]]", self.see("/api/v1/tenants/receipts/", query={"fields": fields, "size": size, "cursor": cursor}))

    def tenants_refuse(
        self,
        *,
        deed_id: int,
        body: TenantReasonInRequest,
        once: str = "",
    ) -> None:
        """No, or one's own wish taken back."""
        self.call("POST", f"/api/v1/tenants/deeds/{quoted(deed_id)}/refuse/", body=body, once=once)

    def tenants_remove_address(
        self,
        *,
        address_id: int,
        tenant_id: int,
        once: str = "",
        match: str = "",
    ) -> None:
        """Not served any more, within a minute."""
        self.call("DELETE", f"/api/v1/tenants/{quoted(tenant_id)}/addresses/{quoted(address_id)}/", once=once, match=match)

    def tenants_reopen(
        self,
        *,
        tenant_id: int,
        why: str,
        once: str = "",
        match: str = "",
    ) -> None:
        """A suspended or closed body works again."""
        self.call("DELETE", f"/api/v1/tenants/{quoted(tenant_id)}/suspension/", query={"why": why}, once=once, match=match)

    def tenants_replace_cells(
        self,
        *,
        body: CellsInRequest,
        once: str = "",
    ) -> list[CellOut]:
        """Another list in the place of this one, whole. Every cell is given the same."""
        return cast("list[CellOut]", self.call("PUT", "/api/v1/tenants/cells/", body=body, once=once))

    def tenants_restore(
        self,
        *,
        body: RestoreInRequest,
        once: str = "",
    ) -> JobOut:
        """Put a body back from an archive in the store, suspended."""
        return cast("JobOut", self.call("POST", "/api/v1/tenants/restores/", body=body, once=once))

    def tenants_suspend(
        self,
        *,
        tenant_id: int,
        body: TenantReasonInRequest,
        once: str = "",
        match: str = "",
    ) -> None:
        """From the next request on everybody of the body reads and nobody writes (423, ``kernel.suspended``)."""
        self.call("POST", f"/api/v1/tenants/{quoted(tenant_id)}/suspension/", body=body, once=once, match=match)

    def tenants_uses(
        self,
        *,
        tenant_id: int,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[UseOut]]:
        """What a body has taken and may take of what all share."""
        return cast("Seen[list[UseOut]]", self.see(f"/api/v1/tenants/{quoted(tenant_id)}/uses/", query={"fields": fields, "size": size, "cursor": cursor}))

    def today(
        self,
        *,
        fields: str | None = None,
    ) -> Seen[TodayOut]:
        """What is due in one's role, as the first page has it."""
        return cast("Seen[TodayOut]", self.see("/api/v1/today/", query={"fields": fields}))

    def tokens_bindings(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[BindingOut]]:
        """What one may make tokens for."""
        return cast("Seen[list[BindingOut]]", self.see("/api/v1/me/tokens/bindings/", query={"fields": fields, "size": size, "cursor": cursor}))

    def tokens_list(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[AccessTokenOut]]:
        """One's own tokens in the role one acts in, newest first."""
        return cast("Seen[list[AccessTokenOut]]", self.see("/api/v1/me/tokens/", query={"fields": fields, "size": size, "cursor": cursor}))

    def tokens_make(
        self,
        *,
        body: AccessTokenInRequest,
        once: str = "",
    ) -> MadeTokenOut:
        """A new token; its secret is in this answer only."""
        return cast("MadeTokenOut", self.call("POST", "/api/v1/me/tokens/", body=body, once=once))

    def tokens_revoke(
        self,
        *,
        token_id: int,
        once: str = "",
    ) -> None:
        """Stop it at once."""
        self.call("DELETE", f"/api/v1/me/tokens/{quoted(token_id)}/", once=once)

    def views(
        self,
        *,
        page: Literal["advisers", "audit", "behind", "firms", "people", "posts", "stations", "vacancies"],
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[ViewOut]]:
        """The views one has of a list: one's own, and those of one's role."""
        return cast("Seen[list[ViewOut]]", self.see("/api/v1/desk/views/", query={"page": page, "fields": fields, "size": size, "cursor": cursor}))

    def views_drop(
        self,
        *,
        view_id: int,
        once: str = "",
    ) -> None:
        """Drop a view of one's own, or one that was left to one's role by who holds it no more."""
        self.call("DELETE", f"/api/v1/desk/views/{quoted(view_id)}/", once=once)

    def views_save(
        self,
        *,
        body: ViewInRequest,
        once: str = "",
    ) -> ViewOut:
        """Keep a list's filters and order under a name."""
        return cast("ViewOut", self.call("POST", "/api/v1/desk/views/", body=body, once=once))

    def webhooks_change(
        self,
        *,
        endpoint_id: str,
        body: EndpointInRequest,
        once: str = "",
        match: str = "",
    ) -> EndpointOut:
        """Change where and of what a receiver is told."""
        return cast("EndpointOut", self.call("PUT", f"/api/v1/webhooks/{quoted(endpoint_id)}/", body=body, once=once, match=match))

    def webhooks_events(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[OfferOut]]:
        """The kinds of events a receiver can be told of, and what leaves with each."""
        return cast("Seen[list[OfferOut]]", self.see("/api/v1/webhooks/events/", query={"fields": fields, "size": size, "cursor": cursor}))

    def webhooks_get(
        self,
        *,
        endpoint_id: str,
        fields: str | None = None,
    ) -> Seen[EndpointOut]:
        """One receiver."""
        return cast("Seen[EndpointOut]", self.see(f"/api/v1/webhooks/{quoted(endpoint_id)}/", query={"fields": fields}))

    def webhooks_list(
        self,
        *,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[EndpointOut]]:
        """The receivers of one's own body."""
        return cast("Seen[list[EndpointOut]]", self.see("/api/v1/webhooks/", query={"fields": fields, "size": size, "cursor": cursor}))

    def webhooks_messages(
        self,
        *,
        endpoint_id: str,
        before: str | None = None,
        state: Literal["waiting", "told", "given_up"] | None = None,
        fields: str | None = None,
        size: int | None = None,
        cursor: str | None = None,
    ) -> Seen[list[MessageOut]]:
        """Up to 50 messages to a receiver, the newest first, each with its tries."""
        return cast("Seen[list[MessageOut]]", self.see(f"/api/v1/webhooks/{quoted(endpoint_id)}/messages/", query={"before": before, "state": state, "fields": fields, "size": size, "cursor": cursor}))

    def webhooks_new_secret(
        self,
        *,
        endpoint_id: str,
        once: str = "",
        match: str = "",
    ) -> SecretOut:
        """A new secret; the one before signs beside it for 24 hours."""
        return cast("SecretOut", self.call("POST", f"/api/v1/webhooks/{quoted(endpoint_id)}/secret/", once=once, match=match))

    def webhooks_register(
        self,
        *,
        body: EndpointInRequest,
        once: str = "",
    ) -> SecretOut:
        """Add a receiver. Its secret is in this answer and in no later one."""
        return cast("SecretOut", self.call("POST", "/api/v1/webhooks/", body=body, once=once))

    def webhooks_remove(
        self,
        *,
        endpoint_id: str,
        once: str = "",
        match: str = "",
    ) -> None:
        """Remove a receiver and what was noted of it."""
        self.call("DELETE", f"/api/v1/webhooks/{quoted(endpoint_id)}/", once=once, match=match)

    def webhooks_stop_or_resume(
        self,
        *,
        endpoint_id: str,
        body: PatchedStateInRequest,
        once: str = "",
        match: str = "",
    ) -> EndpointOut:
        """Stop telling a receiver, or go on; what happens meanwhile waits."""
        return cast("EndpointOut", self.call("PATCH", f"/api/v1/webhooks/{quoted(endpoint_id)}/", body=body, once=once, match=match))

    def webhooks_tell_again(
        self,
        *,
        endpoint_id: str,
        body: AgainInRequest,
        once: str = "",
        match: str = "",
    ) -> AgainOut:
        """Send messages again under their own ids: those named, or all since a moment."""
        return cast("AgainOut", self.call("POST", f"/api/v1/webhooks/{quoted(endpoint_id)}/messages/", body=body, once=once, match=match))

    def webhooks_try(
        self,
        *,
        endpoint_id: str,
        once: str = "",
        match: str = "",
    ) -> AgainOut:
        """Send a message of type webhooks.ping."""
        return cast("AgainOut", self.call("POST", f"/api/v1/webhooks/{quoted(endpoint_id)}/trial/", once=once, match=match))
