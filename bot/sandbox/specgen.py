"""Makes spec.json, the part of the published Bot API that the sandbox checks parameters against.

    python -m bot.sandbox.specgen api.json

`api.json` is the Bot API in machine-readable form: {"version", "methods": {name: {"fields": {name: {"types",
"required"}}}}, "types": {name: {"fields"} or {"subtypes"}}}. A parameter becomes "Integer|String", with "!" at its end
where it is required.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

SPEC = Path(__file__).with_name("spec.json")
PLAIN = {"Integer", "String", "Boolean", "Float", "True", "InputFile"}


def compact(api: dict[str, Any], methods: set[str]) -> dict[str, Any]:
    """The named methods and every type that their parameters can hold."""
    table: dict[str, Any] = {"version": api["version"], "methods": {}, "types": {}}
    waiting: list[str] = []
    for name in sorted(methods):
        fields = api["methods"][name].get("fields", {})
        table["methods"][name] = {key: _kind(field) for key, field in fields.items()}
        waiting += [t for field in fields.values() for t in field["types"]]
    while waiting:
        name = waiting.pop().replace("Array of ", "")
        if name in PLAIN or name in table["types"]:
            continue
        described = api["types"][name]
        if "subtypes" in described:
            table["types"][name] = described["subtypes"]
            waiting += described["subtypes"]
        else:
            fields = described.get("fields", {})
            table["types"][name] = {key: _kind(field) for key, field in fields.items()}
            waiting += [t for field in fields.values() for t in field["types"]]
    return table


def _kind(field: dict[str, Any]) -> str:
    return "|".join(field["types"]) + ("!" if field.get("required") else "")


def main(arguments: list[str]) -> int:
    from bot.sandbox.methods import METHODS

    if len(arguments) != 1:
        print("usage: python -m bot.sandbox.specgen api.json", file=sys.stderr)  # noqa: T201
        return 2
    api = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    known = {method.name for method in METHODS.values()}
    table = compact(api, known & set(api["methods"]))
    lines = json.dumps(table, separators=(",", ":"), sort_keys=True).replace("},", "},\n").replace("],", "],\n")
    SPEC.write_text(lines + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
