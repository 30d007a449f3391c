#!/usr/bin/env python3
"""Write GeoLite2-City-Test.mmdb: a tiny MaxMind City database with invented locations.

    python3 make_mmdb.py [OUTPUT]

Standard library only. The file has the layout of MaxMind's own City files: an IPv6 search tree
that keeps IPv4 below ::/96 (reachable as ::ffff:0:0/96 too), a data section, the metadata map.
Every place below is made up; the address blocks are mostly those reserved for documentation.
"""

import ipaddress
import struct
import sys
from pathlib import Path

BUILT = 1773489600  # 2026-03-14T12:00:00Z, the instant of the tables beside it
RECORD_BITS = 24


def place(iso, country, continent, state=None, city=None, latitude=None, longitude=None):
    """One City record; what is unknown has no key, as in the real files."""
    codes = {"EU": "Europe", "AS": "Asia", "NA": "North America", "SA": "South America", "AF": "Africa"}
    record = {}
    if city:
        record["city"] = {"names": {"en": city}}
    record["continent"] = {"code": continent, "names": {"en": codes[continent]}}
    if iso:
        record["country"] = {"iso_code": iso, "names": {"en": country}}
        record["registered_country"] = {"iso_code": iso, "names": {"en": country}}
    if latitude is not None:
        record["location"] = {"latitude": latitude, "longitude": longitude}
    if state:
        record["subdivisions"] = [{"iso_code": state[0], "names": {"en": state[1]}}]
    return record


# Wider networks first: a later, narrower one takes its part over.
NETWORKS = [
    ("198.51.100.0/25", place("NL", "Netherlands", "EU", ("NH", "North Holland"), "Amsterdam", 52.374, 4.8897)),
    ("198.51.100.128/25", place("DE", "Germany", "EU", ("HE", "Hesse"), "Frankfurt am Main", 50.1188, 8.6843)),
    ("203.0.113.0/26", place("BR", "Brazil", "SA", ("SP", "São Paulo"), "São José dos Campos", -23.1896, -45.8841)),
    ("203.0.113.64/26", place("JP", "Japan", "AS", ("13", "Tokyo"), "Tokyo", 35.6895, 139.6917)),
    ("203.0.113.128/25", place("US", "United States", "NA", ("VA", "Virginia"), "Ashburn", 39.0469, -77.4903)),
    ("192.0.2.0/24", place("IS", "Iceland", "EU", ("1", "Capital Region"), "Reykjavík", 64.1355, -21.8954)),
    ("192.0.2.128/25", place("KE", "Kenya", "AF", None, None, 1.0, 38.0)),
    ("192.0.2.250/32", place("KR", "South Korea", "AS", ("11", "Seoul"), "Seoul", 37.5658, 126.978)),
    ("172.160.0.0/12", place("US", "United States", "NA")),
    ("9.9.9.0/24", place(None, None, "EU")),
    ("2001:db8::/33", place("FR", "France", "EU", ("IDF", "Île-de-France"), "Paris", 48.8534, 2.3488)),
    ("2001:db8:8000::/33", place("SG", "Singapore", "AS", None, "Singapore", 1.2929, 103.8547)),
]


def control(kind, size):
    """The control byte of a value, with the bytes that extend its type and its size."""
    extended = bytes([kind - 7]) if kind > 7 else b""
    first = (0 if kind > 7 else kind) << 5
    if size < 29:
        return bytes([first | size]) + extended
    if size < 285:
        return bytes([first | 29]) + extended + bytes([size - 29])
    if size < 65821:
        return bytes([first | 30]) + extended + struct.pack(">H", size - 285)
    raise ValueError("value too large for a test database")


def encode(value):
    if isinstance(value, bool):
        return control(14, int(value))
    if isinstance(value, str):
        text = value.encode()
        return control(2, len(text)) + text
    if isinstance(value, float):
        return control(3, 8) + struct.pack(">d", value)
    if isinstance(value, Unsigned):
        data = value.number.to_bytes(8, "big").lstrip(b"\0")
        return control(value.kind, len(data)) + data
    if isinstance(value, dict):
        return control(7, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())
    if isinstance(value, list):
        return control(11, len(value)) + b"".join(encode(v) for v in value)
    raise TypeError(type(value))


class Unsigned:
    def __init__(self, number, bits):
        self.number, self.kind = number, {16: 5, 32: 6, 64: 9}[bits]


class Leaf:
    """The end of a branch of the search tree: where the network's record is."""

    def __init__(self, offset):
        self.offset = offset


def insert(root, network, leaf):
    bits = int(network.network_address)
    depth = network.prefixlen
    if network.version == 4:
        depth += 96
    node = root
    for level in range(depth - 1):
        side = bits >> (127 - level) & 1
        child = node[side]
        if not isinstance(child, list):
            child = [child, child]  # a wider network (or nothing) covers both halves until one is replaced
            node[side] = child
        node = child
    node[bits >> (128 - depth) & 1] = leaf


def build():
    data, offsets = b"", {}
    root = [None, None]
    for text, record in NETWORKS:
        encoded = encode(record)
        if encoded not in offsets:
            offsets[encoded] = len(data)
            data += encoded
        insert(root, ipaddress.ip_network(text), Leaf(offsets[encoded]))

    # IPv4 starts 96 zero bits down; give the mapped range the same subtree.
    ipv4 = root
    for _ in range(96):
        ipv4 = ipv4[0]
    node = root
    for level in range(95):
        side = 1 if level >= 80 else 0
        if node[side] is None:
            node[side] = [None, None]
        node = node[side]
    node[1] = ipv4

    nodes, numbers, queue = [], {id(root): 0}, [root]
    while queue:
        node = queue.pop(0)
        nodes.append(node)
        for child in node:
            if isinstance(child, list) and id(child) not in numbers:
                numbers[id(child)] = len(numbers)
                queue.append(child)
    count = len(nodes)

    def number(child):
        if child is None:
            return count
        return count + 16 + child.offset if isinstance(child, Leaf) else numbers[id(child)]

    tree = b"".join(number(child).to_bytes(RECORD_BITS // 8, "big") for node in nodes for child in node)
    metadata = {
        "binary_format_major_version": Unsigned(2, 16),
        "binary_format_minor_version": Unsigned(0, 16),
        "build_epoch": Unsigned(BUILT, 64),
        "database_type": "GeoLite2-City",
        "description": {"en": "Invented locations for the tests of kql"},
        "ip_version": Unsigned(6, 16),
        "languages": ["en"],
        "node_count": Unsigned(count, 32),
        "record_size": Unsigned(RECORD_BITS, 16),
    }
    return tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + encode(metadata)


def main():
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "GeoLite2-City-Test.mmdb"
    output.write_bytes(build())


if __name__ == "__main__":
    main()
