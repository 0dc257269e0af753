"""People who can call: rendered faces in the state register, without a phone in the BMG. Demo mode only."""

from data.demo import DemoRegister
from runtime import settings as configuration
from runtime.demo import rendered
from runtime.service import Service


def ensure(service: Service) -> int:
    """Adds who is missing; how many. Raises SettingRefused outside demo mode."""
    configuration.refuse_printed_codes(service.settings)
    with service.work() as work:
        register = DemoRegister(work.connection)
        return sum(register.enter(one.person, one.portrait()) for one in rendered.PEOPLE)
