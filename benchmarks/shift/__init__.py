"""A mixed shift: agents, callers, moderators and applicants at once; then each process of the house is killed."""
