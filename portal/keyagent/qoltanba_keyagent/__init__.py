"""The key agent: makes, keeps and uses keys on the citizen's own computer (R6).

It stands alone: nothing of the authority's program is imported here, and nothing there imports this.
`listener` and `app` are its door, `conversation` and `pages` ask the person, `published` and `enrolment` are what
sites may ask for, `keys`, `waiting` and `passwords` are the rules of keys in files.
"""

__version__ = "0.1.0"
