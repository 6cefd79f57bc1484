"""python -m stacks.act PROTOCOL.ACTION JSON: does one client activity, then exits."""

import importlib
import json
import sys

if __name__ == "__main__":
    protocol, action = sys.argv[1].split(".")
    config = json.loads(sys.argv[2])
    getattr(importlib.import_module(f"stacks.act.{protocol}"), action)(**config)
