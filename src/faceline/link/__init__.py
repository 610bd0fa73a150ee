"""Carry a picture to the picture process and its faces back, over a Unix socket."""
