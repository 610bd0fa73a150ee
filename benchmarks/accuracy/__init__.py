"""How right faceline is: measured over labelled test material, end to end, one command per task."""
