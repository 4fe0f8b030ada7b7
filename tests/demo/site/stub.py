"""A block with one of everything, to ask a runtime what it allows."""

from django.db import connection
from web_fragments.fragment import Fragment
from webob import Response
from xblock.completable import CompletableXBlockMixin
from xblock.core import XBlock
from xblock.exceptions import JsonHandlerError, NoSuchServiceError
from xblock.fields import Integer, Scope, String

SERVICES = ["user", "i18n", "completion", "publish", "enrollments", "studio_user_permissions", "settings", "mako"]


@XBlock.needs("i18n")
@XBlock.wants("user", "completion", "publish", "enrollments", "studio_user_permissions", "settings", "mako")
class StubBlock(CompletableXBlockMixin, XBlock):
    """Its handlers answer what a test wants to know."""

    has_author_view = True
    resources_dir = "assets"

    display_name = String(default="Stub", scope=Scope.settings)
    minutes = Integer(default=5, scope=Scope.settings)
    meeting = String(default=None, scope=Scope.settings)
    visits = Integer(default=0, scope=Scope.user_state)

    def _view(self, name):
        fragment = Fragment(
            f"<p>{name} of {self.display_name}, {self.minutes} minutes</p><output data-out></output>"
            "<button data-post='1'>Post</button>"
            """<button data-notify="save" data-with='{"state": "start"}'>Start</button>"""
            """<button data-notify="save" data-with='{"state": "end"}'>End</button>"""
            "<button data-notify='cancel'>Cancel</button>"
            """<button data-notify="error" data-with='{"title": "Not saved", "message": "It is away"}'>Fail</button>"""
            """<button data-notify="error" data-with='{"message": "It is away"}'>Fail badly</button>"""
        )
        fragment.add_javascript_url(self.runtime.local_resource_url(self, "public/stub.js"))
        fragment.initialize_js("StubView", {"word": "</script>"})
        return fragment

    def student_view(self, _context=None):
        return self._view("student_view")

    def author_view(self, _context=None):
        return self._view("author_view")

    def studio_view(self, _context=None):
        return self._view("studio_view")

    @XBlock.json_handler
    def ping(self, _data, _suffix=""):
        """Who is asking?"""
        service = self.runtime.service(self, "user")
        user = service.get_current_user()
        return {"emails": user.emails, **{name.split(".")[1]: value for name, value in user.opt_attrs.items()}}

    @XBlock.handler
    def look(self, request, suffix=""):
        """What a GET may reach."""
        user = self.runtime.service(self, "user").get_current_user()
        body = f"{user.opt_attrs['edx-platform.is_authenticated']} {suffix}"
        return Response(body, content_type="text/plain")

    @XBlock.json_handler
    def services(self, _data, _suffix=""):
        """Which services are here?"""
        return {name: self.runtime.service(self, name) is not None for name in SERVICES}

    @XBlock.json_handler
    def ask_undeclared(self, _data, _suffix=""):
        """A service that was never declared."""
        try:
            self.runtime.service(self, "bookmarks")
        except NoSuchServiceError:
            return {"refused": True}
        return {"refused": False}

    @XBlock.json_handler
    def set_minutes(self, data, _suffix=""):
        """Write an author's field."""
        self.minutes = data["minutes"]
        self.save()
        if data.get("refuse"):
            raise JsonHandlerError(422, "no")
        return {"minutes": self.minutes}

    @XBlock.json_handler
    def visit(self, _data, _suffix=""):
        """Write a learner's field."""
        self.visits += 1
        return {"visits": self.visits}

    @XBlock.json_handler
    def emit(self, data, _suffix=""):
        """Publish an event."""
        self.runtime.publish(self, data["type"], data["event"])
        return {}

    @XBlock.json_handler
    def in_transaction(self, _data, _suffix=""):
        """Is this handler one transaction?"""
        return {"in_transaction": connection.in_atomic_block}

    @XBlock.json_handler
    def key(self, _data, _suffix=""):
        """The key under which the block knows itself."""
        return {"key": str(self.usage_key)}


class EarlyBlock(StubBlock):
    """A block that calls its own time `start`."""

    start = String(default=None, scope=Scope.settings)
