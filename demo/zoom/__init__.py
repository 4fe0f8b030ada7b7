"""A stand-in for Zoom: OAuth, API, webhooks, meeting rooms and reports, over HTTP, in a process of its own.

Start it with ``python -m demo.zoom``; in tests use ``demo.zoom.testing.ZoomProcess``. It shares no code with the
product that it helps to test, so that the two check each other. ``demo/zoom/README.md`` documents the control API.
"""
