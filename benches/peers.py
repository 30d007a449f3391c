#!/usr/bin/env python3
"""The published queries by hand for DuckDB and Polars: what `seeds.py` runs beside the tool.

    python peers.py duckdb|polars QUERY|nothing FOLDER parquet|ndjson

One process answers one query and writes the answer as CSV to standard output. The translations ask for the
same answer on the generated tables and take what short cuts those allow:

- only the columns needed are named to the readers, filters come first, two threads;
- prefix tests mind case (the prefixes are digits), a private address is a prefix test too;
- `has_any` on devices is a semi-join on equal ids, on command lines one regular expression;
- sets are built only for groups with enough rows to pass (up to twice as fast as the plain translation);
- now() is a constant; no country is looked up.
"""

import os
import sys

THREADS = int(os.environ.get("BENCH_THREADS", "2"))
os.environ["POLARS_MAX_THREADS"] = str(THREADS)

NOW = "2026-03-14 12:00:00"
SCAN_WORDS = (r"(?i)(?:^|[^\p{L}\p{N}])(?:nmap |masscan |(?:port-scan|portscan)(?:$|[^\p{L}\p{N}]))"
              r"|--scan-delay(?:$|[^\p{L}\p{N}])|-s[STVn] |-Pn |--open |-p- ")
TOOLS = ["nmap", "nmap.exe", "masscan", "masscan.exe", "zmap", "unicornscan", "hping3", "hping3.exe", "netdiscover",
         "fping", "fping.exe", "angry_ip_scanner.exe", "ipscan.exe", "advanced_ip_scanner.exe"]
INTERNAL = ["10.", "192.168.", *(f"172.{n}." for n in range(16, 32)), "127."]
PRIVATE = INTERNAL[:-1]
OUTSIDE = ["10.", "192.168.", "172.16."]
RECON = "t1595-001-"

# The columns a query needs of each table; anything not typed here is a string.
TYPES = {"Timestamp": "time", "TimeGenerated": "time", "RemotePort": "int", "LocalPort": "int", "DestinationPort": "int",
         "DstPortNumber": "int", "IsInternetFacing": "bool"}


# ------------------------------------------------------------------------------------------- DuckDB


