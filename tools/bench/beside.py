# SPDX-License-Identifier: BSD-2-Clause
"""What runs beside a load: this recorder, an older build of it, tcpdump, nothing."""
import json
import os
import re
import shutil
import subprocess

from measure import RECORDER, SOCKTAPE, TOP, Background, run, tree_bytes

BASE_COMMIT = "c2c5014"
NOTHING, AGAIN = "nothing", "nothing again"
NEW, OLD, TCPDUMP = "socktape-record", f"build {BASE_COMMIT}", "tcpdump -w"
SERVER, FILTERED = "server's end only", "filtered out"


def can_record():
    if os.geteuid() == 0 and run([RECORDER, "--probe"]).status == 0:
        return True
    print("  left out: this machine can't record (root and eBPF are needed)")
    return False


def base_recorder(known={}):  # pylint: disable=dangerous-default-value
    """The older recorder: of the build in the folder BASE, or built from git. None: not to be had."""
    if "path" not in known:
        known["path"] = base_build()
    return known["path"]


def base_build():
    tree = os.environ.get("BASE") or os.path.join(TOP, "build/bench-base")
    program = os.path.join(tree, "build/socktape-record")
    if "BASE" not in os.environ and not os.path.exists(program):
        print(f"  building {BASE_COMMIT} to compare with")
        shutil.rmtree(tree, ignore_errors=True)
        os.makedirs(tree)
        subprocess.run(f"git -C '{TOP}' archive {BASE_COMMIT} | tar -x -C '{tree}' && "
                       f"make -C '{tree}' -j{os.cpu_count()} all", shell=True, check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if os.path.exists(program):
        return program
    print(f"  left out: {BASE_COMMIT} is not in this clone, or doesn't build; BASE=DIR names a build")
    return None


def modes_there(*wanted):
    return [mode for mode in wanted if mode != OLD or base_recorder()]


def cpu_seconds(pid):
    """Of a process that runs, in user space and in the kernel: fields 14 and 15 of proc(5)'s stat."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Beside:
    """Starts what MODE names; stop() gives its CPU seconds since then, bytes on disk and what was lost."""

    def __init__(self, mode, work, port=None, server=None, options=()):
        self.mode = mode
        self.target = os.path.join(work, "out")
        self.errors = os.path.join(work, "errors")
        self.process = None
        self.cpu_to_start = 0
        shutil.rmtree(self.target, ignore_errors=True)
        if mode == TCPDUMP:
            os.makedirs(self.target)
            self.start(["tcpdump", "-i", "lo", "-s", "0", "-Z", "root", "-w",
                        os.path.join(self.target, "out.pcap"), "port", str(port)], "listening on")
        elif mode not in (NOTHING, AGAIN):
            choice = {SERVER: ["-e", server], FILTERED: ["-p", "1"]}.get(mode, [])
            program = base_recorder() if mode == OLD else RECORDER
            self.start([program, "-o", self.target, *choice, *options], ": recording ")

    def start(self, command, ready):
        def is_ready():
            with open(self.errors, encoding="utf-8", errors="replace") as said:
                return ready in said.read()
        self.process = Background(command, is_ready, errors=self.errors)
        self.cpu_to_start = cpu_seconds(self.pid())

    def pid(self):
        return self.process.process.pid

    def stop(self):
        if not self.process:
            return {}
        ended = self.process.stop()
        result = {"cpu": ended.cpu - self.cpu_to_start, "disk": tree_bytes(self.target)}
        if self.mode == TCPDUMP:
            result["dropped"] = self.dropped()
        else:
            result.update(self.recorded())
        return result

    def dropped(self):
        """The share of packets that tcpdump says the kernel dropped."""
        with open(self.errors, encoding="utf-8", errors="replace") as file:
            said = file.read()
        seen = int(re.search(r"(\d+) packets received by filter", said).group(1))
        return int(re.search(r"(\d+) packets dropped by kernel", said).group(1)) / max(1, seen)

    def recorded(self):
        info = json.loads(run([SOCKTAPE, "info", "--json", self.target], subprocess.PIPE).out)
        return {
            "moved": info["moved_bytes"],
            "left_out": info["moved_bytes"] - info["kept_bytes"],
            "lost": info["lost_events"],
        }
