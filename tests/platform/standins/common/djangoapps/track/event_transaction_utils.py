"""The transaction to which an event belongs: one for a request or task, unless it is renewed."""

from uuid import uuid4

from edx_django_utils.cache import RequestCache


def get_event_transaction_id():
    """The present id, or None."""
    return RequestCache("event_transaction").data.get("id")


def get_event_transaction_type():
    """What the transaction is about, or None."""
    return RequestCache("event_transaction").data.get("type")


def create_new_event_transaction_id():
    """Renew the id. The type stays, and with it whoever was told of last."""
    made = RequestCache("event_transaction").data["id"] = uuid4()
    return made


def set_event_transaction_type(action_type):
    """Say what the transaction is about; None lets the next event say it."""
    RequestCache("event_transaction").data["type"] = action_type
