#!/usr/bin/env python3
"""Write the five test tables as JSON: every condition of the queries in `queries/` met and missed.

    python3 make_tables.py [FOLDER]

Standard library only, and the same output at every run. All times hang on one instant, NOW, which is
also the time of the last row of every table, so `--now latest` means the same for every query.
Each group of rows says which query it is for and whether it is to match; a group meant to miss does so
by one condition alone. "near" rows miss by one condition beside rows that reach a threshold exactly:
counting them would let the group pass.
"""

import json
import random
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

NOW = datetime(2026, 3, 14, 12, tzinfo=timezone.utc)
MICRO = timedelta(microseconds=1)


def at(text, days=0):
    """A time of NOW's day, or so many days before it: at("11:30:00.25", 2)."""
    hour, minute, second = text.split(":")
    whole, _, part = second.partition(".")
    micro = int((part + "000000")[:6])
    return NOW.replace(hour=int(hour), minute=int(minute), second=int(whole), microsecond=micro) - timedelta(days=days)


def iso(time, digits=6):
    text = time.strftime("%Y-%m-%dT%H:%M:%S")
    if time.microsecond or digits == 7:
        text += f".{time.microsecond:06}" + ("0" if digits == 7 else "")
    return text + "Z"


def spread(start, end, count):
    """`count` times in [start, end), evenly, the first at `start`."""
    step = (end - start) / count
    return [start + step * i for i in range(count)]


class Table:
    """Rows with one order of columns. A None is written as null or left out, by turns."""

    def __init__(self, time_column, columns, defaults, seed, digits):
        self.time_column, self.columns, self.defaults = time_column, columns, defaults
        self.random, self.digits, self.rows = random.Random(seed), digits, []

    def add(self, time, **values):
        unknown = set(values) - set(self.columns)
        assert not unknown, unknown
        row = {self.time_column: time}
        for name in self.columns:
            value = values[name] if name in values else self.defaults.get(name)
            row[name] = value(self.random) if callable(value) else value
        row[self.time_column] = time
        self.rows.append(row)

    def add_all(self, times, **values):
        """One row per time; a value that is a list gives its items in turn."""
        for i, time in enumerate(times):
            self.add(time, **{k: v[i % len(v)] if isinstance(v, list) else v for k, v in values.items()})

    def finished(self, shuffle):
        if shuffle:
            self.random.shuffle(self.rows)
        if "ReportId" in self.columns:
            for i, row in enumerate(self.rows):
                row["ReportId"] = 4000 + 7 * i
        result, absent = [], 0
        for row in self.rows:
            out = {}
            for name, value in row.items():
                if value is None:
                    absent += 1
                    if absent % 3:
                        continue
                out[name] = iso(value, self.digits) if isinstance(value, datetime) else value
            result.append(out)
        return result


# ---------------------------------------------------------------------------------------- devices

FACING_THEN_NOT = "1a5c0f37e2b94d6880c1f2a3b4c5d6e7f8091a2b"
FACING_TWICE = "2b6d1048f3ca5e7991d203b4c5d6e7f8091a2b3c"
FACING_AT_EDGE = "3c7e2159a4db6f80a2e314c5d6e7f8091a2b3c4d"
FACING_LONG_AGO = "4d8f326ab5ec7091b3f425d6e7f8091a2b3c4d5e"
FACING_UNKNOWN = "5e90437bc6fd81a2c40536e7f8091a2b3c4d5e6f"
NOT_FACING = "6fa1548cd70e92b3d51647f8091a2b3c4d5e6f70"
FACING_JUST_IN = "70b2659de81fa3c4e6275809a1b2c3d4e5f60718"
NOT_LISTED = "81c376aef920b4d5f73869a1b2c3d4e5f6071829"
LAPTOP = "92d487bf0a31c5e6084970b2c3d4e5f60718293a"

NAMES = {
    FACING_THEN_NOT: "web-01.contoso.example",
    FACING_TWICE: "vpn-gw.contoso.example",
    FACING_AT_EDGE: "mail-02.contoso.example",
    FACING_LONG_AGO: "old-ftp.contoso.example",
    FACING_UNKNOWN: "lab-router.contoso.example",
    NOT_FACING: "db-03.contoso.example",
    FACING_JUST_IN: "büro-gateway.contoso.example",
    NOT_LISTED: "byod-17.contoso.example",
    LAPTOP: "東京-laptop-5.contoso.example",
}
ADDRESSES = {device: f"10.20.0.{11 + i}" for i, device in enumerate(NAMES)}


# ---------------------------------------------------------------------------------- network events


