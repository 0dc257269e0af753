"""Which pages there are, in order, and which permission opens each. A page that is not for a role refuses by name."""

import importlib.util
from dataclasses import dataclass

from ca_core.roles import Actor, Permission, may


@dataclass(frozen=True, slots=True)
class Page:
    """`screen` is a module of `console.screens` with `show(service, staff)`; the title stands in the wording."""

    screen: str
    path: str
    permission: Permission | None
    in_menu: bool = True

    @property
    def title(self) -> str:
        return f"page.{self.screen}"

    def opens_for(self, actor: Actor) -> bool:
        return self.permission is None or may(actor, self.permission)


_ALL = (
    Page("home", "", None),
    # Agents take calls there; supervisors and auditors look at them.
    Page("calls", "calls", Permission.VIEW_CALLS),
    Page("reviews", "reviews", Permission.VIEW_REVIEWS),
    Page("certificates", "certificates", Permission.SEARCH_CERTIFICATES),
    Page("holder", "holder", Permission.VIEW_HOLDER, in_menu=False),
    Page("proposals", "proposals", Permission.AGREE_TO_PROPOSAL),
    Page("statistics", "statistics", Permission.VIEW_STATISTICS),
    Page("operations", "operations", Permission.VIEW_OPERATIONS),
    Page("audit", "audit", Permission.VIEW_AUDIT),
    Page("staff_accounts", "staff", Permission.MANAGE_STAFF),
    Page("policy", "policy", Permission.VIEW_POLICY),
    Page("my_account", "my-account", None),
)

PAGES = tuple(p for p in _ALL if importlib.util.find_spec(f"console.screens.{p.screen}") is not None)
PATHS = tuple(f"/{page.path}" for page in PAGES)
