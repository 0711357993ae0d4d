"""When a request may be sent again, and after what pause. Both clients ask this; neither decides by itself."""

from __future__ import annotations

from typing import Optional

from ._problem import SamplerProblem, UnreadableReply

#: Longest wait that a Retry-After may ask for, in seconds.
RETRY_AFTER_S_MAX = 30.0
#: Pause before a second try to connect; each further one waits four times as long.
PAUSE_S = 0.1
#: Problems that say that nothing was drawn.
_NOT_BEGUN = ("overloaded", "shutting_down")


class Attempts:
    """The attempts at one request. ``repeatable``: sent twice it gives the same bytes."""

    def __init__(self, retries: int, repeatable: bool) -> None:
        self._left = retries
        self._repeatable = repeatable
        self._reopened = False
        self._pause_s = PAUSE_S

    def pause_after(self, error: Exception, *, kept: bool, sent: bool) -> Optional[float]:
        """Seconds to wait before the next attempt; None when there is to be none.

        ``kept``: the attempt went over a connection of an earlier call, which a proxy or a service that was restarted
        may have closed since. It is opened again once without counting. ``sent``: the request may have arrived.
        """
        if isinstance(error, SamplerProblem):
            if error.status != 503 or error.retry_after_s is None:
                return None
            if not self._repeatable and error.code not in _NOT_BEGUN:
                return None
            return self._counted(min(error.retry_after_s, RETRY_AFTER_S_MAX))
        if not isinstance(error, ConnectionError) or isinstance(error, UnreadableReply):
            return None
        if sent and not self._repeatable:
            return None
        if kept and not self._reopened:
            self._reopened = True
            return 0.0
        pause_s, self._pause_s = self._pause_s, self._pause_s * 4
        return self._counted(pause_s)

    def _counted(self, pause_s: float) -> Optional[float]:
        if self._left <= 0:
            return None
        self._left -= 1
        return pause_s
