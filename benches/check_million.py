#!/usr/bin/env python3
"""Compare the tool's answers to the published queries on the generated tables with answers computed here.

    python check_million.py FOLDER [--kql target/release/kql] [--forms parquet,ndjson] [--queries NAME,…]

FOLDER is what generate.py wrote. The answers come from `testdata/expected.py`, plain Python over the Parquet
files; needs pyarrow. Rows compare as multisets, a make_set without regard to order, and one with a
maximum by its size and by its members being members. Without a place database the country is empty,
so the tool runs with `--geoip none`. Exit code 1 if an answer differs.
"""

import argparse
import csv
import io
import json
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "testdata"))
import expected  # noqa: E402

SORTED_BY = {"internet-facing-port-scan": "Connections", "t1595-001-01-ports-per-ip": "port_count",
             "t1595-001-04-outbound-nmap": "TimeGenerated"}


def loader(folder):
    def load(table, columns):
        data = pq.read_table(folder / "parquet" / f"{table}.parquet", columns=[name for name, _ in columns])
        cells = []
        for name, kind in columns:
            column = data[name]
            if kind == expected.TIME:
                column = column.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
            values = column.to_pylist()
            cells.append([value or "" for value in values] if kind == expected.TEXT else values)
        return list(zip(*cells))

    return load


def plain(value, kind):
    """A cell as the tool prints it in CSV, in one spelling; sets are compared apart."""
    if value is None or value == "":
        return ""
    if kind == "datetime":
        return expected.parse_time(value) if isinstance(value, str) else value
    return str(value)


def same_set(wanted, text):
    got = json.loads(text) if text else []
    full, limit = (set(wanted), wanted.limit) if isinstance(wanted, expected.Limited) else (set(wanted), len(wanted))
    return len(got) == len(set(got)) == min(limit, len(full)) and set(got) <= full


def differences(name, answer, header, rows):
    names = [column for column, _ in answer.columns]
    if header != names:
        return [f"columns {header}, not {names}"]
    scalars = [i for i, (_, kind) in enumerate(answer.columns) if kind != "dynamic"]
    sets = [i for i, (_, kind) in enumerate(answer.columns) if kind == "dynamic"]
    wanted, got = defaultdict(list), defaultdict(list)
    for row in answer.rows:
        wanted[tuple(plain(row[i], answer.columns[i][1]) for i in scalars)].append([row[i] for i in sets])
    for row in rows:
        got[tuple(plain(row[i], answer.columns[i][1]) for i in scalars)].append([row[i] for i in sets])
    found = []
    for key in wanted.keys() | got.keys():
        if len(wanted[key]) != len(got[key]):
            found.append(f"{len(got[key])} times instead of {len(wanted[key])}: {key}")
        elif sets:
            rest = list(got[key])
            for one in wanted[key]:
                match = next((r for r in rest if all(map(same_set, one, r))), None)
                if match is None:
                    found.append(f"sets differ: {key}")
                    break
                rest.remove(match)
    key = SORTED_BY.get(name) or ("event_count" if name.startswith("t1595-001-0") or name.endswith("syn-flood") else None)
    if key:
        i = names.index(key)
        values = [plain(row[i], answer.columns[i][1]) for row in rows]
        values = [int(value) for value in values]
        if values != sorted(values, reverse=True):
            found.append(f"not in descending order of {key}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kql", default=str(ROOT / "target" / "release" / "kql"))
    parser.add_argument("--forms", default="parquet,ndjson", help="which of parquet, ndjson and csv the tool reads")
    parser.add_argument("--queries", default="", help="only these, by name")
    given = parser.parse_args()
    only = set(filter(None, given.queries.split(",")))
    failed = 0
    for name, answer in expected.answers(loader(given.folder), strict=False):
        if only and name not in only:
            continue
        for form in given.forms.split(","):
            command = [given.kql, "run", str(ROOT / "queries" / f"{name}.kql"), "-d", str(given.folder / form),
                       "--now", "latest", "--geoip", "none", "--format", "csv"]
            start = time.monotonic()
            done = subprocess.run(command, capture_output=True, check=False)
            took = time.monotonic() - start
            if done.returncode:
                found = [f"exit code {done.returncode}: {done.stderr.decode(errors='replace').strip()[:400]}"]
            else:
                text = done.stdout.decode("utf-8")
                header, *rows = list(csv.reader(io.StringIO(text, newline=""))) or [[]]
                found = differences(name, answer, header, rows)
            failed += bool(found)
            verdict = "DIFFERENT" if found else "same"
            print(f"{verdict:9} {name:32} {form:8} {len(answer.rows):8,} rows  {took:6.2f} s", flush=True)
            for line in found[:5]:
                print(f"          {line}")
            if len(found) > 5:
                print(f"          and {len(found) - 5} more")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
