"""Results: the facts found in a video, and the pages they are given out in. How a face was found is for others."""
