"""`kz.qoltanba.enrolment`: a key is made here, its certificate installed and renewed, its password changed.

Steps 14 to 16 of the procedure. The private key and the password stay on this computer (R6, R15); the site gets the
request, and a file's path with "~" for the home folder.
"""

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from cryptography import x509

import qoltanba_keyagent
from qoltanba_keyagent import asking, certificates, fields, files, keys, words
from qoltanba_keyagent.asking import Surroundings, clock
from qoltanba_keyagent.dialogs import Conversation
from qoltanba_keyagent.fields import Json
from qoltanba_keyagent.keys import KeyWithCertificate
from qoltanba_keyagent.pages import FolderChoice, NewPassword, Opened, PasswordGiven, Use, content_of
from qoltanba_keyagent.passwords import Owner
from qoltanba_keyagent.refusals import (
    AlgorithmMissing,
    FolderRefused,
    Malformed,
    NoKeyInFile,
    RequestUnknown,
    SerialDiffers,
    TooBusy,
    UnknownMethod,
    WrongPassword,
)
from qoltanba_keyagent.waiting import Shelf, Waiting

MODULE = "kz.qoltanba.enrolment"
WITHOUT_CONSENT = ("getVersion", "getStorages")
_REFERENCE_LIMIT = 64
_FILE = "FILE"

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The module over the shelf of waiting keys."""

    shelf: Shelf
    around: Surroundings
    # Two tabs on one step: what the first one did is seen by the second.
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def call(self, method: str, arguments: Json, talk: Conversation) -> Json:
        """The answer's body. Raises whatever the method refuses, UnknownMethod, Cancelled."""
        methods: dict[str, Callable[[dict[str, Json], Conversation], Awaitable[Json]]] = {
            "getVersion": self._version,
            "getStorages": self._storages,
            "createRequest": self._create_request,
            "withdrawRequest": self._withdraw_request,
            "installCertificate": self._install_certificate,
            "changePassword": self._change_password,
            "signRenewal": self._sign_renewal,
            "installRenewed": self._install_renewed,
        }
        if method not in methods:
            raise UnknownMethod(module=MODULE, method=method)
        given = fields.table(arguments if arguments is not None else {}, "args")
        talk.language = words.known(given.get("language"), talk.language)
        if method not in WITHOUT_CONSENT:
            await asking.site(talk, self.around)
        return await methods[method](given, talk)

    async def _version(self, given: dict[str, Json], talk: Conversation) -> Json:
        return {"name": "Qoltanba", "version": qoltanba_keyagent.__version__}

    async def _storages(self, given: dict[str, Json], talk: Conversation) -> Json:
        """Kinds of storage that are here now; a device joins the list when its driver speaks to this agent."""
        return {"storages": [_FILE], "algorithms": list(keys.ALGORITHMS)}

    async def _create_request(self, given: dict[str, Json], talk: Conversation) -> Json:
        """A key in the folder of the person's choice. The same reference again gets the same request again."""
        algorithm = fields.text(given.get("algorithm", keys.DEFAULT_ALGORITHM), "algorithm")
        reference = fields.text(given.get("reference", ""), "reference")
        if len(reference) > _REFERENCE_LIMIT:
            raise Malformed(field="reference")
        keys.require_known(algorithm)
        async with self._turn:
            await asyncio.to_thread(self.shelf.sweep, clock())
        kept = self._readable(self.shelf.by_reference(reference, origin=talk.origin, algorithm=algorithm))
        if kept is None:
            if self.shelf.is_full():
                raise TooBusy
            folder = await talk.ask(FolderChoice(self.around.tree))
            async with self._turn:
                kept = await _on_disk(lambda: self._kept(talk.origin, reference, algorithm, folder))
        request = keys.request_of(self.shelf.key(kept))
        talk.end("made", folder=self._shown(kept.folder))
        return {
            "keyId": kept.key_id,
            "request": base64.b64encode(request).decode(),
            "storage": _FILE,
            "folder": self._shown(kept.folder),
        }

    def _kept(self, origin: str, reference: str, algorithm: str, folder: Path) -> Waiting:
        """A new key on the shelf, or the one that another tab has put there meanwhile."""
        found = self._readable(self.shelf.by_reference(reference, origin=origin, algorithm=algorithm))
        return found or self.shelf.put(
            keys.make(algorithm), origin=origin, reference=reference, algorithm=algorithm, folder=folder,
            now=clock(),
        )  # fmt: skip

    def _readable(self, kept: Waiting | None) -> Waiting | None:
        """A key whose secret is gone serves nobody: a new one is made in its place."""
        if kept is None:
            return None
        try:
            self.shelf.key(kept)
        except RequestUnknown:
            return None
        return kept

    async def withdraw(self, key_id: str) -> None:
        """Erased by its site or its owner; not while it is being installed. Raises RequestUnknown."""
        async with self._turn:
            await asyncio.to_thread(self.shelf.withdraw, key_id)

    async def _withdraw_request(self, given: dict[str, Json], talk: Conversation) -> Json:
        """The application is over: its key is erased."""
        kept = self.shelf.of(fields.text(given.get("keyId"), "keyId"), origin=talk.origin)
        await self.withdraw(kept.key_id)
        return {}

    async def _install_certificate(self, given: dict[str, Json], talk: Conversation) -> Json:
        """Key and certificate become a file under the owner's password; asked again, the same file is named."""
        kept = self.shelf.of(fields.text(given.get("keyId"), "keyId"), origin=talk.origin)
        if kept.is_receipt:
            return {"file": self._shown(kept.file)}
        chain = certificates.read_chain(fields.texts(given.get("chain"), "chain"))
        key = self.shelf.key(kept)
        certificates.require_chain(key, chain, now=clock())
        held = KeyWithCertificate(key, chain[0], chain[1:])
        folder = await self._folder(kept, talk)
        path = folder / keys.suggested_name(chain[0])
        owner = replace(_owner(given), certified_iin=certificates.owners_number(chain[0]))
        answer = await talk.ask(NewPassword(path, self._shown(path), owner))
        assert isinstance(answer, PasswordGiven)
        async with self._turn:
            kept = self.shelf.of(kept.key_id, origin=talk.origin)
            if kept.is_receipt:
                file = Path(kept.file)
            else:
                file = await _on_disk(lambda: self._write(kept, held, path, answer.password))
        self.around.memory.used(file, now=clock())
        talk.end("installed", file=self._shown(file))
        return {"file": self._shown(file)}

    async def _folder(self, kept: Waiting, talk: Conversation) -> Path:
        """The one chosen with the key; another when its medium was taken out."""
        folder = Path(kept.folder)
        if await asyncio.to_thread(folder.is_dir):
            return folder
        return await talk.ask(FolderChoice(self.around.tree, missing=self._shown(folder)))

    def _write(self, kept: Waiting, held: KeyWithCertificate, path: Path, password: str) -> Path:
        """1 look for the file of an earlier try, 2 note the name, 3 write, 4 erase the waiting key.

        Killed before 3, nothing is lost: the key still waits. Killed before 4, the next try finds the file and
        only erases, if the password is the same; with another password it writes a second file.
        """
        before = Path(kept.file) if kept.file else None
        if before is not None and before.is_file() and _holds(before, held, password):
            self.shelf.installed(kept, before)
            return before
        files.clear_halves(path)
        noted = self.shelf.going_to(kept, files.free_name(path))
        sealed = keys.seal(held, password=password)
        file = files.write_new(Path(noted.file), sealed)
        self.shelf.installed(noted, file)
        return file

    async def _change_password(self, given: dict[str, Json], talk: Conversation) -> Json:
        """The file is written anew under the new password, in one step (R15)."""
        path, held, password = await asking.changed_password(talk, self.around, _owner(given))
        await _on_disk(lambda: files.replace(path, keys.seal(held, password=password)))
        talk.end("changed", file=self._shown(path))
        return {"file": self._shown(path)}

    async def _sign_renewal(self, given: dict[str, Json], talk: Conversation) -> Json:
        """The certified key signs the eleven digits of the application's number (R8)."""
        number = re.sub(r"\D", "", fields.text(given.get("number"), "number"))
        serial = fields.text(given.get("serial"), "serial")
        if len(number) != 11:
            raise Malformed(field="number")
        use = Use("renewal", (("number", number), ("serial", serial)))
        opened = await asking.opened_key(talk, self.around, use, lambda held: _require_serial(held, serial))
        signature = keys.sign(opened.held.key, number.encode("ascii"))
        talk.end("signed")
        return {"signature": base64.b64encode(signature).decode()}

    async def _install_renewed(self, given: dict[str, Json], talk: Conversation) -> Json:
        """The renewed certificate takes the old one's place beside its key, under the same password (R8, R15)."""
        chain = certificates.read_chain(fields.texts(given.get("chain"), "chain"))
        # No file that the person may choose would mend it.
        certificates.require_verified(chain, now=clock())
        facts = (
            ("serial", f"{chain[0].serial_number:x}"),
            ("until", chain[0].not_valid_after_utc.isoformat()),
        )
        opened = await asking.opened_key(
            talk,
            self.around,
            Use("renewed", facts),
            lambda held: certificates.require_renewed(held, chain, now=clock()),
            rewritten=True,
        )
        async with self._turn:
            await _on_disk(lambda: _put_renewed(opened, chain))
        talk.end("installed", file=self._shown(opened.path))
        return {"file": self._shown(opened.path)}

    def _shown(self, path: Path | str) -> str:
        return self.around.tree.shown(Path(path))


