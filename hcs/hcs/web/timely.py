"""HTTP/1.1 for clients that dawdle: uvicorn bounds the bytes of a request's head, not the time it takes."""

from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from hcs.web.guard import ARRIVAL_S

LAST_BYTES_S = 30
"""How long a client may take what is left of an answer when its connection is to end."""


class Timely(H11Protocol):
    """Closes a connection whose request does not arrive, or whose answer is not taken."""

    def __init__(self, *words: Any, **named: Any) -> None:
        super().__init__(*words, **named)
        self._deadline: Any = None

    def connection_made(self, transport: Any) -> None:
        """Wait for the first request."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take a part of a request."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Look for what came meanwhile."""
        super().on_response_complete()
        self._look()

    def timeout_keep_alive_handler(self) -> None:
        """End a connection that rests, whether or not its last answer is taken."""
        super().timeout_keep_alive_handler()
        self.loop.call_later(LAST_BYTES_S, self.transport.abort)

    def _look(self) -> None:
        """See whether a part of a request is here, of which the rest is to come."""
        state = self.conn.their_state
        if state is h11.SEND_BODY or (state is h11.IDLE and self.conn.trailing_data[0]):
            self._expect()
        else:
            self._arrived()

    def _expect(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(ARRIVAL_S, self.transport.abort)

    def _arrived(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
