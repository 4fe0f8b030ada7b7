"""What the course team sees and settles inside the block: roster, work list, corrections."""

from __future__ import annotations

from xblock.core import XBlockMixin


class StaffMixin(XBlockMixin):
    """Handlers for course staff of this course, in the LMS."""
