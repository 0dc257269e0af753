"""The expected noes. `code` is stable and public; the dialogs' words for it are in `wording/`."""

from typing import ClassVar


class Refused(Exception):
    """Something was refused for a reason with a name. `facts` may be shown; they never hold a secret."""

    code: ClassVar[str]
    # What a site's developer is told beside the code, where the code alone would not help.
    explained: ClassVar[str] = ""

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


class SignInElsewhere(Refused):
    """The text signs in to another site than the one that asks: somebody between the two would be let in."""

    code = "agent.sign_in_elsewhere"
    explained = "A sign-in is signed only for the site that its second line names."


class NoTimeStamp(Refused):
    """A signature with a time stamp was asked for (RFC 3161)."""

    code = "agent.no_time_stamp"
    explained = (
        "There is no time-stamping service here. Ask without tsaProfile, or for createCAdESFromBase64."
    )


class AlgorithmMissing(Refused):
    """A key of a kind that this program cannot make or use: GOST, for one. Facts: algorithm, where it is known."""

    code = "agent.algorithm_missing"
    explained = "This program knows ECDSA and RSA keys, no GOST."


class SeveralKeys(Refused):
    """The file holds more than one key; written anew it would lose all but the first."""

    code = "agent.several_keys"


class AskedTooOften(Refused):
    """A site that nobody has allowed asked again and again; each question opens a window."""

    code = "agent.asked_too_often"
    explained = "The owner has not allowed this site. Ask again later."


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
