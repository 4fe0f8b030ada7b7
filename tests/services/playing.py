"""A session as tests of settlement play it at the stand-in Zoom."""

from __future__ import annotations

from completion.models import BlockCompletion


def attended(email, first, last):
    """A person who is in from minute `first` to minute `last`."""
    return {"email": email, "segments": [[first * 60, last * 60]]}


def complete(usage_key):
    """Who has a completion of 1.0, by name."""
    rows = BlockCompletion.objects.filter(block_key=usage_key, completion=1.0)
    return sorted(rows.values_list("user__username", flat=True))


def played(zoom, session, began, people, client, *, minutes=60, **more):
    """The sitting takes place, and Zoom tells us."""
    done = zoom.play(session.zoom_id, start_at=began, minutes=minutes, people=people, **more)
    assert set(zoom.deliver(client)) == {204}
    return done
