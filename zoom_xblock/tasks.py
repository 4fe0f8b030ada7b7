"""
One Celery task for each job: an id in, one verb called.

Acknowledged late and idempotent, since a broker may deliver twice and a worker may be killed. Names are fixed, because
LMS and Studio share a broker while old and new code run side by side during a deploy.
"""

from celery import shared_task

from zoom_xblock import jobs
from zoom_xblock.screens import emails
from zoom_xblock.services import (
    budget,
    catching_up,
    deletion,
    disconnecting,
    handover,
    hosts,
    inbox,
    meetings,
    paying,
    people,
    placements,
    recordings,
    registrations,
    retention,
    self_test,
    settlement,
)
from zoom_xblock.services import sweep as sweeping

_OPTIONS = jobs.OPTIONS


@shared_task(name="zoom_xblock.process_delivery", **_OPTIONS)
def process_delivery(delivery_id: int) -> None:
    """Do what a delivery asks for."""
    inbox.process_delivery(delivery_id)


@shared_task(name="zoom_xblock.process_waiting", **_OPTIONS)
def process_waiting() -> None:
    """Work through the deliveries that have just come."""
    handover.process_waiting()


@shared_task(name="zoom_xblock.register", **_OPTIONS)
def register(registration_id: int) -> None:
    """Make a learner's registrant at Zoom. She waits for it: the budget of calls lets her in front of reports."""
    with budget.for_a_person():
        registrations.register(registration_id)


@shared_task(name="zoom_xblock.settle_sitting", **_OPTIONS)
def settle_sitting(sitting_id: int) -> None:
    """Fetch Zoom's record of a sitting, and decide."""
    settlement.settle_sitting(sitting_id)


@shared_task(name="zoom_xblock.decide_meeting", **_OPTIONS)
def decide_meeting(meeting_id: int) -> None:
    """Count everybody of a meeting anew."""
    settlement.decide_meeting(meeting_id)


@shared_task(name="zoom_xblock.decide_learners", **_OPTIONS)
def decide_learners(placement_id: int, user_ids: list[int]) -> None:
    """Count some learners of a placement anew."""
    settlement.decide_learners(placement_id, user_ids)


@shared_task(name="zoom_xblock.pay_completions", **_OPTIONS)
def pay_completions(placement_id: int, first_result_id: int, last_result_id: int) -> None:
    """Tell the platform what a range of results owes it."""
    paying.pay_completions(placement_id, first_result_id, last_result_id)


@shared_task(name="zoom_xblock.pay_owed", **_OPTIONS)
def pay_owed(placement_id: int) -> None:
    """Tell the platform of completions it has not been told of."""
    paying.pay_owed(placement_id)


@shared_task(name="zoom_xblock.refresh_meeting", **_OPTIONS)
def refresh_meeting(meeting_id: int) -> None:
    """Read a meeting at Zoom."""
    meetings.refresh_meeting(meeting_id)


@shared_task(name="zoom_xblock.delete_at_zoom", **_OPTIONS)
def delete_at_zoom(placement_id: int) -> None:
    """Delete the session of a block that is gone."""
    deletion.delete_at_zoom(placement_id)


@shared_task(name="zoom_xblock.ask_whether_over", **_OPTIONS)
def ask_whether_over(sitting_id: int) -> None:
    """Ask Zoom whether a sitting whose end was never reported is over."""
    catching_up.ask_whether_over(sitting_id)


@shared_task(name="zoom_xblock.look_for_sittings", **_OPTIONS)
def look_for_sittings(meeting_id: int) -> None:
    """Ask Zoom for runs of a meeting of which nothing was heard."""
    catching_up.look_for_sittings(meeting_id)


@shared_task(name="zoom_xblock.sweep", **_OPTIONS)
def sweep() -> None:
    """Queue what is due, where no `zoom_sweep` does."""
    sweeping.sweep()


@shared_task(name="zoom_xblock.keep_grant", **_OPTIONS)
def keep_grant() -> None:
    """Refresh a token that nobody has used for long."""
    sweeping.keep_grant()


@shared_task(name="zoom_xblock.reconcile_course", **_OPTIONS)
def reconcile_course(course_key: str) -> None:
    """Compare our placements in a course with what is published there."""
    placements.reconcile_course(course_key)


@shared_task(name="zoom_xblock.cancel_at_zoom", **_OPTIONS)
def cancel_at_zoom(registration_id: int) -> None:
    """Take a person's registrant away at Zoom."""
    people.cancel_at_zoom(registration_id)


@shared_task(name="zoom_xblock.tell_admins", **_OPTIONS)
def tell_admins() -> None:
    """Write to the admins that Zoom is disconnected."""
    disconnecting.tell_admins(emails.disconnected)


@shared_task(name="zoom_xblock.refresh_hosts", **_OPTIONS)
def refresh_hosts() -> None:
    """List the account's users anew."""
    hosts.refresh_hosts()


@shared_task(name="zoom_xblock.ask_licences", **_OPTIONS)
def ask_licences() -> None:
    """Ask what some hosts' licences allow."""
    hosts.ask_licences()


@shared_task(name="zoom_xblock.run_self_test", **_OPTIONS)
def run_self_test(test_id: int) -> None:
    """Go through the steps of a test of the connection."""
    self_test.run_self_test(test_id)


@shared_task(name="zoom_xblock.clean_self_test", **_OPTIONS)
def clean_self_test(test_id: int) -> None:
    """Delete at Zoom what a test has left there."""
    self_test.clean_self_test(test_id)


@shared_task(name="zoom_xblock.refresh_recordings", **_OPTIONS)
def refresh_recordings(meeting_id: int) -> None:
    """Ask Zoom for the recordings of a meeting."""
    recordings.refresh_recordings(meeting_id)


@shared_task(name="zoom_xblock.apply_retention", **_OPTIONS)
def apply_retention() -> None:
    """Forget what names people in sessions long over."""
    retention.apply()
