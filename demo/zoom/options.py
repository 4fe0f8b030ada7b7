"""Choices of a world: numbers that tests make smaller, and questions on which sources about Zoom disagree.

Where the truth is uncertain the default is the answer that is harder on a client.
"""

from dataclasses import asdict, dataclass, field, fields


def _option(default, text, choices=None):
    return field(default=default, metadata={"text": text, "choices": choices})


@dataclass
class Options:
    """Set through ``POST /control/options``; each field's metadata says what it does."""

    # times
    report_delay_seconds: float = _option(
        15.0, "By the clock: from the end of a sitting until past and report data exist"
    )
    report_before_ready: str = _option("3001", "Before that: 404/3001, or 200 without rows", ("3001", "empty"))
    access_token_seconds: int = _option(3600, "Life of an access token; also expires_in")
    refresh_token_days: float = _option(90, "Life of a refresh token")
    code_seconds: int = _option(300, "Life of an authorization code")
    start_url_seconds: int = _option(7200, "Life of the token inside start_url, and of a zak")
    page_token_seconds: int = _option(900, "Life of a next_page_token")
    download_token_seconds: int = _option(86400, "Life of the download_token of recording.completed")
    meeting_life_days: float = _option(30, "A number lapses this long after its last use or date (types 1, 2, 5, 8, 9)")
    recurring_life_days: float = _option(365, "The same for types 3 and 6")
    # numbers
    daily_write_limit: int = _option(100, "Creates and updates per host and GMT day")
    daily_add_limit: int = _option(3, "Adds of one e-mail address to one meeting per GMT day")
    daily_status_limit: int = _option(10, "Status changes of one registrant per GMT day")
    max_registrants: int = _option(4999, "Registrants of one meeting")
    max_subscriptions: int = _option(10, "Event subscriptions of one app")
    rate_limits: object = _option(
        None,
        'null: off; "plan": by the plan of the account; or {"Light": [per_second, per_day], ...}, null for no limit',
    )
    # OAuth
    invalid_client_status: int = _option(400, "Status when client id or secret is wrong", (400, 401))
    decline: str = _option(
        "access_denied", "Where a declined consent leads", ("access_denied", "no_code", "error_page")
    )
    scope_parameter: str = _option("refuse", "A scope parameter on the authorize page", ("refuse", "ignore"))
    refresh_kills_access_token: bool = _option(False, "A refresh also ends the access tokens issued before it")
    refresh_adds_scopes: bool = _option(False, "A refresh picks up scopes that the app was given later")
    foreign_user_answer: str = _option(
        "4711", "A user id that the kind of app may not name, `me` included", ("4711", "1001")
    )
    missing_scope_code: int = _option(4711, "Code of a missing scope", (4711, 4700))
    expired_token_code: int = _option(124, "Code of an expired access token", (124, 201))
    deauthorized_retention: object = _option(None, "user_data_retention in app_deauthorized; null leaves it out")
    # meetings and registrants
    uuids: str = _option("natural", "awkward: every uuid starts with / and holds //", ("natural", "awkward"))
    series_patch_without_recurrence: str = _option(
        "ignore", "New times for a series without its recurrence: lost with 204, or 400/300", ("ignore", "refuse")
    )
    alternative_hosts: str = _option(
        "refuse", "Foreign or unlicensed alternative hosts fail the call, or are dropped", ("refuse", "drop")
    )
    basic_approval_type: str = _option(
        "stored", "approval_type 0/1 of Basic hosts is kept (adds fail), or becomes 2", ("stored", "downgraded")
    )
    delete_ended: str = _option(
        "refuse", "Deleting a single meeting that is over: 400/3007, or 204", ("refuse", "allow")
    )
    readd: str = _option(
        "same", "An address that is registered already: its registrant again, or 400/3000", ("same", "error")
    )
    host_registers: str = _option(
        "refuse", "The host as registrant of an own meeting (webinars always refuse)", ("refuse", "allow")
    )
    concurrent_writes: str = _option(
        "refuse", "A write while another on the same path is under way: 429", ("refuse", "allow")
    )
    # sittings and reports
    left_on_end: str = _option(
        "after",
        "participant_left for those inside when the host ends for all, against ended",
        ("before", "after", "none"),
    )
    breakout_ends_main: bool = _option(False, "Entering a breakout room ends the row of the main room")
    registrant_email_in_reports: bool = _option(False, "Reports show the address that a guest registered with")
    registrant_email_in_events: bool = _option(True, "Events show the address that a guest registered with")
    registrant_id_in_events: bool = _option(True, "participant_joined and _left carry registrant_id")
    recording_file_meeting_id: str = _option("uuid", "meeting_id of a recording file", ("uuid", "number"))
    # webhooks
    retry_scale: float = _option(1.0, "Factor on 5, 25 and 85 minutes; 0.001 makes them 0.3, 1.5 and 5.1 seconds")
    retry_on: str = _option(
        "all", "Which refusals are repeated: everything but 2xx, or 5xx and no answer", ("all", "5xx")
    )
    delivery_timeout_seconds: float = _option(3.0, "Real time that a receiver has to answer")
    signature_time: str = _option("world", "Timestamp that is signed: this clock, or real time", ("world", "real"))
    request_id_header: bool = _option(True, "Send x-zm-request-id")
    events_need_grant: bool = _option(True, "Events go only to apps that the account uses: authorized, or with a token")
    enforce_event_scopes: bool = _option(True, "Events whose scope the app lacks are not sent")
    deliver_unvalidated: bool = _option(False, "Send to endpoints that never passed URL validation")
    revalidation_failure: str = _option(
        "disable", "After a failed 72-hour check: no events until it passes, or go on", ("disable", "keep")
    )
    revalidation_hours: float = _option(72.0, "By the clock: from one URL validation to the next")
    validation_retry_seconds: float = _option(
        2.0, "Real time between attempts while an endpoint is not validated; 0: never"
    )

    def change(self, values):
        """Set several by name; raises ValueError for an unknown name or a value that is not one of the choices."""
        known = {one.name: one for one in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"no option {name!r}")
            choices = known[name].metadata["choices"]
            if choices and value not in choices:
                raise ValueError(f"{name} is one of {', '.join(map(repr, choices))}, not {value!r}")
            if not choices and name not in ("rate_limits", "deauthorized_retention"):
                wanted = type(known[name].default)
                numeric = wanted in (int, float) and isinstance(value, int | float) and not isinstance(value, bool)
                if not (numeric or isinstance(value, wanted)):
                    raise ValueError(f"{name} is {wanted.__name__}, not {value!r}")
        for name, value in values.items():
            setattr(self, name, value)

    def values(self):
        """All options by name."""
        return asdict(self)

    @classmethod
    def described(cls):
        """``(name, default, choices, text)`` of each option, for the documentation."""
        return [(one.name, one.default, one.metadata["choices"], one.metadata["text"]) for one in fields(cls)]
