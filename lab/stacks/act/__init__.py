"""Clients: one module per protocol, each with functions named after what they do."""
