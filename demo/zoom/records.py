"""What a world is made of. Every ``…_at`` is epoch seconds (UTC), ``None`` where it did not happen."""

from dataclasses import dataclass, field


@dataclass
class Account:
    """A customer of Zoom. ``locked_settings`` win over whatever a meeting asks for."""

    id: str
    name: str
    number: int
    plan: str = "pro"  # free, pro, business, education, enterprise
    locked_settings: dict = field(default_factory=dict)
    require_passcode: bool = False
    blank_names: bool = False  # names and addresses come empty in reports and events
    recordings_permitted: bool = True


@dataclass
class User:
    """A member of an account. ``type`` 1 Basic, 2 Licensed, 4 unassigned, 99 none."""

    id: str
    account_id: str
    email: str
    first_name: str
    last_name: str
    display_name: str
    pmi: int
    created_at: float
    type: int = 2
    status: str = "active"  # pending, active, inactive
    role: str = "member"  # owner, admin, member
    timezone: str = "UTC"
    language: str = "en-US"
    webinar: bool = False
    webinar_capacity: int = 500
    meeting_capacity: int = 300
    schedules_for: list = field(default_factory=list)  # ids of users this one may schedule for


@dataclass
class App:
    """A registration on the Marketplace."""

    client_id: str
    client_secret: str
    secret_token: str
    name: str
    account_id: str
    kind: str = "admin-managed"  # user-managed, admin-managed, server-to-server
    scope_style: str = "granular"  # granular, classic
    scopes: list = field(default_factory=list)
    redirect_uris: list = field(default_factory=list)
    shared: bool = False  # users of other accounts may add it
    enabled: bool = True


@dataclass
class Grant:
    """One authorization of one app by one user (no user for server-to-server)."""

    id: str
    client_id: str
    user_id: str
    account_id: str
    scopes: list
    created_at: float
    ended_at: float = None
    ended_by: str = ""  # revoked, replaced, removed


@dataclass
class Subscription:
    """One endpoint of an app and the events it wants (``*`` at the end of a name stands for the rest)."""

    id: str
    client_id: str
    name: str
    url: str
    events: list
    covers: object = "account"  # account, installed, or a list of user ids
    validated_at: float = None  # last success
    checked_at: float = None  # last attempt
    problem: str = "not validated yet"
    active: bool = False  # validated once, and not switched off since
    forced: bool = False  # taken as validated without asking


@dataclass
class Registrant:
    """A registration. ``join_key`` is the ``tk`` of the personal link."""

    id: str
    email: str
    first_name: str
    last_name: str
    created_at: float
    status: str  # approved, pending, denied, cancelled
    join_key: str
    pin: int
    occurrences: list = field(default_factory=list)
    extra: dict = field(default_factory=dict)

    @property
    def name(self):
        """The display name inside the room."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass
class Meeting:
    """A meeting or a webinar (``kind``). ``start_at`` is missing for types 1, 3 and 6; ``duration`` in minutes."""

    number: int
    kind: str
    account_id: str
    host_id: str
    uuid: str  # of the present or next sitting
    type: int
    topic: str
    created_at: float
    start_at: float = None
    timezone: str = "UTC"
    duration: int = 60
    agenda: str = ""
    password: str = ""
    settings: dict = field(default_factory=dict)
    recurrence: dict = None
    occurrences: list = field(default_factory=list)  # dicts: id, start_at, duration, deleted, changes
    registrants: dict = field(default_factory=dict)  # id → Registrant
    questions: dict = field(default_factory=lambda: {"questions": [], "custom_questions": []})
    panelists: list = field(default_factory=list)
    tracking_fields: list = field(default_factory=list)
    source: str = ""  # name of the app that made it
    assistant_id: str = ""
    registration_key: str = ""
    password_key: str = ""  # the pwd of links
    last_used_at: float = None
    deleted_at: float = None
    sittings: list = field(default_factory=list)  # uuids, oldest first
    running: str = ""  # uuid of the sitting under way


@dataclass(slots=True)
class Presence:
    """One row of the attendance: one connection in one place. ``connection`` pairs rows of one client."""

    user_id: str
    connection: str
    person: str  # registrant:…, user:… or guest:…; for the independent record only
    name: str
    joined_at: float
    left_at: float = None
    waiting: bool = False
    room: str = ""  # name of a breakout room
    registrant_id: str = ""
    zoom_user_id: str = ""  # signed in and member of the account
    email: str = ""
    customer_key: str = ""
    participant_uuid: str = ""
    device: str = ""
    phone: str = ""
    host: bool = False
    failover: bool = False


@dataclass
class Sitting:
    """One time a room was occupied, from the first person inside to the last leaving."""

    uuid: str
    number: int
    kind: str
    started_at: float = None  # when the first person was inside; until then people only wait
    ended_at: float = None
    occurrence_id: str = ""
    presences: list = field(default_factory=list)
    open: dict = field(default_factory=dict)  # connection → list of open presences
    inside: int = 0  # open connections that are not waiting
    practice: bool = False
    ready_at: float = None  # overrides the usual delay of reports


@dataclass
class Recording:
    """A cloud recording of a sitting."""

    uuid: str
    number: int
    files: list
    passcode: str
    play_code: str
    share_key: str
    made_at: float
    started_at: float
    ended_at: float
    trashed_at: float = None
    deleted_at: float = None
