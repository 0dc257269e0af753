"""One media worker: peer connections of both parties, what they send each other, recording, stills.

    app -> relay -> leg -> (tracks out, seams in) -> recorder -> evidence

A worker knows calls by number and parties by role. It knows no person, opens no database and decides nothing:
the gateway orders, the worker does and tells (`engine.Event`).
"""
