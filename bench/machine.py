"""What the machine is and can do, the commit and the day: what a run's numbers mean nothing without."""
import datetime
import json
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMITS = ROOT / "build" / "bench" / "limits"
SETS = ("sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_bf16",
        "amx_int8")


def field(file, name):
    found = re.search(rf"^{name}\s*:\s*(.*)$", Path(file).read_text(), re.M)
    return found.group(1) if found else ""


def caches():
    """Level and size of the first processor's caches of data."""
    found = {}
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        if (folder / "type").read_text().strip() != "Instruction":
            found["L" + (folder / "level").read_text().strip()] = (folder / "size").read_text().strip()
    return found


def git(*arguments):
    return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True).stdout.strip()


def limits():
    if not LIMITS.exists():
        return {}
    return json.loads(subprocess.run([str(LIMITS)], capture_output=True, text=True, check=True).stdout)


def describe():
    flags = field("/proc/cpuinfo", "flags").split()
    changed = git("status", "--porcelain", "--", "src", "include", "bindings", "bench")
    return {"model": field("/proc/cpuinfo", "model name"), "cores": os.cpu_count(), "caches": caches(),
            "flags": [s for s in SETS if s in flags], "limits": limits(),
            "memory": round(int(field("/proc/meminfo", "MemTotal").split()[0]) / 2**20),
            "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
            "commit": git("rev-parse", "--short=12", "HEAD") + (", with changes" if changed else "")}