async def _on_disk(write: Callable[[], Made]) -> Made:
    """Raises FolderRefused where the disk is full, gone or read-only: nothing is lost, and the site may ask again."""
    try:
        return await asyncio.to_thread(write)
    except OSError as error:
        raise FolderRefused from error


def _put_renewed(opened: Opened, chain: tuple[x509.Certificate, ...]) -> None:
    """Read anew: between dialog and turn another tab may have written it. In one step; done before, nothing."""
    content = content_of(opened.path)
    keys.require_single(content)
    held = keys.unseal(content, password=opened.password)
    certificates.require_renewed(held, chain, now=clock())
    if held.certificate == chain[0]:
        return
    renewed = KeyWithCertificate(held.key, chain[0], chain[1:])
    name = keys.own_name(content, password=opened.password)
    files.clear_halves(opened.path)
    files.replace(opened.path, keys.seal(renewed, password=opened.password, name=name))


def _owner(given: dict[str, Json]) -> Owner:
    told = fields.table(given.get("owner") or {}, "owner")
    return Owner(
        iin=fields.text(told.get("iin") or "", "owner"),
        phone=fields.text(told.get("phone") or "", "owner"),
        birth_date=fields.text(told.get("birthDate") or "", "owner"),
    )


def _require_serial(held: KeyWithCertificate, serial: str) -> None:
    if not certificates.same_serial(held.certificate, serial):
        raise SerialDiffers


def _holds(file: Path, held: KeyWithCertificate, password: str) -> bool:
    try:
        found = keys.unseal(file.read_bytes(), password=password)
    except (WrongPassword, NoKeyInFile, AlgorithmMissing):
        return False
    certified: x509.Certificate = found.certificate
    return certified == held.certificate
