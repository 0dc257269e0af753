"""`python -m qoltanba_keyagent`."""

from qoltanba_keyagent import cli

if __name__ == "__main__":
    cli.main()
