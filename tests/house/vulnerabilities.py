"""Is a weakness known of what the locks name? pip-audit asks the index, by `python -m tests.house.vulnerabilities`.

Three answers, not two: what the index did not say is not good. With `--must` that ends in failure too; without, it is
said loudly and the rest of the checks go on, for a machine without a network can still check everything else.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What runs with them is part of it.
LOCK = ROOT / "requirements" / "test.txt"
# By its id, and why it cannot harm here. One that is mended upstream is taken out again.
ACCEPTED: dict[str, str] = {}
SECONDS_AT_MOST = 180
_ANSWER_SECONDS = 10


class NoAnswer(Exception):
    """Nobody knows."""


@dataclass(frozen=True, slots=True)
class Report:
    """`weak`: package, version and the weakness; `unknown`: package and why nothing is known of it."""

    audited: int
    weak: tuple[str, ...]
    unknown: tuple[str, ...]


def read(told: str) -> Report:
    """What pip-audit says as JSON. Raises NoAnswer for anything else."""
    try:
        packages = json.loads(told)["dependencies"]
    except (ValueError, KeyError, TypeError) as problem:
        raise NoAnswer("pip-audit said nothing that can be read") from problem
    weak, unknown, audited = [], [], 0
    for package in packages:
        if "skip_reason" in package:
            unknown.append(f"{package['name']}: {package['skip_reason']}")
            continue
        audited += 1
        weak += [
            f"{package['name']} {package['version']}: {found['id']}, mended in {found['fix_versions']}"
            for found in package["vulns"]
            if not {found["id"], *found.get("aliases", ())} & set(ACCEPTED)
        ]
    return Report(audited, tuple(weak), tuple(unknown))


def ask(pins: Iterable[str]) -> Report:
    """Raises NoAnswer."""
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / "pins.txt"
        asked.write_text("\n".join(pins) + "\n", encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "pip_audit",
            "--requirement",
            str(asked),
            "--disable-pip",
            "--no-deps",
        ]
        command += ["--format", "json", "--progress-spinner", "off", "--timeout", str(_ANSWER_SECONDS)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SECONDS_AT_MOST, check=False
            )
        except subprocess.TimeoutExpired as problem:
            raise NoAnswer(f"no answer within {SECONDS_AT_MOST} s") from problem
    if not done.stdout.strip():
        raise NoAnswer(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no answer")
    return read(done.stdout)


def pins(lock: str) -> list[str]:
    """Each with its marker, without its hashes: nothing is installed."""
    return [line.removesuffix("\\").strip() for line in lock.splitlines() if line[:1].isalnum()]


def verdict(report: Report) -> tuple[int, str]:
    """0 for good, 1 for weak, 2 for not known: nothing is good of which something is not known."""
    if report.weak:
        return 1, "KNOWN WEAKNESSES:\n" + "\n".join(report.weak)
    if report.unknown or not report.audited:
        return 2, f"not known of {len(report.unknown)} packages: " + "; ".join(report.unknown[:3])
    return 0, f"no weakness is known of {report.audited} packages"


def look(asked: list[str]) -> tuple[int, str]:
    """One first: where nobody answers, that is known within seconds, and the index is left alone."""
    try:
        first = verdict(ask(asked[:1]))
        return first if first[0] == 2 else verdict(ask(asked))
    except NoAnswer as problem:
        return 2, str(problem)


def main(arguments: list[str]) -> int:
    code, said = look(pins(LOCK.read_text(encoding="utf-8")))
    if code == 2:
        print(
            f"\n!!! DEPENDENCIES NOT AUDITED for known weaknesses: {said}\n!!! This says nothing good of them.\n"
        )
        return code if "--must" in arguments else 0
    print(said)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
