"""OAuth over HTTP: the consent page, the token endpoint, revocation."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Blueprint, g, jsonify, redirect, render_template, request

from . import oauth

blueprint = Blueprint("oauth", __name__)
_CARRIED = ("client_id", "redirect_uri", "response_type", "state", "code_challenge", "code_challenge_method")
_FORM = "application/x-www-form-urlencoded"


@blueprint.get("/oauth/authorize")
def authorize():
    """Who consents, to what. Signing in is not modelled: whoever sees the page chooses which user they are."""
    world = g.world
    with world.lock:
        try:
            app = oauth.check_authorize(world, request.args)
        except oauth.AuthorizeError as problem:
            return _sorry(str(problem))
        people = [
            (user, oauth.may_consent(world, app, user))
            for user in world.users.values()
            if app.shared or user.account_id == app.account_id
        ]
        owner = world.owner(app.account_id)
        chosen = next(
            (user.id for user, hindrance in people if not hindrance and user is owner),
            next((user.id for user, hindrance in people if not hindrance), ""),
        )
        carried = [(name, request.args[name]) for name in _CARRIED if name in request.args]
        return render_template(
            "consent.html",
            app=app,
            people=people,
            chosen=chosen,
            carried=carried,
            account=world.accounts[app.account_id],
            scopes=_grouped(app.scopes),
        )


def _grouped(scopes):
    groups = {}
    for scope in scopes:
        groups.setdefault(scope.split(":")[0].replace("_", " "), []).append(scope)
    return groups


@blueprint.post("/oauth/authorize")
def decide():
    """Allow or Decline."""
    world, form = g.world, request.form
    with world.lock:
        try:
            app = oauth.check_authorize(world, form)
        except oauth.AuthorizeError as problem:
            return _sorry(str(problem))
        answer = {}
        if form.get("decision") == "allow":
            user = world.users.get(form.get("user", ""))
            hindrance = "unknown" if user is None else oauth.may_consent(world, app, user)
            if hindrance:
                return _sorry("This user cannot add the app. Ask an administrator of the account to add it.")
            answer["code"] = oauth.consent(
                world, app, user, redirect_uri=form["redirect_uri"], code_challenge=form.get("code_challenge", "")
            )
        elif world.options.decline == "error_page":
            return _sorry("You declined. You can close this page.")
        elif world.options.decline == "access_denied":
            answer["error"] = "access_denied"
    if "state" in form:
        answer["state"] = form["state"]
    parts = urlsplit(form["redirect_uri"])
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *answer.items()])
    return redirect(urlunsplit(parts._replace(query=query)), 302)


def _sorry(text):
    return render_template("sorry.html", title="Something is wrong with this link", text=text), 400


@blueprint.post("/oauth/token")
def token():
    """Tokens for a code, a refresh token, or an account. Parameters count in a form body only."""
    return _answered(lambda world, app: oauth.exchange(world, app, _form()))


@blueprint.post("/oauth/revoke")
def revoke():
    """End the authorization behind an access token."""
    return _answered(lambda world, app: oauth.revoke(world, app, _form().get("token", "")))


@blueprint.post("/oauth/data/compliance")
def compliance():
    """The report of an app that it erased a user's data after ``app_deauthorized``; taken, not checked."""
    return _answered(lambda world, app: {"client_id": app.client_id, "compliance_completed": True})


def _form():
    return request.form if request.mimetype == _FORM else {}


def _answered(act):
    with g.world.lock:
        try:
            app = oauth.client(g.world, request.headers.get("Authorization"))
            body = act(g.world, app)
        except oauth.TokenError as refusal:
            return jsonify(refusal.body), refusal.status
    answer = jsonify(body)
    answer.headers["Cache-Control"] = "no-store"
    return answer
