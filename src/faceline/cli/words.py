"""Facts in words, for more than one command."""

from faceline.domain.video import VideoFacts
from faceline.domain.weights import WeightsProfile
from faceline.wire.faces import APPEARANCE_MEMBERS


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


LEFT_OUT_BECAUSE = "the weights that tell them were trained on pictures published for research"


def left_out(profile: WeightsProfile) -> tuple[str, ...]:
    """Members of a face that an installation with that profile does not answer, for `LEFT_OUT_BECAUSE`."""
    return APPEARANCE_MEMBERS if profile is WeightsProfile.PERMISSIVE else ()


def left_out_words(profile: WeightsProfile) -> str:
    """The same as one line."""
    return f"weights profile {profile.value}: {', '.join(left_out(profile))} are left out, as {LEFT_OUT_BECAUSE}"
