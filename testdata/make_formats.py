#!/usr/bin/env python3
"""Write the JSON tables beside this file once more as CSV, Parquet and Arrow, into `formats/`.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install pyarrow
    /tmp/venv/bin/python make_formats.py

Rows and their order stay as they are, so every query gives the same answer on every copy. Types are the
published ones (`int` is 32 bits wide, `long` 64); a dynamic is JSON text. The files differ a little in
what writers in the field differ in: compression, row groups, dictionaries, large strings.
"""

import csv
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet

HERE = Path(__file__).parent
FORMATS = HERE / "formats"

# Everything not named here is a string.
TYPES = {
    "DeviceNetworkEvents": {
        "datetime": ["Timestamp"], "int": ["RemotePort", "LocalPort"], "long": ["InitiatingProcessId", "ReportId"],
        "dynamic": ["AdditionalFields"],
    },
    "DeviceInfo": {
        "datetime": ["Timestamp"], "long": ["OSBuild", "ReportId"], "bool": ["IsAzureADJoined", "IsInternetFacing"],
        "dynamic": ["LoggedOnUsers", "AdditionalFields"],
    },
    "DeviceProcessEvents": {
        "datetime": ["Timestamp"], "long": ["ProcessId", "LogonId", "InitiatingProcessId", "ReportId"],
        "dynamic": ["AdditionalFields"],
    },
    "CommonSecurityLog": {
        "datetime": ["TimeGenerated"], "int": ["SourcePort", "DestinationPort"], "long": ["SentBytes", "ReceivedBytes"],
    },
    "_Im_NetworkSession": {
        "datetime": ["TimeGenerated", "EventStartTime", "EventEndTime"],
        "int": ["EventCount", "SrcPortNumber", "DstPortNumber", "SrcBytes", "DstBytes"],
    },
}
PARQUET_COMPRESSION = {"CommonSecurityLog": "snappy", "DeviceInfo": "snappy"}  # zstd otherwise
ARROW_COMPRESSION = {"CommonSecurityLog": "zstd", "_Im_NetworkSession": "lz4"}  # none otherwise
ARROW_TYPES = {
    "CommonSecurityLog": {name: pa.dictionary(pa.int32(), pa.string()) for name in ("DeviceVendor", "DeviceProduct")},
    "DeviceProcessEvents": {"ProcessCommandLine": pa.large_string()},
}
ROWS_PER_GROUP = 700


def read(table):
    text = (HERE / f"{table}.json").read_text(encoding="utf-8")
    rows = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]
    names = []
    for row in rows:
        if next(iter(row)) not in ("Timestamp", "TimeGenerated"):
            continue  # a row with its keys in reverse
        for i, name in enumerate(row):
            if name not in names:
                before = list(row)[i - 1] if i else None
                names.insert(names.index(before) + 1 if before else 0, name)
    for row in rows:
        for name, value in row.items():
            if isinstance(value, (dict, list)):
                row[name] = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return names, rows


def write_csv(path, names, rows):
    def text(value):
        return "" if value is None else str(value).lower() if isinstance(value, bool) else value

    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([text(row.get(name)) for name in names] for row in rows)


def arrow_table(table, names, rows, instant, special):
    kinds = {name: kind for kind, columns in TYPES[table].items() for name in columns}
    plain = {"int": pa.int32(), "long": pa.int64(), "bool": pa.bool_(), "dynamic": pa.string(), None: pa.string()}
    columns, fields = [], []
    for name in names:
        kind = kinds.get(name)
        values = [row.get(name) for row in rows]
        if kind == "datetime":
            text = pa.array([value and value.rstrip("Z") for value in values], pa.string())
            column = text.cast(pa.timestamp("ns")).cast(pa.timestamp(instant)).cast(pa.timestamp(instant, "UTC"))
        else:
            column = pa.array(values, plain[kind])
            if name in special:
                column = column.dictionary_encode() if pa.types.is_dictionary(special[name]) else column.cast(special[name])
        columns.append(column)
        fields.append(pa.field(name, column.type))
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def main():
    for folder in ("csv", "parquet", "arrow"):
        (FORMATS / folder).mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "GeoLite2-City-Test.mmdb", FORMATS / folder)
    for table in TYPES:
        names, rows = read(table)
        write_csv(FORMATS / "csv" / f"{table}.csv", names, rows)
        pa.parquet.write_table(
            arrow_table(table, names, rows, "us", {}), FORMATS / "parquet" / f"{table}.parquet",
            compression=PARQUET_COMPRESSION.get(table, "zstd"), row_group_size=ROWS_PER_GROUP)
        data = arrow_table(table, names, rows, "ns", ARROW_TYPES.get(table, {}))
        options = pa.ipc.IpcWriteOptions(compression=ARROW_COMPRESSION.get(table))
        with pa.OSFile(str(FORMATS / "arrow" / f"{table}.arrow"), "wb") as sink:
            with pa.ipc.new_file(sink, data.schema, options=options) as writer:
                writer.write_table(data, max_chunksize=ROWS_PER_GROUP)


if __name__ == "__main__":
    main()
