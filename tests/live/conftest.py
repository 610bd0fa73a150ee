from tests.live.fixtures import buckets, live, receiver

__all__ = ["buckets", "live", "receiver"]
