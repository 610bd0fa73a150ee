"""Completion messages: what they say and how they leave the house. What the job did is for others to know."""
