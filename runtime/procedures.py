"""The shipped policies: TOML files read into the core's values."""

import hashlib
import tomllib
from datetime import timedelta
from importlib import resources
from typing import Any

from ca_core import policy
from ca_core.policy import Policy, PolicyInvalid

PRESETS = ("article", "2026")


def source(name: str) -> str:
    """The preset's text, as it is stored beside its version."""
    return resources.files("runtime").joinpath("policies", f"{name}.toml").read_text("utf-8")


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def load(name: str) -> Policy:
    """Raises PolicyInvalid."""
    return parse(source(name))


def _calls(raw: dict[str, Any]) -> policy.Calls:
    return policy.Calls(
        offer=timedelta(seconds=raw["offer_seconds"]),
        ring=timedelta(seconds=raw["ring_seconds"]),
        connect=timedelta(seconds=raw["connect_seconds"]),
        come_back=timedelta(seconds=raw["come_back_seconds"]),
        hold_at_most=timedelta(minutes=raw["hold_at_most_minutes"]),
        wait_at_most=timedelta(minutes=raw["wait_at_most_minutes"]),
        talk_at_most=timedelta(minutes=raw["talk_at_most_minutes"]),
        wrap_up=timedelta(seconds=raw["wrap_up_seconds"]),
        away_opens_face=timedelta(seconds=raw["away_opens_face_seconds"]),
        ticket=timedelta(seconds=raw["ticket_seconds"]),
        call_back=timedelta(hours=raw["call_back_hours"]),
        features_of_four=raw["features_of_four"],
        face_same_below=raw["face_same_below"],
        face_other_above=raw["face_other_above"],
        face_portrait_px=raw["face_portrait_px"],
        face_compared_px=raw["face_compared_px"],
    )


def _verification(raw: dict[str, Any]) -> policy.Verification:
    return policy.Verification(
        moves=raw["moves"],
        challenge=timedelta(seconds=raw["challenge_seconds"]),
        least_reaction=timedelta(milliseconds=raw["least_reaction_ms"]),
        tries=raw["tries"],
        draws_per_hour=raw["draws_per_hour"],
    )


def _reviews(raw: dict[str, Any]) -> policy.Reviews:
    return policy.Reviews(
        due_high_risk=timedelta(minutes=raw["due_high_risk_minutes"]),
        due_ordinary=timedelta(minutes=raw["due_ordinary_minutes"]),
        lease=timedelta(seconds=raw["lease_seconds"]),
        undo=timedelta(seconds=raw["undo_seconds"]),
        recheck_share=raw["recheck_share"],
    )


def parse(text: str) -> Policy:
    """Raises PolicyInvalid where the text lacks a value, has an unknown one or one out of range."""
    try:
        raw = tomllib.loads(text)
        codes, certificates = raw["codes"], raw["certificates"]
        publication, retention = raw["publication"], raw["retention"]
        parsed = Policy(
            name=raw["name"],
            valid_from=raw["valid_from"],
            revision=raw["revision"],
            codes=policy.Codes(
                validity=timedelta(minutes=codes["validity_minutes"]),
                tries=codes["tries"],
                resend_after=timedelta(seconds=codes["resend_after_seconds"]),
                per_hour=codes["per_hour"],
                typed_by_caller_only=codes["typed_by_caller_only"],
            ),
            identification=policy.Identification(**raw["identification"]),
            calls=_calls(raw["calls"]),
            verification=_verification(raw["verification"]),
            reviews=_reviews(raw["reviews"]),
            certificates=policy.Certificates(
                validity=timedelta(days=certificates["validity_days"]),
                renewals=certificates["renewals"],
                hold_at_most=timedelta(hours=certificates["hold_at_most_hours"]),
                authentication_certificate=certificates["authentication_certificate"],
                reissue_second_factor=certificates["reissue_second_factor"],
                unused_after=timedelta(days=certificates["unused_after_days"]),
            ),
            publication=policy.Publication(
                crl_at_most_every=timedelta(minutes=publication["crl_at_most_every_minutes"]),
                crl_validity=timedelta(hours=publication["crl_validity_hours"]),
                ocsp_validity=timedelta(hours=publication["ocsp_validity_hours"]),
            ),
            retention=policy.Retention(
                evidence=timedelta(days=retention["evidence_days"]),
                revoked_certificates=timedelta(days=retention["revoked_certificates_days"]),
                audit=timedelta(days=retention["audit_days"]),
                proposals=timedelta(hours=retention["proposals_hours"]),
            ),
        )
    except (KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        raise PolicyInvalid(name="policy", problem=str(error)) from error
    policy.check(parsed)
    return parsed
