"""Who reaches a handler, by the LMS's and by Studio's rules."""

import pytest
from django.contrib.auth.models import User

from demo.site.models import Enrollment
from tests.demo.site.conftest import COURSE


def path(block, handler, suffix=""):
    return f"/courses/{COURSE}/xblock/{block.key}/handler/{handler}" + (f"/{suffix}" if suffix else "")


def stranger():
    return User.objects.create_user("stranger", "stranger@example.edu", "stranger")


def test_visitor_may_not_post(stub, visit):
    assert visit().call(stub, "ping").status_code == 403


def test_visitor_may_get(stub, visit):
    answer = visit().get(path(stub, "look", "deep/er"))
    assert (answer.status_code, answer.content) == (200, b"False deep/er")


def test_get_of_a_json_handler_is_not_allowed(stub, visit):
    assert visit().get(path(stub, "ping")).status_code == 405


def test_unenrolled_person_reaches_the_handler_but_not_the_page(stub, visit):
    stranger()
    browser = visit("stranger")
    assert browser.call(stub, "ping").status_code == 200
    assert browser.get(f"/xblock/{stub.key}").status_code == 404
    assert browser.get("/course/live-session/").status_code == 404


def test_inactive_enrolment_opens_no_page(stub, visit):
    Enrollment.objects.filter(user__username="learner1").update(is_active=False)
    assert visit("learner1").get("/course/live-session/").status_code == 404


def test_post_without_a_csrf_token_is_refused(stub, visit):
    assert visit("learner1").call(stub, "ping", csrf=False).status_code == 403


def test_unknown_handler_and_method_that_is_no_handler_are_not_found(stub, visit):
    browser = visit("learner1")
    assert browser.call(stub, "nothing").status_code == 404
    assert browser.call(stub, "student_view").status_code == 404


def test_handler_under_another_course_is_not_found(stub, visit):
    wrong = path(stub, "look").replace("DemoX", "OtherX", 1)
    assert visit("learner1").get(wrong).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_handler_of_the_lms_runs_outside_a_transaction_and_one_of_studio_inside(stub, visit):
    """What is queued in the LMS's handler is sent at once; in Studio's only after its answer is ready."""
    author = visit("author")
    assert author.call(stub, "in_transaction").json() == {"in_transaction": False}
    assert author.call(stub, "in_transaction", where="studio").json() == {"in_transaction": True}


@pytest.mark.parametrize("where", ["studio", "preview"])
def test_anybody_who_is_logged_in_reaches_studio_handlers(stub, visit, where):
    assert visit("learner1").call(stub, "ping", where=where).status_code == 200
    assert visit().call(stub, "ping", where=where).status_code == 302


def test_staff_only_block_is_not_found_for_learners_and_their_handlers(stub, visit):
    stub.published = {"visible_to_staff_only": True}
    stub.save()
    assert visit("learner1").get(path(stub, "look")).status_code == 404
    assert visit("author").get(path(stub, "look")).status_code == 200


def test_block_that_calls_its_own_time_start_vanishes_until_then(unit, visit):
    from demo.site import courseware

    block = courseware.create_block(unit, "stub", fields={"start": "2999-01-01T00:00:00Z"})
    courseware.publish_unit(unit)
    assert visit("learner1").get(path(block, "look")).status_code == 404
    assert visit("author").get(path(block, "look")).status_code == 200


def test_public_files_are_served_and_no_others(stub, visit):
    browser = visit()
    good = browser.get("/xblock/resource/stub/public/stub.js")
    assert good.status_code == 200
    assert good["Content-Type"].split(";")[0] in ("text/javascript", "application/javascript")
    assert b"".join(good.streaming_content).startswith(b"function StubView")
    for wrong in ("public/none.js", "../stub.py", "stub.py", "public/../../stub.py"):
        assert browser.get(f"/xblock/resource/stub/{wrong}").status_code == 404
