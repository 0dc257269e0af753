"""Demo staff: one or two accounts a role, with published passwords and one-time code secrets. Demo mode only.

Production refuses to start with any of them (`settings.refuse_demo_accounts`).
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime

import pyotp

from ca_core import roles, staff
from ca_core.roles import Role
from ca_core.subscriber import Subscriber
from data.demo import Showcases
from runtime import settings as configuration
from runtime.service import Service

BY = roles.Actor("demo data", None, roles.Door.COMMAND_LINE)
_SECRET_LETTERS = 32


@dataclass(frozen=True, slots=True)
class DemoAccount:
    login: str
    password: str
    totp_secret: str
    role: Role
    name: str
    language: str
    region: int

    def code(self, now: datetime) -> str:
        """The one-time code that is accepted at this instant."""
        return pyotp.TOTP(self.totp_secret).at(now)


@dataclass(frozen=True, slots=True)
class FirstStep:
    """A holder to look at first, and why."""

    holder: Subscriber
    why: str


def _account(
    login: str, role: Role, name: str, language: str, region: int = staff.DEFAULT_REGION
) -> DemoAccount:
    digest = hashlib.sha256(f"qoltanba demo account {login}".encode()).digest()
    secret = base64.b32encode(digest).decode()[:_SECRET_LETTERS]
    return DemoAccount(login, f"demo-{login}-2026", secret, role, name, language, region)


# Two RA officers: what the law or a fraud case asks for needs two (R9, R10a).
ACCOUNTS = (
    _account("officer1", Role.RA_OFFICER, "Айгерім Сейітқызы Бекболат", "kk"),
    _account("officer2", Role.RA_OFFICER, "Данияр Маратович Ескендиров", "ru", region=18),
    _account("agent1", Role.CALL_AGENT, "Жансая Ерланқызы Төлеген", "kk"),
    # Two call agents: offers are fair only among several.
    _account("agent2", Role.CALL_AGENT, "Артём Сергеевич Ким", "ru", region=18),
    _account("moderator1", Role.MODERATOR, "Тимур Асқарұлы Қалиев", "ru"),
    # Two moderators: the second decides what the first was not sure of (F3).
    _account("moderator2", Role.MODERATOR, "Әлия Серікқызы Жұмабек", "kk", region=18),
    _account("analyst1", Role.ANALYST, "Мадина Қайратовна Оспанова", "ru"),
    _account("supervisor1", Role.SUPERVISOR, "Сәуле Бауыржанқызы Дүйсен", "kk"),
    _account("administrator1", Role.ADMINISTRATOR, "Олжас Нұрланович Сагындыков", "ru"),
    # Two administrators: one asks for a change of rights, the other agrees.
    _account("administrator2", Role.ADMINISTRATOR, "Гүлмира Талғатқызы Ахмет", "kk"),
    _account("auditor1", Role.AUDITOR, "Ләззат Мұратқызы Жүніс", "kk"),
)


def ensure(service: Service) -> list[DemoAccount]:
    """Adds what is missing and marks it as demo. Raises SettingRefused outside demo mode."""
    configuration.refuse_printed_codes(service.settings)
    with service.look() as work:
        known = {account.login for account in work.accounts.all()}
    missing = [account for account in ACCOUNTS if account.login not in known]
    if missing:
        with service.work() as work:
            for account in missing:
                work.accounts.mark_demo(
                    staff.add(
                        work,
                        by=BY,
                        login=account.login,
                        name=account.name,
                        role=account.role,
                        password=account.password,
                        totp_secret=account.totp_secret,
                        hasher=service.passwords,
                        region=account.region,
                        language=account.language,
                        now=service.now(),
                    )
                )
    with service.look() as work:
        ours = set(work.accounts.demo_logins())
    # A login that somebody else took, or that was disabled, is not ours to print.
    return [account for account in ACCOUNTS if account.login in ours]


def first_steps(service: Service) -> list[FirstStep]:
    """Holders to try the console with. Raises SettingRefused outside demo mode."""
    configuration.refuse_printed_codes(service.settings)
    now = service.now()
    with service.look() as work:
        show = Showcases(work.connection)
        found = (
            (show.renewable(now), "valid, phone in the BMG: revoke with the owner's code, or renew"),
            (show.replaced(now), "a chain of replacements: renewed, reissued"),
            (show.lost(now), "a key reported lost and never revoked: only the owner may (R9)"),
            (show.held(now), "on hold: release it, or see it in OCSP"),
            (show.mobile(now), "a certificate for mobile applications only (R7)"),
            (show.without_phone(now), "no phone in the BMG: no code can be sent, and why"),
        )
    return [FirstStep(holder, why) for holder, why in found if holder is not None]
