"""The calls: their media, their signalling, and what a machine sees in their pictures. Knows the core only."""
