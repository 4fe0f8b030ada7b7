"""Control API, first part: the world as a whole, options, clock, faults; and what all parts share. See README.md."""

import functools

from flask import Blueprint, Response, current_app, g, request

from . import views
from .clock import parse
from .errors import ZoomError

blueprint = Blueprint("control", __name__, url_prefix="/control")


def told(handler):
    """Answer JSON; what cannot be done as 400 or 404 ``{"error": text}``, a Zoom refusal with its own body."""

    @functools.wraps(handler)
    def wrapped(**values):
        try:
            body, status = handler(g.world, **values), 200
        except ZoomError as refusal:
            body, status = {"error": str(refusal), **refusal.body()}, 400
        except LookupError as problem:
            body, status = {"error": f"there is no {problem.args[0] if problem.args else problem!r}"}, 404
        except (ValueError, TypeError) as problem:
            body, status = {"error": str(problem)}, 400
        return Response(views.dumps(body), status, content_type="application/json")

    return wrapped


def body():
    """The JSON object of the request, {} without one."""
    found = request.get_json(force=True, silent=False) if request.get_data() else {}
    if not isinstance(found, dict):
        raise ValueError("the body is a JSON object")
    return dict(found)


def user_of(world, text):
    """A user by id or address; raises KeyError."""
    found = world.users.get(text) or (world.user_by_email(text) if isinstance(text, str) else None)
    if found is None:
        raise KeyError(f"user {text!r}")
    return found


def app_of(world, client_id):
    """An app by client id, or the only one when None; raises KeyError."""
    if client_id is None and len(world.apps) == 1:
        return next(iter(world.apps.values()))
    if client_id not in world.apps:
        raise KeyError(f"app {client_id!r}")
    return world.apps[client_id]


def account_of(world, account_id):
    """An account by id, or the only one when None; raises KeyError."""
    if account_id is None and len(world.accounts) == 1:
        return next(iter(world.accounts.values()))
    if account_id not in world.accounts:
        raise KeyError(f"account {account_id!r}")
    return world.accounts[account_id]


@blueprint.get("")
@blueprint.get("/")
@told
def routes(world):
    """Every control route."""
    rules = [
        rule
        for rule in current_app.url_map.iter_rules()
        if rule.rule.startswith("/control") and rule.rule != "/control/"
    ]
    return {
        "routes": sorted(f"{method} {rule.rule}" for rule in rules for method in rule.methods - {"HEAD", "OPTIONS"})
    }


@blueprint.get("/health")
@told
def health(world):
    """Answers as soon as the stand-in serves."""
    return {"ok": True, "url": world.base_url}


@blueprint.post("/reset")
@told
def reset(world):
    """Forget everything; ``seed_demo``: plant the demo's world for this site again."""
    wanted = body()
    world.reset()
    if wanted.get("seed_demo"):
        from .seed import seed_demo

        seed_demo(world, wanted["seed_demo"])
    return {"ok": True}


@blueprint.get("/state")
@told
def state(world):
    """All there is, secrets included."""
    with world.lock:
        return views.everything(world)


@blueprint.get("/secrets")
@told
def secrets(world):
    """Every secret the stand-in ever gave out, for tests that search logs."""
    with world.lock:
        return {"secrets": views.secrets(world)}


@blueprint.get("/options")
@told
def read_options(world):
    """Options in force."""
    return world.options.values()


@blueprint.post("/options")
@told
def change_options(world):
    """Change some."""
    with world.lock:
        world.options.change(body())
        world.touch("world")
        return world.options.values()


@blueprint.get("/clock")
@told
def read_clock(world):
    """The clock's reading."""
    return world.clock.read()


@blueprint.post("/clock")
@told
def move_clock(world):
    """``set``, ``advance`` (seconds), ``freeze``, ``tick``, ``reset``; in this order when several are given."""
    wanted = body()
    unknown = set(wanted) - {"reset", "freeze", "set", "advance", "tick"}
    if unknown:
        raise ValueError(f"the clock knows reset, freeze, set, advance, tick, not {', '.join(unknown)}")
    if wanted.get("reset"):
        world.clock.reset()
    if wanted.get("freeze"):
        world.clock.freeze()
    if "set" in wanted:
        world.clock.set(parse(wanted["set"]))
    if "advance" in wanted:
        world.clock.advance(float(wanted["advance"]))
    if wanted.get("tick"):
        world.clock.tick()
    return world.clock.read()


@blueprint.get("/faults")
@told
def list_faults(world):
    """All faults with their hits."""
    return {"faults": world.faults.listed()}


@blueprint.post("/faults")
@told
def add_fault(world):
    """Add one fault, or several as ``faults``."""
    wanted = body()
    made = [world.faults.add(**one) for one in wanted.get("faults", [wanted])]
    return {"faults": [one.__dict__ for one in made]}


@blueprint.delete("/faults")
@told
def clear_faults(world):
    """Remove all."""
    world.faults.clear()
    return {"ok": True}


@blueprint.delete("/faults/<int:number>")
@told
def remove_fault(world, number):
    """Remove one."""
    world.faults.remove(number)
    return {"ok": True}
