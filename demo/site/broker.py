"""
A message broker made of files, so that a fresh machine needs no Redis.

Kombu's own file-system transport gives a message its final name before it is written, and a worker that polls at that
moment reads half of it and dies. Here a message appears under its final name only when it is whole.
"""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps

SCHEME = "folder"


class Channel(filesystem.Channel):
    """Queues in `<folder>/queue`, bindings in `<folder>/control`."""

    @property
    def _folder(self) -> Path:
        return Path(self.transport_options["folder"])

    @property
    def _drafts(self) -> Path:
        (self._folder / "drafts").mkdir(parents=True, exist_ok=True)
        return self._folder / "drafts"

    @property
    def data_folder_in(self) -> str:
        (self._folder / "queue").mkdir(parents=True, exist_ok=True)
        return str(self._folder / "queue")

    @property
    def data_folder_out(self) -> str:
        return self.data_folder_in

    @property
    def processed_folder(self) -> str:
        (self._folder / "taken").mkdir(parents=True, exist_ok=True)
        return str(self._folder / "taken")

    store_processed = False

    @property
    def control_folder(self) -> Path:
        (self._folder / "control").mkdir(parents=True, exist_ok=True)
        return self._folder / "control"

    def _put(self, queue, payload, **kwargs):
        """Write the message aside, then let it appear; names sort by time of sending."""
        name = f"{time.time_ns():020d}_{uuid.uuid4().hex}.{queue}.msg"
        try:
            # In a folder of its own: kombu takes whatever has the queue's name somewhere in the file's.
            draft = self._drafts / name
            draft.write_bytes(str_to_bytes(dumps(payload)))
            os.replace(draft, Path(self.data_folder_out) / name)
        except OSError as error:
            raise ChannelError(f"cannot write to the queue folder: {error}") from error


class Transport(filesystem.Transport):
    """`folder://`, with the transport option `folder`."""

    Channel = Channel
    driver_type = driver_name = SCHEME


TRANSPORT_ALIASES[SCHEME] = "demo.site.broker:Transport"
