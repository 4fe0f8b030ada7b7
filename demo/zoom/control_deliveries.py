"""Control API, fourth part: deliveries, their faults, and signing for those who deliver by themselves."""

from flask import Blueprint, request

from . import views
from .control import app_of, body, told
from .sender import headers_for
from .signing import compact

blueprint = Blueprint("control_deliveries", __name__, url_prefix="/control")


@blueprint.get("/deliveries")
@told
def list_deliveries(world):
    """Newest first: ``?event=`` and ``?url=`` (patterns), ``?state=``, ``?limit=``, ``?after=``, ``?order=oldest``."""
    args = request.args
    found = world.deliveries.found(
        event=args.get("event", "*"),
        url=args.get("url", "*"),
        state=args.get("state"),
        limit=int(args.get("limit", 100)),
        after=int(args.get("after", 0)),
        newest_first=args.get("order") != "oldest",
    )
    return {
        **world.deliveries.counts(),
        "deliveries": [views.delivery(one, body=args.get("body") != "0") for one in found],
    }


@blueprint.get("/deliveries/<int:number>")
@told
def read_delivery(world, number):
    """One delivery."""
    return views.delivery(world.deliveries.get(number))


@blueprint.post("/deliveries/<int:number>/again")
@told
def again(world, number):
    """Send it once more now; ``same_id`` false gives a new request id, ``corrupt``: signature, timestamp, body."""
    wanted = body()
    return world.deliveries.again(number, same_id=wanted.get("same_id", True), corrupt=wanted.get("corrupt", ""))


@blueprint.post("/deliveries/hold")
@told
def hold(world):
    """Keep everything from now on."""
    world.deliveries.hold()
    return world.deliveries.counts()


@blueprint.post("/deliveries/flush")
@told
def flush(world):
    """Let go: ``order`` fifo, reverse, shuffle or ``numbers``; ``one_by_one`` waits for each answer."""
    wanted = body()
    order = wanted.get("order", "fifo")
    if order not in ("fifo", "reverse", "shuffle"):
        raise ValueError("order is fifo, reverse or shuffle")
    sent = world.deliveries.flush(order, wanted.get("one_by_one", False), wanted.get("numbers"))
    return {"sent": [one.number for one in sent], **world.deliveries.counts()}


@blueprint.post("/deliveries/drop")
@told
def drop(world):
    """Throw away what is held (``state`` waiting: what waits)."""
    return {"dropped": [one.number for one in world.deliveries.drop(body().get("state", "held"))]}


@blueprint.post("/deliveries/wait")
@told
def wait(world):
    """Wait up to ``timeout`` seconds until all were tried once; ``retries``: until all are settled."""
    wanted = body()
    done = world.deliveries.wait(float(wanted.get("timeout", 10)), wanted.get("retries", False))
    return {"done": done, **world.deliveries.counts()}


@blueprint.get("/delivery-faults")
@told
def list_faults(world):
    """All with their hits."""
    return {"faults": [one.__dict__ for one in world.deliveries.faults()]}


@blueprint.post("/delivery-faults")
@told
def add_fault(world):
    """Add one, or several as ``faults``."""
    wanted = body()
    made = [world.deliveries.add_fault(**one) for one in wanted.get("faults", [wanted])]
    return {"faults": [one.__dict__ for one in made]}


@blueprint.delete("/delivery-faults")
@told
def clear_faults(world):
    """Remove all."""
    world.deliveries.clear_faults()
    return {"ok": True}


@blueprint.post("/sign")
@told
def sign(world):
    """Headers for a body of your own (``raw`` text or ``body`` JSON, or lists ``raws``/``bodies``); nothing is sent."""
    wanted = body()
    with world.lock:
        app = app_of(world, wanted.get("client_id"))
        timestamp = str(wanted.get("timestamp", int(world.now())))
        raws = wanted.get("raws") or [compact(one).decode() for one in wanted.get("bodies", [])]
        if not raws:
            raws = [wanted["raw"] if "raw" in wanted else compact(wanted["body"]).decode()]
        signed = [
            {"raw": raw, "headers": headers_for(app, timestamp, raw.encode(), world.ids.file_id())} for raw in raws
        ]
    return {**signed[0], "signed": signed}
