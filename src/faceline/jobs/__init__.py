"""Jobs: what may follow what, and who may work on which piece. What is found in a video is for others to know."""
