"""The owner's own place (F8): sessions, signing in with the key, what is theirs, and who looked at it."""
