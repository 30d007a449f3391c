#!/usr/bin/env python3
"""Work out the answers to the queries in `queries/` on the tables beside this file, without any KQL.

    python3 expected.py            write tests/cases/seeds/*.expected
    python3 expected.py --check    compare them instead; exit 1 if one differs
    python3 expected.py --show NAME

Standard library only. Each query is written out by hand as plain loops over rows, after what Kusto
documents and measurably does, so that the tool's answers are compared with something that shares no code
and no parser with it. `benches/check_million.py` uses the same functions on a million rows per table.

What a file holds: the columns with their types, then a line per row, cells parted by " | ". A null is an
empty cell, a datetime has seven digits, a dynamic is compact JSON, its sets in the order of the input.
"""

import ipaddress
import json
import re
import sys
import unicodedata
from collections import defaultdict
from datetime import datetime, timezone
from pathlib import Path

HERE = Path(__file__).parent
CASES = HERE.parent / "tests" / "cases" / "seeds"

MINUTE = 60_000_000  # times are microseconds since 1970
HOUR = 60 * MINUTE
DAY = 24 * HOUR


# ------------------------------------------------------------------------------- reading the tables

TIME, TEXT, INT, BOOL = "time", "text", "int", "bool"


def parse_time(text):
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?Z", text)
    whole = datetime.fromisoformat(match[1]).replace(tzinfo=timezone.utc)
    return int(whole.timestamp()) * 1_000_000 + int((match[2] or "").ljust(7, "0")[:7]) // 10


def read_json(table, columns, folder=HERE):
    """The asked columns of a table's rows, in order: a string is never null, anything else may be None."""
    text = (folder / f"{table}.json").read_text(encoding="utf-8")
    rows = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]
    result = []
    for row in rows:
        cells = []
        for name, kind in columns:
            value = row.get(name)
            if kind == TIME:
                value = parse_time(value)
            elif kind == TEXT:
                value = value or ""
            cells.append(value)
        result.append(tuple(cells))
    return result


class Limited(list):
    """All members of a `make_set(…, limit)` in order of appearance; only the first `limit` are shown."""

    def __init__(self, members, limit):
        super().__init__(members)
        self.limit = limit

    def shown(self):
        return self[: self.limit]


class Answer:
    """Columns as (name, type) pairs; rows as lists; `ordered` if the query ends in an order, with no ties."""

    def __init__(self, columns, rows, ordered=False):
        self.columns = [tuple(column.split(": ")) for column in columns.split(" | ")]
        self.rows, self.ordered = rows, ordered
        assert all(len(row) == len(self.columns) for row in rows)


# ------------------------------------------------------------------------- what Kusto's functions do


def starts_with(text, prefix):
    return text.lower().startswith(prefix.lower())


def is_term_char(char):
    return unicodedata.category(char)[0] in "LN"


def has(text, needle):
    """`text has needle`: somewhere, and not inside a longer term at an edge that is itself a term character."""
    text, needle = text.lower(), needle.lower()
    if not needle:
        return True
    start = text.find(needle)
    while start >= 0:
        end = start + len(needle)
        left = not is_term_char(needle[0]) or start == 0 or not is_term_char(text[start - 1])
        right = not is_term_char(needle[-1]) or end == len(text) or not is_term_char(text[end])
        if left and right:
            return True
        start = text.find(needle, start + 1)
    return False


OCTET = r"(?:0|[1-9]\d{0,2})"
IPV4 = re.compile(rf"\s*({OCTET})\.({OCTET})\.({OCTET})\.({OCTET})\s*")


def is_private(address):
    """ipv4_is_private: None for what is no IPv4 address (the tables have none with a mask)."""
    match = IPV4.fullmatch(address)
    if not match:
        return None
    a, b, c, d = map(int, match.groups())
    if max(a, b, c, d) > 255:
        return None
    return a == 10 or (a == 172 and 16 <= b <= 31) or (a == 192 and b == 168)


def country_of(address, networks):
    """geo_info_from_ip_address(address).country as text: the narrowest network that holds it."""
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return ""
    best = None
    for network, record in networks:
        if parsed.version == network.version and parsed in network:
            if best is None or network.prefixlen >= best[0]:
                best = (network.prefixlen, record)
    return best[1].get("country", {}).get("names", {}).get("en", "") if best else ""


