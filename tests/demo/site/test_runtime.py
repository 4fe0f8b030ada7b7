"""Services and fields, runtime by runtime: no kinder than the platform."""

import pytest
from completion.models import BlockCompletion
from django.contrib.auth.models import User
from waffle.models import Switch
from xblock.exceptions import InvalidScopeError

from demo.site.models import Block, CourseRole, Score, StudentState
from demo.site.seed import COMPLETION_SWITCH
from demo.site.tracking import entries

HERE = {
    "lms": {"user", "i18n", "completion", "publish", "enrollments", "settings"},
    "preview": {"user", "i18n", "studio_user_permissions", "settings"},
    "studio": {"user", "i18n", "studio_user_permissions", "settings"},
}


@pytest.mark.parametrize("where", HERE)
def test_services_are_those_of_the_platform(stub, visit, where):
    found = visit("author").call(stub, "services", where=where).json()
    assert {name for name, there in found.items() if there} == HERE[where]


@pytest.mark.parametrize("where", HERE)
def test_undeclared_service_is_refused(stub, visit, where):
    assert visit("author").call(stub, "ask_undeclared", where=where).json() == {"refused": True}


@pytest.mark.parametrize(
    ("name", "where", "staff", "role", "anonymous_id"),
    [
        ("author", "lms", True, "staff", 32),
        ("admin", "lms", True, "instructor", 32),
        ("learner1", "lms", False, "student", 32),
        ("author", "preview", False, "staff", 7),
        ("learner1", "preview", False, "staff", 7),
        ("author", "studio", False, "student", None),
        ("admin", "studio", False, "student", None),
    ],
)
def test_user_service_says_what_the_platform_says(stub, visit, name, where, staff, role, anonymous_id):
    user = visit(name).call(stub, "ping", where=where).json()
    assert (user["user_is_staff"], user["user_role"]) == (staff, role)
    assert (user["username"], user["emails"]) == (name, [f"{name}@example.edu"])
    assert (user["anonymous_user_id"] and len(user["anonymous_user_id"])) == anonymous_id


def test_beta_tester_teaches_nothing(stub, visit, course):
    learner = User.objects.get(username="learner2")
    CourseRole.objects.create(user=learner, course_id=stub.unit.course_id, role=CourseRole.BETA)
    user = visit("learner2").call(stub, "ping").json()
    assert (user["user_is_beta_tester"], user["user_is_staff"], user["user_role"]) == (True, False, "student")
    assert visit("learner2").get("/studio/").status_code == 403


def test_authored_fields_are_read_only_in_the_lms(stub, visit):
    with pytest.raises(InvalidScopeError):
        visit("author").call(stub, "set_minutes", {"minutes": 9})


def test_learners_state_is_kept_per_learner(stub, visit):
    assert visit("learner1").call(stub, "visit").json() == {"visits": 1}
    assert visit("learner1").call(stub, "visit").json() == {"visits": 2}
    assert visit("learner2").call(stub, "visit").json() == {"visits": 1}
    assert StudentState.objects.count() == 2


def test_learners_state_raises_in_studios_editor_and_stays_in_the_session_of_its_preview(stub, visit):
    with pytest.raises(InvalidScopeError):
        visit("author").call(stub, "visit", where="studio")
    assert visit("author").call(stub, "visit", where="preview").json() == {"visits": 1}
    assert not StudentState.objects.exists()


@pytest.mark.parametrize("refuse", [False, True], ids=["answered", "refused"])
def test_authors_change_is_kept_as_draft_whatever_the_handler_answered(stub, visit, refuse):
    answer = visit("author").call(stub, "set_minutes", {"minutes": 9, "refuse": refuse}, where="studio")
    assert answer.status_code == (422 if refuse else 200)
    stub.refresh_from_db()
    assert (stub.draft, stub.published) == ({"minutes": 9}, {"minutes": 7})


def test_strangers_change_in_studio_is_answered_and_lost(stub, visit):
    assert visit("learner1").call(stub, "set_minutes", {"minutes": 9}, where="studio").json() == {"minutes": 9}
    stub.refresh_from_db()
    assert stub.draft == {"minutes": 7}


def test_nothing_authored_is_kept_by_the_preview(stub, visit):
    visit("author").call(stub, "set_minutes", {"minutes": 9}, where="preview")
    stub.refresh_from_db()
    assert stub.draft == {"minutes": 7}


def test_keys_carry_a_branch_in_studio_only(stub, visit):
    author = visit("author")
    assert author.call(stub, "key").json()["key"] == str(stub.key)
    assert "branch@draft-branch" in author.call(stub, "key", where="studio").json()["key"]
    assert "branch@draft-branch" in author.call(stub, "key", where="preview").json()["key"]


def test_completion_is_written_for_the_bound_learner_and_repeats_its_event(stub, visit):
    for _time in range(2):
        visit("learner1").call(stub, "emit", {"type": "completion", "event": {"completion": 1.0}})
    row = BlockCompletion.objects.get()
    assert (row.user.username, row.completion, row.block_key) == ("learner1", 1.0, stub.key)
    names = [entry["event_type"] for entry in entries()]
    assert names.count("edx.completion.block_completion.changed") == 2


def test_completion_is_nowhere_when_the_switch_is_off(stub, visit):
    Switch.objects.update_or_create(name=COMPLETION_SWITCH, defaults={"active": False})
    visit("learner1").call(stub, "emit", {"type": "completion", "event": {"completion": 1.0}})
    assert not BlockCompletion.objects.exists()


@pytest.mark.parametrize("where", ["studio", "preview"])
def test_studio_publishes_no_event(stub, visit, where):
    visit("author").call(stub, "emit", {"type": "completion", "event": {"completion": 1.0}}, where=where)
    assert not BlockCompletion.objects.exists()


def test_grade_ignores_a_foreign_user_id_and_an_equal_one_is_written(stub, visit):
    admin = User.objects.get(username="admin")
    event = {"value": 3, "max_value": 4, "user_id": admin.pk, "only_if_higher": True}
    visit("learner1").call(stub, "emit", {"type": "grade", "event": event})
    visit("learner1").call(stub, "emit", {"type": "grade", "event": {**event, "value": 2}})
    score = Score.objects.get()
    assert (score.user.username, score.earned) == ("learner1", 3)
    before = score.modified
    visit("learner1").call(stub, "emit", {"type": "grade", "event": event})
    score.refresh_from_db()
    assert score.modified > before


def test_unknown_event_goes_to_the_tracking_log(stub, visit):
    visit("learner1").call(stub, "emit", {"type": "zoom.opened", "event": {"n": 1}})
    assert ("zoom.opened", {"n": 1}) in [(entry["event_type"], entry["event"]) for entry in entries()]


def test_wrapper_tells_the_browser_what_the_platforms_tells(stub, visit):
    page = visit("learner1").get(f"/xblock/{stub.key}").content.decode()
    for part in (
        'class="xblock xblock-student_view xblock-student_view-stub"',
        'data-init="StubView"',
        'data-runtime-class="LmsRuntime"',
        'data-course-id="course-v1:DemoX+Zoom+2026"',
        f'data-usage-id="{stub.key}"',
        'type="json/xblock-args"',
        "/xblock/resource/stub/public/stub.js",
        '<base target="_parent">',
    ):
        assert part in page
    assert '"word": "</script>"' not in page


def test_block_row_is_gone_means_not_found(stub, visit):
    Block.objects.all().delete()
    assert visit("learner1").call(stub, "ping").status_code == 404
