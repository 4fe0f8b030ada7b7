"""
Zoom over HTTP: OAuth, API, deliveries, errors. Plain values in, frozen values out; no framework, no state, no database.

    from zoom_xblock.client import Transport, ZoomClient, errors, oauth, webhooks
"""

from zoom_xblock.client import addresses, bodies, errors, oauth, options, results, webhooks
from zoom_xblock.client.addresses import allowed_api_url
from zoom_xblock.client.answers import error_for
from zoom_xblock.client.api import ZoomClient
from zoom_xblock.client.bodies import changes, meeting_body
from zoom_xblock.client.calls import API_URL, encode_uuid
from zoom_xblock.client.errors import BadDelivery, ZoomError
from zoom_xblock.client.http import Label, Observer, TokenSource, Transport
from zoom_xblock.client.oauth import OAUTH_URL, OAuthApp
from zoom_xblock.client.results import (
    Event,
    EventParticipant,
    Kind,
    Meeting,
    MeetingRow,
    Occurrence,
    Participant,
    PastMeeting,
    PastSitting,
    Recording,
    RecordingFile,
    Registrant,
    Tokens,
    UserSettings,
    ZoomUser,
)

__all__ = [
    "API_URL",
    "OAUTH_URL",
    "BadDelivery",
    "Event",
    "EventParticipant",
    "Kind",
    "Label",
    "Meeting",
    "MeetingRow",
    "OAuthApp",
    "Observer",
    "Occurrence",
    "Participant",
    "PastMeeting",
    "PastSitting",
    "Recording",
    "RecordingFile",
    "Registrant",
    "TokenSource",
    "Tokens",
    "Transport",
    "UserSettings",
    "ZoomClient",
    "ZoomError",
    "ZoomUser",
    "addresses",
    "allowed_api_url",
    "bodies",
    "changes",
    "encode_uuid",
    "error_for",
    "errors",
    "meeting_body",
    "oauth",
    "options",
    "results",
    "webhooks",
]
