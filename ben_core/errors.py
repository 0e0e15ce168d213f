"""What can go wrong, in words: one sentence (what, where), one remedy, one exit code.

Standard library only, Python 3.9 syntax: QGIS imports this module too.
"""

EXIT_DONE = 0
EXIT_BUG = 1
EXIT_JOB = 2
EXIT_DATA = 3
EXIT_CANCELLED = 4


class BenError(Exception):
    """An error that a user can act upon.

    ``message`` says what and where in one sentence, ``hint`` what to do about it, ``code`` is
    a stable word for machines.
    """

    exit_code = EXIT_BUG

    def __init__(self, message: str, hint: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or type(self).__name__

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


def reason(error: BaseException) -> str:
    """What an exception says, to stand in a sentence: of the system's errors neither number nor path."""
    text = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return " ".join(text.split()).rstrip(".")


class JobError(BenError):
    """The job is wrong: an option, a missing extra, a device that is not there. Exit code 2."""

    exit_code = EXIT_JOB


class ModelError(JobError):
    """The model cannot serve: card, weights or runtime do not fit. Exit code 2."""


class OutputError(JobError):
    """The output cannot be written: it exists, or the folder is read-only. Exit code 2."""


class DataError(BenError):
    """The data is wrong: the scene, a file of it, its metadata, an area file. Exit code 3."""

    exit_code = EXIT_DATA


class StorageError(DataError):
    """The disk is full or failed while writing; what is finished is kept. Exit code 3."""


class Cancelled(BenError):
    """The user stopped the run; run the same command again to resume. Exit code 4."""

    exit_code = EXIT_CANCELLED
