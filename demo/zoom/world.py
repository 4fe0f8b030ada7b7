"""One world: accounts, people, apps, meetings and the clock, behind one lock.

The lock is held while something is read or changed, never while a request is sent or a thread sleeps.
"""

import threading

from .clock import Clock
from .deliveries import Deliveries
from .events import Emitter
from .faults import Faults
from .ids import Ids
from .limits import Limits
from .options import Options
from .records import Account, App, Subscription, User
from .scopes import DEFAULTS

KINDS = ("user-managed", "admin-managed", "server-to-server")


class World:
    """All state of a stand-in. ``base_url`` is its own address, without a slash at the end."""

    def __init__(self, base_url, *, seed=None, options=None):
        self.base_url = base_url
        self.lock = threading.RLock()
        self.clock = Clock()
        self.options = Options()
        self.defaults = dict(options or {})
        self.faults = Faults()
        self.deliveries = Deliveries(self)
        self.events = Emitter(self)
        self.changed = None  # called with the key of what changed, for the state file
        self.seed = seed
        self._empty()

    def _empty(self):
        self.ids = Ids(self.seed)
        self.options = Options()
        self.options.change(self.defaults)
        self.limits = Limits(self)
        self.accounts, self.users, self.apps = {}, {}, {}
        self.grants = {}  # id → Grant
        self.access_tokens = {}  # token → {grant, expires_at, scopes}
        self.refresh_tokens = {}  # token → {grant, expires_at}
        self.codes = {}  # code → what was consented
        self.host_tokens = {}  # zak, start and on-behalf tokens → {user_id, number, expires_at}
        self.download_tokens = {}  # token → {uuid, expires_at}
        self.subscriptions = {}
        self.meetings, self.sittings, self.recordings = {}, {}, {}
        self.join_keys = {}  # tk → (meeting number, registrant id)
        self.doors = {}  # browser cookie → who stands or sits where
        self.retired_secrets = []  # secrets of things that are gone

    def reset(self):
        """Forget everything, faults and deliveries too; the clock shows real time again."""
        with self.lock:
            self._empty()
            self.faults.clear()
            self.clock.reset()
            self.touch("reset")
        self.deliveries.reset()

    def now(self):
        """The clock's reading, epoch seconds."""
        return self.clock.now()

    def touch(self, key):
        """Say that something changed: ``world``, or ``meeting:<number>``."""
        if self.changed:
            self.changed(key)

    # who is here

    def add_account(self, *, name="Example University", **fields):
        """Open an account."""
        account = Account(
            id=fields.pop("id", None) or self.ids.opaque(), name=name, number=self.ids.digits(9), **fields
        )
        self.accounts[account.id] = account
        self.touch("world")
        return account

    def add_user(self, *, account_id, email, **fields):
        """Add a member. Names come from the address unless given; raises ValueError for an address in use."""
        if account_id not in self.accounts:
            raise ValueError(f"no account {account_id!r}")
        if self.user_by_email(email):
            raise ValueError(f"there is a user {email!r} already")
        first = fields.pop("first_name", email.split("@")[0].split(".")[0].capitalize())
        last = fields.pop("last_name", "")
        shown = fields.pop("display_name", "") or f"{first} {last}".strip()
        user = User(
            id=fields.pop("id", None) or self.ids.opaque(),
            account_id=account_id,
            email=email,
            first_name=first,
            last_name=last,
            display_name=shown,
            pmi=self.ids.digits(10),
            created_at=self.now(),
            **fields,
        )
        self.users[user.id] = user
        self.touch("world")
        return user

    def add_app(
        self,
        *,
        account_id,
        name="Zoom for Open edX",
        kind="admin-managed",
        scope_style="granular",
        scopes=None,
        client_id=None,
        client_secret=None,
        secret_token=None,
        **fields,
    ):
        """Register an app. Scopes default to the smallest useful set; raises ValueError for a mixture Zoom refuses."""
        if account_id not in self.accounts:
            raise ValueError(f"no account {account_id!r}")
        if (kind, scope_style) not in DEFAULTS:
            raise ValueError(f"no app of kind {kind!r} with scopes {scope_style!r}")
        scopes = list(DEFAULTS[kind, scope_style] if scopes is None else scopes)
        wrong = [scope for scope in scopes if scope.endswith(":admin") == (kind == "user-managed")]
        if wrong:
            raise ValueError(f"a {kind} app cannot have {', '.join(wrong)}")
        app = App(
            client_id=client_id or self.ids.secret(22),
            client_secret=client_secret or self.ids.secret(32),
            secret_token=secret_token or self.ids.secret(22),
            name=name,
            account_id=account_id,
            kind=kind,
            scope_style=scope_style,
            scopes=scopes,
            **fields,
        )
        self.apps[app.client_id] = app
        self.touch("world")
        return app

    def subscribe(self, *, client_id, url, events, name="", covers="account", validated=False):
        """Add an event subscription; it gets events once its endpoint passed validation."""
        mine = [one for one in self.subscriptions.values() if one.client_id == client_id]
        if client_id not in self.apps:
            raise ValueError(f"no app {client_id!r}")
        if len(mine) >= self.options.max_subscriptions:
            raise ValueError(f"an app has at most {self.options.max_subscriptions} subscriptions")
        one = Subscription(
            id=self.ids.opaque(),
            client_id=client_id,
            name=name or f"Subscription {len(mine) + 1}",
            url=url,
            events=list(events),
            covers=covers,
            active=validated,
            forced=validated,
        )
        if self.apps[client_id].kind == "server-to-server":
            one.problem = "asked from the app's first token on"
        if validated:
            one.validated_at, one.problem = self.now(), ""
        self.subscriptions[one.id] = one
        self.touch("world")
        return one

    def user_by_email(self, email):
        """The user with this address (case ignored), or None."""
        wanted = email.lower()
        return next((user for user in self.users.values() if user.email.lower() == wanted), None)

    def owner(self, account_id):
        """The owner of an account, else its first user, or None."""
        members = [user for user in self.users.values() if user.account_id == account_id]
        return next((user for user in members if user.role == "owner"), members[0] if members else None)

    def grants_of(self, client_id, account_id=None):
        """Living authorizations of an app."""
        return [
            grant
            for grant in self.grants.values()
            if grant.client_id == client_id and grant.ended_at is None and account_id in (None, grant.account_id)
        ]
