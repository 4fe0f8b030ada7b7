"""Studio: preview, editor, and what the author asks for there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from web_fragments.fragment import Fragment
from xblock.core import XBlockMixin
from xblock.exceptions import JsonHandlerError

from zoom_xblock import platform, queries, series
from zoom_xblock.attendance import Policy
from zoom_xblock.block_parts.border import form_handler
from zoom_xblock.platform import PlatformError
from zoom_xblock.screens import author, editor, editor_answers, editor_parse
from zoom_xblock.screens.editor_fields import OPTIONS, digest_of, readable
from zoom_xblock.services import advice, deletion, hosts, linking, meetings, occurrences, recount, starting
from zoom_xblock.services.errors import (
    ChangedMeanwhile,
    InvalidWishes,
    NeedsAgreement,
    NotLinkable,
    ServiceError,
)

#: They hang their part on the editor's one name, so they are loaded after it.
EDITOR_PARTS = ("editor_start", "editor_help", "editor_conflict", "editor_link", "editor_dates")


class AuthorMixin(XBlockMixin):
    """
    Views and handlers of Studio. Each handler asks whether this person may author this course: Studio itself asks for
    nothing but a log-in, and the LMS reaches every handler.

    Each answers JSON that the editor's script shows as it is; a person who may not is a 403 and nothing else.
    """

    def author_view(self, context: dict[str, Any] | None = None) -> Fragment:
        """Studio's preview on the unit page."""
        if not self._in_course:
            return self._fragment("outside.html", {})
        facts = queries.author_facts(self._key)
        user_id = self._user_id
        shown = author.page(
            facts,
            self._wishes_now,
            published=self._published,
            is_host=facts.meeting is not None and user_id is not None and starting.is_host(facts.meeting, user_id),
            learner_url=platform.current().learner_url(self._key),
            author_zone=self._author_zone,
            now=timezone.now(),
        )
        shown["course_url"] = reverse("zoom_xblock:course", args=[str(self._course_key)])
        return self._styled(self._fragment("author.html", shown, script="author", init=author.init_args(shown)))

    def studio_view(self, context: dict[str, Any] | None = None) -> Fragment:
        """Studio's editor."""
        if not self._in_course:
            return self._fragment("outside.html", {})
        user_id = self._user_id
        shown = editor.page(
            queries.author_facts(self._key),
            self._wishes_now,
            is_new=not self._was_saved,
            hosts=hosts.allowed_for(user_id) if user_id is not None else (),
            author_zone=self._author_zone,
            now=timezone.now(),
        )
        fragment = self._styled(self._fragment("editor.html", shown, script="editor", init=editor.init_args(shown)))
        for part in EDITOR_PARTS:
            fragment.add_javascript_url(self.runtime.local_resource_url(self, f"public/{part}.js"))
        return fragment

    @form_handler
    def save_session(self, data: Any, suffix: str = "") -> dict[str, Any]:
        """
        The author's save: Zoom first, the block second, both or none.

        Answers `{"saved": true, "message", "notes": [...]}` or `{"saved": false, "errors": {field: sentence},
        "message": sentence}`, the latter with `changed` where somebody else was first.
        """
        user_id = self._author
        facts, mine = queries.author_facts(self._key), self._wishes_now
        before = editor.overlaid(facts, mine)
        if isinstance(data, dict) and data.get("wishes_seen") not in (None, digest_of(mine)):
            return self._changed([])  # another tab has saved what Zoom is not told: the rule, what learners see

        def save() -> dict[str, Any]:
            parsed = editor_parse.parse(data, before)
            wished = parsed.wishes
            saved = meetings.save_session(
                usage_key=self._key,
                user_id=user_id,
                wishes=meetings.SessionWishes(
                    kind=wished["kind"],
                    topic=wished["display_name"],
                    agenda=wished["description"],
                    starts_at=wished["starts_at"],
                    duration_minutes=wished["duration_minutes"],
                    time_zone=wished["time_zone"],
                    policy=Policy.from_fields(wished),
                    recurrence=_checked_series(wished),
                    options={name: wished[name] for name in OPTIONS},
                    passcode=parsed.passcode,
                    alternative_hosts=parsed.alternative_hosts,
                    has_moved=wished["starts_at"] != before["starts_at"],
                ),
                host_email=None if facts.meeting is not None and facts.meeting.state != "gone" else parsed.host_email,
                seen=parsed.seen,
            )
            self._keep(wished)
            has = editor.overlaid(queries.author_facts(self._key), wished)
            return editor_answers.success(
                saved.is_new, saved.differences, wished=wished, has=has, is_adopted=saved.is_adopted
            )

        return self._answer(save, data)

    @form_handler
    def check_session(self, data: Any, suffix: str = "") -> dict[str, Any]:
        """
        What is known before a save, without asking Zoom: what the clock says, the dates of a series, warnings, and what
        another rule would do to learners who have been counted.
        """
        user_id = self._author
        known = queries.author_facts(self._key)
        before = editor.overlaid(known, self._wishes_now)
        answer: dict[str, Any] = {"author_zone": self._author_zone or editor_parse.browser_zone(data)}
        errors: dict[str, str] = {}
        try:
            reading, zone = editor_parse.clock(data)
        except editor.WrongForm:
            return editor_answers.checked(**answer)  # not typed to the end yet
        answer |= {"reading": reading, "time_zone": zone}
        if reading.next_wall is not None:
            return editor_answers.checked(
                **answer, errors={"starts_at": "gap"}, facts={"starts_at": {"next_wall": reading.next_wall}}
            )
        wished, wrong = editor_parse.peek(data, before)
        answer["starts_at"] = starts_at = wished["starts_at"]
        answer["duration_minutes"] = minutes = wished.get("duration_minutes", before["duration_minutes"])
        if starts_at != before["starts_at"] and starts_at < timezone.now():
            errors["starts_at"] = "past"
        rule = wished.get("recurrence", {})
        try:
            answer["dates"] = _dates_of({"recurrence": rule, "starts_at": starts_at, "time_zone": zone})
        except editor.WrongForm as error:
            errors |= error.fields
            rule = {}
        host = data.get("host_email", "")
        answer["warnings"] = advice.warnings_for(
            usage_key=self._key,
            user_id=user_id,
            host_email=host if isinstance(host, str) and host and hosts.may_host(user_id, host) else "",
            kind=wished.get("kind", before["kind"]),
            starts_at=starts_at,
            duration_minutes=minutes,
            recurrence=rule,
            time_zone=zone,
        )
        if not wrong:
            answer["recount"] = self._recounted(known, wished)
        return editor_answers.checked(**answer, errors=errors)

    @form_handler
    def sessions_to_link(self, data: Any, suffix: str = "") -> dict[str, Any]:
        """Upcoming sessions of one host, for the author to choose from; asks Zoom."""
        user_id = self._author
        host = data.get("host_email", "") if isinstance(data, dict) else ""
        if not isinstance(host, str) or (host and not hosts.may_link(user_id, host)):
            return editor_answers.refusal({"host_email": "not_allowed"}, "invalid")

        def look() -> dict[str, Any]:
            found = linking.sessions_to_link(course_key=self._course_key, user_id=user_id, host_email=host)
            return {"saved": True, "sessions": editor_answers.linkable(found)}

        return self._answer(look, data)

    @form_handler
    def link_session(self, data: Any, suffix: str = "") -> dict[str, Any]:
        """
        Let this component show a session that exists. What that would change at Zoom comes back as `agreement` first,
        and is done when it is asked for once more with `agreed`.
        """
        user_id = self._author

        def link() -> dict[str, Any]:
            typed, kind = editor_parse.reference(data)
            rule = editor_parse.parse_rule(data, editor.overlaid(queries.author_facts(self._key), self._wishes_now))
            try:
                saved = linking.link_session(
                    usage_key=self._key,
                    user_id=user_id,
                    reference=typed,
                    kind=kind,
                    agreed=data.get("agreed") is True,
                    policy=Policy.from_fields({**self._wishes_now, **rule}),
                )
            except NeedsAgreement as error:
                zone = self._author_zone or editor_parse.browser_zone(data) or "UTC"
                return editor_answers.needs_agreement(error.changes, error.topic, error.starts_at, zone)
            except NotLinkable as error:
                return editor_answers.not_linkable(error.slug)
            facts = queries.author_facts(self._key)
            current = {**editor.overlaid(facts, {**self._wishes_now, **rule}), "kind": saved.meeting.kind}
            self._keep({name: current[name] for name in self.wishes})
            return editor_answers.linked(saved.meeting.topic, saved.differences)

        return self._answer(link, data)

    @form_handler
    def unlink_session(self, data: Any, suffix: str = "") -> dict[str, Any]:
        """Let go of a linked session; nothing changes at Zoom."""
        user_id = self._author

        def let_go() -> dict[str, Any]:
            try:
                linking.unlink(usage_key=self._key, user_id=user_id)
            except NotLinkable as error:
                return editor_answers.not_linkable(error.slug)
            return {"saved": True, "message": editor_answers.unlinked(), "notes": []}

        return self._answer(let_go, data)

    @form_handler
    def move_date(self, data: Any, suffix: str = "") -> dict[str, Any]:
        """Give one date of a series another start or length."""
        user_id = self._author

        def move() -> dict[str, Any]:
            zone = editor.overlaid(queries.author_facts(self._key), self._wishes_now)["time_zone"]
            occurrence_id, starts_at, minutes = editor_parse.single_date(data, zone, wants_start=True)
            assert starts_at is not None  # it was asked for
            saved = occurrences.move_date(
                usage_key=self._key,
                user_id=user_id,
                occurrence_id=occurrence_id,
                starts_at=starts_at,
                duration_minutes=minutes,
            )
            return self._dates_now(saved.differences)

        return self._answer(move, data, place="date")

    @form_handler
    def remove_date(self, data: Any, suffix: str = "") -> dict[str, Any]:
        """Take one date out of a series."""
        user_id = self._author

        def remove() -> dict[str, Any]:
            occurrence_id, _start, _minutes = editor_parse.single_date(data, "UTC", wants_start=False)
            saved = occurrences.remove_date(usage_key=self._key, user_id=user_id, occurrence_id=occurrence_id)
            return self._dates_now(saved.differences)

        return self._answer(remove, data, place="date")

    @form_handler
    def keep_session(self, data: Any, suffix: str = "") -> dict[str, Any]:
        """Whether the session stays at Zoom when the component is deleted."""
        user_id = self._author
        keeps = isinstance(data, dict) and data.get("keeps") is True

        def keep() -> dict[str, Any]:
            deletion.keep(usage_key=self._key, user_id=user_id, keeps=keeps)
            return {"saved": True, "message": author.kept(keeps), "notes": []}

        return self._answer(keep, data)

    # -- inside -----------------------------------------------------------------------------------------------

    @property
    def _author(self) -> int:
        """
        Who asks, if she may author this course. In the LMS the block could not keep what Zoom has been told, and a
        library has no session.
        """
        user_id = self._user_id
        if user_id is None or not self._in_studio or not self._in_course:
            raise JsonHandlerError(403, editor.sentence("forbidden"))
        if not platform.current().can_author(user_id, self._course_key):
            raise JsonHandlerError(403, editor.sentence("forbidden"))
        return user_id

    @property
    def _author_zone(self) -> str:
        """The zone in her account settings, "" where there is none or the platform cannot say."""
        user_id = self._user_id
        try:
            return platform.current().time_zone_of(user_id) if user_id is not None else ""
        except PlatformError:
            return ""

    @property
    def _published(self) -> dict[str, Any] | None:
        """The published copy's values; None where there is none, empty where the platform cannot say just now."""
        try:
            found = platform.current().published_wishes(self._key)
        except PlatformError:
            return {}
        return found.fields if found is not None else None

    @property
    def _wishes_now(self) -> dict[str, Any]:
        return {name: self._wish(name) for name in self.wishes}

    def _wish(self, name: str) -> Any:
        """A field's value, or its default where what is stored cannot be read: an import may carry anything."""
        try:
            return readable(name, getattr(self, name))
        except (TypeError, ValueError, OverflowError):
            return self.fields[name].default

    @property
    def _was_saved(self) -> bool:
        starts_at: datetime | None = self._wish("starts_at")
        return starts_at is not None

    def _keep(self, wished: dict[str, Any]) -> None:
        for name, value in wished.items():
            setattr(self, name, value)

    def _answer(self, work: Callable[[], dict[str, Any]], data: Any, *, place: str = "") -> dict[str, Any]:
        """
        What the work answers, or its refusal in words. `place`: where all errors of fields stand, if not at their own.
        """
        facts: dict[str, Any] = {}
        until = None
        try:
            return work()
        except editor.WrongForm as error:
            fields, facts, slug = error.fields, error.facts, "invalid"
        except ChangedMeanwhile as error:
            return self._changed(error.differences)
        except InvalidWishes as error:
            fields, slug = error.fields, "invalid"
        except ServiceError as error:
            fields, slug, until = getattr(error, "fields", {}), error.slug, getattr(error, "until", None)
        if place:
            facts = {place: next((facts[name] for name in fields if name in facts), {})}
            fields = {place: next(iter(fields.values()))} if fields else {}
        zone = self._author_zone or editor_parse.browser_zone(data)
        return editor_answers.refusal(fields, slug, facts=facts, until=until, author_zone=zone)

    def _changed(self, differences: list[str]) -> dict[str, Any]:
        facts, mine = queries.author_facts(self._key), self._wishes_now
        theirs = editor.values(editor.overlaid(facts, mine), facts)
        return editor_answers.changed(theirs, differences, seen=facts.token, wishes_seen=digest_of(mine))

    def _recounted(self, known: queries.AuthorFacts, wished: dict[str, Any]) -> recount.Preview | None:
        """What another rule than the one in force would do; nothing is reckoned where it is the same."""
        rule = Policy.from_fields(wished)
        if known.meeting is None or rule == Policy.from_fields(known.published_rule or self._wishes_now):
            return None
        return recount.preview(usage_key=self._key, policy=rule)

    def _dates_now(self, differences: list[str]) -> dict[str, Any]:
        """The list of dates after one of them was changed, and the token that the form goes on with."""
        facts = queries.author_facts(self._key)
        current = editor.overlaid(facts, self._wishes_now)
        answer = editor_answers.success(False, differences, wished=current, has=current)
        return {**answer, "dates": editor.dates(facts, current["time_zone"], timezone.now()), "seen": facts.token}

    def _styled(self, fragment: Fragment) -> Fragment:
        fragment.add_css_url(self.runtime.local_resource_url(self, "public/editor.css"))
        return fragment


def _dates_of(wished: dict[str, Any]) -> list[datetime]:
    """The dates of checked wishes; raises WrongForm at the series."""
    rule = wished["recurrence"]
    place = "until" if "until" in rule else "recurrence"
    try:
        found = series.expand(rule, wished["starts_at"], wished["time_zone"])
    except ValueError as error:
        raise editor.WrongForm({place: str(error)}) from error
    if not found:
        raise editor.WrongForm({place: "no_dates"})
    return found


def _checked_series(wished: dict[str, Any]) -> dict[str, Any]:
    _dates_of(wished)
    return series.check(wished["recurrence"])
