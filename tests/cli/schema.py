#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""schema.py SCHEMA [-n COUNT] < LINES: every line is a JSON object that the schema describes.

Knows the keywords that doc/schema/ uses and refuses a schema with any other, so that nothing is
believed to be checked that is not.
"""
import json
import re
import sys

KNOWN = {"$schema", "$defs", "$ref", "title", "description", "type", "properties", "required",
         "additionalProperties", "items", "enum", "pattern", "minimum"}
TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
}


def mistakes(value, schema, root, where):
    unknown = set(schema) - KNOWN
    if unknown:
        raise SystemExit(f"{where}: keywords this checker does not know: {sorted(unknown)}")
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        yield from mistakes(value, root["$defs"][name], root, where)
        return
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(TYPES[k](value) for k in kinds):
        yield f"{where}: {value!r} is not {'|'.join(kinds)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is none of {schema['enum']}"
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where}: {value!r} does not match {schema['pattern']}"
    if TYPES["integer"](value) and value < schema.get("minimum", value):
        yield f"{where}: {value} is below {schema['minimum']}"
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from mistakes(item, schema.get("items", {}), root, f"{where}[{i}]")
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        for key in schema.get("required", []):
            if key not in value:
                yield f"{where}: '{key}' is missing"
        for key, item in value.items():
            if key in properties:
                yield from mistakes(item, properties[key], root, f"{where}.{key}")
            elif schema.get("additionalProperties") is False:
                yield f"{where}: '{key}' is not in the schema"
            if not re.fullmatch(r"[a-z][a-z0-9_]*", key):
                yield f"{where}: the key '{key}' is not lower_snake_case"


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        schema = json.load(f)
    count, bad = 0, 0
    for number, line in enumerate(sys.stdin.buffer, 1):
        count += 1
        value = json.loads(line.decode("utf-8"))
        for text in mistakes(value, schema, schema, f"line {number}"):
            print(text)
            bad += 1
    if len(sys.argv) > 3 and sys.argv[2] == "-n" and count != int(sys.argv[3]):
        print(f"{count} lines, {sys.argv[3]} expected")
        bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
