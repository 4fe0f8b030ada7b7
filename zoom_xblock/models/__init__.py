"""Rows and constraints. No HTTP, no platform, no effects in `save()`: only `zoom_xblock.services` writes."""

from zoom_xblock.models.app import App, app_of
from zoom_xblock.models.attendance import Result, Segment, Sitting
from zoom_xblock.models.connection import Connection, ConsentRequest
from zoom_xblock.models.delivery import Delivery, Endpoint
from zoom_xblock.models.host import Host
from zoom_xblock.models.meeting import Meeting, Placement
from zoom_xblock.models.registration import Registration
from zoom_xblock.models.selftest import SelfTest, SelfTestStep

__all__ = [
    "App",
    "Connection",
    "ConsentRequest",
    "Delivery",
    "Endpoint",
    "Host",
    "Meeting",
    "Placement",
    "Registration",
    "Result",
    "Segment",
    "SelfTest",
    "SelfTestStep",
    "Sitting",
    "app_of",
]
