"""What rests in the database or in the audit log keeps its meaning: a stored value is never given to something else.

A name may be changed and a value added; a value that changes hands would make older rows say what nobody said.
"""

import importlib
from enum import Enum

import pytest

# Each stored enumeration of the core, as it was when the first rows with it were written.
STORED = {
    "approval.ProposalState": "OPEN=1 AGREED=2 WITHDRAWN=3",
    "audit_check.Kind": """
        ENTRY_CHANGED=entry_changed ENTRY_MISSING=entry_missing LEAF_MISSING=leaf_missing
        INNER_HASH_WRONG=inner_hash_wrong ROOT_WRONG=root_wrong HEAD_FORGED=head_forged
        HEAD_KEY_UNKNOWN=head_key_unknown HEAD_MISSING=head_missing TAIL_CUT=tail_cut
        BEYOND_HEAD=beyond_head COPY_FORGED=copy_forged COPY_DIFFERS=copy_differs
        COPY_OUT_OF_ORDER=copy_out_of_order COPY_UNREADABLE=copy_unreadable BACKDATED=backdated
        NO_COPIES=no_copies NOT_COPIED=not_copied NOT_SEALED=not_sealed
    """,
    "call.Leg": "CITIZEN=citizen AGENT=agent",
    "call.Need": """
        NONE= SIGN_LANGUAGE=sign_language HELPER_PRESENT=helper_present NO_CAMERA=no_camera
        POOR_LINE=poor_line
    """,
    "call.EndCause": """
        AGENT_HUNG_UP=1 CALLER_HUNG_UP=2 LEFT_QUEUE=3 MISSED=4 LOST=5 HELD_TOO_LONG=6
        NOT_CONNECTED=7 WAITED_TOO_LONG=8 TALKED_TOO_LONG=9
    """,
    "call.Decision": "REGISTERED=1 REFUSED_RETRY=2 REFUSED_FINAL=3 ESCALATED=4 INTERRUPTED=5",
    "call.DeskState": """
        OFFLINE=offline AVAILABLE=available OFFERED=offered IN_CALL=in_call WRAP_UP=wrap_up
        PAUSED=paused NOT_RESPONDING=not_responding
    """,
    "call.Gate": """
        CONSENT=consent RECORDING=recording GREETING=greeting PRESSURE=pressure DOCUMENT=document
        READING=reading FEATURES=features FACE=face SPOKEN=spoken CODE=code
    """,
    "call.Outcome": "PASSED=passed FAILED=failed OPEN_AGAIN=open_again",
    "call.EvidenceKind": """
        DOCUMENT_FRONT=document_front DOCUMENT_BACK=document_back FACE=face RECORDING=recording
        LOG=log
    """,
    "call.OfferOutcome": """
        OPEN=open ACCEPTED=accepted DECLINED=declined NOT_ACCEPTED=not_accepted WITHDRAWN=withdrawn
    """,
    "certificate.Channel": "EGOV=1 PKI=2 MOBILE=3 CLOUD=4 COUNTER=5",
    "certificate.StorageKind": "FILE=1 SMART_CARD=2 ID_CARD=3 SIM=4 USB_TOKEN=5 MOBILE_APP=6 CLOUD=7",
    "certificate.Kind": "NEW=1 RENEWAL=2 REISSUE=3",
    "certificate.Method": "COUNTER=1 VIDEO_CALL=2 MODERATOR=3 AUTOMATIC_FACE=4",
    "certificate.Purpose": "SIGNING=1 AUTHENTICATION=2",
    "certificate.AgeBand": "UNDER_18=1 FROM_18=2 FROM_25=3 FROM_35=4 FROM_45=5 FROM_55=6 FROM_65=7",
    "dossier.Step": """
        START=1 CAMERA=2 IIN=3 CODE=4 CALL=5 CODE_AFTER_CALL=6 AGENT=7 PROCEED=8 IDENTIFY=9 FACE=10
        ACCESS=11 AGREEMENT=12 CONTACT=13 KEY=14 STATUS=15 PASSWORD=16 DONE=17
    """,
    "dossier.Company": "MYSELF=myself HELPER=helper TOLD=told",
    "dossier.Camera": "WORKS=works NONE=none",
    "dossier.AgreementKind": "ACCESS=access TERMS=terms",
    "face_attempt.Move": """
        TURN_LEFT=turn_left TURN_RIGHT=turn_right TILT_LEFT=tilt_left TILT_RIGHT=tilt_right
        COME_CLOSER=come_closer
    """,
    "face_attempt.Band": "SAME=same DOUBTFUL=doubtful OTHER=other NOT_COMPARABLE=not_comparable",
    "face_attempt.AttemptOutcome": "PASSED=passed REVIEW=review AGAIN=again",
    "face_attempt.Flag": """
        CHECK_OFF=check_off NO_PORTRAIT=no_portrait MOVE_MISSING=move_missing WRONG_MOVE=wrong_move
        TOO_EARLY=too_early NOT_STILL=not_still FLAT_PICTURE=flat_picture ANOTHER_FACE=another_face
        PICTURE_JUMPED=picture_jumped NO_FACE=no_face SEVERAL_FACES=several_faces
        FACE_TOO_SMALL=face_too_small BLURRED=blurred GLARE=glare TOO_DARK=too_dark
        TOO_BRIGHT=too_bright DOUBTFUL=doubtful SMALL_PICTURE=small_picture
        FACE_DIFFERS=face_differs OTHER_PERSON_SUSPECTED=other_person_suspected
        TRIED_BEFORE=tried_before
    """,
    "identifiers.Sex": "MALE=M FEMALE=F",
    "lifecycle.ApplicationState": """
        STARTED=1 IDENTIFIED=2 IN_REVIEW=3 AGREED=4 SUBMITTED=5 ISSUED=6 ACCEPTED=7 WITHDRAWN=8
        REJECTED=9 EXPIRED=10
    """,
    "lifecycle.CertificateState": """
        RESERVED=1 PREPARED=2 ISSUED=3 ACCEPTED=4 ON_HOLD=5 REVOKED=6 ABANDONED=7
    """,
    "lifecycle.ReviewState": "WAITING=1 CLAIMED=2 DECIDED=3 WITHDRAWN=4 APPLIED=5",
    "lifecycle.CallState": "QUEUED=1 RINGING=2 ACTIVE=3 RECONNECTING=4 HELD=5 ENDED=6",
    "lookup.RevealReason": """
        OWNER_ON_LINE=owner_on_line OWNER_AT_COUNTER=owner_at_counter FRAUD_CASE=fraud_case
        COURT_ORDER=court_order COMPLAINT=complaint
    """,
    "notices.NoticeKind": """
        CODE=code ISSUED=issued NOT_ISSUED=not_issued APPLICATION_EXPIRED=application_expired
        RENEWAL_OPENED=renewal_opened REVOKED=revoked HELD=held RELEASED=released
        REISSUE_REQUESTED=reissue_requested PHONE_REGISTERED=phone_registered
        PHONE_REPLACED=phone_replaced REGISTRATION_REFUSED=registration_refused CALL_BACK=call_back
        REVIEW_PASSED=review_passed REVIEW_REJECTED=review_rejected NEW_PHOTO=new_photo
    """,
    "notices.Medium": "SMS=sms EMAIL=email",
    "owner_session.By": "CODE=sms_code KEY=key",
    "ports.CommandKind": "ISSUE=issue PUBLISH_CRL=publish_crl APPLY_REVIEW=apply_review",
    "registration.checklist.Question": """
        PURPOSE=purpose WHO_ASKED=who_asked WHO_IS_THERE=who_is_there ON_THE_PHONE=on_the_phone
    """,
    "registration.checklist.Answer": "CLEAR=clear HELPER=helper DOUBTFUL=doubtful",
    "registration.checklist.Feature": """
        OPTICALLY_VARIABLE=optically_variable GHOST_IMAGE=ghost_image MICROPRINT=microprint
        PHOTO_EDGE=photo_edge
    """,
    "registration.decide.Reason": """
        DOCUMENT_EXPIRED=document_expired DOCUMENT_UNREADABLE=document_unreadable
        DOCUMENT_FOREIGN=document_foreign DOCUMENT_DOUBTFUL=document_doubtful
        NOT_IN_REGISTER=not_in_register DATA_DIFFERS=data_differs
        FACE_NOT_CONFIRMED=face_not_confirmed PHONE_OF_ANOTHER=phone_of_another
        CODE_NOT_CONFIRMED=code_not_confirmed NOT_ALONE=not_alone POOR_LINE=poor_line OTHER=other
    """,
    "registration.face.Opinion": "SAME=same OTHER=other UNSURE=unsure",
    "registration.passport.Mark": "GOOD=good BAD=bad DOUBTFUL=doubtful UNKNOWN=unknown",
    "registration.passport.Field": """
        ZONE=zone NUMBER=number BIRTH=birth EXPIRY=expiry SEX=sex STATE=state IIN=iin NAME=name
        COMPOSITE=composite
    """,
    "registration.passport.Test": """
        READ=read CHECK_DIGIT=check_digit FORM=form IIN_DIGIT=iin_digit
        AGREES_WITH_IIN=agrees_with_iin NOT_EXPIRED=not_expired
        ISSUED_IN_KAZAKHSTAN=issued_in_kazakhstan AS_TYPED=as_typed AS_IN_REGISTER=as_in_register
        ALIVE=alive
    """,
    "registration.sms_code.CodePurpose": """
        REVOKE=revoke RELEASE_HOLD=release_hold REISSUE=reissue HOLD=hold REGISTER=register
        SIGN_IN=sign_in IDENTIFY=identify
    """,
    "review.Risk": "HIGH=1 ORDINARY=2",
    "review.Round": "FIRST=1 SECOND=2",
    "review.Decision": "APPROVE=1 REJECT=2 NEW_PHOTO=3 SECOND_MODERATOR=4",
    "review.Reason": """
        ANOTHER_PERSON=another_person NOT_LIVE=not_live PICTURE_ALTERED=picture_altered
        UNDER_DIRECTION=under_direction PORTRAIT_UNFIT=portrait_unfit TOO_DARK=too_dark
        BLURRED=blurred GLARE=glare FACE_COVERED=face_covered FACE_TOO_SMALL=face_too_small
        FACE_TURNED=face_turned SEVERAL_FACES=several_faces OTHER=other
    """,
    "revocation.reasons.Reason": """
        UNSPECIFIED=0 KEY_COMPROMISE=1 AFFILIATION_CHANGED=3 SUPERSEDED=4 CESSATION_OF_OPERATION=5
        CERTIFICATE_HOLD=6 PRIVILEGE_WITHDRAWN=9
    """,
    "roles.Role": """
        CALL_AGENT=call_agent MODERATOR=moderator RA_OFFICER=ra_officer ANALYST=analyst
        SUPERVISOR=supervisor ADMINISTRATOR=administrator AUDITOR=auditor
    """,
    "roles.Permission": """
        SEARCH_CERTIFICATES=certificate:search VIEW_HOLDER=subscriber:view
        REVEAL_PERSONAL_DATA=subscriber:reveal REVOKE_WITH_OWNER=certificate:revoke
        PROPOSE_BY_LAW=certificate:propose AGREE_TO_PROPOSAL=proposal:agree
        OPEN_RENEWAL=certificate:renew REISSUE=certificate:reissue
        SUBMIT_APPLICATION=application:submit VIEW_STATISTICS=statistics:view
        EXPORT_STATISTICS=statistics:export TAKE_CALLS=call:take VIEW_CALLS=call:list LISTEN_IN=call:listen
        SPEAK_IN=call:speak
        SETTLE_CALLS=call:settle VIEW_EVIDENCE=evidence:view VIEW_REVIEWS=review:list
        DECIDE_REVIEWS=review:decide VIEW_OPERATIONS=operations:view RETRY_GIVEN_UP=operations:retry
        VIEW_POLICY=policy:view VIEW_AUDIT=audit:view MANAGE_STAFF=staff:manage
    """,
    "roles.Door": "CONSOLE=console PORTAL=portal JOB=job COMMAND_LINE=command_line",
    "statistics.Measure": """
        ISSUED=1 DUE=2 REVOKED=3 HELD=4 LOST=5 HOLDER_NEW=6 COVERED=7 HOLDER_OF=8 HOLDER_IN_MONTH=9
    """,
    "subscriber.DocumentKind": "PASSPORT=1 ID_CARD=2 RESIDENCE_PERMIT=3",
}


def enumeration(name: str) -> type[Enum]:
    module, _, kind = name.rpartition(".")
    found: type[Enum] = getattr(importlib.import_module(f"ca_core.{module}"), kind)
    return found


@pytest.mark.parametrize("name", STORED)
def test_a_stored_value_means_what_it_meant(name: str) -> None:
    """A new one is written down here on the day it is added: from then on rows may hold it."""
    today = {member.name: str(member.value) for member in enumeration(name)}
    stored = dict(pair.split("=", 1) for pair in STORED[name].split())
    assert today == stored
