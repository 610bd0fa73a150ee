"""Find the packets to begin with for a given time."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain

from faceline.domain.ports import ByteStream
from faceline.media.container import MediaLimits, OpenVideo, open_video
from faceline.media.timing import VideoPacket, clock_of

# How far before its goal a seek may have to land to find a key packet, in seconds, before the file is read from its
# first byte. Transport streams are searched by decode time and land beside the key packet that was meant.
_MARGINS_S = (0, 2, 15, 120)


@contextmanager
def opened_at(
    stream: ByteStream, limits: MediaLimits, goal: int | None
) -> Iterator[tuple[OpenVideo, Iterator[VideoPacket]]]:
    """The video and its packets from a key packet at or before `goal` on, the nearest that a seek finds.

    goal   pts; None, or a goal that no seek reaches: from the file's first packet
    Raises what `open_video` raises.
    """
    if goal is not None:
        with open_video(stream, limits) as video:
            packets = _key_before(video, goal)
            if packets is not None:
                yield video, packets
                return
    with open_video(stream, limits) as video:
        yield video, video.packets()


def _key_before(video: OpenVideo, goal: int) -> Iterator[VideoPacket] | None:
    clock = clock_of(video.container, video.stream)
    for margin in _MARGINS_S:
        if not video.seek(clock.seek_offset(goal - clock.ticks(Fraction(margin)))):
            return None
        packets = video.packets()
        first = next((packet for packet in packets if packet.is_keyframe and not packet.is_discard), None)
        pts = None if first is None else clock.packet_pts(first)
        if first is not None and pts is not None and pts <= goal:
            return chain([first], packets)
    return None
