"""Thin starters round third-party protocol stacks. No protocol is encoded here."""
