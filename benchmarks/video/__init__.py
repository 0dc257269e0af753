"""The media engines under the same load, in one run: `qoltanba bench video`."""
