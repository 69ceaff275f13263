"""The vendor's JSON, turned into a `RecordingResult`. Vendor words live in this folder and nowhere else."""

from timeline.results.reading import read_result
from timeline.results.recording import DeclaredPause, RecordedFile, RecordingResult

__all__ = ["DeclaredPause", "RecordedFile", "RecordingResult", "read_result"]
