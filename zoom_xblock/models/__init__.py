"""Rows and constraints. No HTTP, no platform, no effects in `save()`: only `zoom_xblock.services` writes."""

from zoom_xblock.models.attendance import Result, Segment, Sitting
from zoom_xblock.models.connection import Connection, ConsentRequest
from zoom_xblock.models.delivery import Delivery, Endpoint
from zoom_xblock.models.meeting import Meeting, Placement
from zoom_xblock.models.registration import Registration

__all__ = [
    "Connection",
    "ConsentRequest",
    "Delivery",
    "Endpoint",
    "Meeting",
    "Placement",
    "Registration",
    "Result",
    "Segment",
    "Sitting",
]
