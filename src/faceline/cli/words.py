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


def unanswered_words(profile: WeightsProfile) -> str:
    """What an installation with that profile cannot say of a face, and why; empty when it can say everything."""
    if profile is WeightsProfile.RESEARCH:
        return ""
    return (
        f"weights profile {profile.value}: {', '.join(APPEARANCE_MEMBERS)} are left out, "
        "since the weights that tell them were trained on pictures published for research"
    )
