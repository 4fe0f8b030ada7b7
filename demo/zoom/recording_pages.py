"""Where a recording's addresses lead: a page to play, and downloads that want a bearer token and redirect."""

from flask import Blueprint, Response, g, redirect, render_template, request

from . import recordings
from .clock import spoken
from .errors import ZoomError

blueprint = Blueprint("recording_pages", __name__, url_prefix="/rec")
_TYPES = {"MP4": "video/mp4", "M4A": "audio/mp4", "TXT": "text/plain", "VTT": "text/vtt", "JSON": "application/json"}


def _found(key):
    for one in g.world.recordings.values():
        if one.deleted_at or one.trashed_at:
            continue
        if one.share_key == key or any(file["key"] == key for file in one.files):
            return one
    return None


@blueprint.route("/play/<key>", methods=["GET", "POST"])
@blueprint.route("/share/<key>", methods=["GET", "POST"])
def play(key):
    """A recording; ``?pwd=<recording_play_passcode>`` skips the passcode."""
    with g.world.lock:
        one = _found(key)
        if one is None:
            return render_template("sorry.html", title="There is no such recording", text="It was deleted."), 404
        meeting = g.world.meetings[one.number]
        opened = request.args.get("pwd") == one.play_code or request.form.get("passcode") == one.passcode
        return render_template(
            "recording.html",
            meeting=meeting,
            opened=opened,
            tried=request.method == "POST",
            start=spoken(one.started_at),
            minutes=-(-int(one.ended_at - one.started_at) // 60),
        )


@blueprint.get("/download/<key>")
@blueprint.get("/webhook_download/<key>")
def download(key):
    """Redirect to the file; 401 without a token in the header."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    with g.world.lock:
        allowed = recordings.may_download(g.world, key, token.strip()) if scheme.lower() == "bearer" else None
        if allowed is None:
            return ZoomError(401, 124, "Invalid access token.").body(), 401
        pass_key = g.world.ids.secret(24)
        g.world.download_tokens[pass_key] = {"uuid": allowed[0].uuid, "expires_at": g.world.now() + 60}
    return redirect(f"{g.world.base_url}/rec/file/{key}?access={pass_key}", 302)


@blueprint.get("/file/<key>")
def file(key):
    """A small file in place of the real one."""
    with g.world.lock:
        allowed = recordings.may_download(g.world, key, request.args.get("access", ""))
        if allowed is None:
            return {"code": 3301, "message": "There is no recording for this meeting."}, 404
        kind = allowed[1]["file_extension"]
    return Response(f"stand-in {kind} file\n".encode() * 8, content_type=_TYPES.get(kind, "application/octet-stream"))
