"""Settings of Hypothesis for the tests of this folder: a busy machine is no failure, so no deadline for an example."""

from hypothesis import settings

settings.register_profile("faceline", deadline=None, max_examples=60)
settings.load_profile("faceline")
