"""The one kind of expected 'no'."""

from typing import ClassVar


class Refusal(Exception):
    """An operation was refused for a reason the product knows by name.

    `code` is stable and public: doors turn it into words and a status. `facts` are the values
    that the words may mention; they never hold a secret, a full IIN or a one-time code.
    """

    code: ClassVar[str]

    def __init__(self, **facts: object) -> None:
        super().__init__(self.code)
        self.facts = facts

    def __str__(self) -> str:
        return self.code


class GatewayUnavailable(Exception):
    """An outside system did not answer: the same call may succeed later."""


class GatewayRejected(Exception):
    """An outside system answered no: the same call will fail again."""
