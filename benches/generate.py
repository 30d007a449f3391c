#!/usr/bin/env python3
"""Write large tables for the published queries: FOLDER/ndjson, FOLDER/parquet and, if asked, FOLDER/csv.

    python generate.py FOLDER [--rows 1000000] [--tables T,…] [--csv] [--no-ndjson]

Needs numpy, pyarrow and duckdb from PyPI. The same arguments give the same rows. A million rows per table take
about 4 GB as NDJSON and 0.5 GB as Parquet (zstd). Most rows are everyday traffic with the variety of real logs;
"campaigns" in between pass the queries' thresholds, so that every query has an answer. Their number
grows with the number of rows, their size does not.
"""

import argparse
from datetime import datetime, timezone
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

NOW = int(datetime(2026, 3, 14, 12, tzinfo=timezone.utc).timestamp()) * 1_000_000  # microseconds
MINUTE = 60_000_000
HOUR = 60 * MINUTE
ROWS_PER_GROUP = 131_072
DEVICES, FACING = 5_000, 120
COMMON_PORTS = np.array([22, 23, 80, 443, 445, 3389, 8080, 8443, 53, 25])


class Columns:
    """The columns of one table: every one is set for all rows, then campaigns overwrite slices of some."""

    def __init__(self, rows, seed):
        self.rows, self.random = rows, np.random.default_rng(seed)
        self.codes, self.numbers, self.kinds, self.order = {}, {}, {}, []
        self.free = self.random.permutation(rows - 1)  # the last row keeps its time, NOW
        self.used = 0

    def text(self, name, values, codes=None, missing=0.0):
        """A string column: `values` and which of them each row has (any, if not said)."""
        values = list(values)
        codes = self.random.integers(0, len(values), self.rows) if codes is None else np.array(codes)
        if missing:
            codes = np.where(self.random.random(self.rows) < missing, -1, codes)
        self.codes[name] = [values, codes.astype(np.int64), {v: i for i, v in enumerate(values)}]
        self.order.append(name)

    def number(self, name, values, kind=pa.int64(), missing=0.0):
        values = np.array(values, dtype=np.int64)
        absent = self.random.random(self.rows) < missing if missing else np.zeros(self.rows, bool)
        self.numbers[name], self.kinds[name] = [values, absent], kind
        self.order.append(name)

    def take(self, count):
        """`count` rows that no campaign has yet."""
        if self.used + count > self.rows // 2:
            return np.array([], dtype=np.int64)
        self.used += count
        return self.free[self.used - count : self.used]

    def put(self, rows, name, values):
        """Overwrite a column of some rows by one value or by an array of numbers or a list of strings."""
        if name in self.numbers:
            self.numbers[name][0][rows] = values
            self.numbers[name][1][rows] = False
            return
        known, codes, index = self.codes[name]
        values = [values] * len(rows) if isinstance(values, (str, type(None))) else values
        for row, value in zip(rows, values):
            if value is None:
                codes[row] = -1
                continue
            if value not in index:
                index[value] = len(known)
                known.append(value)
            codes[row] = index[value]

    def table(self):
        arrays = []
        for name in self.order:
            if name in self.codes:
                known, codes, _ = self.codes[name]
                indices = pa.array(codes, pa.int32(), mask=codes < 0)
                arrays.append(pa.DictionaryArray.from_arrays(indices, pa.array(known, pa.string())).cast(pa.string()))
            else:
                values, absent = self.numbers[name]
                arrays.append(pa.array(values, pa.int64(), mask=absent).cast(self.kinds[name]))
        return pa.Table.from_arrays(arrays, self.order)


TIME = pa.timestamp("us", "UTC")
INT = pa.int32()


