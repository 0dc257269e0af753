"""Which processes `run` keeps alive."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from runtime import keyagent, settings, start, supervisor


def test_the_demo_starts_a_key_program_unless_told_not_to(tmp_path: Path) -> None:
    """The citizen of the demo sits at this computer; `--without-keyagent` shows what others see."""
    configured = settings.load({"var_dir": str(tmp_path)})
    (found,) = [child for child in start._children(configured) if child.name == "keyagent"]
    assert list(found.argv) == keyagent.command(configured)
    without = start._children(replace(configured, keyagent="no"))
    assert "keyagent" not in [child.name for child in without]


def test_each_media_worker_has_one_port_for_all_media_and_a_taken_one_is_named(tmp_path: Path) -> None:
    """Before anything starts: two UDP sockets could otherwise be given the same port."""
    configured = settings.load({"var_dir": str(tmp_path), "media_workers": "2", "media_host": "127.0.0.1"})
    workers = [child for child in start._children(configured) if child.name.startswith("media")]
    ports = [child.second_port for child in workers]
    assert [port.number for port in ports if port] == [50000, 50001]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))
        taken = supervisor.Port("media_udp_port", "127.0.0.1", other.getsockname()[1], is_udp=True)
        with pytest.raises(supervisor.PortTaken, match="QOLTANBA_MEDIA_UDP_PORT"):
            supervisor.require_free(taken)
    supervisor.require_free(taken)
    anywhere = settings.load({"var_dir": str(tmp_path), "media_udp_port": "0"})
    assert not any(child.second_port for child in start._children(anywhere))
