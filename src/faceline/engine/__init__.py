"""Joins media, vision, jobs and results: runs the work of jobs, answers pictures, analyses files without a server."""
