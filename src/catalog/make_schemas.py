"""Writes schemas.txt from a JSON file of the form {"Table": {"Column": "type", ...}, ...}.

Usage: python3 make_schemas.py table-schemas.json DATE > schemas.txt
"""

import collections
import json
import re
import sys

LETTER = {"string": "s", "datetime": "d", "dynamic": "y", "real": "r", "int": "i", "long": "l",
          "bool": "b", "guid": "g", "timespan": "t", "decimal": "m"}
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(n):
    text = DIGITS[n % 36]
    while n := n // 36:
        text = DIGITS[n % 36] + text
    return text


def main():
    tables = json.load(open(sys.argv[1], encoding="utf-8"))
    tables = {name: columns for name, columns in sorted(tables.items()) if re.fullmatch(r"\w+", name)}
    uses = collections.Counter(pair for columns in tables.values() for pair in columns.items()
                               if "\n" not in pair[0])
    pairs = sorted(uses, key=lambda pair: (-uses[pair], pair))
    number = {pair: base36(i) for i, pair in enumerate(pairs)}
    print(f"# Columns of published Sentinel and Defender tables, as of {sys.argv[2]}.")
    print("# First each column once, type letter and name; after an empty line each table with its")
    print("# columns' numbers in base 36. Made by make_schemas.py.")
    for name, kind in pairs:
        print(LETTER[kind] + name)
    print()
    for name, columns in tables.items():
        print(name, *(number[pair] for pair in columns.items() if pair in number))


main()
