"""docs/lifecycle.md from the tables: `python -m tests.house.lifecycle_page > docs/lifecycle.md`."""

from ca_core import lifecycle


def markdown() -> str:
    lines = [
        "# The lives of application, certificate, call and review",
        "",
        "Made by `python -m tests.house.lifecycle_page` from `ca_core/lifecycle.py`; do not edit.",
        "The clause is RFC 3647's. Expired is never stored: it is computed from the end of validity.",
    ]
    for life in lifecycle.LIVES:
        lines += ["", f"## {life.name.capitalize()}", "", "```mermaid", "stateDiagram-v2"]
        lines.append(f"    [*] --> {life.first.name}")
        for transition in life.transitions:
            lines += [
                f"    {origin.name} --> {transition.target.name}: {transition.act}"
                for origin in transition.origins
            ]
        lines += [
            "```",
            "",
            "| act | from | to | who | function | clause |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        for t in life.transitions:
            origins = ", ".join(origin.name for origin in t.origins)
            who = ", ".join(person.value for person in t.who)
            lines.append(f"| {t.act} | {origins} | {t.target.name} | {who} | `{t.function}` | {t.clause} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(markdown(), end="")
