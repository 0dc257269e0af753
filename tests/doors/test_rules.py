"""Each rule broken once and refused: where, by the name of a test that exists."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]

BROKEN = {
    "R1": (
        "core/test_identifiers.py::test_a_wrong_check_digit_is_refused",
        "core/test_passport.py::test_a_birth_date_that_disagrees_with_the_iin_is_refused",
    ),
    "R2": (
        "core/test_passport.py::test_a_document_of_another_country_is_refused",
        "core/test_passport.py::test_an_expired_document_is_refused_and_its_last_day_is_good",
        "core/test_issue.py::test_the_dead_and_those_whose_document_ran_out_get_none",
    ),
    "R3": (
        "core/test_bmg.py::test_the_phone_of_another_is_refused",
        "contracts/test_calls.py::test_of_two_who_register_one_phone_at_once_one_does",
    ),
    "R4": (
        "core/test_sms_code.py::test_three_wrong_tries_use_the_code_up_although_each_refusal_is_rolled_back",
        "core/test_sms_code.py::test_a_code_is_bound_to_purpose_object_and_page",
        "core/test_sms_code.py::test_five_codes_an_hour_whatever_their_purpose",
        "core/test_sms_code.py::test_an_earlier_phone_of_the_owner_gets_no_code",
    ),
    "R5": (
        "core/test_identifiers.py::test_every_wrong_digit_and_swap_of_an_application_number_is_found",
        "core/test_submit_by_owner.py::test_a_second_key_for_one_application_is_refused",
    ),
    "R6": (
        "core/test_submit_by_owner.py::test_a_key_that_is_another_applications_is_refused",
        "core/test_issue.py::test_a_key_is_certified_once",
        "core/test_take_renewed.py::test_a_key_that_is_in_no_file_is_renewed_elsewhere",
    ),
    "R7": ("core/test_signed_file.py::test_a_mobile_certificate_is_refused_here",),
    "R8": (
        "core/test_renew.py::test_renewal_refused_after_expiry",
        "core/test_renew.py::test_renewed_never_twice",
        "core/test_renew.py::test_another_key_does_not_renew",
        "core/test_take_renewed.py::test_the_old_one_is_left_as_it_is",
        "keyagent/test_renewed.py::test_what_does_not_renew_this_key_is_refused",
    ),
    "R9": (
        "core/test_revoke.py::test_staff_cannot_revoke_at_will",
        "core/test_revoke.py::test_by_law_needs_two_officers_and_a_document",
        "core/test_revoke.py::test_lost_keys_are_not_revoked_by_themselves",
    ),
    "R10": (
        "core/test_revoke.py::test_a_revocation_is_final",
        "core/test_hold.py::test_one_officer_alone_holds_nothing",
        "core/test_hold.py::test_two_officers_hold_for_72_hours_at_most",
    ),
    "R11": (
        "core/test_reissue.py::test_reissue_never_revokes_the_old_one_by_itself",
        "core/test_reissue.py::test_the_old_key_is_not_certified_again",
    ),
    "R12": (
        "core/test_statistics.py::test_recount_keeps_certificates_and_people_apart",
        "core/test_statistics.py::test_a_second_valid_certificate_is_no_second_person",
    ),
    "R13": (
        "runtime/test_notice_texts.py::test_no_message_asks_for_anything",
        "portal/test_video_call.py::test_no_field_of_the_call_asks_for_a_pin_or_a_password",
        "portal/test_video_call.py::test_who_is_hurried_by_somebody_is_stopped",
    ),
    "R14": (
        "core/test_lookup.py::test_personal_data_is_shown_for_a_reason_that_is_recorded",
        "console/test_call_routes.py::test_a_supervisor_sees_a_still_for_a_reason_only",
        "core/test_hold.py::test_a_not_me_link_ends_with_its_time_and_is_known_only_to_its_reader",
    ),
    "R15": (
        "keyagent/test_enrolment.py::test_the_installed_file_is_the_owners_alone_and_opens_with_the_password_only",
        "keyagent/test_enrolment.py::test_the_password_is_changed_by_its_owner_in_place",
    ),
    "R16": (
        "keyagent/test_passwords.py::test_refused_when_like_the_file_or_a_folder_on_its_path",
        "keyagent/test_passwords.py::test_refused_when_it_is_the_owners_number_phone_or_birth_date",
    ),
}


def test_every_rule_is_broken_somewhere() -> None:
    assert list(BROKEN) == [f"R{number}" for number in range(1, 17)]


@pytest.mark.parametrize("rule", BROKEN)
def test_the_tests_that_break_a_rule_exist(rule: str) -> None:
    missing = []
    for named in BROKEN[rule]:
        file, _, name = named.partition("::")
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        if name not in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}:
            missing.append(named)
    assert missing == []
