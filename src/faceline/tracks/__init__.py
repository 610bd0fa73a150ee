"""Faces linked over time, and what a whole track says about them: the final pass over a video's samples.

    pass 1    `trace`: link, and gather each track's evidence
    pass 2    `FinalPass`: link again, which gives the same tracks, and put the settled values in

Both read the samples once, in order of time, and hold live tracks and one row of numbers per ended track: never the
samples. What they do depends on the samples alone, not on how these were stored or cut.
"""
