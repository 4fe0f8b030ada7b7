import sys, traceback, pytest, json
from django.db import connection
from django.test import Client
from demo import crowd
from tests.classroom import make_classroom
pytestmark = pytest.mark.django_db(transaction=True)
def test_page(site, settings):
    from django.contrib.auth import get_user_model
    from tests.conftest import COURSE_KEY, make_block
    row = make_block(COURSE_KEY, "roster", required_minutes=30)
    room = make_classroom(row.key, learners=30)
    room.is_counted()
    browser = Client()
    browser.force_login(get_user_model().objects.get(username="author"))
    path = f"/courses/{COURSE_KEY}/xblock/{row.key}/handler/roster"
    for _ in range(2):
        seen = []
        def wrap(execute, sql, params, many, context):
            frames = [f"{f.filename.split('/work/main/')[-1]}:{f.lineno}:{f.name}" for f in traceback.extract_stack() if "/zoom_xblock/" in f.filename or "/demo/site" in f.filename]
            seen.append((sql[:110], frames[-4:]))
            return execute(sql, params, many, context)
        with connection.execute_wrapper(wrap):
            r = browser.post(path, data=json.dumps({"page": 1}), content_type="application/json")
            assert r.status_code == 200, r.content[:300]
    sys.stderr.write(f"\n=== {len(seen)}\n")
    for sql, frames in seen:
        sys.stderr.write(f"{sql}\n      {' < '.join(reversed(frames))}\n")
