"""Bytes of videos and pictures to upright RGB. The only package that knows PyAV."""