def network_events():
    table = Table(
        "Timestamp",
        ["Timestamp", "DeviceId", "DeviceName", "ActionType", "RemoteIP", "RemotePort", "RemoteUrl", "LocalIP",
         "LocalPort", "Protocol", "LocalIPType", "RemoteIPType", "InitiatingProcessFileName",
         "InitiatingProcessFolderPath", "InitiatingProcessCommandLine", "InitiatingProcessId",
         "InitiatingProcessAccountName", "ReportId", "AdditionalFields"],
        {"Protocol": "Tcp", "LocalIPType": "Private", "InitiatingProcessId": lambda r: r.randrange(400, 30000)},
        seed=11, digits=6,
    )
    day = [at("00:00:00"), at("11:50:00")]

    def event(times, device=NOT_LISTED, **values):
        values.setdefault("DeviceId", device)
        values.setdefault("DeviceName", NAMES.get(values["DeviceId"], "byod-17.contoso.example"))
        values.setdefault("LocalIP", ADDRESSES.get(device, "10.20.0.99"))
        values.setdefault("RemotePort", 50443)
        table.add_all(times, **values)

    def ports(first, count, step=1):
        return [first + step * i for i in range(count)]

    # --- possible-network-scans: more than 10 ports by device, address and process
    def scan(times, remote, remote_ports, device=LAPTOP, process="probe.exe", **values):
        event(times, device, ActionType="ConnectionSuccess", RemoteIP=remote, RemotePort=remote_ports,
              LocalPort=ports(51000, len(times)), InitiatingProcessFileName=process, **values)

    recent = at("10:10:00"), at("10:40:00")
    scan(spread(*recent, 12), "172.16.4.20", ports(20, 12))  # matches
    scan(spread(*recent, 11), "172.160.5.9", ports(7000, 11))  # matches: the text starts with 172.16
    scan(spread(at("01:00:00", 5), at("02:00:00", 5), 13), "192.168.10.4", ports(100, 13))  # matches, though old
    scan(spread(at("01:00:00", 5), at("02:00:00", 5), 13), "172.16.10.4", ports(100, 13))  # too old
    scan([NOW - timedelta(days=1)] + spread(*recent, 10), "172.16.4.21", ports(20, 11))  # one not after ago(1d): 10
    scan([NOW - timedelta(days=1) + MICRO] + spread(*recent, 10), "172.16.4.22", ports(20, 11))  # matches: all after
    scan(spread(*recent, 14), "192.168.10.5", ports(1, 10))  # 10 ports in 14 rows
    scan(spread(*recent, 11), "192.168.10.6", [*ports(1, 10), None])  # a null port does not count
    scan(spread(*recent, 12), "192.168.10.7", ports(1, 12), process=["a.exe", "b.exe"])  # 6 ports for each process
    scan(spread(*recent, 12), "192.168.10.8", ports(1, 12), DeviceName=["pc-1", "PC-1"])  # 6 ports for each name
    scan(spread(*recent, 15), "192.168.10.9", ports(1, 15), process=None)  # matches, with an empty process name
    scan(spread(*recent, 12), ["192.168.10.10", "192.168.10.11"], ports(1, 12))  # 6 ports for each address
    scan(spread(*recent, 16), "10.8.0.3", ports(1, 16))  # another range
    scan(spread(*recent, 12), "172.17.0.3", ports(1, 12))  # another range
    scan(spread(*recent, 12), "192.169.0.3", ports(1, 12))  # another range
    scan(spread(*recent, 12), "119.172.16.8", ports(1, 12))  # contains the prefix, does not start with it

    # --- internet-facing-port-scan: at least 3 attempts by a public IPv4 address on a device known to face outwards
    def inbound(count, remote, device=FACING_TWICE, action="InboundConnectionAttempt", days=0, **values):
        event(spread(at("02:05:00", days), at("11:45:00", days), count), device, ActionType=action, RemoteIP=remote,
              LocalPort=ports(8100, count), RemoteIPType="Public", **values)

    inbound(4, "203.0.113.9", FACING_THEN_NOT)  # matches: 4 and 5 on two devices
    inbound(5, "203.0.113.9", FACING_TWICE)
    inbound(3, "198.51.100.77")  # matches, just
    inbound(2, "198.51.100.200")  # one too few
    inbound(6, "192.0.2.250")
    inbound(5, "192.0.2.251")
    inbound(4, "172.160.4.4", FACING_JUST_IN)
    inbound(7, "1.0.0.1")  # not in the City database: no country
    inbound(8, "9.9.9.9")  # there, but with a continent only: no country
    inbound(10, "172.32.0.1")  # public: just past 172.16.0.0/12
    inbound(11, "169.254.10.10")  # link-local is not "private" to ipv4_is_private
    inbound(12, "127.0.0.1")  # nor is loopback
    inbound(16, "192.0.2.30", FACING_JUST_IN, days=20)  # the query sets no limit to the age of connections
    inbound(4, "10.1.1.1")
    inbound(4, "172.16.0.9")
    inbound(4, "172.31.255.254")
    inbound(4, "192.168.7.7")
    inbound(6, "2001:db8::5")  # not(null) drops IPv6
    inbound(6, "::ffff:203.0.113.9")
    inbound(4, "203.0.113.09")  # no IPv4 address: leading zero
    inbound(4, None)
    inbound(4, "203.0.113.30", FACING_AT_EDGE)
    inbound(4, "203.0.113.31", FACING_LONG_AGO)
    inbound(4, "203.0.113.32", FACING_UNKNOWN)
    inbound(4, "203.0.113.33", NOT_FACING)
    inbound(4, "203.0.113.34", NOT_LISTED)
    inbound(2, "203.0.113.35")
    inbound(3, "203.0.113.35", action="InboundConnectionAccepted")  # near
    inbound(2, "203.0.113.36")
    inbound(3, "203.0.113.36", action="inboundconnectionattempt")  # near: == minds case
    inbound(2, "203.0.113.37")
    inbound(3, "203.0.113.37", NOT_FACING)  # near
    inbound(14, "203.0.113.70", DeviceId=FACING_TWICE.upper())  # matches: has_any ignores case
    inbound(13, "203.0.113.71", DeviceId=f"{FACING_TWICE}-replica")  # matches: the id is a whole term
    inbound(15, "203.0.113.72", DeviceId=f"cluster/{FACING_THEN_NOT}")  # matches
    inbound(4, "203.0.113.73", DeviceId=f"{FACING_TWICE}7f")  # the id is only the start of a term
    inbound(4, "203.0.113.74", DeviceId=f"0{FACING_TWICE}")  # only the end of one
    inbound(4, "203.0.113.75", DeviceId=FACING_TWICE[:-1])  # shorter
    inbound(4, "203.0.113.76", DeviceId=f"é{FACING_TWICE}")  # é is a letter, so it belongs to the term
    inbound(4, "203.0.113.77", DeviceId=None)

    # --- t1595-001-01: more than 20 by address, local port and hour
    def hits(times, remote, port=8080, **values):
        event(times, ActionType="ConnectionRequest", RemoteIP=remote, LocalPort=port, **values)

    ten = at("10:00:00"), at("11:00:00")
    nine = at("09:00:00"), at("10:00:00")
    hits(spread(*ten, 21), "198.51.100.31")  # matches: 21 in an hour, 20 in the hour before
    hits(spread(*nine, 20), "198.51.100.31")
    hits(spread(at("08:30:00"), at("09:30:00"), 30), "198.51.100.32")  # 15 in each of two hours
    hits(spread(*ten, 24), "198.51.100.33", [8080, 8081])  # 12 on each of two ports
    hits([at("09:00:00")] + spread(at("08:00:00"), at("09:00:00"), 20), "198.51.100.34")  # the last is the next hour's
    hits(spread(*ten, 23), "10.77.0.1")
    hits(spread(*ten, 23), "192.168.77.1")
    hits(spread(*ten, 23), "172.16.77.1")
    hits(spread(*ten, 25), "172.17.0.5")  # matches: only 172.16. is excluded
    hits(spread(*ten, 26), "100.64.0.5")  # matches: 100 is not 10.
    hits(spread(*ten, 27), "fe80::1c", LocalIP="fe80::2")  # matches: no IPv6 is excluded
    hits(spread(*ten, 24), "192.169.1.1")  # matches
    hits(spread(*ten, 28), None, 445)  # matches, with an empty address (03 and 07 too)

    # --- t1595-001-02: more than 50 by address, local port and local address
    hours = at("02:00:00"), at("11:00:00")
    hits(spread(*hours, 51), "198.51.100.41", 5060)  # matches
    hits(spread(*hours, 50), "198.51.100.42", 5060)  # one too few
    hits(spread(*hours, 60), "198.51.100.43", 5060, LocalIP=["10.20.0.61", "10.20.0.62"])  # 30 on each address
    hits(spread(*hours, 54), "198.51.100.44", [5060, 5061])  # 27 on each port

    # --- t1595-001-03: more than 10 on the common ports by address and local address
    hits(spread(*hours, 11), "198.51.100.51", [22, 23, 80, 443, 3389])  # matches
    hits(spread(*hours, 10), "198.51.100.52", [22, 23, 80, 443, 3389])  # 10 …
    hits(spread(*hours, 8), "198.51.100.52", [21, 24, 81, 444, 3390, 8022, None, 2222])  # near
    hits(spread(*hours, 12), "198.51.100.53", 22, LocalIP=["10.20.0.61", "10.20.0.62"])  # 6 on each address
    hits(spread(*hours, 14), "192.168.9.9", 3389)  # matches: this query excludes no range

    # --- t1595-001-04: nmap.exe to anywhere outside
    def tool(time, remote, process, port=61000, device=LAPTOP):
        event([at(time)], device, ActionType="ConnectionSuccess", RemoteIP=remote, RemotePort=443, LocalPort=port,
              InitiatingProcessFileName=process, InitiatingProcessFolderPath=r"C:\Program Files (x86)\Nmap",
              InitiatingProcessCommandLine='"nmap" -sS -T4 "ziel prüfen"', InitiatingProcessAccountName="zoë")

    tool("03:15:00.5", "198.51.100.90", "nmap.exe")
    tool("09:15:00.000001", "203.0.113.90", "nmap.exe", None)
    tool("07:45:10", "172.31.0.90", "nmap.exe")
    tool("07:45:11", "2001:db8::90", "nmap.exe", device=FACING_JUST_IN)
    tool("05:00:00", None, "nmap.exe")
    for process in ["Nmap.exe", "NMAP.EXE", "nmap", "znmap.exe", None]:
        tool("06:00:00", "198.51.100.91", process)
    for remote in ["10.0.0.90", "192.168.0.90", "172.16.0.90"]:
        tool("06:30:00", remote, "nmap.exe")

    # --- t1595-001-05: more than 100 failed connections by address and local address
    def failed(count, remote, action="ConnectionFailed", **values):
        event(spread(*day, count), ActionType=action, RemoteIP=remote, LocalPort=ports(52000, count), **values)

    failed(101, "198.51.100.61")
    failed(112, "203.0.113.161")
    failed(100, "198.51.100.62")
    failed(2, "198.51.100.62", "ConnectionFailedAggregated")  # near
    failed(2, "198.51.100.62", "connectionfailed")  # near
    failed(120, "198.51.100.63", LocalIP=["10.20.0.61", "10.20.0.62"])  # 60 on each address
    failed(101, "10.61.0.1")
    failed(101, "192.168.61.1")

    # --- t1595-001-06: more than 50 by ICMP; these rows have no ports
    def ping(count, remote, protocol="ICMP", **values):
        event(spread(*hours, count), ActionType="IcmpConnectionInspected", RemoteIP=remote, Protocol=protocol,
              RemotePort=None, **values)

    ping(51, "198.51.100.71", LocalPort=[None, 0])
    ping(61, "203.0.113.171")  # 02 counts these too, with a null port
    ping(50, "198.51.100.72", LocalPort=0)
    ping(2, "198.51.100.72", "Icmp", LocalPort=0)  # near
    ping(2, "198.51.100.72", "ICMPv6", LocalPort=0)  # near
    for remote in ["10.71.0.1", "192.168.71.1", "172.16.71.1"]:
        ping(51, remote)

    # --- t1595-001-07: more than 10 on port 445 by address and local address
    hits(spread(*hours, 11), "198.51.100.81", 445)
    hits(spread(*hours, 13), "203.0.113.181", 445)
    hits(spread(*hours, 10), "198.51.100.82", 445)
    hits(spread(*hours, 4), "198.51.100.82", [139, 4450, 44, None])  # near
    hits(spread(*hours, 18), "198.51.100.83", 445, LocalIP=["10.20.0.61", "10.20.0.62"])  # 9 on each address
    for count, remote in [(15, "10.81.0.1"), (16, "192.168.81.1"), (17, "172.16.81.1")]:
        hits(spread(*hours, count), remote, 445)  # out for 07, in for 03

    # --- t1595-001-08: more than 100 accepted on port 80 by address and local address
    def accepted(count, remote, action="ConnectionSuccess", port=80, **values):
        event(spread(*day, count), ActionType=action, RemoteIP=remote, LocalPort=port, **values)

    accepted(103, "198.51.100.91")
    accepted(120, "203.0.113.191")
    accepted(100, "198.51.100.92")
    accepted(2, "198.51.100.92", "ConnectionFailed")  # near
    accepted(2, "198.51.100.92", port=8080)  # near
    accepted(105, "172.16.91.1")

    # --- t1595-001-09: more than 200 DNS queries by address
    def lookup(count, remote, action="Query", port=53):
        event(spread(*day, count), ActionType=action, RemoteIP=remote, RemotePort=port, Protocol="Udp",
              LocalPort=ports(53000, count))

    lookup(201, "192.0.2.53")
    lookup(215, "198.51.100.153")
    lookup(200, "203.0.113.153")
    lookup(2, "203.0.113.153", "query")  # near
    lookup(2, "203.0.113.153", port=5353)  # near
    lookup(2, "203.0.113.153", port=None)  # near
    lookup(202, "192.168.53.53")

    # --- t1595-001-10: more than 500 SYN packets by address
    def syn(count, remote, action="SYN", **values):
        event(spread(*day, count), ActionType=action, RemoteIP=remote, LocalPort=ports(20000, count), **values)

    syn(501, "198.51.100.110")
    syn(507, "203.0.113.210", LocalIP=["10.20.0.61", "10.20.0.62"])  # over both local addresses together
    syn(500, "198.51.100.111")
    syn(2, "198.51.100.111", "SYN-ACK")  # near
    syn(2, "198.51.100.111", "syn")  # near
    syn(502, "10.110.0.1")

    # --- everyday traffic
    for i, (remote, url) in enumerate([("20.190.159.2", "login.example.com"), ("8.8.8.8", "dns.example.net"),
                                       ("192.0.2.80", "bücher.example"), ("2001:db8:8000::80", "例え.example")] * 6):
        event([at("11:00:00") + timedelta(seconds=97 * i)], LAPTOP, ActionType="ConnectionSuccess", RemoteIP=remote,
              RemotePort=443, RemoteUrl=url, LocalPort=62000 + i, RemoteIPType="Public",
              InitiatingProcessFileName="msedge.exe", InitiatingProcessAccountName="zoë",
              InitiatingProcessFolderPath=r"C:\Program Files (x86)\Microsoft\Edge\Application",
              InitiatingProcessCommandLine="msedge.exe --profile | tee",
              AdditionalFields=[{"bytes_out": 512 + i, "tls": {"version": "1.3"}}, '{"bytes_out":77}', None][i % 3]
              if i % 2 else {"tags": ["web", "büro"]})
    event([NOW], NOT_FACING, ActionType="ConnectionSuccess", RemoteIP="10.20.0.1", RemotePort=53, Protocol="Udp",
          LocalPort=53999, InitiatingProcessFileName="svchost.exe")
    return table.finished(shuffle=True)


