"""The expected noes. `code` is stable and public; the dialogs' words for it are in `wording/`."""

from typing import ClassVar


class Refused(Exception):
    """Something was refused for a reason with a name. `facts` may be shown; they never hold a secret."""

    code: ClassVar[str]

    def __init__(self, **facts: str) -> None:
        super().__init__(self.code)
        self.facts = facts


class Cancelled(Refused):
    """The person said no, closed the dialog or let it run out."""

    code = "agent.cancelled"


class Malformed(Refused):
    """The request is not what the protocol describes. Facts: field."""

    code = "agent.malformed"


class UnknownMethod(Refused):
    """Neither a published module nor ours has this. Facts: module, method."""

    code = "agent.unknown_method"


class TooBusy(Refused):
    """More dialogs are open, or more requests are waiting, than a person can answer."""

    code = "agent.too_busy"


class StorageNotHere(Refused):
    """The request allows only devices, and this agent knows keys in files alone."""

    code = "agent.storage_not_here"


class RequestUnknown(Refused):
    """No key waits under this id: installed long ago, withdrawn, run out, or made for another site."""

    code = "agent.request_unknown"


class ChainBroken(Refused):
    """The certificate is not for the waiting key, or its chain does not verify. Facts: detail."""

    code = "agent.chain_broken"


class SerialDiffers(Refused):
    """The chosen file holds another certificate than the one to be renewed."""

    code = "agent.serial_differs"


class WrongPassword(Refused):
    """The file does not open: the password is wrong, or the file is no PKCS#12."""

    code = "agent.wrong_password"


class NoKeyInFile(Refused):
    """The file opens, but has no key with its certificate, or one of a kind that we do not use."""

    code = "agent.no_key_in_file"


class NotForThis(Refused):
    """The certificate in the file is not for what the site asks (extended key usage, owner or serial)."""

    code = "agent.not_for_this"


class PasswordRefused(Refused):
    """R16. Facts: faults, separated by blanks."""

    code = "agent.password_refused"


class PasswordsDiffer(Refused):
    """The two fields are not the same."""

    code = "agent.passwords_differ"


class FolderRefused(Refused):
    """Not there, not writable, or outside the home folder and removable media."""

    code = "agent.folder_refused"


class NameRefused(Refused):
    """Not a name for a folder."""

    code = "agent.name_refused"


class XmlRefused(Refused):
    """Not well-formed, with a document type, too large, or without the element that was asked for."""

    code = "agent.xml_refused"
