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
from zoom_xblock.queries.learner import LearnerFacts, Planned, learner_facts, presence_us
from zoom_xblock.queries.owed import scores_owed

__all__ = [
    "AuthorFacts",
    "LearnerFacts",
    "Planned",
    "SiteFacts",
    "author_facts",
    "deliveries",
    "delivery_events",
    "future_sessions",
    "hosts",
    "learner_facts",
    "other_account",
    "presence_us",
    "scores_owed",
    "self_test",
    "site_facts",
]
