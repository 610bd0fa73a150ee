from tests.live.moto import moto

__all__ = ["moto"]
