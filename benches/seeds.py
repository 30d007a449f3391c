#!/usr/bin/env python3
"""Time the tool on the published queries beside DuckDB and Polars: whole process against whole process.

    python seeds.py FOLDER [--kql target/release/kql] [--runs 5] [--threads 2] [--forms ndjson,parquet] [--queries NAME,…]

FOLDER is what generate.py wrote; needs duckdb and polars in the same Python. Every round runs the tool and both
peers once, one after the other, so that a slow minute hits all alike; the median counts. All are pinned to the
same processors and print their answer as CSV, which nobody keeps. Exit code 1 if a run fails.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
QUERIES = HERE.parent / "queries"
PEERS = ["duckdb", "polars"]


def runner(threads):
    """A function that runs a command on `threads` processors and gives seconds and what went wrong."""
    processors = sorted(os.sched_getaffinity(0))[:threads] if hasattr(os, "sched_getaffinity") else []
    if processors:
        os.sched_setaffinity(0, processors)  # inherited by every run
    environment = {**os.environ, "RAYON_NUM_THREADS": str(threads), "BENCH_THREADS": str(threads), "NO_COLOR": "1"}

    def run(command):
        start = time.perf_counter()
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, check=False)
        took = time.perf_counter() - start
        return took, done.stderr.decode(errors="replace").strip()[-300:] if done.returncode else ""

    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kql", default=str(HERE.parent / "target" / "release" / "kql"))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--forms", default="ndjson,parquet")
    parser.add_argument("--queries", default="")
    parser.add_argument("--peers-only", action="store_true", help="leave the tool out")
    parser.add_argument("--json", type=Path, help="write every time to this file")
    given = parser.parse_args()
    names = given.queries.split(",") if given.queries else sorted(path.stem for path in QUERIES.glob("*.kql"))
    run = runner(given.threads)
    engines = ([] if given.peers_only else ["kql"]) + PEERS
    failures, every = 0, []

    def command(engine, name, form):
        if engine == "kql":
            return [given.kql, "run", str(QUERIES / f"{name}.kql"), "-d", str(given.folder / form), "--now", "latest",
                    "--geoip", "none", "--format", "csv"]
        return [sys.executable, str(HERE / "peers.py"), engine, name, str(given.folder), form]

    idle = {engine: statistics.median(run(command(engine, "nothing", "parquet"))[0] for _ in range(given.runs))
            for engine in PEERS}
    print("seconds, median of", given.runs, "on", given.threads, "processors; starting up alone:",
          ", ".join(f"{engine} {seconds:.3f}" for engine, seconds in idle.items()))
    for form in given.forms.split(","):
        print(f"\n{form:34}" + "".join(f"{engine:>10}" for engine in engines) + ("" if given.peers_only else "   kql/faster   without start"))
        ratios, without = [], []
        for name in names:
            times, wrong = {engine: [] for engine in engines}, {}
            for turn in range(given.runs + 1):  # the first warms the file cache up
                for engine in engines[turn % len(engines):] + engines[:turn % len(engines)]:
                    took, error = run(command(engine, name, form))
                    if error:
                        wrong[engine] = error
                    elif turn:
                        times[engine].append(took)
            medians = {engine: statistics.median(times[engine]) for engine in engines if engine not in wrong}
            line = f"{name:34}" + "".join(f"{medians[e]:10.3f}" if e in medians else f"{'failed':>10}" for e in engines)
            if all(engine in medians for engine in engines) and "kql" in medians:
                ratios.append(medians["kql"] / min(medians[engine] for engine in PEERS))
                without.append(medians["kql"] / max(0.001, min(medians[engine] - idle[engine] for engine in PEERS)))
                line += f"{ratios[-1]:13.2f}{without[-1]:16.2f}"
            print(line, flush=True)
            for engine, error in wrong.items():
                failures += 1
                print(f"    {engine}: {error}")
            every.append({"form": form, "query": name, "times": times})
        if ratios:
            mean, other = (math.exp(sum(map(math.log, each)) / len(each)) for each in (ratios, without))
            print(f"{'geometric mean':34}" + " " * 10 * len(engines) + f"{mean:13.2f}{other:16.2f}   over {len(ratios)} of {len(names)}")
    if given.json:
        given.json.write_text(json.dumps(every, indent=1))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