def test_networks():
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(HERE))
    import make_mmdb

    return [(ipaddress.ip_network(text), record) for text, record in make_mmdb.NETWORKS]


def distinct(values):
    """Without repeats and nulls, in order of appearance."""
    return list(dict.fromkeys(value for value in values if value is not None))


def descending(rows, key):
    keys = [key(row) for row in rows]
    assert len(set(keys)) == len(keys), f"ties in the sort: {sorted(k for k in keys if keys.count(k) > 1)}"
    return sorted(rows, key=key, reverse=True)


def groups(rows, key):
    result = defaultdict(list)
    for row in rows:
        result[key(row)].append(row)
    return result.items()


# -------------------------------------------------------------------------------------- the queries


def possible_network_scans(load):
    rows = load("DeviceNetworkEvents", [("Timestamp", TIME), ("DeviceName", TEXT), ("RemoteIP", TEXT),
                                        ("RemotePort", INT), ("InitiatingProcessFileName", TEXT)])
    day_ago = max(row[0] for row in rows) - DAY
    ports = defaultdict(set)
    for time, device, remote, port, process in rows:
        if (time > day_ago and starts_with(remote, "172.16")) or starts_with(remote, "192.168"):
            if port is not None:
                ports[device, remote, process].add(port)
    return Answer(
        "DeviceName: string | RemoteIP: string | InitiatingProcessFileName: string | RemotePortCount: long",
        [[*key, len(found)] for key, found in ports.items() if len(found) > 10],
    )


INTERNAL = ["10.", "192.168.", *(f"172.{n}." for n in range(16, 32)), "127."]
SCANNERS = {"nmap", "nmap.exe", "masscan", "masscan.exe", "zmap", "unicornscan", "hping3", "hping3.exe", "netdiscover",
            "fping", "fping.exe", "angry_ip_scanner.exe", "ipscan.exe", "advanced_ip_scanner.exe"}
SCAN_WORDS = ["nmap ", "masscan ", "--scan-delay", "-sS ", "-sT ", "-sV ", "-sn ", "-Pn ", "--open ", "-p- ",
              "port-scan", "portscan"]


def ip_block_scan(load):
    log = load("CommonSecurityLog", [("TimeGenerated", TIME), ("SourceIP", TEXT), ("DestinationIP", TEXT),
                                     ("DestinationPort", INT), ("DeviceVendor", TEXT), ("DeviceProduct", TEXT)])
    started = load("DeviceProcessEvents", [("Timestamp", TIME), ("DeviceName", TEXT), ("FileName", TEXT),
                                           ("ProcessCommandLine", TEXT), ("AccountName", TEXT),
                                           ("InitiatingProcessFileName", TEXT)])
    hour_ago = max(row[0] for rows in (log, started) for row in rows) - HOUR

    scans = []
    outside = [r for r in log if r[0] > hour_ago and r[1] and not any(starts_with(r[1], p) for p in INTERNAL)]
    for (source, window), rows in groups(outside, lambda r: (r[1], r[0] - r[0] % (5 * MINUTE))):
        hosts = distinct(r[2] for r in rows)
        ports = distinct(r[3] for r in rows)
        if len(ports) < 20 and len(hosts) < 15:
            continue
        if len(hosts) >= 15 and len(ports) <= 5:
            kind = "IP Block Sweep (ping/single-port)"
        elif len(ports) >= 20 and len(hosts) <= 3:
            kind = "Port Scan (single host)"
        elif len(hosts) >= 15 and len(ports) >= 20:
            kind = "Full Network Scan"
        else:
            kind = "Unknown Scan Pattern"
        # datetime_diff counts the seconds' boundaries between the first and the last
        seconds = max(r[0] for r in rows) // 1_000_000 - min(r[0] for r in rows) // 1_000_000
        vendor = next((r[4] for r in rows if r[4]), "")
        product = next((r[5] for r in rows if r[5]), "")
        scans.append([window, source, kind, len(ports), None, len(hosts), None, len(rows), None, seconds, None,
                      Limited(ports, 50), Limited(hosts, 20), vendor, product, "", "", ""])
    scans.sort(key=lambda row: (row[5], row[3]), reverse=True)

    tools = []
    for time, device, file, command, account, parent in started:
        if time > hour_ago and (file.lower() in SCANNERS or any(has(command, word) for word in SCAN_WORDS)):
            tools.append([time, device, "Scan Tool Executed on Endpoint", *[None] * 8, [], [], "", "",
                          account, command, parent])
    return Answer(
        "TimeGenerated: datetime | SourceIP: string | ScanType: string"
        " | UniqueDestPorts_long: long | UniqueDestPorts_int: int | UniqueDestHosts_long: long | UniqueDestHosts_int: int"
        " | TotalConnections_long: long | TotalConnections_int: int"
        " | ScanDurationSeconds_long: long | ScanDurationSeconds_int: int"
        " | DestinationPorts: dynamic | SampledDestHosts: dynamic | DeviceVendor: string | DeviceProduct: string"
        " | AccountName: string | ProcessCommandLine: string | InitiatingProcessFileName: string",
        scans + tools,
    )


