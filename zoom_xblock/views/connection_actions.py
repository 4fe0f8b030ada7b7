"""
What the buttons of the connection page do. Each is a POST, calls one verb, and ends on the page with a sentence.

None of these forms carries a secret. They run outside a transaction: some verbs ask Zoom.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
    QueryDict,
)
from django.utils.translation import gettext as _

from zoom_xblock.screens import connection_answers as answers
from zoom_xblock.services import connections, hosts, inbox, self_test
from zoom_xblock.services.errors import InvalidWishes, ServiceError
from zoom_xblock.views import banners, site


@transaction.non_atomic_requests
def act(request: HttpRequest, action: str) -> HttpResponse:
    """One of the actions below."""
    site.require_admin(request)
    if action not in ACTIONS:
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    return ACTIONS[action](request)


def _connect(request: HttpRequest) -> HttpResponse:
    """A server-to-server app needs no consent."""
    return _connecting(request, lambda: connections.connect_server(user_id=request.user.pk))


def _change(request: HttpRequest) -> HttpResponse:
    """Go over to the other account."""
    return _connecting(request, lambda: connections.confirm_other_account(user_id=request.user.pk))


def _connecting(request: HttpRequest, verb: Callable[[], connections.Connected]) -> HttpResponse:
    try:
        banners.connected(request, verb())
    except ServiceError as error:
        banners.refused(request, error)
    return _back()


def _keep(request: HttpRequest) -> HttpResponse:
    """Stay with the present account."""
    connections.drop_other_account()
    messages.success(request, _("The other account was forgotten; nothing has changed."))
    return _back()


def _disconnect(request: HttpRequest) -> HttpResponse:
    """Refused while sessions are to come, unless she knows it."""
    try:
        connections.disconnect(knowingly=request.POST.get("knowingly") == "yes")
    except connections.SessionsDepend as error:
        messages.error(request, answers.depend(len(error.sessions)))
        return HttpResponseRedirect(f"{site.connection_address()}?leaving=1#zoom-removal")
    messages.success(request, _("Disconnected from Zoom."))
    return _back()


def _test(request: HttpRequest) -> HttpResponse:
    """*Test the connection*: the job does it; the page asks how far it is."""
    test_id = self_test.begin(user_id=request.user.pk)
    if request.content_type == "application/json":
        return JsonResponse({"id": test_id}, status=202)
    return _back(fragment="zoom-test")


def _hosts(request: HttpRequest) -> HttpResponse:
    """*Refresh* the list of hosts."""
    try:
        hosts.ask_refresh()
    except ServiceError as error:
        banners.refused(request, error)
    else:
        messages.success(request, _("Zoom is being asked for its users. Reload this page in a moment."))
    return _back("hosts")


def _policy(request: HttpRequest) -> HttpResponse:
    """Who may be chosen as host."""
    try:
        hosts.set_policy(policy=request.POST.get("policy", ""), allowed=request.POST.get("allowed", "")[:500_000])
    except InvalidWishes as error:
        banners.refused(request, error)
    else:
        messages.success(request, _("Saved."))
    return _back("hosts")


def _again(request: HttpRequest) -> HttpResponse:
    """*Process again*."""
    delivery_id = request.POST.get("delivery", "")
    if not delivery_id.isdecimal() or len(delivery_id) > 18:
        raise Http404
    inbox.process_again(int(delivery_id))
    messages.success(request, _("The delivery is being processed again."))
    # Back to the same page of the same filter: of what the form says only these three are taken.
    shown = QueryDict(request.POST.get("back", "")[:500].removeprefix("?"))
    query = urlencode({name: shown[name] for name in ("state", "event", "page") if name in shown})
    return _back("deliveries", query=query)


def _back(part: str = "", *, query: str = "", fragment: str = "") -> HttpResponse:
    """To the page that the button stands on."""
    address = site.connection_address("settings_part", part) if part else site.connection_address()
    address += f"?{query}" if query else ""
    return HttpResponseRedirect(address + (f"#{fragment}" if fragment else ""))


ACTIONS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "connect": _connect,
    "change": _change,
    "keep": _keep,
    "test": _test,
    "hosts": _hosts,
    "policy": _policy,
    "disconnect": _disconnect,
    "again": _again,
}
