"""A sentence for each thing that can go wrong: what is wrong, and who can mend it."""

from __future__ import annotations

from django.utils.translation import gettext as _


def for_author(slug: str) -> str:
    """What the author reads when a save was refused."""
    sentences = {
        "invalid": _("Nothing was saved yet. Please look at the marked fields."),
        "not_connected": _(
            "Zoom is not connected on this site yet. A site administrator can connect it; nothing you typed is lost."
        ),
        "not_configured": _(
            "Zoom is not connected on this site yet. A site administrator can connect it; nothing you typed is lost."
        ),
        "disconnected": _(
            "The site's connection to Zoom has ended. A site administrator can connect it again; nothing you typed is lost."
        ),
        "unreachable": _("Zoom did not answer. Nothing was changed here; please save again in a minute."),
        "zoom_down": _("Zoom has a fault at the moment. Nothing was changed; please save again in a few minutes."),
        "garbled": _(
            "Zoom answered something that we do not understand. Nothing was changed; please save again in a few minutes."
        ),
        "rate_limited": _("Zoom asks us to slow down. Nothing was changed; please save again in a minute."),
        "daily_limit": _(
            "Zoom allows 100 changes a day for each host, and this host has used them. Nothing was changed; it works again after midnight UTC."
        ),
        "scope_missing": _(
            "The site's Zoom app lacks a permission for this. A site administrator finds it on the Zoom connection page."
        ),
        "not_allowed": _(
            "The host's Zoom plan does not allow this. Webinars and registration need a licence; ask your Zoom administrator."
        ),
        "host_unknown": _(
            "Zoom does not know the host of this session. A site administrator can name another one on the Zoom connection page."
        ),
        "gone": _(
            "Zoom says that this session no longer exists. If it is still so in a few minutes, saving makes a new one."
        ),
        "linked_host": _(
            "This session belongs to a host whose sessions you may not change, so Zoom was not told. Ask whoever linked it."
        ),
        "busy": _("Somebody else is saving this session just now. Please look at what they changed, then save again."),
        "forbidden": _("You may not change this course."),
        "bad_credentials": _(
            "Zoom refuses the site's app credentials. A site administrator can mend them on the Zoom connection page."
        ),
        "refused_fields": _("Zoom refused what is marked below. Nothing was changed."),
        "refused": _("Zoom refused this. Nothing was changed."),
        "unplaced": _("This component has no session yet. Save it first."),
    }
    return sentences.get(
        slug,
        _("Something went wrong. Nothing was changed; please try again, and tell your site's support if it stays."),
    )


def of_connection(state: str) -> str:
    """What an author reads before she has done anything, while the site has no working connection."""
    if state == "disconnected":
        return _(
            "The site's connection to Zoom has ended: nothing can be saved and nobody registered until a site administrator "
            "connects it again."
        )
    return _("Zoom is not connected on this site yet, so nothing can be saved. A site administrator can connect it.")


def for_field(field: str, slug: str) -> str:
    """What stands at a field of the editor."""
    sentences = {
        "required": _("Please fill this in."),
        "too_long": _("This is too long for Zoom."),
        "past": _("This lies in the past; Zoom would ignore it."),
        "gap": _("This time does not exist: the clocks are put forward then. Choose a later one."),
        "out_of_range": _("Choose a number of minutes between 1 and 1440."),
        "longer_than_session": _("More than the session lasts: nobody could reach it."),
        "unknown": _("We do not know this time zone. Choose one from the list."),
        "fixed": _("Zoom cannot turn a meeting into a webinar or back. Add a new component instead."),
        "points": _("Choose a number of points between 0 and 1000."),
        "malformed": _("This does not look right."),
        "aliases": _("This site does not give Zoom the addresses of learners, so Zoom cannot write to them."),
        "refused": _("Zoom does not accept this."),
    }
    if field == "required_minutes" and slug == "out_of_range":
        return _("Choose a number of minutes between 0 and the length of the session.")
    return sentences.get(slug, _("Zoom does not accept this."))


def for_learner(slug: str) -> str:
    """What the learner reads while she has no place yet."""
    sentences = {
        "not_signed_in": _("Please sign in to join this session."),
        "not_enrolled": _("Only learners enrolled in this course can join this session."),
        "not_connected": _(
            "This site is not connected to Zoom at the moment; its administrators can mend that. We go on trying for you."
        ),
        "disconnected": _(
            "This site is not connected to Zoom at the moment; its administrators can mend that. We go on trying for you."
        ),
        "unreachable": _("Zoom does not answer at the moment. We go on trying for you."),
        "zoom_down": _("Zoom has a fault at the moment. We go on trying for you."),
        "garbled": _("Zoom has a fault at the moment. We go on trying for you."),
        "rate_limited": _("Many people are registering just now. You are in the queue; this takes a minute."),
        "daily_limit": _("Zoom accepts no more registrations from you today. We try again after midnight UTC."),
        "full": _("This session is full. Please ask your course team."),
        "over": _("Zoom has closed the registration for this session. Please ask your course team."),
        "gone": _("Zoom does not have this session any more. Your course team can make a new one."),
        "host_cannot_register": _(
            "You are the host of this session at Zoom, so you need no registration: start it from Zoom."
        ),
        "registration_off": _("Zoom takes no registrations for this session. Your course team can mend that."),
        "not_allowed": _("The host's Zoom plan does not allow registration. Your course team can mend that."),
        "scope_missing": _(
            "The site's Zoom app lacks the permission to register you. The site's administrators can mend that."
        ),
        "cancelled_at_zoom": _("The host has cancelled your registration. Please ask your course team."),
    }
    return sentences.get(slug, _("Zoom could not register you. Your course team can help; please tell them."))
