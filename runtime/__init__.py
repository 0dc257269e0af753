"""The running system: settings, logging, wiring of the rooms, jobs, gateways to the outside, command line."""
