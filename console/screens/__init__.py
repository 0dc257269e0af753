"""One module a screen, each with `show(service, staff)`: it reads, shows, calls one operation, shows its Refusal."""