def duckdb_answer(query, folder, form):
    import duckdb

    database = duckdb.connect()
    database.execute(f"SET threads = {THREADS}")
    database.execute("SET preserve_insertion_order = false")
    if query == "nothing":
        return database.execute("SELECT 1").fetchall()

    def table(name, *columns):
        if form == "parquet":
            return f"read_parquet('{folder}/parquet/{name}.parquet')"
        kinds = {"time": "TIMESTAMP", "int": "INTEGER", "bool": "BOOLEAN", None: "VARCHAR"}
        typed = ", ".join(f"{column}: '{kinds[TYPES.get(column)]}'" for column in columns)
        return f"read_json('{folder}/ndjson/{name}.json', format = 'newline_delimited', columns = {{{typed}}})"

    def instant(ago):
        return f"({'TIMESTAMPTZ' if form == 'parquet' else 'TIMESTAMP'} '{NOW}{'+00' if form == 'parquet' else ''}' - INTERVAL {ago})"

    def window(column, micros):
        return f"make_timestamp(epoch_us({column}) // {micros} * {micros})"

    def starts(column, prefixes):
        return "(" + " OR ".join(f"starts_with({column}, '{prefix}')" for prefix in prefixes) + ")"

    def outside(column="RemoteIP"):
        return f"NOT {starts(f'''coalesce({column}, '')''', OUTSIDE)}"

    def recon(where, keys, least, order="event_count DESC"):
        source = table("DeviceNetworkEvents", *where[1], *keys)
        return (f"SELECT {', '.join(keys)}, count(*) AS event_count FROM {source} WHERE {where[0]}"
                f" GROUP BY ALL HAVING count(*) > {least} ORDER BY {order}")

    def name(rest):
        return RECON + rest

    addresses = ["RemoteIP", "LocalIP"]
    events = "DeviceNetworkEvents"
    tools = ", ".join(f"'{tool}'" for tool in TOOLS)
    queries = {
        "possible-network-scans": lambda: f"""
            SELECT DeviceName, RemoteIP, InitiatingProcessFileName, count(DISTINCT RemotePort) AS RemotePortCount
            FROM {table(events, 'Timestamp', 'DeviceName', 'RemoteIP', 'RemotePort', 'InitiatingProcessFileName')}
            WHERE (Timestamp > {instant('1 day')} AND starts_with(RemoteIP, '172.16')) OR starts_with(RemoteIP, '192.168')
            GROUP BY ALL HAVING count(DISTINCT RemotePort) > 10""",
        "t1595-001-ip-block-scan": lambda: f"""
            WITH kept AS MATERIALIZED (
                SELECT SourceIP, {window('TimeGenerated', 300_000_000)} AS bin, TimeGenerated, DestinationPort, DestinationIP,
                       DeviceVendor, DeviceProduct
                FROM {table('CommonSecurityLog', 'TimeGenerated', 'SourceIP', 'DestinationPort', 'DestinationIP',
                            'DeviceVendor', 'DeviceProduct')}
                WHERE TimeGenerated > {instant('1 hour')} AND SourceIP <> '' AND NOT {starts('SourceIP', INTERNAL)}),
            scans AS (SELECT SourceIP, bin, count(DISTINCT DestinationPort) AS ports, count(DISTINCT DestinationIP) AS hosts
                      FROM kept GROUP BY 1, 2 HAVING count(*) >= 15 AND (ports >= 20 OR hosts >= 15))
            SELECT bin AS TimeGenerated, SourceIP,
                   CASE WHEN any_value(hosts) >= 15 AND any_value(ports) <= 5 THEN 'IP Block Sweep (ping/single-port)'
                        WHEN any_value(ports) >= 20 AND any_value(hosts) <= 3 THEN 'Port Scan (single host)'
                        WHEN any_value(hosts) >= 15 AND any_value(ports) >= 20 THEN 'Full Network Scan'
                        ELSE 'Unknown Scan Pattern' END AS ScanType,
                   any_value(ports) AS ports, any_value(hosts) AS hosts, count(*) AS total,
                   date_diff('second', min(kept.TimeGenerated), max(kept.TimeGenerated)) AS seconds,
                   (list(DISTINCT DestinationPort) FILTER (DestinationPort IS NOT NULL))[1:50] AS DestinationPorts,
                   list(DISTINCT DestinationIP)[1:20] AS SampledDestHosts,
                   any_value(DeviceVendor) AS DeviceVendor, any_value(DeviceProduct) AS DeviceProduct
            FROM kept JOIN scans USING (SourceIP, bin) GROUP BY bin, SourceIP
            UNION ALL BY NAME
            SELECT {window('Timestamp', 1)} AS TimeGenerated, DeviceName AS SourceIP,
                   'Scan Tool Executed on Endpoint' AS ScanType, AccountName, ProcessCommandLine, InitiatingProcessFileName
            FROM {table('DeviceProcessEvents', 'Timestamp', 'DeviceName', 'FileName', 'ProcessCommandLine', 'AccountName',
                        'InitiatingProcessFileName')}
            WHERE Timestamp > {instant('1 hour')}
              AND (lower(FileName) IN ({tools}) OR regexp_matches(ProcessCommandLine, '{SCAN_WORDS}'))""",
        "internet-facing-port-scan": lambda: f"""
            SELECT RemoteIP, '' AS IPLocation_country, count(*) AS Connections
            FROM {table(events, 'DeviceId', 'ActionType', 'RemoteIP')}
            WHERE ActionType = 'InboundConnectionAttempt' AND NOT {starts('RemoteIP', PRIVATE)} AND NOT contains(RemoteIP, ':')
              AND DeviceId IN (SELECT DeviceId FROM {table('DeviceInfo', 'Timestamp', 'DeviceId', 'IsInternetFacing')}
                               WHERE Timestamp > {instant('1 hour')} AND IsInternetFacing)
            GROUP BY 1 HAVING count(*) >= 3 ORDER BY Connections DESC""",
        "asim-port-scan": lambda: f"""
            WITH kept AS MATERIALIZED (
                SELECT SrcIpAddr, {window('TimeGenerated', 300_000_000)} AS TimeGenerated, DstPortNumber, EventVendor, EventProduct
                FROM {table('_Im_NetworkSession', 'TimeGenerated', 'SrcIpAddr', 'DstPortNumber', 'EventVendor', 'EventProduct')}
                WHERE NOT {starts('SrcIpAddr', PRIVATE)} AND NOT contains(SrcIpAddr, ':') AND SrcIpAddr <> '127.0.0.1'),
            scans AS (SELECT SrcIpAddr, TimeGenerated, count(DISTINCT DstPortNumber) AS AttemptedPortsCount FROM kept
                      GROUP BY 1, 2 HAVING count(*) > 50 AND AttemptedPortsCount > 50)
            SELECT SrcIpAddr, TimeGenerated, any_value(AttemptedPortsCount) AS AttemptedPortsCount,
                   (list(DISTINCT DstPortNumber) FILTER (DstPortNumber IS NOT NULL))[1:100] AS AttemptedPorts,
                   list(DISTINCT coalesce(EventVendor, '') || '/' || coalesce(EventProduct, ''))[1:20] AS ReportedBy
            FROM kept JOIN scans USING (SrcIpAddr, TimeGenerated) GROUP BY 1, 2""",
        name("01-ports-per-ip"): lambda: f"""
            SELECT {window('Timestamp', 3_600_000_000)} AS TimeGenerated, RemoteIP, LocalPort, count(*) AS port_count
            FROM {table(events, 'Timestamp', 'RemoteIP', 'LocalPort')} WHERE {outside()}
            GROUP BY 1, 2, 3 HAVING count(*) > 20 ORDER BY port_count DESC""",
        name("02-rapid-scanning"): lambda: f"""
            SELECT {window('min(Timestamp)', 1)} AS time_diff, RemoteIP, LocalPort, LocalIP, count(*) AS event_count
            FROM {table(events, 'Timestamp', 'RemoteIP', 'LocalPort', 'LocalIP')} WHERE {outside()}
            GROUP BY 2, 3, 4 HAVING count(*) > 50 ORDER BY event_count DESC""",
        name("03-common-ports"): lambda: recon(("LocalPort IN (22, 23, 80, 443, 3389)", ["LocalPort"]), addresses, 10),
        name("04-outbound-nmap"): lambda: f"""
            SELECT {window('Timestamp', 1)} AS TimeGenerated, DeviceName, RemoteIP, LocalPort, InitiatingProcessFileName
            FROM {table(events, 'Timestamp', 'DeviceName', 'RemoteIP', 'LocalPort', 'InitiatingProcessFileName')}
            WHERE InitiatingProcessFileName = 'nmap.exe' AND {outside()} ORDER BY 1 DESC""",
        name("05-failed-connections"): lambda: recon(
            (f"ActionType = 'ConnectionFailed' AND {outside()}", ["ActionType"]), addresses, 100),
        name("06-icmp-ping-sweep"): lambda: recon((f"Protocol = 'ICMP' AND {outside()}", ["Protocol"]), addresses, 50),
        name("07-smb-shares"): lambda: recon((f"LocalPort = 445 AND {outside()}", ["LocalPort"]), addresses, 10),
        name("08-http-flood"): lambda: recon(
            (f"LocalPort = 80 AND ActionType = 'ConnectionSuccess' AND {outside()}", ["LocalPort", "ActionType"]), addresses, 100),
        name("09-dns-flood"): lambda: recon(
            (f"RemotePort = 53 AND ActionType = 'Query' AND {outside()}", ["RemotePort", "ActionType"]), addresses[:1], 200),
        name("10-syn-flood"): lambda: recon((f"ActionType = 'SYN' AND {outside()}", ["ActionType"]), addresses[:1], 500),
    }
    database.execute(f"COPY ({queries[query]()}) TO '/dev/stdout' (FORMAT csv, HEADER)")


