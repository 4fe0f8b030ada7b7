"""
What screens read: plain values, a small and fixed number of queries, and never a call to Zoom.

One module for each page's facts; what the connection page reads is in `zoom_xblock.health`.
"""

from zoom_xblock.health import (
    SiteFacts,
    deliveries,
    delivery_events,
    future_sessions,
    hosts,
    other_account,
    self_test,
    site_facts,
)
from zoom_xblock.queries.author import AuthorFacts, author_facts
from zoom_xblock.queries.learner import LearnerFacts, Planned, Standing, learner_facts, standing
from zoom_xblock.queries.owed import SCORE_UNTOLD, scores_owed
from zoom_xblock.queries.recordings import RecordingShown, recordings_of
from zoom_xblock.queries.timetable import SessionDates, Timetable, session_dates, standing_of

__all__ = [
    "SCORE_UNTOLD",
    "AuthorFacts",
    "LearnerFacts",
    "Planned",
    "RecordingShown",
    "SessionDates",
    "SiteFacts",
    "Standing",
    "Timetable",
    "author_facts",
    "deliveries",
    "delivery_events",
    "future_sessions",
    "hosts",
    "learner_facts",
    "other_account",
    "recordings_of",
    "scores_owed",
    "self_test",
    "session_dates",
    "site_facts",
    "standing",
    "standing_of",
]
