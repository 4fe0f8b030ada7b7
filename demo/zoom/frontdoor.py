"""The stand-in's own front page: what is in it, for people."""

from flask import Blueprint, g, render_template

from . import meeting_bodies, views
from .clock import spoken

blueprint = Blueprint("frontdoor", __name__)


@blueprint.get("/")
def index():
    """Apps with credentials to paste, people, meetings with their rooms, endpoints, deliveries, the clock."""
    world = g.world
    with world.lock:
        rooms = [
            {
                "meeting": one,
                "host": world.users[one.host_id],
                "start": spoken(one.start_at),
                "registrants": len(one.registrants),
                "join_url": meeting_bodies.join_url(world, one),
                "host_url": meeting_bodies.start_url(world, one),
            }
            for one in reversed(world.meetings.values())
            if not one.deleted_at and one.host_id in world.users
        ]
        return render_template(
            "index.html",
            world=world,
            clock=world.clock.read(),
            now=spoken(world.now()),
            rooms=rooms[:100],
            more=len(rooms) - 100,
            subscriptions=[
                (one, world.apps[one.client_id], spoken(one.validated_at))
                for one in world.subscriptions.values()
                if one.client_id in world.apps
            ],
            deliveries=[
                {**views.delivery(one, body=False), "when": spoken(one.made_at)}
                for one in world.deliveries.found(limit=15)
            ],
        )


@blueprint.get("/favicon.ico")
def icon():
    """None."""
    return "", 204
