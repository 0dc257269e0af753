"""What `run` prints in demo mode: who can sign in, with which code at this moment, and what to try first."""

from rich.console import Console
from rich.table import Table

from runtime.demo import accounts
from runtime.service import Service


def show(service: Service, out: Console) -> None:
    """Raises SettingRefused outside demo mode."""
    show_staff(service, out)
    out.print("A code lives 30 seconds; fresh ones: [bold].venv/bin/qoltanba demo codes[/bold]")
    show_first_steps(service, out)


def show_staff(service: Service, out: Console) -> None:
    """Raises SettingRefused outside demo mode."""
    now = service.now()
    staff = Table(title="Demo staff", title_justify="left")
    for heading in ("role", "login", "password", "code now"):
        # Somebody types these: never cut, never wrapped.
        staff.add_column(heading, no_wrap=True, overflow="fold")
    for account in accounts.ensure(service):
        staff.add_row(account.role.value, account.login, account.password, account.code(now))
    out.print(staff)


def show_first_steps(service: Service, out: Console) -> None:
    """Holders that are worth a look, and why. Raises SettingRefused outside demo mode."""
    steps = Table(title="Try first (as an RA officer)", title_justify="left")
    steps.add_column("IIN", no_wrap=True, overflow="fold")
    steps.add_column("name")
    steps.add_column("what to see")
    for step in accounts.first_steps(service):
        holder = step.holder
        steps.add_row(holder.iin.digits, f"{holder.surname} {holder.given_name}", step.why)
    out.print(steps)