# ------------------------------------------------------------------------------------- device info


def device_info():
    table = Table(
        "Timestamp",
        ["Timestamp", "DeviceId", "DeviceName", "ClientVersion", "PublicIP", "OSArchitecture", "OSPlatform", "OSBuild",
         "OSVersion", "IsAzureADJoined", "JoinType", "LoggedOnUsers", "MachineGroup", "DeviceCategory", "DeviceType",
         "OnboardingStatus", "SensorHealthState", "ExposureLevel", "AssetValue", "IsInternetFacing", "ReportId",
         "AdditionalFields"],
        {"ClientVersion": "10.8792.27858.1009", "OSArchitecture": "64-bit", "OSPlatform": "WindowsServer2022",
         "OSBuild": 20348, "OSVersion": "10.0", "IsAzureADJoined": True, "JoinType": "Hybrid Azure AD Join",
         "DeviceCategory": "Endpoint", "DeviceType": "Server", "OnboardingStatus": "Onboarded",
         "SensorHealthState": "Active", "ExposureLevel": "Medium"},
        seed=12, digits=7,
    )

    def seen(time, device, facing, **values):
        users = [{"UserName": "zoë", "DomainName": "contoso", "Sid": "S-1-5-21-1-2-3-1104"}]
        values = {"LoggedOnUsers": users if facing else "[]", "PublicIP": "192.0.2.10" if facing else None, **values}
        table.add(time, DeviceId=device, DeviceName=NAMES[device], IsInternetFacing=facing, **values)

    seen(at("11:40:00"), FACING_THEN_NOT, True)  # counts: the filter comes before the latest row is taken
    seen(at("11:55:00"), FACING_THEN_NOT, False)
    seen(at("11:20:00.25"), FACING_TWICE, True)
    seen(at("11:50:00.75"), FACING_TWICE, True, AssetValue="High")
    seen(at("11:00:00"), FACING_AT_EDGE, True)  # not after ago(1h)
    seen(at("11:00:00", 1), FACING_AT_EDGE, True)
    seen(at("10:59:00"), FACING_LONG_AGO, True)
    seen(at("11:30:00"), FACING_LONG_AGO, False)
    seen(at("11:35:00"), FACING_UNKNOWN, None, OSPlatform="Linux", OSArchitecture=None, OSBuild=None,
         DeviceCategory="NetworkDevice", DeviceType="Router", IsAzureADJoined=None, ExposureLevel=None)
    seen(at("11:45:00"), FACING_UNKNOWN, None, OSPlatform="Linux", OSBuild=None, IsAzureADJoined=False)
    seen(at("11:45:00"), NOT_FACING, False, AdditionalFields={"Cloud": "none", "Tags": ["db", "tier-0"]})
    seen(at("11:00:00") + MICRO, FACING_JUST_IN, True, MachineGroup="Zürich")
    for hour in range(3, 12):
        seen(at(f"{hour:02}:10:00"), LAPTOP, False, OSPlatform="Windows11", OSBuild=26100, DeviceType="Workstation",
             AdditionalFields='{"Battery":true}' if hour % 2 else None)
    seen(NOW, NOT_FACING, False)
    return table.finished(shuffle=False)


