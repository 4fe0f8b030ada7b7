"""Pages, log-in and "view as"."""

import pytest
from completion.models import BlockCompletion
from django.contrib.auth.models import User

from demo.site import people
from demo.site.accounts import ACCOUNTS
from demo.site.models import StudentState
from demo.site.urls import urlpatterns


def complete(name, block):
    BlockCompletion.objects.submit_completion(User.objects.get(username=name), block.key, 1.0)


@pytest.fixture
def looking(stub, visit):
    """`looking("learner1")`: the author's browser, set to look as that learner, as "learner" or as "staff"."""

    def look(chosen):
        browser = visit("author")
        browser.submit("/course/view-as/", **{"as": chosen, "next": "/course/live-session/"})
        return browser

    return look


def test_first_page_says_who_can_log_in_even_when_the_stand_in_is_away(course, visit, settings):
    settings.DEMO_ZOOM_URL = "http://127.0.0.1:9"
    page = visit().get("/").content.decode()
    for account in ACCOUNTS:
        assert account.email in page
    assert "does not answer" in page


def test_everybody_logs_in_with_the_name_as_password(course, visit):
    for account in ACCOUNTS:
        browser = visit()
        browser.get("/login/")
        answer = browser.submit("/login/", username=account.name, password=account.name, next="/course/")
        assert (answer.status_code, answer["Location"]) == (302, "/course/")
        assert "_auth_user_id" in browser.session


def test_wrong_password_is_refused_in_words(course, visit):
    page = visit().submit("/login/", username="admin", password="wrong")
    assert "do not belong together" in page.content.decode()


def test_quick_log_in_is_for_the_demos_accounts_and_stays_on_the_site(course, visit):
    User.objects.create_superuser("other", "other@example.edu", "other")
    assert visit().submit("/login/as/", name="other").status_code == 404
    answer = visit().submit("/login/as/", name="author", next="https://example.com/")
    assert answer["Location"] == "/"


def test_log_out_needs_a_post(course, visit):
    browser = visit("author")
    browser.submit("/logout/")
    assert "_auth_user_id" not in browser.session


def test_admin_sends_visitors_to_the_sites_own_log_in(course, visit):
    """And forgets what below `/admin/` they wanted, as the platform's does."""
    for address in ("/admin/", "/admin/auth/user/"):
        answer = visit().get(address, follow=True)
        assert answer.redirect_chain[-1][0] == "/login/?next=/admin/"


def test_admin_comes_before_the_plugins_addresses():
    """So a plugin's own address below `admin/` is dead here, as on the platform."""
    order = [str(entry.pattern) for entry in urlpatterns]
    assert order.index("admin/") < order.index("^zoom/")


def test_every_page_has_a_strict_policy(stub, visit):
    browser = visit("admin")
    for path in ("/", "/course/live-session/", "/studio/", f"/studio/xblock/{stub.key}/edit", "/admin/", "/nowhere"):
        policy = browser.get(path)["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe-inline" not in policy


def test_completion_marks_are_read_from_edx_completion(stub, visit):
    page = visit("learner1").get("/course/live-session/").content.decode()
    assert 'data-completion=""' in page
    assert "Not completed yet" in page
    complete("learner1", stub)
    page = visit("learner1").get("/course/live-session/").content.decode()
    assert 'data-completion="1.0"' in page
    assert "Completed" in page
    assert "Not completed yet" in visit("learner2").get("/course/live-session/").content.decode()


def test_jump_to_leads_to_the_unit_of_the_block(stub, visit):
    answer = visit("learner1").get(f"/courses/{stub.key.course_key}/jump_to/{stub.key}")
    assert answer["Location"] == "/course/live-session/#stub"


def test_chromeless_page_may_be_framed_and_shows_one_block_or_the_unit(stub, visit):
    for key in (stub.key, stub.unit.key):
        answer = visit("learner1").get(f"/xblock/{key}")
        assert "X-Frame-Options" not in answer
        assert "student_view of Stub" in answer.content.decode()
    assert visit("learner1").get(f"/xblock/{stub.key.course_key.make_usage_key('stub', 'none')}").status_code == 404


def test_staff_who_look_as_a_learner_have_no_staff_rights(looking, stub):
    user = looking("learner").call(stub, "ping").json()
    assert (user["username"], user["user_is_staff"], user["user_role"]) == ("author", False, "student")


def test_staff_who_look_as_somebody_are_bound_to_her_and_write_nothing(looking, stub, visit):
    visit("learner1").call(stub, "visit")
    browser = looking("learner1")
    assert browser.call(stub, "ping").json()["username"] == "learner1"
    assert browser.call(stub, "visit").json() == {"visits": 2}
    assert browser.call(stub, "visit").json() == {"visits": 3}
    assert StudentState.objects.get().value == 1
    browser.call(stub, "emit", {"type": "completion", "event": {"completion": 1.0}})
    browser.call(stub, "emit", {"type": "grade", "event": {"value": 1, "max_value": 1}})
    assert not BlockCompletion.objects.exists()


def test_marks_are_those_of_the_learner_looked_as(looking, stub):
    complete("learner1", stub)
    assert 'data-completion="1.0"' in looking("learner1").get("/course/live-session/").content.decode()
    assert 'data-completion=""' in looking("learner2").get("/course/live-session/").content.decode()


def test_back_to_staff(looking, stub):
    browser = looking("learner1")
    browser.submit("/course/view-as/", **{"as": "staff"})
    assert browser.call(stub, "ping").json()["user_is_staff"] is True


def test_learner_may_not_look_as_anybody(stub, visit):
    browser = visit("learner1")
    assert browser.submit("/course/view-as/", **{"as": "learner2"}).status_code == 404
    assert "View this course as" not in browser.get("/course/live-session/").content.decode()


def test_whoever_looks_as_a_learner_still_teaches_in_studio(looking, stub):
    browser = looking("learner1")
    assert browser.get("/studio/").status_code == 200
    assert browser.call(stub, "ping", where="studio").json()["username"] == "author"


def test_nobody_looks_as_anybody_outside_a_request(course):
    assert people.masquerade(course) is None
