"""The middle of a run: what a job amounts to, who answers which cell, strip by strip, and the whole grid of it."""
