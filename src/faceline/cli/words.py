"""Facts in words, for more than one command."""

from faceline.domain.video import VideoFacts


def video_words(facts: VideoFacts) -> str:
    """Codec, container, size, rate and length of a video."""
    return (
        f"{facts.codec} in {facts.container_format}, {facts.width} x {facts.height} px, "
        f"{facts.frame_rate:.2f} frames/s, {facts.duration_ms / 1000:.2f} s"
    )


def faces_words(count: int) -> str:
    """A number of faces."""
    return {0: "no face", 1: "1 face"}.get(count, f"{count} faces")


def tracks_words(count: int) -> str:
    """A number of tracks, to be put behind a number of faces."""
    return {0: "", 1: ", 1 track"}.get(count, f", {count} tracks")
