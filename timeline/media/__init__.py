"""From a clip to a local file with known facts. Importing this folder needs no extra package."""