# ------------------------------------------------------------------------------------------- Polars


def polars_answer(query, folder, form):
    import datetime

    import polars as pl

    if query == "nothing":
        return pl.select(pl.lit(1))
    now = datetime.datetime.fromisoformat(NOW).replace(tzinfo=datetime.timezone.utc)
    hour_ago, day_ago = now - datetime.timedelta(hours=1), now - datetime.timedelta(days=1)
    c = pl.col

    def table(name, *columns):
        if form == "parquet":
            return pl.scan_parquet(f"{folder}/parquet/{name}.parquet").select(columns)
        kinds = {"time": pl.String, "int": pl.Int32, "bool": pl.Boolean, None: pl.String}
        frame = pl.scan_ndjson(f"{folder}/ndjson/{name}.json",
                               schema={column: kinds[TYPES.get(column)] for column in columns})
        return frame.with_columns(c(column).str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us", time_zone="UTC")
                                  for column in columns if TYPES.get(column) == "time")

    def starts(column, prefixes):
        return pl.any_horizontal(column.str.starts_with(prefix) for prefix in prefixes)

    outside = ~starts(c("RemoteIP").fill_null(""), OUTSIDE)
    events = lambda *columns: table("DeviceNetworkEvents", *columns)
    shown = lambda column: c(column).list.eval(pl.element().cast(pl.String)).list.join(",")

    def recon(where, needed, keys, least):
        frame = events(*dict.fromkeys([*needed, *keys])).filter(where)
        return frame.group_by(keys).agg(event_count=pl.len()).filter(c("event_count") > least).sort("event_count", descending=True)

    def name(rest):
        return RECON + rest

    def block_scan():
        keys = ["SourceIP", "window"]
        kept = (
            table("CommonSecurityLog", "TimeGenerated", "SourceIP", "DestinationPort", "DestinationIP", "DeviceVendor",
                  "DeviceProduct")
            .filter(c("TimeGenerated") > hour_ago, c("SourceIP") != "", ~starts(c("SourceIP"), INTERNAL))
            .with_columns(window=c("TimeGenerated").dt.truncate("5m"))
        )
        scans = kept.group_by(keys).agg(rows=pl.len()).filter(c("rows") >= 15).select(keys)
        log = (
            kept.join(scans, on=keys)
            .group_by(keys)
            .agg(ports=c("DestinationPort").drop_nulls().n_unique(), hosts=c("DestinationIP").n_unique(), total=pl.len(),
                 seconds=c("TimeGenerated").max().dt.truncate("1s") - c("TimeGenerated").min().dt.truncate("1s"),
                 DestinationPorts=c("DestinationPort").drop_nulls().unique().head(50),
                 SampledDestHosts=c("DestinationIP").unique().head(20),
                 DeviceVendor=c("DeviceVendor").first(), DeviceProduct=c("DeviceProduct").first())
            .filter((c("ports") >= 20) | (c("hosts") >= 15))
            .with_columns(
                shown("DestinationPorts"), shown("SampledDestHosts"), c("seconds").dt.total_seconds(),
                ScanType=pl.when((c("hosts") >= 15) & (c("ports") <= 5)).then(pl.lit("IP Block Sweep (ping/single-port)"))
                .when((c("ports") >= 20) & (c("hosts") <= 3)).then(pl.lit("Port Scan (single host)"))
                .when((c("hosts") >= 15) & (c("ports") >= 20)).then(pl.lit("Full Network Scan"))
                .otherwise(pl.lit("Unknown Scan Pattern")))
            .rename({"window": "TimeGenerated"})
            .sort("hosts", "ports", descending=True)
        )
        tools = (
            table("DeviceProcessEvents", "Timestamp", "DeviceName", "FileName", "ProcessCommandLine", "AccountName",
                  "InitiatingProcessFileName")
            .filter(c("Timestamp") > hour_ago,
                    c("FileName").str.to_lowercase().is_in(TOOLS).fill_null(False)
                    | c("ProcessCommandLine").str.contains(SCAN_WORDS).fill_null(False))
            .select(TimeGenerated="Timestamp", SourceIP="DeviceName", ScanType=pl.lit("Scan Tool Executed on Endpoint"),
                    AccountName="AccountName", ProcessCommandLine="ProcessCommandLine",
                    InitiatingProcessFileName="InitiatingProcessFileName")
        )
        return pl.concat([log, tools], how="diagonal")

    def facing():
        known = (table("DeviceInfo", "Timestamp", "DeviceId", "IsInternetFacing")
                 .filter(c("Timestamp") > hour_ago, c("IsInternetFacing")).select("DeviceId").unique())
        return (
            events("DeviceId", "ActionType", "RemoteIP")
            .filter(c("ActionType") == "InboundConnectionAttempt", ~starts(c("RemoteIP"), PRIVATE),
                    ~c("RemoteIP").str.contains(":", literal=True))
            .join(known, on="DeviceId", how="semi").group_by("RemoteIP").agg(Connections=pl.len())
            .filter(c("Connections") >= 3).sort("Connections", descending=True)
        )

    def asim():
        reporter = pl.concat_str(c("EventVendor").fill_null(""), pl.lit("/"), c("EventProduct").fill_null(""))
        keys = ["SrcIpAddr", "TimeGenerated"]
        kept = (
            table("_Im_NetworkSession", "TimeGenerated", "SrcIpAddr", "DstPortNumber", "EventVendor", "EventProduct")
            .filter(~starts(c("SrcIpAddr"), PRIVATE), ~c("SrcIpAddr").str.contains(":", literal=True), c("SrcIpAddr") != "127.0.0.1")
            .with_columns(c("TimeGenerated").dt.truncate("5m"))
        )
        scans = kept.group_by(keys).agg(rows=pl.len()).filter(c("rows") > 50).select(keys)
        return (
            kept.join(scans, on=keys)
            .group_by(keys)
            .agg(AttemptedPortsCount=c("DstPortNumber").drop_nulls().n_unique(),
                 AttemptedPorts=c("DstPortNumber").drop_nulls().unique().head(100), ReportedBy=reporter.unique().head(20))
            .filter(c("AttemptedPortsCount") > 50)
            .with_columns(shown("AttemptedPorts"), shown("ReportedBy"))
        )

    addresses = ["RemoteIP", "LocalIP"]
    queries = {
        "possible-network-scans": lambda: (
            events("Timestamp", "DeviceName", "RemoteIP", "RemotePort", "InitiatingProcessFileName")
            .filter(((c("Timestamp") > day_ago) & c("RemoteIP").str.starts_with("172.16")) | c("RemoteIP").str.starts_with("192.168"))
            .group_by("DeviceName", "RemoteIP", "InitiatingProcessFileName")
            .agg(RemotePortCount=c("RemotePort").drop_nulls().n_unique()).filter(c("RemotePortCount") > 10)),
        "t1595-001-ip-block-scan": block_scan,
        "internet-facing-port-scan": facing,
        "asim-port-scan": asim,
        name("01-ports-per-ip"): lambda: (
            events("Timestamp", "RemoteIP", "LocalPort").filter(outside)
            .group_by(c("Timestamp").dt.truncate("1h").alias("TimeGenerated"), "RemoteIP", "LocalPort")
            .agg(port_count=pl.len()).filter(c("port_count") > 20).sort("port_count", descending=True)),
        name("02-rapid-scanning"): lambda: (
            events("Timestamp", "RemoteIP", "LocalPort", "LocalIP").filter(outside).group_by("RemoteIP", "LocalPort", "LocalIP")
            .agg(time_diff=c("Timestamp").min(), event_count=pl.len()).filter(c("event_count") > 50)
            .sort("event_count", descending=True)),
        name("03-common-ports"): lambda: recon(c("LocalPort").is_in([22, 23, 80, 443, 3389]), ["LocalPort"], addresses, 10),
        name("04-outbound-nmap"): lambda: (
            events("Timestamp", "DeviceName", "RemoteIP", "LocalPort", "InitiatingProcessFileName")
            .filter(c("InitiatingProcessFileName") == "nmap.exe", outside).sort("Timestamp", descending=True)),
        name("05-failed-connections"): lambda: recon(
            (c("ActionType") == "ConnectionFailed") & outside, ["ActionType"], addresses, 100),
        name("06-icmp-ping-sweep"): lambda: recon((c("Protocol") == "ICMP") & outside, ["Protocol"], addresses, 50),
        name("07-smb-shares"): lambda: recon((c("LocalPort") == 445) & outside, ["LocalPort"], addresses, 10),
        name("08-http-flood"): lambda: recon(
            (c("LocalPort") == 80) & (c("ActionType") == "ConnectionSuccess") & outside, ["LocalPort", "ActionType"], addresses, 100),
        name("09-dns-flood"): lambda: recon(
            (c("RemotePort") == 53) & (c("ActionType") == "Query") & outside, ["RemotePort", "ActionType"], addresses[:1], 200),
        name("10-syn-flood"): lambda: recon((c("ActionType") == "SYN") & outside, ["ActionType"], addresses[:1], 500),
    }
    frame = queries[query]().collect()
    sys.stdout.write(frame.write_csv())


def main():
    engine, query, folder, form = sys.argv[1:]
    {"duckdb": duckdb_answer, "polars": polars_answer}[engine](query, folder, form)


if __name__ == "__main__":
    main()
