"""`python portal/keyagent run` starts the agent from its sources, as `make run` does for the demo."""

from qoltanba_keyagent import cli

if __name__ == "__main__":
    cli.main()
