"""Every event that the core writes: whoever searches the audit log, or watches it from outside, relies on the names.

The fakes accept no other. A new operation adds its event here; a renamed one would be lost to every search.
"""

# What stands after the object's name: the act and how it ended.
_ACTS = {
    "application": """
        agree:done confirm_renewal:done end_untaken:done expire:done give_up:done new_photo:done pass_review:done
        prove_again:done reject:done start:done submit:done withdraw:done
    """,
    "bmg": "enter:done",
    "call": """
        accept:done answer:done come_back:done come_back_held:done connect:done end:done give_back:done hold:done
        join:begun listen:begun lose:done offer:done open:done recording:done resume:done whisper:begun
        decide:escalated decide:interrupted decide:refused_final decide:refused_retry decide:registered
        settle:refused_final settle:refused_retry settle:registered
    """,
    "call_back": "ask:done erase:done invite:done",
    "certificate": """
        abandon:done accept:done hold:done issue:done reissue:requested release_hold:done renew:opened revoke:done
        search:done
    """,
    "desk": "state:changed",
    "dossier": "access:accepted identify:done iin:refused resume:done sign_in:done terms:accepted",
    "evidence": """
        document_back:seen document_front:seen face:seen log:seen recording:seen
        files:checked recording:closed seal:done still:taken
    """,
    "face": "compare:done insist:done opinion:given verify:again verify:passed verify:review",
    "operations": "retry:done",
    "owner": "sign_in:done sign_out:done",
    "passport": "check:done",
    "register": "portrait:seen",
    "review": """
        apply:done approve:done claim:done new_photo:done open:done pass_on:done picture:seen reject:done
        release:done second_moderator:done undo:done withdraw:done
    """,
    "sms_code": "confirm:refused send:done",
    "spoken": "compare:done",
    "staff": """
        add:done disable:done enrol:done enrol:opened enrol:refused language:done reset:done
        sign_in:done sign_in:locked sign_in:refused sign_out:done sign_out_everywhere:done unlock:done
    """,
    "statistics": "export:done",
    "subscriber": "other:done reveal:done view:done",
}
# An act that takes two: asked for by one, answered by another.
_OF_STAFF = ("staff_join", "staff_reset", "staff_return", "staff_role")
_PROPOSED = ("dismiss_report", "hold", "release_hold", "revoke_by_law", *_OF_STAFF)
_ANSWERED = ("agreed", "asked", "reported", "settled", "turned_down", "withdrawn")

KNOWN = {f"{thing}:{act}" for thing, acts in _ACTS.items() for act in acts.split()} | {
    f"proposal:{act}:{what}" for act in _PROPOSED for what in _ANSWERED
}
# A certificate's own history, as its owner and the officers read it.
HISTORY = {
    "abandoned",
    "accepted",
    "hold",
    "issued",
    "reissue_requested",
    "release_hold",
    "renewal_opened",
    "revoked",
}
