"""Draft and published, as in the split modulestore; through Studio's buttons where there is one."""

import pytest
from django.contrib.auth.models import User

from demo.site import signals
from demo.site.models import Block


@pytest.fixture
def author(course, visit):
    return visit("author")


@pytest.fixture
def heard():
    """The names of the signals that were sent, with what they carried."""
    sent = []
    names = [name for name in vars(signals) if isinstance(getattr(signals, name), signals.Signal)]
    receivers = []
    for name in names:

        def receive(name=name, **facts):
            sent.append((name, facts.get("usage_key") or facts.get("course_key")))

        getattr(signals, name).connect(receive, weak=False)
        receivers.append((name, receive))
    yield sent
    for name, receive in receivers:
        getattr(signals, name).disconnect(receive)


def test_new_component_is_a_draft_that_learners_do_not_see(unit, author, visit):
    author.submit(f"/studio/unit/{unit.key}/add", type="stub")
    block = Block.objects.get()
    assert (block.state, block.draft, block.published) == ("draft", {}, None)
    assert str(block.key).startswith("block-v1:DemoX+Zoom+2026+type@stub+block@")
    assert str(block.key) not in visit("learner1").get("/course/live-session/").content.decode()
    assert visit("learner1").call(block, "ping").status_code == 404
    assert f'data-component="{block.key}"' in author.get("/studio/").content.decode()


def test_publishing_the_unit_shows_it_to_learners(unit, author, visit):
    author.submit(f"/studio/unit/{unit.key}/add", type="stub")
    author.submit(f"/studio/unit/{unit.key}/publish")
    block = Block.objects.get()
    assert block.state == "published"
    assert f'data-component="{block.key}"' in visit("learner1").get("/course/live-session/").content.decode()


def test_learners_keep_the_old_settings_until_the_unit_is_published(stub, author, visit):
    author.call(stub, "set_minutes", {"minutes": 30}, where="studio")
    stub.refresh_from_db()
    assert stub.state == "changed"
    assert "7 minutes" in visit("learner1").get("/course/live-session/").content.decode()
    author.submit(f"/studio/unit/{stub.unit.key}/publish")
    assert "30 minutes" in visit("learner1").get("/course/live-session/").content.decode()


def test_discarding_brings_the_published_settings_back(stub, author):
    author.call(stub, "set_minutes", {"minutes": 30}, where="studio")
    author.submit(f"/studio/unit/{stub.unit.key}/discard")
    stub.refresh_from_db()
    assert (stub.state, stub.draft) == ("published", {"minutes": 7})


def test_deleted_draft_is_still_live_until_the_unit_is_published(stub, author, visit):
    author.submit(f"/studio/xblock/{stub.key}/delete")
    stub.refresh_from_db()
    assert stub.state == "deleted"
    assert f'data-component="{stub.key}"' not in author.get("/studio/").content.decode()
    assert visit("learner1").call(stub, "ping").status_code == 200
    author.submit(f"/studio/unit/{stub.unit.key}/publish")
    assert visit("learner1").call(stub, "ping").status_code == 404
    assert not Block.objects.exists()


def test_discarding_brings_a_deleted_block_back(stub, author):
    author.submit(f"/studio/xblock/{stub.key}/delete")
    author.submit(f"/studio/unit/{stub.unit.key}/discard")
    stub.refresh_from_db()
    assert stub.state == "published"


def test_deleting_or_discarding_what_was_never_published_removes_it(unit, author):
    author.submit(f"/studio/unit/{unit.key}/add", type="stub")
    author.submit(f"/studio/xblock/{Block.objects.get().key}/delete")
    assert not Block.objects.exists()
    author.submit(f"/studio/unit/{unit.key}/add", type="stub")
    author.submit(f"/studio/unit/{unit.key}/discard")
    assert not Block.objects.exists()


def test_duplicate_takes_every_authored_field_with_it_and_stands_behind_its_source(stub, author):
    Block.objects.filter(pk=stub.pk).update(draft={"minutes": 7, "meeting": "123", "group_access": {"1": [2]}})
    author.submit(f"/studio/unit/{stub.unit.key}/add", type="stub")
    author.submit(f"/studio/xblock/{stub.key}/duplicate")
    first, copied, last = stub.unit.blocks.all()
    assert first.key == stub.key
    assert copied.draft == {
        "minutes": 7,
        "meeting": "123",
        "group_access": {"1": [2]},
        "display_name": "Duplicate of 'Stub'",
    }
    assert (copied.published, last.draft) == (None, {})


def test_hook_after_duplicating_may_change_the_copy(stub, author, monkeypatch):
    from tests.demo.site.stub import StubBlock

    def forget_meeting(self, store, source_item):
        assert source_item.minutes == self.minutes == 7
        self.meeting = None
        self.minutes = 8
        return False

    monkeypatch.setattr(StubBlock, "studio_post_duplicate", forget_meeting, raising=False)
    author.submit(f"/studio/xblock/{stub.key}/duplicate")
    assert stub.unit.blocks.last().draft["minutes"] == 8


@pytest.mark.django_db(transaction=True)
def test_signals_tell_what_the_platform_tells(stub, author, heard):
    unit, course_key = stub.unit.key, stub.key.course_key
    author.call(stub, "ping", where="studio")
    assert heard == [("block_updated", stub.key)]
    heard.clear()
    author.submit(f"/studio/xblock/{stub.key}/delete")
    assert heard == [("block_deleted", stub.key)]
    heard.clear()
    author.submit(f"/studio/unit/{unit}/discard")
    assert heard == []
    author.submit(f"/studio/unit/{unit}/publish")
    assert heard == [("unit_published", unit), ("course_published", course_key)]


@pytest.mark.parametrize("name", ["learner1", "stranger"])
def test_studio_is_for_authors(stub, visit, name):
    User.objects.create_user("stranger", "stranger@example.edu", "stranger")
    browser = visit(name)
    unit, block = f"/studio/unit/{stub.unit.key}", f"/studio/xblock/{stub.key}"
    assert browser.get("/studio/").status_code == 403
    assert browser.get(f"{block}/edit").status_code == 403
    for path in (f"{unit}/add", f"{unit}/publish", f"{unit}/discard", f"{block}/duplicate", f"{block}/delete"):
        assert browser.submit(path).status_code == 403
    stub.refresh_from_db()
    assert stub.state == "published"


def test_editor_shows_the_draft_in_studios_runtime(stub, author):
    page = author.get(f"/studio/xblock/{stub.key}/edit").content.decode()
    assert "studio_view of Stub, 7 minutes" in page
    assert 'data-runtime-class="StudioRuntime"' in page
    assert "data-course-id" not in page


def test_outline_shows_author_views_in_the_preview_runtime(stub, author):
    page = author.get("/studio/").content.decode()
    assert "author_view of Stub" in page
    assert 'data-runtime-class="PreviewRuntime"' in page


def test_unknown_type_cannot_be_added(unit, author):
    assert author.submit(f"/studio/unit/{unit.key}/add", type="no-such-type").status_code == 404