# ---------------------------------------------------------------------------------- process events


def process_events():
    table = Table(
        "Timestamp",
        ["Timestamp", "DeviceId", "DeviceName", "ActionType", "FileName", "FolderPath", "SHA256", "ProcessId",
         "ProcessCommandLine", "ProcessIntegrityLevel", "AccountDomain", "AccountName", "AccountSid", "LogonId",
         "InitiatingProcessAccountName", "InitiatingProcessFileName", "InitiatingProcessFolderPath",
         "InitiatingProcessCommandLine", "InitiatingProcessId", "InitiatingProcessParentFileName", "ReportId",
         "AdditionalFields"],
        {"ActionType": "ProcessCreated", "ProcessId": lambda r: r.randrange(400, 30000), "AccountDomain": "contoso",
         "ProcessIntegrityLevel": "Medium", "InitiatingProcessId": lambda r: r.randrange(400, 30000),
         "InitiatingProcessFileName": "cmd.exe", "LogonId": lambda r: r.randrange(10**5, 10**6),
         "SHA256": lambda r: f"{r.getrandbits(256):064x}"},
        seed=13, digits=7,
    )
    moment = [at("11:01:00")]

    def start(file, command, account="zoë", device=LAPTOP, time=None, **values):
        moment[0] += timedelta(seconds=31, microseconds=170500)
        table.add(time or moment[0], DeviceId=device, DeviceName=NAMES[device], FileName=file,
                  FolderPath=rf"C:\Tools\{file}", ProcessCommandLine=command, AccountName=account, **values)

    # By name alone, in any case.
    tools = ["nmap", "nmap.exe", "masscan", "masscan.exe", "zmap", "unicornscan", "hping3", "hping3.exe", "netdiscover",
             "fping", "fping.exe", "angry_ip_scanner.exe", "ipscan.exe", "advanced_ip_scanner.exe"]
    for tool in tools:
        start(tool, f"{tool}", "svc-scan")
    start("NMAP.EXE", "NMAP.EXE", "Zoë")
    start("Advanced_IP_Scanner.exe", '"Advanced_IP_Scanner.exe" /portable', None)
    for other in ["nmap64.exe", "nmap.exe.bak", "zmap.exe", "netdiscover.exe", "fping6", "ipscan", "", None]:
        start(other, "started without arguments")

    # By command line alone: each needle as a match and as what looks like one.
    matches = [
        "bash -c nmap 203.0.113.0/24",
        "/usr/bin/nmap -oX out.xml 198.51.100.7",
        'cmd /c "C:\\Tools\\NMAP 198.51.100.8"',
        "sudo masscan 198.51.100.0/24",
        "wrapper --SCAN-DELAY 5s",
        "wrapper --scan-delay=5s",
        "scan.py -sS 198.51.100.9",
        "ssh -ss host",  # -sS ignores case
        "scan.py -sT 198.51.100.9",
        "scan.py -sV 198.51.100.9",
        "curl -sN https://example.com/stream",  # -sn ignores case
        "scan.py -Pn 198.51.100.9",
        "scan.py --open 198.51.100.9",
        "app--open file",  # the needle begins with a dash, so no boundary is asked for before it
        "scan.py -p- 198.51.100.9",
        "tool port-scan",
        "tool (PortScan)",
        "tool my_portscan_2",  # an underscore ends a term
        "prüfe port-scan’s Ergebnis",
    ]
    for command in matches:
        start("runner.exe", command, "ünal", device=FACING_JUST_IN)
    misses = [
        "zenmap 198.51.100.7",  # nmap is only the end of a term
        "/opt/énmap 198.51.100.7",  # é is a letter
        "run nmap",  # no space behind it
        "nmap\t198.51.100.7",
        "nmap-update /all",
        "xmasscan 1",
        "wrapper --scan-delays 5",
        "wrapper –scan-delay 5",  # an en dash
        "run masscan",
        "scan.py -sS",
        "scan.py -sT",
        "scan.py -sV",
        "curl -sN",
        "scan.py -Pn",
        "scan.py -sSV x",
        "scan.py --opened x",
        "scan.py --open=true",
        "scan.py -p-1000 x",
        "report-scan now",
        "tool portscanner",
        "tool portscan7",
        "tool port scan",
        "tool teleportscan",
        "",
        None,
    ]
    for command in misses:
        start("runner.exe", command)

    # The edges of the hour.
    start("nmap.exe", "nmap.exe -sS 10.0.0.0/8", "edge", time=at("11:00:00"))
    start("nmap.exe", "nmap.exe -sS 10.0.0.0/8", "just-in", time=at("11:00:00") + MICRO)
    start("nmap.exe", "nmap.exe -sS 10.0.0.0/8", "yesterday", time=at("11:30:00", 1))
    start("runner.exe", "scan.py -sS 198.51.100.9", "edge", time=at("10:59:59.999999"))

    for i in range(30):
        start("powershell.exe", f"powershell.exe -NoProfile | Out-File C:\\Temp\\büro-{i}.txt", "zoë", device=NOT_FACING,
              InitiatingProcessFileName="explorer.exe", InitiatingProcessFolderPath=r"C:\Windows",
              InitiatingProcessCommandLine="explorer.exe", InitiatingProcessParentFileName="userinit.exe",
              AdditionalFields={"Signed": True, "Score": i / 4} if i % 2 else '{"Signed":false}')
    start("svchost.exe", "svchost.exe -k netsvcs", "system", device=NOT_FACING, time=NOW)
    return table.finished(shuffle=False)


