"""The sync manifest, read back: JSON of `timeline.export.manifest`, or of a stranger, to a `Timeline`."""
