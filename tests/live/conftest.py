from tests.live.fixtures import buckets, live, receiver, undisturbed

__all__ = ["buckets", "live", "receiver", "undisturbed"]