# ------------------------------------------------------------------------------ firewall (CEF) logs


def common_security_log():
    table = Table(
        "TimeGenerated",
        ["TimeGenerated", "DeviceVendor", "DeviceProduct", "DeviceVersion", "DeviceEventClassID", "Activity",
         "LogSeverity", "DeviceAction", "ApplicationProtocol", "Protocol", "SourceIP", "SourcePort", "SourceHostName",
         "DestinationIP", "DestinationPort", "DestinationHostName", "CommunicationDirection", "DeviceInboundInterface",
         "DeviceOutboundInterface", "SentBytes", "ReceivedBytes", "Message", "AdditionalExtensions", "Computer"],
        {"DeviceVendor": "Palo Alto Networks", "DeviceProduct": "PAN-OS", "DeviceVersion": "11.1.4",
         "DeviceEventClassID": "end", "Activity": "TRAFFIC", "LogSeverity": "3", "DeviceAction": "deny",
         "Protocol": "TCP", "SourcePort": lambda r: r.randrange(1024, 65536), "SentBytes": lambda r: r.randrange(60, 1500),
         "ReceivedBytes": 0, "CommunicationDirection": "0", "DeviceInboundInterface": "ethernet1/1", "Computer": "fw-édge-1"},
        seed=14, digits=6,
    )

    def hosts(count, first=1):
        return [f"192.0.2.{first + i}" for i in range(count)]

    def ports(count, first=1000):
        return [first + 3 * i for i in range(count)]

    def scan(source, times, destinations, destination_ports, **values):
        table.add_all(times, SourceIP=source, DestinationIP=destinations, DestinationPort=destination_ports, **values)

    def five(minute, count, hour=11):
        """`count` times within the five minutes from 11:minute."""
        start = at(f"{hour}:{minute:02}:00")
        return spread(start + timedelta(seconds=2.5), start + timedelta(seconds=290), count)

    # Every kind of scan, and one short of it.
    scan("198.51.100.10", five(5, 17), hosts(16), 443)  # sweep: 16 hosts, 1 port
    scan("198.51.100.11", five(5, 15), hosts(15), ports(5))  # sweep: 15 hosts and 5 ports are enough
    scan("198.51.100.12", five(5, 28), hosts(14), ports(5))  # 14 hosts
    scan("198.51.100.13", five(10, 30), hosts(15), ports(6))  # unknown: 15 hosts, 6 ports
    scan("203.0.113.50", five(10, 20), hosts(1), ports(20))  # port scan: 20 ports, 1 host
    scan("203.0.113.51", five(10, 38), hosts(1), ports(19))  # 19 ports
    scan("203.0.113.52", five(10, 21), hosts(3), ports(20))  # port scan: 3 hosts are allowed
    scan("203.0.113.53", five(15, 24), hosts(4), ports(20))  # unknown: 4 hosts
    scan("203.0.113.54", five(15, 60), hosts(15), ports(20))  # full scan, both just
    scan("203.0.113.55", five(15, 60), hosts(14), ports(20))  # unknown: 14 hosts
    scan("203.0.113.56", five(15, 60), hosts(15), ports(19))  # unknown: 19 ports
    scan("203.0.113.57", five(20, 130), hosts(26), ports(65))  # full scan; 50 ports and 20 hosts are shown
    scan("203.0.113.58", five(20, 22), hosts(21), None, Protocol="ICMP")  # sweep without any port

    # Bins of five minutes.
    scan("198.51.100.20", spread(at("11:27:30"), at("11:32:30"), 24), hosts(24), 22)  # 12 in each of two bins
    scan("198.51.100.21", [*five(25, 14), at("11:30:00")], hosts(15), 22)  # the 15th starts the next bin
    scan("198.51.100.22", [at("11:25:00"), *five(25, 13), at("11:29:59.999999")], hosts(15), 22)  # 15 in the bin
    scan("198.51.100.23", [*five(30, 18), *five(35, 19)], hosts(18), 23)  # two bins, two rows
    # The hour: strictly after 11:00.
    scan("198.51.100.24", [at("11:00:00"), *five(0, 14)], hosts(15), 22)
    scan("198.51.100.25", [at("11:00:00") + MICRO, *five(0, 14)], hosts(15), 22)
    scan("198.51.100.26", five(55, 20, hour=10), hosts(20), 22)
    # 9.2 seconds that cross ten seconds' boundaries.
    scan("198.51.100.27", spread(at("11:41:00.9"), at("11:41:10.1"), 15) + [at("11:41:10.1")], hosts(16), 25)

    # Sources that are excluded, each prefix with a scan of its own, and their neighbours.
    excluded = ["10.3.0.1", "192.168.3.1", "127.0.0.9", *(f"172.{n}.3.1" for n in range(16, 32)), "", None]
    for i, source in enumerate(excluded):
        scan(source, five(40 + i % 2 * 5, 15), hosts(15), 3389)
    for i, source in enumerate(["172.15.3.1", "172.32.3.1", "100.64.3.1", "192.169.3.1", "12.7.0.1", "2001:db8::99"]):
        scan(source, five(45, 15 + i), hosts(15 + i), 3389)

    # take_any prefers a vendor to none; the names keep their spelling.
    alone = [at("11:50:01")]  # no other row in this minute, so the first of the file
    scan("203.0.113.60", alone + spread(at("11:51:00"), at("11:54:50"), 15), hosts(16), 8443, DeviceVendor=[None] + ["Fortinet"] * 15,
         DeviceProduct=[""] + ["Fortigate"] * 15)
    scan("203.0.113.61", five(50, 17), hosts(17), 8443, DeviceVendor="Überwall", DeviceProduct=None)

    for i in range(60):
        scan("198.51.100.%d" % (130 + i % 40), [at("10:50:00") + timedelta(seconds=61 * i)], "192.0.2.80", 443,
             DeviceAction="allow", ApplicationProtocol="ssl", DestinationHostName="shop.example.com",
             Message="Sitzung für Gäste | ok", AdditionalExtensions=f"cat=url;PanOSSessionId={i};rt=münchen",
             ReceivedBytes=1000 + i, SourceHostName="gast" if i % 4 == 0 else None)
    table.add(NOW, SourceIP="10.20.0.1", DestinationIP="192.0.2.80", DestinationPort=443, DeviceAction="allow")
    table.random.shuffle(table.rows)
    table.rows.sort(key=lambda row: row["TimeGenerated"].replace(second=0, microsecond=0))  # as logs come: minute by minute
    return table.finished(shuffle=False)


