"""python -m stacks.serve PROTOCOL JSON: runs one server until it is ended."""

import importlib
import json
import sys

if __name__ == "__main__":
    protocol, config = sys.argv[1], json.loads(sys.argv[2])
    importlib.import_module(f"stacks.serve.{protocol}").run(config)
