"""The demo's world: one university, four people, an app already registered and subscribed."""

from . import scopes

SITE = "http://127.0.0.1:8000"
CLIENT_ID = "demoZoomClientId000001"
CLIENT_SECRET = "demoZoomClientSecret000000000001"
SECRET_TOKEN = "demoZoomSecretToken001"
SERVER_CLIENT_ID = "demoServerClientId0001"
SERVER_CLIENT_SECRET = "demoServerClientSecret0000000001"
SERVER_SECRET_TOKEN = "demoServerSecretTok001"
ACCOUNT_ID = "DemoUniversityAccount1"

MEETING_EVENTS = ("meeting.*", "recording.*", "user.*", "app_deauthorized")
WEBINAR_EVENTS = ("webinar.*",)
#: What the course site asks for: the smallest useful set, and the lists of a host's sessions.
_SCOPES = (*scopes.ADMIN_MANAGED, "meeting:read:list_meetings:admin", "webinar:read:list_webinars:admin")
_PEOPLE = (
    {"email": "zoom-admin@example.edu", "first_name": "Zoom", "last_name": "Admin", "role": "owner", "webinar": True},
    {"email": "author@example.edu", "first_name": "Ada", "last_name": "Author", "webinar": True},
    {"email": "colleague@example.edu", "first_name": "Cleo", "last_name": "Colleague"},
    {"email": "basic@example.edu", "first_name": "Bo", "last_name": "Basic", "type": 1},
)


def seed_demo(world, site=SITE):
    """Plant it for a course site at this address. Endpoints are validated in the background, as often as it takes."""
    site = site.rstrip("/")
    with world.lock:
        account = world.add_account(name="Example University", plan="education", id=ACCOUNT_ID)
        for person in _PEOPLE:
            world.add_user(account_id=account.id, **person)
        app = world.add_app(
            account_id=account.id,
            name="Zoom for Open edX (demo)",
            kind="admin-managed",
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            secret_token=SECRET_TOKEN,
            redirect_uris=[f"{site}/zoom/oauth/callback"],
            scopes=_SCOPES,
        )
        server = world.add_app(
            account_id=account.id,
            name="Zoom for Open edX (demo, server-to-server)",
            kind="server-to-server",
            client_id=SERVER_CLIENT_ID,
            client_secret=SERVER_CLIENT_SECRET,
            secret_token=SERVER_SECRET_TOKEN,
            scopes=_SCOPES,
        )
        for one in (app, server):  # the server-to-server app's wake up with its first token
            for name, path, events in (
                ("Meetings", "/zoom/end_meeting", MEETING_EVENTS),
                ("Webinars", "/zoom/end", WEBINAR_EVENTS),
            ):
                world.subscribe(client_id=one.client_id, name=name, url=site + path, events=events)
    return account, app, server
