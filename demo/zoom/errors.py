"""Refusals in Zoom's shape: ``{"code": int, "message": text}``, with ``errors`` added by validation."""


class ZoomError(Exception):
    """An answer that refuses. ``status`` may be 200: some of Zoom's refusals come that way."""

    def __init__(self, status, code, message, errors=None, headers=None):
        super().__init__(f"{status}/{code} {message}")
        self.status, self.code, self.message = status, code, message
        self.errors, self.headers = errors, headers or {}

    def body(self):
        """The JSON object of the answer."""
        answer = {"code": self.code, "message": self.message}
        if self.errors is not None:
            answer["errors"] = self.errors
        return answer


def invalid_fields(*names, message="Invalid field."):
    """400/300 "Validation Failed." naming each field by its dotted path."""
    return ZoomError(400, 300, "Validation Failed.", errors=[{"field": name, "message": message} for name in names])


def no_user(user_id):
    """404/1001."""
    return ZoomError(404, 1001, f"User does not exist: {user_id}.")


def no_meeting(number, kind="meeting"):
    """404/3001 for a number that names nothing (any more)."""
    return ZoomError(404, 3001, f"{kind.capitalize()} does not exist: {number}.")


def not_ended(kind="meeting"):
    """404/3001 of the past endpoints: unknown, running, or data not there yet."""
    return ZoomError(404, 3001, f"The {kind} ID is invalid or the {kind} has not ended.")


def no_webinar_plan(user_id, status=400):
    """200 as code, for hosts without the webinar add-on."""
    return ZoomError(
        status,
        200,
        "Webinar plan is missing. You must subscribe to the webinar plan and enable webinars for this user "
        f"in order to perform this action: {user_id}.",
    )
