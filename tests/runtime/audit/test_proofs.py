"""Proofs that hold without the database, and the key under the heads."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ca_core import audit_head
from ca_core.audit_tree import NotInTree, ProofWrong
from runtime import audit_key, audit_proofs, auditing, settings, wiring
from runtime.audit_proofs import NotSealedYet, ProofUnreadable
from runtime.service import Service
from tests.runtime.audit.conftest import sealed, verified


@dataclass(frozen=True)
class Shown:
    """A proof as it was handed over, and the keys of who judges it."""

    text: str
    keys: audit_head.PublicKeys

    def judge(self, text: str | None = None) -> None:
        audit_proofs.from_json(text or self.text).require_true(self.keys)


def shown(service: Service, entry_id: int) -> Shown:
    with service.look() as work:
        text = audit_proofs.to_json(audit_proofs.of_entry(work, entry_id))
    return Shown(text, audit_key.public_keys(service.settings))


@pytest.mark.parametrize("entry_id", [1, 256, 257, 300])
def test_an_entry_is_proved_without_the_database(service: Service, entry_id: int) -> None:
    sealed(service, 200, 100)
    shown(service, entry_id).judge()


def test_a_proof_of_something_else_does_not_hold(service: Service) -> None:
    sealed(service, 20)
    proof = shown(service, 7)
    for old, new in (("certificate:hold:done", "certificate:hold:dona"), ('"position": 6', '"position": 5')):
        with pytest.raises(ProofWrong):
            proof.judge(proof.text.replace(old, new))
    with pytest.raises(audit_head.HeadForged):
        proof.judge(proof.text.replace('"size": 20', '"size": 21'))
    with pytest.raises(audit_head.HeadKeyUnknown):
        Shown(proof.text, {}).judge()
    for text in ("", "[]", "{}", "null", '{"proof": "inclusion", "path": ["zz"]}'):
        with pytest.raises(ProofUnreadable):
            audit_proofs.from_json(text)


def test_heads_are_proved_to_continue_each_other(either: Service) -> None:
    sealed(either, 3, 300, 40)
    keys = audit_key.public_keys(either.settings)
    with either.look() as work:
        for size in (3, 303, 343):
            proof = audit_proofs.of_head(work, size)
            audit_proofs.from_json(audit_proofs.to_json(proof)).require_true(keys)
            forged = replace(proof, old=replace(proof.old, head=replace(proof.old.head, root=b"\1" * 32)))
            with pytest.raises(audit_head.HeadForged):
                forged.require_true(keys)
        with pytest.raises(NotInTree):
            audit_proofs.of_head(work, 4)
        with pytest.raises(NotSealedYet):
            audit_proofs.of_entry(work, 9999)


def test_the_key_rests_encrypted_and_is_made_once(service: Service) -> None:
    path = service.settings.keys_dir / "audit.key"
    assert b"ENCRYPTED" in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(audit_key.AuditKeyExists):
        audit_key.make(service.settings)


def test_heads_of_an_earlier_key_stay_good(service: Service) -> None:
    sealed(service, 3)
    (service.settings.keys_dir / "audit.key").unlink()
    with pytest.raises(audit_key.AuditKeyMissing):
        auditing.sealing(service)
    audit_key.make(service.settings)
    sealed(service, 3)
    assert verified(service).is_intact


def test_production_makes_no_secret_for_itself(tmp_path: Path) -> None:
    configured = settings.load({"var_dir": str(tmp_path), "mode": "production"})
    with pytest.raises(settings.SettingRefused):
        audit_key.make(configured)
    assert not audit_key.exists(configured)
    wiring.make_secret(configured.audit_secret_file)
    audit_key.make(configured)
    assert audit_key.exists(configured)
