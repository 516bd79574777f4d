"""A running server, as the API is handed it: how it is, and its channels read again."""

import os
import time

from streaming.rtp.fanout import Fanout
from streaming.rtp.selfcheck import Way
from vrlive import __version__
from vrlive.api.models import FanoutState, ReloadReport, ServerState
from vrlive.api.totals import histogram_state, process_state
from vrlive.clock import now_s
from vrlive.lineup import Lineup
from vrlive.service import Service

STUCK_S = 5.0  # a fan-out thread that has not turned for so long will not


class Station:
    """Delivery as a whole.

    Parameters
    ----------
    lineup, fanout, way
        Its channels, who sends, and how.
    service
        Who is told of reloads.
    """

    def __init__(self, lineup: Lineup, fanout: Fanout, way: Way, service: Service) -> None:
        self._lineup, self._fanout, self._way, self._service = lineup, fanout, way, service
        self._began_s = now_s()

    def state(self) -> ServerState:
        """How it is now."""
        rounds = self._fanout.rounds
        return ServerState(
            version=__version__,
            pid=os.getpid(),
            uptime_s=now_s() - self._began_s,
            viewers=sum(broadcast.hub.viewers for broadcast in self._lineup.values()),
            process=process_state(os.getpid()),
            fanout=FanoutState(
                way="fast" if self._way.fast else "portable",
                words=self._way.words,
                rounds={"fast": histogram_state(rounds["fast"]), "portable": histogram_state(rounds["portable"])},
            ),
            reloads=self._lineup.reloads,
            channels=list(self._lineup),
            now_unix_s=time.time(),
        )

    def alive(self) -> bool:
        """Whether viewers are sent to; who asks lives, or nobody would."""
        return self._fanout.alive(STUCK_S)

    async def reload(self) -> ReloadReport:
        """Read the channels' files again; see `Lineup.reload`."""
        self._service.reloading()
        try:
            return await self._lineup.reload()
        finally:
            self._service.ready()