def internet_facing_port_scan(load, networks):
    info = load("DeviceInfo", [("Timestamp", TIME), ("DeviceId", TEXT), ("IsInternetFacing", BOOL)])
    events = load("DeviceNetworkEvents", [("Timestamp", TIME), ("DeviceId", TEXT), ("ActionType", TEXT),
                                          ("RemoteIP", TEXT)])
    hour_ago = max(row[0] for rows in (info, events) for row in rows) - HOUR
    facing = {device for time, device, exposed in info if time > hour_ago and exposed}
    concerned = {}
    counts = defaultdict(int)
    for _, device, action, remote in events:
        if action == "InboundConnectionAttempt" and is_private(remote) is False:
            if device not in concerned:
                concerned[device] = any(has(device, each) for each in facing)
            if concerned[device]:
                counts[remote] += 1
    rows = [[remote, country_of(remote, networks), count] for remote, count in counts.items() if count >= 3]
    return Answer("RemoteIP: string | IPLocation_country: string | Connections: long",
                  descending(rows, lambda row: row[2]) if networks else rows, ordered=bool(networks))


def asim_port_scan(load):
    rows = load("_Im_NetworkSession", [("TimeGenerated", TIME), ("SrcIpAddr", TEXT), ("DstPortNumber", INT),
                                       ("EventVendor", TEXT), ("EventProduct", TEXT)])
    kept = [r for r in rows if r[1] not in ("127.0.0.1", "::1") and is_private(r[1]) is False]
    found = []
    for (source, window), group in groups(kept, lambda r: (r[1], r[0] - r[0] % (5 * MINUTE))):
        ports = distinct(r[2] for r in group)
        if len(ports) > 50:
            reporters = distinct(f"{r[3]}/{r[4]}" for r in group)
            found.append([source, window, len(ports), Limited(ports, 100), Limited(reporters, 20)])
    return Answer("SrcIpAddr: string | TimeGenerated: datetime | AttemptedPortsCount: long"
                  " | AttemptedPorts: dynamic | ReportedBy: dynamic", found)


EVENT_COLUMNS = [("Timestamp", TIME), ("DeviceName", TEXT), ("ActionType", TEXT), ("RemoteIP", TEXT),
                 ("RemotePort", INT), ("LocalIP", TEXT), ("LocalPort", INT), ("Protocol", TEXT),
                 ("InitiatingProcessFileName", TEXT)]


