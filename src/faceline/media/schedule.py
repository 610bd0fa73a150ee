"""Which packets must be decoded for the samples, found from the packets' times alone.

Packets are held back until it is certain which frame follows theirs in time; then those whose frame is a sample are
marked, and key packets before which the decoder can forget everything are told apart from those whose leading
pictures (after them in decode order, before them in time: an open GOP) are samples.
"""

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from faceline.media.timing import Clock, Grid, VideoPacket

# H.264 and HEVC let at most 16 frames precede a frame in decode order and follow it in time. Once 17 later times are
# known, no unread packet can still come between.
REORDER_DEPTH = 17

# Far above any lawful reordering (the longest mini-GOPs have 64 frames): more means that the times are garbage.
MAX_PENDING = 600

# Times kept for look-up before the old ones are dropped.
_KNOWN_TIMES = 256


class IrregularTimes(Exception):  # noqa: N818 - a finding, not an error of the program
    """The packets' times do not say which frames will come out: everything has to be decoded to know."""


@dataclass(slots=True)
class Scheduled:
    """One packet of the plan, in decode order.

    wanted   its frame is a sample
    hidden   an edit list hides its frame, which later ones may still need
    restart  a key packet, and nothing before it is needed by any sample that is still to come
    """

    packet: VideoPacket
    pts: int
    key: bool
    hidden: bool
    wanted: bool = False
    restart: bool = False


class Schedule:
    """Marks the packets of one span. `depth` is 1 for codecs that do not reorder, else `REORDER_DEPTH`."""

    def __init__(self, clock: Clock, grid: Grid, depth: int, fallback_ticks: int) -> None:
        self._clock = clock
        self._grid = grid
        self._depth = depth
        self._fallback_ticks = fallback_ticks
        self._pending: deque[Scheduled] = deque()
        self._times: list[int] = []
        self._last_ticks = 0

    def marked(self, packets: Iterable[VideoPacket]) -> Iterator[Scheduled]:
        """The packets in decode order with their marks, up to where no sample of the span can follow.

        Raises IrregularTimes when times are missing, double or senseless, or the demuxer knows a packet to be damaged.
        """
        for packet in packets:
            self._push(packet)
            while self._pending and self._settled(self._pending[0]):
                yield self._pop()
            if self._beyond_span():
                break
        else:
            self._close()
        while self._pending:
            yield self._pop()

    def _push(self, packet: VideoPacket) -> None:
        hidden = packet.is_discard
        pts = self._clock.packet_pts(packet)
        if pts is None or packet.is_corrupt or len(self._pending) >= MAX_PENDING:
            raise IrregularTimes
        self._pending.append(Scheduled(packet, pts, packet.is_keyframe, hidden))
        if hidden:
            return
        place = bisect_left(self._times, pts)
        if place < len(self._times):
            # without reordering a time that goes back is as senseless as one that comes twice
            if self._times[place] == pts or self._depth == 1:
                raise IrregularTimes
        else:
            self._last_ticks = self._clock.packet_ticks(packet)
        insort(self._times, pts)
        self._forget()

    def _forget(self) -> None:
        if len(self._times) > _KNOWN_TIMES + len(self._pending):
            oldest = min((item.pts for item in self._pending if not item.hidden), default=self._times[-1])
            del self._times[: bisect_left(self._times, oldest)]

    def _later(self, pts: int) -> int:
        return len(self._times) - bisect_right(self._times, pts)

    def _settled(self, item: Scheduled) -> bool:
        return item.hidden or self._later(item.pts) >= self._depth

    def _beyond_span(self) -> bool:
        end = self._grid.end_tick
        return end is not None and len(self._times) - bisect_left(self._times, end) >= self._depth

    def _close(self) -> None:
        """The last frame is followed by the end of its own duration."""
        if self._times:
            self._times.append(self._times[-1] + (self._last_ticks or self._fallback_ticks))

    def _pop(self) -> Scheduled:
        item = self._pending.popleft()
        item.wanted = self._is_wanted(item)
        if item.key and not item.hidden:
            item.restart = not any(later.pts < item.pts and self._is_wanted(later) for later in self._pending)
        return item

    def _is_wanted(self, item: Scheduled) -> bool:
        if item.hidden:
            return False
        place = bisect_right(self._times, item.pts)
        return place < len(self._times) and self._grid.takes(item.pts, self._times[place])
