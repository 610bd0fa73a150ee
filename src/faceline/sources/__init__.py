"""Where the bytes of videos and pictures come from: folders and S3 of any make, behind one port."""
