"""RGB pictures in, faces out. Knows arrays and weights; nothing of video files, jobs or HTTP."""
