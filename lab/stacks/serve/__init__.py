"""Servers: one module per protocol, each with `run(config)`."""
