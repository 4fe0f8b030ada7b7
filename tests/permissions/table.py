"""
Who gets in where: every handler of the block and every view of ours, in the LMS and in Studio, by everybody.

`tests/permissions/test_table.py` calls each of them as each of these people and compares; docs/permissions.md is this
table in words. To write the page anew: `python -m tests.permissions.table`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"

#: By the names that the page has. Course staff is who authors the course in Studio; she is the session's host, too.
PEOPLE = (
    "anonymous",
    "unenrolled",
    "learner",
    "beta tester",
    "masquerading staff",
    "staff of another course",
    "limited staff",
    "course staff",
    "global staff",
    "superuser",
)

IN, REFUSED, LOG_IN, NOT_THERE = "in", "refused", "log-in", "not there"

#: Who gets in, for the checks that several have.
NOBODY: frozenset[str] = frozenset()
TEAM = frozenset({"limited staff", "course staff", "global staff", "superuser"})
#: Masquerading is of the LMS: in Studio, and at views of ours outside the course's pages, she is herself.
HERSELF = frozenset({"masquerading staff"})
AUTHORS = HERSELF | {"course staff", "global staff", "superuser"}
LEARNERS = frozenset({"learner", "beta tester"})
SIGNED_IN = frozenset(PEOPLE) - {"anonymous"}


@dataclass(frozen=True)
class Row:
    """
    `name`: of the handler, or of the URL and what is asked of it. `where`: "LMS", "Studio" or "preview" (Studio's).
    `let_in`: who passes the check; all others are refused, `anonymous` as said.
    """

    name: str
    where: str
    let_in: frozenset[str]
    check: str
    anonymous: str = LOG_IN
    #: Where one of the others is told something else than "refused".
    others: dict[str, str] = field(default_factory=dict)

    def expected(self, who: str) -> str:
        """The class of outcome for this person."""
        if who in self.let_in:
            return IN
        return self.others.get(who) or (self.anonymous if who == "anonymous" else REFUSED)


def _in_lms(names: str, let_in: frozenset[str], check: str) -> list[Row]:
    """Handlers in the LMS, where visitors are turned away by the platform before the block is asked."""
    return [Row(name, "LMS", let_in, check, anonymous=REFUSED) for name in names.split()]


def _in_studio(names: str, let_in: frozenset[str], check: str) -> list[Row]:
    """Handlers in Studio: of the editor, and of the preview on the unit page, which reach the same."""
    return [Row(name, where, let_in, check) for name in names.split() for where in ("Studio", "preview")]


_LEARNER = "register state"
_TEAM = "roster picture decide recount worklist worklist_search worklist_assign worklist_dismiss worklist_undo"
_AUTHOR = """save_session check_session sessions_to_link link_session unlink_session move_date remove_date
keep_session"""

HANDLERS: list[Row] = [
    *_in_lms(
        _LEARNER,
        LEARNERS | TEAM | HERSELF,
        "`_viewer`: enrolled, or teaches the course. Staff gets no place; through somebody's eyes nothing is written, "
        "and nothing of hers shown",
    ),
    *_in_studio(_LEARNER, AUTHORS, "`_viewer`: `can_author`. Nobody is registered from there"),
    *_in_lms(_TEAM, TEAM, "`require_staff` / `_viewer`: teaches this course, as herself, in the LMS"),
    *_in_studio(_TEAM, NOBODY, "the same: Studio is not the LMS"),
    *_in_lms(_AUTHOR, NOBODY, "`_author`: only in Studio"),
    *_in_studio(_AUTHOR, AUTHORS, "`_author`: `can_author`, in Studio, in a course"),
]

_ADMIN = "`require_admin`: staff of the site with `zoom_xblock.administer_zoom` (superusers have it)"
_SUPERUSER = frozenset({"superuser"})


def _both(name: str, lms: frozenset[str], studio: frozenset[str], check: str, **more: object) -> list[Row]:
    return [Row(name, "LMS", lms, check, **more), Row(name, "Studio", studio, check, **more)]  # type: ignore[arg-type]


_SETTINGS = [
    "GET settings",
    "POST settings",
    "GET settings_part",
    "GET settings_test",
    *(
        f"POST settings_do {action}"
        for action in ("connect", "change", "keep", "test", "hosts", "policy", "again", "disconnect")
    ),
]

VIEWS: list[Row] = [
    *_both("POST receive", NOBODY, NOBODY, "Zoom's signature, whoever sends it", anonymous=REFUSED),
    *_both("POST receive signed", frozenset(PEOPLE), frozenset(PEOPLE), "Zoom's signature, whoever sends it"),
    *_both("POST oauth_start", _SUPERUSER, _SUPERUSER, _ADMIN),
    *_both("GET oauth_callback", _SUPERUSER, _SUPERUSER, _ADMIN + "; the one-time state of this person and session"),
    *(row for name in _SETTINGS for row in _both(name, _SUPERUSER, _SUPERUSER, _ADMIN)),
    *(Row(name.replace(" ", " admin:zoom_", 1), "LMS", _SUPERUSER, _ADMIN) for name in _SETTINGS),
    *_both(
        "GET join", LEARNERS, LEARNERS, "`join_link`: enrolled, not masquerading, with a place of her own; the hour"
    ),
    *_both(
        "GET start",
        HERSELF | {"course staff"},
        HERSELF | {"course staff"},
        "`start_link`: teaches or authors the course, and is the session's host or alternative host",
    ),
    *_both(
        "GET calendar",
        LEARNERS | TEAM | HERSELF,
        LEARNERS | AUTHORS,
        "enrolled, or teaches the course; published, and its author shows it",
    ),
    *_both(
        "GET recording",
        LEARNERS | TEAM | HERSELF,
        LEARNERS | AUTHORS,
        "`watch_link`: enrolled, or teaches the course; published, shown, and of this session",
    ),
    *_both("GET roster_csv", TEAM | HERSELF, NOBODY, "`require_staff`: teaches this course, in the LMS"),
    *_both("GET evidence", TEAM | HERSELF, NOBODY, "`require_staff`: teaches this course, in the LMS"),
    *_both("GET course", TEAM | HERSELF, AUTHORS, "LMS: teaches the course; Studio: `can_author`"),
    *_both("POST course_make", NOBODY, AUTHORS, "`can_author`, in Studio; each row is a component of this course"),
    *_both("GET course_export", TEAM | HERSELF, NOBODY, "teaches the course, in the LMS"),
]

_ID = "an id of ours; nothing where there is no such row"
#: What a job checks before it does anything: whoever can put one into the queue has the broker, and so the site.
TASKS: dict[str, str] = {
    "process_delivery": f"{_ID}; the delivery was verified before it was stored",
    "process_waiting": "takes nothing; deliveries that were verified before they were stored",
    "register": f"{_ID}; still waiting, the account active, still enrolled in a course of the session",
    "settle_sitting": _ID,
    "decide_meeting": _ID,
    "decide_learners": f"{_ID}, user ids; who is no learner gets no result",
    "pay_completions": f"{_ID}, a range of results of that placement",
    "pay_owed": f"{_ID}; what staff decided stands",
    "refresh_meeting": _ID,
    "delete_at_zoom": f"{_ID}; the component is really gone, long enough, nobody keeps or shares the session",
    "ask_whether_over": _ID,
    "look_for_sittings": _ID,
    "sweep": "takes nothing",
    "keep_grant": "takes nothing",
    "reconcile_course": "a course key; compares with what is published there",
    "cancel_at_zoom": f"{_ID}; of a person who is being forgotten",
    "tell_admins": "takes nothing; once for each disconnection",
    "refresh_hosts": "takes nothing",
    "ask_licences": "takes nothing",
    "run_self_test": f"{_ID}; the one that was begun by an admin",
    "clean_self_test": _ID,
    "refresh_recordings": _ID,
    "apply_retention": "takes nothing; the site's setting",
}

_SIGNS = {IN: "in", REFUSED: "–", LOG_IN: "log-in", NOT_THERE: "not there"}
_HEAD = """\
# Who may do what

Made from `tests/permissions/table.py` by `python -m tests.permissions.table`, and not by hand.
`tests/permissions/test_table.py` calls every one of these as every one of these people and compares. "in": the check
was passed (what follows may still say that there is nothing to do); "–": refused with 403 (401 for a delivery);
"log-in": sent to the site's log-in. A handler, view or job that is not here fails the test. What stands behind it:
[threats.md](threats.md).

*Limited staff* teaches and may not author; *course staff* does both, and is the session's host here. *Masquerading
staff* looks at the course as a learner, which the platform says of pages and handlers of the course in the LMS, and of
nothing else: at our own addresses and in Studio she is herself. *Global staff* has the site's staff flag and no
permission for Zoom.
"""


def render() -> str:
    """The page."""
    parts = [_HEAD, "## Handlers of the block", "", *_table(HANDLERS), "", "## Addresses", "", *_table(VIEWS), ""]
    parts += [
        "## Jobs",
        "",
        "Each takes ids and nothing else, and reads all that it acts upon from the database: whoever can put one into",
        "the queue has the broker, and can make the site do again what it would do anyway.",
        "",
        "| Job | What it checks |",
        "|---|---|",
    ]
    parts += [f"| `{name}` | {checks} |" for name, checks in TASKS.items()]
    return "\n".join(parts) + "\n"


def _table(rows: list[Row]) -> list[str]:
    lines = [f"| | Where | {' | '.join(PEOPLE)} | Check |", "|---|---|" + "---|" * (len(PEOPLE) + 1)]
    for row in rows:
        signs = " | ".join(_SIGNS[row.expected(who)] for who in PEOPLE)
        lines.append(f"| `{row.name}` | {row.where} | {signs} | {row.check} |")
    return lines


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