def hexes(random, count, digits):
    text = random.bytes(count * digits // 2).hex()
    return [text[i * digits : (i + 1) * digits] for i in range(count)]


def public_addresses(random, count):
    """Distinct IPv4 addresses outside the private, loopback and 172.16 to 172.169 ranges."""
    found = {}
    while len(found) < count:
        for a, b, c, d in random.integers(1, 255, (count, 4)).tolist():
            if a not in (10, 127, 172, 192) and a < 224:
                found[f"{a}.{b}.{c}.{d}"] = None
    return list(found)[:count]


def skewed(random, count, rows, heavy=0.5, few=2_000):
    """Codes below `count`: a `heavy` part of the rows falls on the first `few`, the rest on all alike."""
    few = min(few, count)
    light = random.integers(0, count, rows)
    top = np.minimum((random.pareto(1.1, rows) * few / 40).astype(np.int64), few - 1)
    return np.where(random.random(rows) < heavy, top, light)


def devices():
    random = np.random.default_rng(7)
    ids = hexes(random, DEVICES, 40)
    return ids, [f"{'srv' if i % 5 == 0 else 'ws'}-{i:05}.corp.contoso.example" for i in range(DEVICES)]


def times(columns, name, span, before=0):
    """Rows in order of time, as logs are, the last one at NOW."""
    values = np.sort(NOW - before - columns.random.integers(0, span, columns.rows))
    values[-1] = NOW
    columns.number(name, values, TIME)
    return values


PROCESSES = ["chrome.exe", "msedge.exe", "svchost.exe", "Teams.exe", "OUTLOOK.EXE", "python3.11", "java", "curl",
             "powershell.exe", "OneDrive.exe", "MsMpEng.exe", "SenseNdr.exe", "ssh", "System", "backgroundTaskHost.exe"]


def process_columns(columns, prefix):
    random = columns.random
    picked = skewed(random, len(PROCESSES), columns.rows, 0.3, 3)
    columns.text(prefix + "FileName", PROCESSES, picked, missing=0.02)
    folders = [rf"C:\Program Files\Vendor {i % 9}\Application {i}\bin" for i in range(40)]
    columns.text(prefix + "FolderPath", folders)
    lines = [rf'"C:\Program Files\Vendor {i % 9}\app{i % 40}.exe" --type=utility --field-trial-handle={i * 7919},{i} '
             rf"--lang=en-US --service-sandbox-type=none --user-data-dir=C:\Users\user{i % 700}\AppData" for i in range(20_000)]
    columns.text(prefix + "CommandLine", lines, missing=0.1)


def network_events(rows):
    columns = Columns(rows, 101)
    random = columns.random
    ids, names = devices()
    device = random.integers(0, DEVICES, rows)
    times(columns, "Timestamp", 48 * HOUR)
    columns.text("DeviceId", ids, device)
    columns.text("DeviceName", names, device)
    actions = ["ConnectionSuccess", "ConnectionRequest", "ConnectionAttempt", "ConnectionFailed", "InboundConnectionAccepted",
               "InboundConnectionAttempt", "DnsConnectionInspected", "ListeningConnectionCreated"]
    weights = [0.42, 0.15, 0.1, 0.08, 0.06, 0.06, 0.11, 0.02]
    action = random.choice(len(actions), rows, p=weights)
    columns.text("ActionType", actions, action)
    public = public_addresses(random, max(2_000, rows * 3 // 10))
    private = [f"192.168.{i % 40}.{i % 250 + 1}" for i in range(2_000)]
    private += [f"172.{16 + i % 16}.{i % 30}.{i % 250 + 1}" for i in range(2_000)]
    private += [f"10.{i % 30}.{i % 250}.{i % 240 + 1}" for i in range(12_000)]
    sixes = [f"2001:db8:{i % 512:x}::{i * 31 % 65536:x}" for i in range(8_000)]
    source = random.random(rows)
    remote = skewed(random, len(public), rows)
    remote = np.where(source < 0.35, len(public) + random.integers(0, len(private), rows), remote)
    remote = np.where(source > 0.96, len(public) + len(private) + random.integers(0, len(sixes), rows), remote)
    columns.text("RemoteIP", public + private + sixes, remote, missing=0.02)
    remote_port = np.where(random.random(rows) < 0.8, COMMON_PORTS[random.integers(0, 10, rows)], random.integers(1, 65536, rows))
    columns.number("RemotePort", remote_port, INT, missing=0.02)
    columns.text("RemoteUrl", [f"edge-{i}.cdn{i % 60}.example.com" for i in range(15_000)], missing=0.7)
    columns.text("LocalIP", [f"10.{64 + i // 250}.{i % 250}.{i % 200 + 5}" for i in range(DEVICES)], device)
    inbound = np.isin(action, [4, 5])
    local_port = np.where(inbound, COMMON_PORTS[random.integers(0, 10, rows)], random.integers(49152, 65536, rows))
    columns.number("LocalPort", local_port, INT, missing=0.02)
    columns.text("Protocol", ["Tcp", "Udp", "Icmp"], random.choice(3, rows, p=[0.8, 0.19, 0.01]))
    columns.text("LocalIPType", ["Private"])
    columns.text("RemoteIPType", ["Public", "Private", "FourToSixMapping"], random.choice(3, rows, p=[0.6, 0.38, 0.02]))
    process_columns(columns, "InitiatingProcess")
    columns.number("InitiatingProcessId", random.integers(4, 40_000, rows))
    columns.text("InitiatingProcessAccountName", [f"user{i}" for i in range(700)], missing=0.05)
    columns.text("InitiatingProcessSHA256", hexes(random, 3_000, 64))
    columns.text("InitiatingProcessParentFileName", PROCESSES)
    columns.number("ReportId", random.integers(1, 10**7, rows))
    columns.text("AdditionalFields", [f'{{"direction":"Out","conn_state":"SF","duration":{i / 100},"bytes":{i * 37}}}'
                                      for i in range(3_000)], missing=0.5)

    def campaign(share, size, **values):
        """Groups of about `size` rows that make up `share` of the table; a function gives a value per group."""
        for i in range(max(2, round(rows * share / size))):
            picked = columns.take(int(size * random.uniform(0.55, 1.6)))
            for name, value in values.items():
                columns.put(picked, name, value(i, len(picked)) if callable(value) else value)

    scanner = lambda base: lambda i, n: public[(base + 7 * i) % len(public)]
    own = lambda i, n: f"10.200.{i // 200}.{i % 200 + 1}"
    any_port = lambda i, n: random.integers(1, 65536, n)
    campaign(0.010, 25, RemoteIP=lambda i, n: f"{['192.168', '172.16'][i % 2]}.77.{i % 250 + 1}", RemotePort=any_port,
             DeviceName=lambda i, n: names[i % 900], InitiatingProcessFileName="probe.exe")
    campaign(0.010, 12, RemoteIP=scanner(3), ActionType="InboundConnectionAttempt",
             DeviceId=lambda i, n: [ids[j] for j in random.integers(0, FACING, n).tolist()])
    campaign(0.006, 300, RemoteIP=scanner(11), LocalIP=own, ActionType="ConnectionFailed", LocalPort=any_port)
    campaign(0.006, 180, RemoteIP=scanner(13), LocalIP=own, Protocol="ICMP", LocalPort=0)
    campaign(0.004, 40, RemoteIP=scanner(17), LocalIP=own, LocalPort=445)
    campaign(0.008, 250, RemoteIP=scanner(19), LocalIP=own, LocalPort=80, ActionType="ConnectionSuccess")
    campaign(0.010, 500, RemoteIP=scanner(23), RemotePort=53, ActionType="Query", Protocol="Udp")
    campaign(0.012, 1200, RemoteIP=scanner(29), ActionType="SYN", LocalPort=443)
    campaign(0.001, 20, RemoteIP=scanner(31), InitiatingProcessFileName="nmap.exe")
    return columns.table()


def device_info(rows):
    columns = Columns(rows, 102)
    random = columns.random
    ids, names = devices()
    device = random.integers(0, DEVICES, rows)
    times(columns, "Timestamp", 3 * HOUR)
    columns.text("DeviceId", ids, device)
    columns.text("DeviceName", names, device)
    columns.text("ClientVersion", [f"10.87{i}.{i * 331}.1009" for i in range(40)])
    columns.text("PublicIP", public_addresses(random, 900), missing=0.1)
    columns.text("OSArchitecture", ["64-bit", "arm64"], device % 11 // 10)
    columns.text("OSPlatform", ["Windows11", "WindowsServer2022", "Linux", "macOS"], device % 4)
    columns.number("OSBuild", 20_000 + device % 40, missing=0.05)
    columns.text("OSVersion", ["10.0", "6.8", "15.3"], device % 3)
    columns.text("JoinType", ["Hybrid Azure AD Join", "AAD Joined", "Domain Joined"], device % 3, missing=0.05)
    columns.text("LoggedOnUsers", [f'[{{"UserName":"user{i}","DomainName":"contoso","Sid":"S-1-5-21-1004336348-{i}"}}]'
                                   for i in range(700)], missing=0.2)
    columns.text("MachineGroup", [f"Tier {i}" for i in range(6)], device % 6)
    columns.text("DeviceCategory", ["Endpoint", "NetworkDevice", "IoT"], device % 3)
    columns.text("DeviceType", ["Workstation", "Server", "NetworkAppliance", "Printer"], device % 4)
    columns.text("OnboardingStatus", ["Onboarded", "Can be onboarded"], device % 9 // 8)
    columns.text("SensorHealthState", ["Active", "Inactive", "Misconfigured"])
    columns.text("ExposureLevel", ["Low", "Medium", "High"], missing=0.1)
    columns.text("AssetValue", ["Low", "Normal", "High"], device % 3)
    columns.number("IsInternetFacing", device < FACING, pa.bool_(), missing=0.2)
    columns.number("ReportId", random.integers(1, 10**7, rows))
    columns.text("AdditionalFields", [f'{{"Cloud":"none","Tags":["tier-{i % 6}","site-{i}"],"LastScan":{i * 1000}}}'
                                      for i in range(2_000)], missing=0.3)
    return columns.table()


def process_events(rows):
    columns = Columns(rows, 103)
    random = columns.random
    ids, names = devices()
    device = random.integers(0, DEVICES, rows)
    times(columns, "Timestamp", 2 * HOUR)
    columns.text("DeviceId", ids, device)
    columns.text("DeviceName", names, device)
    columns.text("ActionType", ["ProcessCreated"])
    columns.text("FileName", PROCESSES, skewed(random, len(PROCESSES), rows, 0.3, 3), missing=0.01)
    columns.text("FolderPath", [rf"C:\Program Files\Vendor {i % 9}\Application {i}\bin" for i in range(400)])
    columns.text("SHA256", hexes(random, 4_000, 64))
    columns.number("ProcessId", random.integers(4, 40_000, rows))
    lines = [rf'"C:\Program Files\Vendor {i % 9}\tool{i % 400}.exe" --job {i * 104729 % 999983} --retry -o D:\out\{i}.log -sVx '
             rf"--openssl --profile /user:contoso\user{i % 700} snmap-{i % 77}" for i in range(60_000)]
    columns.text("ProcessCommandLine", lines, missing=0.02)
    columns.text("ProcessIntegrityLevel", ["Low", "Medium", "High", "System"])
    columns.text("AccountDomain", ["contoso", "nt authority", "font driver host"])
    columns.text("AccountName", [f"user{i}" for i in range(700)], missing=0.02)
    columns.text("AccountSid", [f"S-1-5-21-1004336348-1177238915-682003330-{i}" for i in range(700)])
    columns.number("LogonId", random.integers(10**5, 10**7, rows))
    process_columns(columns, "InitiatingProcess")
    columns.number("InitiatingProcessId", random.integers(4, 40_000, rows))
    columns.text("InitiatingProcessParentFileName", PROCESSES)
    columns.number("ReportId", random.integers(1, 10**7, rows))
    columns.text("AdditionalFields", [f'{{"Signed":true,"Score":{i / 8}}}' for i in range(3_000)], missing=0.5)

    tools = ["nmap.exe", "NMAP.EXE", "masscan", "hping3", "ipscan.exe", "Advanced_IP_Scanner.exe"]
    words = ["nmap -sS -p- 10.0.0.0/8", "sudo masscan 10.0.0.0/8 --rate 1000", "scan.py -sT 10.1.1.1", "runner --scan-delay 5",
             "tool port-scan", "cmd /c (portscan)", "go -Pn 10.0.0.1 --open 22"]
    picked = columns.take(max(4, rows // 2_000))
    columns.put(picked, "FileName", [tools[i % 6] for i in range(len(picked))])
    picked = columns.take(max(4, rows // 2_000))
    columns.put(picked, "ProcessCommandLine", [f"{words[i % 7]} #{i}" for i in range(len(picked))])
    return columns.table()


def common_security_log(rows):
    columns = Columns(rows, 104)
    random = columns.random
    times(columns, "TimeGenerated", 2 * HOUR)
    vendor = random.integers(0, 3, rows)
    columns.text("DeviceVendor", ["Palo Alto Networks", "Fortinet", "Check Point"], vendor)
    columns.text("DeviceProduct", ["PAN-OS", "Fortigate", "VPN-1 & FireWall-1"], vendor)
    columns.text("DeviceVersion", ["11.1.4", "7.4.3", "R81.20"], vendor)
    columns.text("DeviceEventClassID", ["end", "start", "drop", "0000000013"])
    columns.text("Activity", ["TRAFFIC", "THREAT", "traffic:forward close"])
    columns.text("LogSeverity", ["1", "3", "5", "8"])
    columns.text("DeviceAction", ["allow", "deny", "reset-both", "drop"])
    columns.text("ApplicationProtocol", ["ssl", "dns", "web-browsing", "ms-rdp", "incomplete"], missing=0.1)
    columns.text("Protocol", ["TCP", "UDP", "ICMP"], random.choice(3, rows, p=[0.75, 0.22, 0.03]))
    public = public_addresses(random, max(2_000, rows * 12 // 100))
    private = [f"10.{i % 30}.{i % 250}.{i % 240 + 1}" for i in range(12_000)] + [f"192.168.{i % 40}.{i % 250}" for i in range(2_000)]
    source = np.where(random.random(rows) < 0.55, skewed(random, len(public), rows, 0.1, 20_000),
                      len(public) + random.integers(0, len(private), rows))
    columns.text("SourceIP", public + private, source, missing=0.01)
    columns.number("SourcePort", random.integers(1024, 65536, rows), INT)
    columns.text("SourceHostName", [f"host-{i}" for i in range(4_000)], missing=0.6)
    hosts = [f"198.51.{i // 250}.{i % 250 + 1}" for i in range(4_000)]
    columns.text("DestinationIP", hosts)
    columns.number("DestinationPort", COMMON_PORTS[random.integers(0, 10, rows)], INT, missing=0.03)
    columns.text("DestinationHostName", [f"svc-{i}.contoso.example" for i in range(900)], missing=0.5)
    columns.text("CommunicationDirection", ["0", "1"])
    columns.text("DeviceInboundInterface", [f"ethernet1/{i}" for i in range(8)])
    columns.text("DeviceOutboundInterface", [f"ethernet2/{i}" for i in range(8)])
    columns.number("SentBytes", random.integers(40, 10**6, rows))
    columns.number("ReceivedBytes", random.integers(0, 10**7, rows))
    columns.text("Message", [f"session {i} closed by policy" for i in range(5_000)], missing=0.3)
    extra = [f"cat=url-{i};PanOSSessionID={i * 97};PanOSRuleUUID=0f3e5c{i:06x};rt=1773489600{i % 999:03};flexString1=zone-{i % 12}"
             for i in range(20_000)]
    columns.text("AdditionalExtensions", extra)
    columns.text("Computer", [f"fw-{i}" for i in range(12)])

    # sources with many hosts, many ports or both inside one window of five minutes
    shapes = [(40, 2), (2, 60), (40, 80), (8, 30), (18, 9)]
    for i in range(max(5, rows // 4_000)):
        many_hosts, many_ports = shapes[i % 5]
        picked = columns.take(int(random.integers(90, 160)))
        start = NOW - (1 + i % 12) * 5 * MINUTE
        columns.put(picked, "TimeGenerated", start + random.integers(0, 4 * MINUTE, len(picked)))
        columns.put(picked, "SourceIP", public[(41 + 3 * i) % len(public)])
        columns.put(picked, "DestinationIP", [hosts[(i + j) % 4_000] for j in random.integers(0, many_hosts, len(picked))])
        columns.put(picked, "DestinationPort", 1 + random.integers(0, many_ports, len(picked)) * 11)
        # a scan passes one firewall: then any() has but one answer
        columns.put(picked, "DeviceVendor", "Fortinet")
        columns.put(picked, "DeviceProduct", "Fortigate")
    return columns.table()


def network_sessions(rows):
    columns = Columns(rows, 105)
    random = columns.random
    times(columns, "TimeGenerated", 24 * HOUR)
    vendor = random.integers(0, 4, rows)
    columns.text("EventVendor", ["Cisco", "Palo Alto", "Microsoft", "Zscaler"], vendor, missing=0.001)
    columns.text("EventProduct", ["ASA", "PanOS", "M365 Defender for EndPoint", "ZIA Firewall"], vendor)
    columns.text("EventProductVersion", ["9.18", "11.1", "1.0", "6.2"], vendor)
    columns.text("EventType", ["NetworkSession", "EndpointNetworkSession", "Flow"])
    columns.number("EventCount", np.ones(rows), INT)
    columns.text("EventResult", ["Success", "Failure", "Partial"])
    columns.text("EventSeverity", ["Informational", "Low", "Medium"])
    columns.text("EventSchema", ["NetworkSession"])
    columns.text("EventSchemaVersion", ["0.2.4", "0.2.6"])
    columns.text("Dvc", [f"sensor-{i}.contoso.example" for i in range(60)])
    columns.text("DvcAction", ["Allow", "Deny", "Drop"])
    columns.text("NetworkProtocol", ["TCP", "UDP", "ICMP"], random.choice(3, rows, p=[0.75, 0.22, 0.03]))
    columns.text("NetworkDirection", ["Inbound", "Outbound", "Local"])
    public = public_addresses(random, max(2_000, rows // 5))
    private = [f"10.{i % 30}.{i % 250}.{i % 240 + 1}" for i in range(12_000)] + [f"172.{16 + i % 16}.4.{i % 250}" for i in range(2_000)]
    sixes = [f"2001:db8:{i % 512:x}::{i * 31 % 65536:x}" for i in range(8_000)] + ["127.0.0.1", "::1"]
    share = random.random(rows)
    source = np.where(share < 0.5, skewed(random, len(public), rows), len(public) + random.integers(0, len(private), rows))
    source = np.where(share > 0.95, len(public) + len(private) + random.integers(0, len(sixes), rows), source)
    columns.text("SrcIpAddr", public + private + sixes, source, missing=0.01)
    columns.number("SrcPortNumber", random.integers(1024, 65536, rows), INT)
    columns.text("DstIpAddr", [f"198.51.{i // 250}.{i % 250 + 1}" for i in range(4_000)])
    common = random.random(rows) < 0.9
    ports = np.where(common, COMMON_PORTS[random.integers(0, 10, rows)], random.integers(1, 65536, rows))
    columns.number("DstPortNumber", ports, INT, missing=0.03)
    columns.number("SrcBytes", random.integers(40, 10**6, rows), INT)
    columns.number("DstBytes", random.integers(0, 10**7, rows), INT)
    columns.text("NetworkRuleName", [f"rule {i}: allow {i % 7} to zone {i % 12}" for i in range(300)], missing=0.1)
    columns.text("NetworkSessionId", [f"{i * 7919:08x}-{i:06}" for i in range(50_000)])

    for i in range(max(4, rows // 3_000)):
        picked = columns.take(int(random.integers(60, 220)))
        start = NOW - (1 + i * 13 % 280) * 5 * MINUTE
        columns.put(picked, "TimeGenerated", start + random.integers(0, 4 * MINUTE, len(picked)))
        columns.put(picked, "SrcIpAddr", public[(43 + 3 * i) % len(public)])
        columns.put(picked, "DstPortNumber", 1 + random.permutation(4_000)[: len(picked)])
    return columns.table()


TABLES = {
    "DeviceNetworkEvents": network_events,
    "DeviceInfo": device_info,
    "DeviceProcessEvents": process_events,
    "CommonSecurityLog": common_security_log,
    "_Im_NetworkSession": network_sessions,
}


def write_text(parquet, target, form):
    """The rows of a Parquet file as NDJSON or CSV: times in ISO 8601, AdditionalFields an object in JSON."""
    parts = []
    for field in pq.read_schema(parquet):
        name = f'"{field.name}"'
        if pa.types.is_timestamp(field.type):
            parts.append(f"strftime({name} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ') AS {name}")
        elif form == "json" and field.name in ("AdditionalFields", "LoggedOnUsers"):
            parts.append(f"{name}::JSON AS {name}")
        else:
            parts.append(name)
    options = "FORMAT json" if form == "json" else "FORMAT csv, HEADER"
    duckdb.sql(f"COPY (SELECT {', '.join(parts)} FROM read_parquet('{parquet}')) TO '{target}' ({options})")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--csv", action="store_true", help="write CSV too")
    parser.add_argument("--no-ndjson", action="store_true", help="write no NDJSON")
    given = parser.parse_args()
    forms = ["parquet", *([] if given.no_ndjson else ["ndjson"]), *(["csv"] if given.csv else [])]
    for form in forms:
        (given.folder / form).mkdir(parents=True, exist_ok=True)
    for name in given.tables.split(","):
        parquet = given.folder / "parquet" / f"{name}.parquet"
        pq.write_table(TABLES[name](given.rows), parquet, compression="zstd", row_group_size=ROWS_PER_GROUP)
        written = [parquet]
        if "ndjson" in forms:
            written.append(given.folder / "ndjson" / f"{name}.json")
            write_text(parquet, written[-1], "json")
        if "csv" in forms:
            written.append(given.folder / "csv" / f"{name}.csv")
            write_text(parquet, written[-1], "csv")
        print(f"{name}:", ", ".join(f"{path.parent.name} {path.stat().st_size / 1e6:,.0f} MB" for path in written), flush=True)


if __name__ == "__main__":
    main()
