"""Secrets of this installation: argon2 for passwords, an HMAC key for one-time codes. Neither is in the database."""

import hashlib
import hmac

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError


class Passwords:
    """Argon2id with the library's recommended cost (RFC 9106)."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        # An unknown login is compared with this, so that it takes as long as a known one.
        self._nobody = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def matches(self, password_hash: str, password: str) -> bool:
        try:
            self._hasher.verify(password_hash or self._nobody, password)
        except (VerifyMismatchError, InvalidHashError):
            return False
        return bool(password_hash)


class HmacSeal:
    """HMAC-SHA-256 of a code and what it is bound to (R4)."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, code: str, binding: str) -> bytes:
        return hmac.new(self._key, f"{binding}|{code}".encode(), hashlib.sha256).digest()