def reconnaissance(load, strict=True):
    """The ten queries of one document. Without `strict`, ties in a sort leave the answer unordered."""
    everything = load("DeviceNetworkEvents", EVENT_COLUMNS)
    outside = [r for r in everything
               if not any(starts_with(r[3], prefix) for prefix in ("10.", "192.168.", "172.16."))]

    def counted(rows, key, least):
        counts = defaultdict(int)
        for row in rows:
            counts[key(row)] += 1
        return [[*key, count] for key, count in counts.items() if count > least]

    def answer(columns, rows, key=lambda row: row[-1]):
        return Answer(columns, descending(rows, key) if strict else rows, ordered=strict)

    pair = "RemoteIP: string | LocalIP: string | event_count: long"
    single = "RemoteIP: string | event_count: long"
    remote_and_local = lambda r: (r[3], r[5])

    yield "01-ports-per-ip", answer(
        "TimeGenerated: datetime | RemoteIP: string | LocalPort: int | port_count: long",
        counted(outside, lambda r: (r[0] - r[0] % HOUR, r[3], r[6]), 20),
    )
    first = {}
    for r in outside:
        key = (r[3], r[6], r[5])
        first[key] = min(r[0], first.get(key, r[0]))
    yield "02-rapid-scanning", answer(
        "time_diff: datetime | RemoteIP: string | LocalPort: int | LocalIP: string | event_count: long",
        [[first[tuple(row[:3])], *row] for row in counted(outside, lambda r: (r[3], r[6], r[5]), 50)],
    )
    yield "03-common-ports", answer(
        pair, counted((r for r in everything if r[6] in (22, 23, 80, 443, 3389)), remote_and_local, 10))
    yield "04-outbound-nmap", answer(
        "TimeGenerated: datetime | DeviceName: string | RemoteIP: string | LocalPort: int"
        " | InitiatingProcessFileName: string",
        [[r[0], r[1], r[3], r[6], r[8]] for r in outside if r[8] == "nmap.exe"],
        key=lambda row: row[0],
    )
    yield "05-failed-connections", answer(
        pair, counted((r for r in outside if r[2] == "ConnectionFailed"), remote_and_local, 100))
    yield "06-icmp-ping-sweep", answer(
        pair, counted((r for r in outside if r[7] == "ICMP"), remote_and_local, 50))
    yield "07-smb-shares", answer(
        pair, counted((r for r in outside if r[6] == 445), remote_and_local, 10))
    yield "08-http-flood", answer(
        pair, counted((r for r in outside if r[6] == 80 and r[2] == "ConnectionSuccess"), remote_and_local, 100))
    yield "09-dns-flood", answer(
        single, counted((r for r in outside if r[4] == 53 and r[2] == "Query"), lambda r: (r[3],), 200))
    yield "10-syn-flood", answer(
        single, counted((r for r in outside if r[2] == "SYN"), lambda r: (r[3],), 500))


def answers(load=read_json, networks=None, strict=True):
    """Every query's name (its file's stem) and Answer, one after the other."""
    yield "possible-network-scans", possible_network_scans(load)
    yield "t1595-001-ip-block-scan", ip_block_scan(load)
    yield "internet-facing-port-scan", internet_facing_port_scan(load, networks or [])
    yield "asim-port-scan", asim_port_scan(load)
    for name, answer in reconnaissance(load, strict):
        yield f"t1595-001-{name}", answer


# --------------------------------------------------------------------------------------- the files


def time_text(micros):
    seconds, rest = divmod(micros, 1_000_000)
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest:06}0Z"


def cell(value, kind):
    if value is None:
        return ""
    if kind == "datetime":
        return time_text(value)
    if kind == "dynamic":
        shown = value.shown() if isinstance(value, Limited) else value
        return json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
    text = str(value)
    assert " | " not in text and not re.search(r"[\r\n]", text), text
    return text


def text_of(answer):
    lines = [" | ".join(f"{name}: {kind}" for name, kind in answer.columns)]
    lines += [" | ".join(cell(v, kind) for v, (_, kind) in zip(row, answer.columns)) for row in answer.rows]
    return "\n".join(lines) + "\n"


def main():
    option = sys.argv[1] if len(sys.argv) > 1 else ""
    different = 0
    for name, answer in answers(networks=test_networks()):
        text, path = text_of(answer), CASES / f"{name}.expected"
        if option == "--show":
            if sys.argv[2:] == [name]:
                print(text, end="")
        elif option == "--check":
            same = path.exists() and path.read_bytes() == text.encode()
            different += not same
            print(f"{'same' if same else 'DIFFERENT':9} {name}")
        else:
            CASES.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
            print(f"{len(answer.rows):4} rows  {name}")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
