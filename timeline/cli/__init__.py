"""The command line: a command parses, calls one public function, and prints."""

from timeline.cli.app import main

__all__ = ["main"]
