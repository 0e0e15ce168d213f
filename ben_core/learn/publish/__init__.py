"""A trained model for others: a Hugging Face folder with its card."""

from .example import Example, example
from .folder import write_folder

__all__ = ["Example", "example", "write_folder"]
