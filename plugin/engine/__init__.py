"""The engine's environment (find, make, remove) and its process (start, events, cancel)."""
