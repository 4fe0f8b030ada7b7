"""Control API, second part: accounts, users, apps, subscriptions, grants."""

from flask import Blueprint, request

from . import endpoints, oauth, views
from .control import account_of, app_of, body, told, user_of

blueprint = Blueprint("control_people", __name__, url_prefix="/control")


@blueprint.post("/accounts")
@told
def add_account(world):
    """Open an account."""
    with world.lock:
        return views.account(world.add_account(**body()))


@blueprint.patch("/accounts/<account_id>")
@told
def change_account(world, account_id):
    """Change plan, locked settings and so on."""
    with world.lock:
        return views.account(_changed(account_of(world, account_id), body(), world))


def _changed(record, values, world):
    for name, value in values.items():
        if name.startswith("_") or name not in record.__dict__:
            raise ValueError(f"no field {name!r}")
        setattr(record, name, value)
    world.touch("world")
    return record


@blueprint.post("/users")
@told
def add_user(world):
    """Add a member of an account."""
    wanted = body()
    with world.lock:
        wanted["account_id"] = account_of(world, wanted.get("account_id")).id
        return views.user(world.add_user(**wanted))


@blueprint.patch("/users/<user_id>")
@told
def change_user(world, user_id):
    """Change fields; ``status`` inactive sends user.deactivated."""
    with world.lock:
        user, values = user_of(world, user_id), body()
        gone = values.get("status") == "inactive" and user.status != "inactive"
        _changed(user, values, world)
        if gone:
            world.events.user("deactivated", user)
        return views.user(user)


@blueprint.delete("/users/<user_id>")
@told
def delete_user(world, user_id):
    """Delete a user, with meetings and grants; ``?event=disassociated`` tells it that way."""
    with world.lock:
        user = user_of(world, user_id)
        world.events.user(request.args.get("event", "deleted"), user)
        for meeting in world.meetings.values():
            if meeting.host_id == user.id and not meeting.deleted_at:
                meeting.deleted_at = world.now()
                world.touch(f"meeting:{meeting.number}")
        for grant in list(world.grants.values()):
            if grant.user_id == user.id and grant.ended_at is None:
                oauth.end(world, grant, "removed")
        user.status = "deleted"
        user.email = f"deleted-{user.id}@invalid"
        world.touch("world")
        return {"ok": True}


@blueprint.post("/apps")
@told
def add_app(world):
    """Register an app."""
    wanted = body()
    with world.lock:
        wanted["account_id"] = account_of(world, wanted.get("account_id")).id
        return views.app(world.add_app(**wanted))


@blueprint.patch("/apps/<client_id>")
@told
def change_app(world, client_id):
    """Change scopes, secrets, redirect URIs, ``enabled``."""
    with world.lock:
        values, app = body(), app_of(world, client_id)
        for name in ("client_secret", "secret_token"):
            if name in values:
                world.retired_secrets.append(getattr(app, name))
        return views.app(_changed(app, values, world))


@blueprint.post("/subscriptions")
@told
def subscribe(world):
    """Subscribe endpoints of an app, and validate each unless ``validated`` says it is."""
    wanted = body()
    with world.lock:
        app = app_of(world, wanted.pop("client_id", None))
        ends = wanted.pop("endpoints", None) or [{"url": wanted.pop("url"), "events": wanted.pop("events", ["*"])}]
        validate = wanted.pop("validate", True)
        made = [world.subscribe(client_id=app.client_id, **{**wanted, **end}) for end in ends]
    for one in made:
        if validate and not one.forced:
            endpoints.validate(world, one)
    with world.lock:
        return {"subscriptions": [views.subscription(world, one) for one in made]}


@blueprint.post("/subscriptions/<subscription_id>/validate")
@told
def validate(world, subscription_id):
    """Ask the endpoint now."""
    one = world.subscriptions[subscription_id]
    endpoints.validate(world, one)
    with world.lock:
        return views.subscription(world, one)


@blueprint.patch("/subscriptions/<subscription_id>")
@told
def change_subscription(world, subscription_id):
    """Change url, events, covers, or switch ``active``; a new url is validated."""
    values = body()
    with world.lock:
        one = world.subscriptions[subscription_id]
        moved = values.get("url", one.url) != one.url
        _changed(one, values, world)
        if moved:
            one.active, one.validated_at, one.problem, one.forced = False, None, "not validated yet", False
    if moved:
        endpoints.validate(world, one)
    with world.lock:
        return views.subscription(world, one)


@blueprint.delete("/subscriptions/<subscription_id>")
@told
def unsubscribe(world, subscription_id):
    """Remove one."""
    with world.lock:
        del world.subscriptions[subscription_id]
        world.touch("world")
        return {"ok": True}


@blueprint.post("/consent")
@told
def consent(world):
    """A code as if a user had pressed Allow."""
    wanted = body()
    with world.lock:
        app = app_of(world, wanted.get("client_id"))
        user = user_of(world, wanted["user"]) if wanted.get("user") else world.owner(app.account_id)
        hindrance = oauth.may_consent(world, app, user)
        if hindrance:
            raise ValueError(f"{user.email}: {hindrance}")
        uri = wanted.get("redirect_uri") or app.redirect_uris[0]
        return {
            "code": oauth.consent(world, app, user, redirect_uri=uri, code_challenge=wanted.get("code_challenge", ""))
        }


@blueprint.post("/tokens")
@told
def tokens(world):
    """Authorize an app for a user and answer as the token endpoint does, without the way there."""
    wanted = body()
    with world.lock:
        app = app_of(world, wanted.get("client_id"))
        if app.kind == "server-to-server":
            return oauth.exchange(world, app, {"grant_type": "account_credentials", "account_id": app.account_id})
        user = user_of(world, wanted["user"]) if wanted.get("user") else world.owner(app.account_id)
        hindrance = oauth.may_consent(world, app, user)
        if hindrance:
            raise ValueError(f"{user.email}: {hindrance}")
        return oauth.issue(world, oauth.authorize(world, app, user))


@blueprint.post("/tokens/expire")
@told
def expire_tokens(world):
    """Let access tokens (``which``: access, refresh or both) of an app, or of all, run out now."""
    wanted = body()
    which = wanted.get("which", "access")
    with world.lock:
        tables = {
            "access": [world.access_tokens],
            "refresh": [world.refresh_tokens],
            "both": [world.access_tokens, world.refresh_tokens],
        }[which]
        count = 0
        for table in tables:
            for held in table.values():
                if wanted.get("client_id") in (None, world.grants[held["grant"]].client_id):
                    held["expires_at"] = min(held["expires_at"], world.now())
                    count += 1
        world.touch("world")
        return {"expired": count}


@blueprint.post("/revoke")
@told
def revoke(world):
    """The user removes the app at Zoom: tokens die, app_deauthorized goes out. ``silent``: without the event."""
    wanted = body()
    with world.lock:
        app = app_of(world, wanted.get("client_id"))
        user = user_of(world, wanted["user"]).id if wanted.get("user") else None
        grants = [grant for grant in world.grants_of(app.client_id) if user in (None, grant.user_id)]
        for grant in grants:
            oauth.end(world, grant, "removed") if wanted.get("silent") else oauth.remove(world, grant)
        return {"ended": len(grants)}
