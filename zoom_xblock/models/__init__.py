"""Rows and constraints. No HTTP, no platform, no effects in `save()`: only `zoom_xblock.services` writes."""

from zoom_xblock.models.app import App, app_of
from zoom_xblock.models.attendance import Assignment, Correction, Result, Segment, Sitting
from zoom_xblock.models.connection import Connection, ConsentRequest
from zoom_xblock.models.delivery import Delivery, Endpoint
from zoom_xblock.models.host import Host
from zoom_xblock.models.meeting import Meeting, Occurrence, Placement
from zoom_xblock.models.recording import Recording
from zoom_xblock.models.registration import Registration
from zoom_xblock.models.selftest import SelfTest, SelfTestStep

__all__ = [
    "App",
    "Assignment",
    "Connection",
    "ConsentRequest",
    "Correction",
    "Delivery",
    "Endpoint",
    "Host",
    "Meeting",
    "Occurrence",
    "Placement",
    "Recording",
    "Registration",
    "Result",
    "Segment",
    "SelfTest",
    "SelfTestStep",
    "Sitting",
    "app_of",
]
