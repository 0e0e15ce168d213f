"""Adapt a model to one scene without a human label: pseudo-labels, fine-tuning, and a guard that may refuse.

Read ``run.adapt_scene`` first: each call in it is a module here.
"""
