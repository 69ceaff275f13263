"""Every exception of this library, as one tree.

::

    TimelineError
    ├── ResultError (ValueError)            the input is not a usable recording result
    │   ├── ResultFileError (OSError)       it cannot be opened or read
    │   ├── ResultFormatError               not JSON, or not a result; .code and .pointer say what and where
    │   │   └── ManifestError               a sync manifest that cannot be read back
    │   ├── ResultNotReadyError             the recording has started or is still running
    │   └── RecordingFailedError            the service reports a failure; .error_code and .advice
    ├── RosterError (ValueError)            the roster cannot be read
    ├── JournalError (ValueError)           the journal cannot be read
    ├── ParameterError (ValueError)         an argument or option that cannot be used
    ├── MissingExtraError (ImportError)     a package that this action needs is not installed
    ├── OutputExistsError (FileExistsError) the output is there already
    ├── OutputHeldError                     another run is making the output
    ├── DiskError (OSError)                 the output cannot be written
    ├── MediaError
    │   ├── MediaNotFoundError (FileNotFoundError)   no file of the lesson can be had
    │   ├── FetchError (ConnectionError)             a file cannot be downloaded; .code and .reason
    │   └── MediaUnreadableError (ValueError)        a file is not usable media; .reason in a few words
    ├── ServiceError (RuntimeError)         a call to the recording service; .error_code, .random
    │   ├── TaskStateError                  it does not fit the task's state; nothing was sent
    │   ├── ServiceRefusedError (ValueError)         account, key or parameter is wrong: 2000x, 4000x
    │   │   ├── SignatureExpiredError                20001, though it was signed anew
    │   │   ├── TaskUnknownError                     20005
    │   │   ├── TaskEndedError                       20011
    │   │   └── RecordUserTakenError                 20013
    │   ├── ServiceInternalError            2009x and 49999, after several tries
    │   ├── ServiceUnreachableError (ConnectionError)   no answer in time
    │   └── ServiceAnswerError              the answer is not what the guide describes
    └── RenderError (RuntimeError)
        ├── FFmpegNotFoundError             no ffmpeg; says how to get one
        ├── FFmpegFailedError               ffmpeg stopped; .command and .stderr_tail
        └── OutputVerificationError         the encoded file is not what the plan asked for

Messages are lower case and say what was found, where, and what to do. Odd data is no exception:
see `timeline.findings`.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence


class TimelineError(Exception):
    """Base of all errors of this library."""


class ResultError(TimelineError, ValueError):
    """The input is not a usable recording result."""


class ResultFileError(ResultError, OSError):
    """The result cannot be opened or read."""


class ResultFormatError(ResultError):
    """The input is not JSON, or not a recording result.

    Attributes:
        code: A short name of the reason, for programs.
        pointer: Where, as a JSON pointer; empty for the whole document.
    """

    def __init__(self, message: str, *, code: str, pointer: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.pointer = pointer


class ManifestError(ResultFormatError):
    """The input should be a sync manifest and cannot be read back into a timeline."""


class ResultNotReadyError(ResultError):
    """The recording has only started, or is not finished yet."""


class RecordingFailedError(ResultError):
    """The recording service reports a failure.

    Attributes:
        error_code: The service's number, or the name that its successor uses.
        advice: What the service's documentation says to do about it, or an empty string.
    """

    def __init__(self, message: str, *, error_code: int | str, advice: str) -> None:
        super().__init__(message)
        self.error_code = error_code
        self.advice = advice


class RosterError(TimelineError, ValueError):
    """The roster cannot be read."""


class JournalError(TimelineError, ValueError):
    """The journal cannot be read."""


class ParameterError(TimelineError, ValueError):
    """An argument or option cannot be used."""


class MissingExtraError(TimelineError, ImportError):
    """A package that this action needs is not installed."""


class OutputExistsError(TimelineError, FileExistsError):
    """The output is there already and was not to be replaced."""


class OutputHeldError(TimelineError):
    """Another run is making the output at this moment."""


class DiskError(TimelineError, OSError):
    """The output cannot be written; .errno says why, for programs."""

    def __init__(self, message: str, *, errno: int | None = None) -> None:
        super().__init__(message)
        self.errno = errno


class MediaError(TimelineError):
    """Something is wrong with the media files of a lesson."""


class MediaNotFoundError(MediaError, FileNotFoundError):
    """No media file of the lesson can be had."""


class FetchError(MediaError, ConnectionError):
    """A file cannot be downloaded.

    Attributes:
        code: A short name of the reason, for programs.
        reason: Why, in a few words that fit on a slate.
    """

    def __init__(self, message: str, *, code: str, reason: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason


class MediaUnreadableError(MediaError, ValueError):
    """A file is not usable media.

    Attributes:
        reason: Why, in a few words that fit on a slate.
    """

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class ServiceError(TimelineError, RuntimeError):
    """A call to the recording service did not succeed.

    Attributes:
        error_code: The service's number, or the name that its successor uses; None where there is none.
        random: The number of the last request, which the service's support asks for; None if none was sent.
        is_uncertain: Whether the service may have done what was asked all the same.
    """

    def __init__(
        self,
        message: str,
        *,
        error_code: int | str | None = None,
        random: int | None = None,
        is_uncertain: bool = False,
    ) -> None:
        super().__init__(message)
        self.error_code = error_code
        self.random = random
        self.is_uncertain = is_uncertain


class TaskStateError(ServiceError):
    """The call does not fit the state of the task, so it was not sent.

    Attributes:
        state: The state of the task as far as it is known here.
    """

    def __init__(self, message: str, *, state: str) -> None:
        super().__init__(message)
        self.state = state


class ServiceRefusedError(ServiceError, ValueError):
    """The service refuses the call for a reason that lies with the caller."""


class SignatureExpiredError(ServiceRefusedError):
    """The signature counts as expired although it was made anew: the clocks differ."""


class TaskUnknownError(ServiceRefusedError):
    """The service knows no such task."""


class TaskEndedError(ServiceRefusedError):
    """The task had ended before the call came."""


class RecordUserTakenError(ServiceRefusedError):
    """The recording user is in a room already; start again with another one."""


class ServiceInternalError(ServiceError):
    """The service failed at its own work, several times."""


class ServiceUnreachableError(ServiceError, ConnectionError):
    """No answer came in time."""


class ServiceAnswerError(ServiceError):
    """The service answered something that the guide does not describe."""


class RenderError(TimelineError, RuntimeError):
    """A video could not be made."""


class FFmpegNotFoundError(RenderError):
    """No ffmpeg can be found."""


class FFmpegFailedError(RenderError):
    """Ffmpeg stopped with an error.

    Attributes:
        command: The arguments it was run with.
        stderr_tail: Its last lines.
    """

    def __init__(self, reason: str, *, command: Sequence[str], stderr_tail: str) -> None:
        said = " | ".join(stderr_tail.strip().splitlines()) or "it said nothing"
        super().__init__(f"{reason}: {said}")
        self.command = tuple(command)
        self.stderr_tail = stderr_tail

    @property
    def pasteable(self) -> str:
        """The command as one line for a shell."""
        return shlex.join(self.command)


class OutputVerificationError(RenderError):
    """The encoded file is not what the plan asked for, so it was not published."""
