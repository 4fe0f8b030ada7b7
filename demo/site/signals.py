"""
What Studio tells the rest of the site, after commit and only for what the platform tells, too; and retirement.

Nothing is sent when changes are discarded, when a grade is given, or for the blocks inside a unit that is published.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.dispatch import Signal

block_created = Signal()  # usage_key
block_updated = Signal()  # usage_key; after every handler call of an author, also if nothing changed
block_duplicated = Signal()  # usage_key, source_usage_key
block_deleted = Signal()  # usage_key; the draft is gone, the published copy may live on
unit_published = Signal()  # usage_key of the unit
course_published = Signal()  # course_key
person_retired = Signal()  # user; sent plainly: a receiver that raises stops the retirement


def send_after_commit(signal: Signal, **facts: Any) -> None:
    """Send when the transaction has committed; a receiver that raises does not disturb the others."""
    transaction.on_commit(lambda: signal.send_robust(sender=None, **facts))
