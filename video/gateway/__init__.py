"""The gateway: the queue, the signalling of both pages, and who carries which call.

    app -> sockets -> citizen | agent     what a page asks, as operations of the core
    dispatcher -> apart                   deadlines, offers, invitations, each by itself
    workers -> media_events -> lines      what the media workers tell
    settling (plan in lines)              what must be done so that database and media agree
    pushing (scene -> snapshots)          the whole truth, to every page, after every change

All of it follows from the database and from what the workers say: a gateway that is started anew goes on where the
last one was.
"""