# ------------------------------------------------------------------------- ASIM network sessions


def network_sessions():
    table = Table(
        "TimeGenerated",
        ["TimeGenerated", "EventVendor", "EventProduct", "EventProductVersion", "EventType", "EventCount", "EventResult",
         "EventSeverity", "EventSchema", "EventSchemaVersion", "EventStartTime", "EventEndTime", "Dvc", "DvcAction",
         "NetworkProtocol", "NetworkDirection", "SrcIpAddr", "SrcPortNumber", "DstIpAddr", "DstPortNumber", "SrcBytes",
         "DstBytes", "NetworkRuleName"],
        {"EventVendor": "Cisco", "EventProduct": "ASA", "EventType": "NetworkSession", "EventCount": 1,
         "EventResult": "Failure", "EventSeverity": "Low", "EventSchema": "NetworkSession", "EventSchemaVersion": "0.2.4",
         "Dvc": "asa-zürich", "DvcAction": "Deny", "NetworkProtocol": "TCP", "NetworkDirection": "Inbound",
         "SrcPortNumber": lambda r: r.randrange(1024, 65536), "DstIpAddr": "192.0.2.80",
         "SrcBytes": lambda r: r.randrange(40, 1500)},
        seed=15, digits=6,
    )

    def ports(count, first=1):
        return [first + 7 * i for i in range(count)]

    def probe(source, times, destination_ports, **values):
        for i, time in enumerate(times):
            picked = {k: v[i % len(v)] if isinstance(v, list) else v for k, v in values.items()}
            table.add(time, SrcIpAddr=source, DstPortNumber=destination_ports[i % len(destination_ports)],
                      EventStartTime=time - timedelta(seconds=1), EventEndTime=time, **picked)

    def five(minute, count, days=0, hour=11):
        start = at(f"{hour:02}:{minute:02}:00", days)
        return spread(start + timedelta(seconds=1.25), start + timedelta(seconds=295), count)

    probe("198.51.100.5", five(5, 51), ports(51))  # matches, just
    probe("198.51.100.6", five(5, 60), ports(50))  # 50 ports in 60 rows
    probe("198.51.100.7", five(5, 51), [*ports(50), None])  # a null port does not count
    probe("203.0.113.5", five(10, 130), ports(120), EventProduct=["ASA", "Firepower"])  # 100 of 120 ports are shown
    probe("203.0.113.6", five(10, 66), ports(66), EventVendor="Sensorik",
          EventProduct=[f"Fühler {i:02}" for i in range(22)])  # 20 of 22 reporters are shown
    probe("203.0.113.7", five(20, 54), ports(54), EventVendor=[None, "Zscaler"], EventProduct=[None, None, "NSS"])
    probe("203.0.113.8", five(30, 55, days=3), ports(55))  # matches: the query sets no time
    probe("198.51.100.8", spread(at("11:22:30"), at("11:27:30"), 60), ports(60))  # 30 in each of two bins
    probe("198.51.100.9", [*five(30, 50), at("11:35:00")], ports(51))  # the 51st starts the next bin
    probe("198.51.100.14", [at("11:30:00"), *five(30, 50), at("11:34:59.999999")], ports(52))  # matches
    probe("198.51.100.15", [*five(40, 51), *five(45, 53)], ports(53))  # matches twice
    for private in ["10.5.0.1", "172.20.5.1", "192.168.5.1"]:
        probe(private, five(50, 51), ports(51))
    for public in ["172.32.5.1", "169.254.5.1", "127.0.0.2"]:
        probe(public, five(50, 51), ports(51))  # matches: none of them is "private"
    for other in ["127.0.0.1", "::1", "2001:db8::a", "203.0.113.999", "", None]:
        probe(other, five(50, 52), ports(52))  # loopback by name; no IPv4 address, so the test for privacy is null
    probe("2001:DB8::A", five(50, 52), ports(52))
    for i in range(40):
        probe("198.51.100.99", [at("06:00:00") + timedelta(minutes=7 * i)], [443], DvcAction="Allow",
              EventResult="Success", DstBytes=2000 + i, NetworkRuleName="Büro → Netz")
    table.add(NOW, SrcIpAddr="10.20.0.1", DstPortNumber=53, NetworkDirection="Outbound")
    table.random.shuffle(table.rows)
    return table.finished(shuffle=False)


# ------------------------------------------------------------------------------------------ output

TABLES = {
    "DeviceNetworkEvents": (network_events, "lines"),
    "DeviceInfo": (device_info, "array"),
    "DeviceProcessEvents": (process_events, "array"),
    "CommonSecurityLog": (common_security_log, "lines"),
    "_Im_NetworkSession": (network_sessions, "lines"),
}


def line(number, row):
    """A row as JSON: compact, but now and then as another writer does it, with escapes, spaces and keys in reverse."""
    if number % 97 == 50:
        return json.dumps(dict(reversed(row.items())))
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for name, (make, shape) in TABLES.items():
        rows = [line(number, row) for number, row in enumerate(make())]
        text = "[\n" + ",\n".join(rows) + "\n]\n" if shape == "array" else "\n".join(rows) + "\n"
        (folder / f"{name}.json").write_bytes(text.encode())
        print(f"{name}: {len(rows)} rows, {len(text.encode()):,} bytes")


if __name__ == "__main__":
    main()
