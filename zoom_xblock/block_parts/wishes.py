"""
The block's fields: the author's wishes, and nothing else.

They travel with copies, re-runs and OLX, so none of them holds an id, a link, a passcode or a person: those are rows of
ours, found by usage key (docs/decisions/0001). Scope is `settings` throughout: a draft and a published value.
"""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext_noop as _
from xblock.core import XBlockMixin
from xblock.fields import Boolean, DateTime, Dict, Float, Integer, Scope, String


class WishesMixin(XBlockMixin):
    """What an author may ask for. Values of any age and origin are read forgivingly (`attendance.Policy`)."""

    #: The names of all of them: what the published copy is asked for.
    wishes: ClassVar[tuple[str, ...]] = (
        "display_name",
        "kind",
        "description",
        "starts_at",
        "duration_minutes",
        "time_zone",
        "required_minutes",
        "recurrence",
        "entry",
        "signed_in_only",
        "host_video",
        "participant_video",
        "mute_on_entry",
        "auto_recording",
        "practice_session",
        "question_and_answer",
        "zoom_emails",
        "completion",
        "required_percent",
        "counted",
        "opens_minutes",
        "closes_minutes",
        "dates",
        "graded_by",
        "counts_email",
        "join_minutes_before",
        "show_recordings",
        "show_attendance",
        "show_calendar",
        "has_score",
        "weight",
    )

    display_name = String(
        display_name=_("Topic"),
        help=_("What the session is called, here and at Zoom."),
        default="Zoom session",
        scope=Scope.settings,
    )
    kind = String(
        display_name=_("Kind"),
        help=_("A meeting lets everybody talk; a webinar has an audience."),
        default="meeting",
        values=["meeting", "webinar"],
        scope=Scope.settings,
    )
    description = String(
        display_name=_("Description"), help=_("Shown to learners, here and at Zoom."), default="", scope=Scope.settings
    )
    # Never `start`, `due` or `end`: those names belong to the platform's release dates (openedx, InheritanceMixin).
    starts_at = DateTime(
        display_name=_("Start"), help=_("When the session begins."), default=None, scope=Scope.settings
    )
    duration_minutes = Integer(
        display_name=_("Duration"), help=_("Planned length in minutes."), default=60, scope=Scope.settings
    )
    time_zone = String(
        display_name=_("Time zone"),
        help=_("The zone in which the start is meant."),
        default="UTC",
        scope=Scope.settings,
    )
    required_minutes = Integer(
        display_name=_("Required attendance"),
        help=_("Minutes a learner must attend for the unit to be complete."),
        default=45,
        scope=Scope.settings,
    )

    # -- the series -------------------------------------------------------------------------------------------
    recurrence = Dict(
        display_name=_("Repetition"),
        help=_("Empty for one date; else how the session repeats."),
        default={},
        scope=Scope.settings,
    )

    # -- who gets in, sound, video, recording -----------------------------------------------------------------
    entry = String(
        display_name=_("Letting people in"),
        help=_("Wait for the host, wait in a waiting room, or come in before the host."),
        default="host_first",
        values=["host_first", "waiting_room", "open"],
        scope=Scope.settings,
    )
    signed_in_only = Boolean(
        display_name=_("Only signed-in Zoom users"),
        help=_("Everybody needs a Zoom account of their own to come in."),
        default=False,
        scope=Scope.settings,
    )
    host_video = Boolean(
        display_name=_("Host's camera on"), help=_("When the host comes in."), default=False, scope=Scope.settings
    )
    participant_video = Boolean(
        display_name=_("Participants' cameras on"),
        help=_("When participants come in."),
        default=False,
        scope=Scope.settings,
    )
    mute_on_entry = Boolean(
        display_name=_("Muted on entry"),
        help=_("Participants come in with their microphone off."),
        default=True,
        scope=Scope.settings,
    )
    auto_recording = String(
        display_name=_("Automatic recording"),
        help=_("Whether Zoom records by itself, and where."),
        default="none",
        values=["none", "local", "cloud"],
        scope=Scope.settings,
    )
    practice_session = Boolean(
        display_name=_("Practice session"),
        help=_("Webinars: the panel may rehearse before the audience comes in."),
        default=False,
        scope=Scope.settings,
    )
    question_and_answer = Boolean(
        display_name=_("Questions and answers"),
        help=_("Webinars: the audience may ask in writing."),
        default=True,
        scope=Scope.settings,
    )
    zoom_emails = Boolean(
        display_name=_("E-mails by Zoom"),
        help=_("Whether Zoom writes to registrants itself."),
        default=False,
        scope=Scope.settings,
    )

    # -- completion: the names are those of `attendance.Policy` -----------------------------------------------
    completion = String(
        display_name=_("Completed by"),
        help=_("What completes the unit for a learner."),
        default="minutes",
        values=["minutes", "percent", "joining", "none"],
        scope=Scope.settings,
    )
    required_percent = Integer(
        display_name=_("Required share"),
        help=_("Percent of the planned time a learner must attend."),
        default=80,
        scope=Scope.settings,
    )
    counted = String(
        display_name=_("Time that counts"),
        help=_("The whole session, the planned time, or a window of your own."),
        default="sitting",
        values=["sitting", "scheduled", "custom"],
        scope=Scope.settings,
    )
    opens_minutes = Integer(
        display_name=_("Counting begins"),
        help=_("Minutes after the planned start; negative: before it."),
        default=0,
        scope=Scope.settings,
    )
    closes_minutes = Integer(
        display_name=_("Counting ends"),
        help=_("Minutes after the planned end; negative: before it."),
        default=0,
        scope=Scope.settings,
    )
    dates = String(
        display_name=_("Dates of a series"),
        help=_("Whether one date is enough, or all dates are added up."),
        default="one",
        values=["one", "all"],
        scope=Scope.settings,
    )
    graded_by = String(
        display_name=_("Score"),
        help=_("By the share of the required time, or all or nothing."),
        default="share",
        values=["share", "all_or_nothing"],
        scope=Scope.settings,
    )
    counts_email = Boolean(
        display_name=_("Count people by their Zoom address"),
        help=_(
            "Who joins without the personal link, signed in to Zoom with the address of one learner, counts as her."
        ),
        default=False,
        scope=Scope.settings,
    )

    # -- what learners see ------------------------------------------------------------------------------------
    join_minutes_before = Integer(
        display_name=_("Join button"),
        help=_("Minutes before the start from which learners can join."),
        default=15,
        scope=Scope.settings,
    )
    show_recordings = Boolean(
        display_name=_("Show recordings"),
        help=_("Learners can watch cloud recordings from the unit."),
        default=False,
        scope=Scope.settings,
    )
    show_attendance = Boolean(
        display_name=_("Show attendance"),
        help=_("Learners see what was counted for them, from when to when."),
        default=True,
        scope=Scope.settings,
    )
    show_calendar = Boolean(
        display_name=_("Calendar links"),
        help=_("Learners can put the session into their calendar."),
        default=True,
        scope=Scope.settings,
    )

    # Read unbound by the platform's grading (lms/djangoapps/grades/transformer.py), so a field of this very name.
    has_score = Boolean(
        display_name=_("Graded"),
        help=_("Whether attendance counts in the gradebook, by its share of the required time."),
        default=False,
        scope=Scope.settings,
    )
    weight = Float(
        display_name=_("Points"),
        help=_("What full attendance is worth in the gradebook."),
        default=1.0,
        scope=Scope.settings,
    )
