#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What kernels that aren't here would refuse in the kernel programs.

    programs.py stack OBJECT...   along each way of calls their functions may need 512 bytes of stack,
                                  before 6.13; newer kernels ask for less
    programs.py floor OBJECT...   nothing newer than Linux 5.8: its last helper is number 135, it has no
                                  functions of the kernel's own and no atomic instruction that gives a
                                  value. Not of the programs in TLS libraries, which need 5.15.
"""
import re
import subprocess
import sys

STACK = 512  # MAX_BPF_STACK
ROUND = 32  # each frame is rounded up to it, before 6.9
LAST_HELPER = 135


class Function:
    def __init__(self):
        self.frame = 0  # bytes
        self.calls = set()  # other functions; of static ones the instruction where they begin
        self.newer = []  # instructions that 5.8 doesn't have


def read(path):
    """The functions of an object by name, and the names of the programs."""
    listing = subprocess.run(["llvm-objdump", "-dr", path], check=True, capture_output=True,
                             text=True).stdout
    functions, places, programs = {}, {}, []
    section, function, here, callee = "", Function(), 0, None
    for line in listing.splitlines() + [""]:
        # Of a static function only the number of its first instruction is known; a relocation gives
        # it where the call isn't in the same section.
        if match := re.search(r"R_BPF_64_32\s+(\S+)", line):
            callee = callee - here if match[1] == ".text" else match[1]
        if callee is not None:
            function.calls.add(callee)
            callee = None
        if match := re.match(r"Disassembly of section (\S+):", line):
            section = match[1]
        elif (match := re.match(r"([0-9a-f]+) <(\w+)>:", line)) and not match[2].startswith("LBB"):
            function = functions[match[2]] = Function()
            if section == ".text":
                places[int(match[1], 16) // 8] = match[2]
            else:
                programs.append(match[2])
        elif match := re.match(r"\s*(\d+):\s85 (.)0 00 00 .*\tcall (-?(?:0x)?[0-9a-f]+)", line):
            here, target = int(match[1]), int(match[3], 0)  # decimal, or not, by objdump's version
            if match[2] == "0" and target > LAST_HELPER:
                function.newer.append(f"helper {match[3]}")
            elif match[2] != "0":
                callee = here + target + 1
        elif re.search(r"atomic_fetch|xchg", line):
            function.newer.append(line.strip())
        for match in re.finditer(r"r10 - (0x[0-9a-f]+|\d+)|r\d+ \+= -(0x[0-9a-f]+|\d+)\s*$", line):
            depth = int(match[1] or match[2], 0)
            if depth <= STACK:
                function.frame = max(function.frame, depth)
    for function in functions.values():
        function.calls = {places.get(call, call) for call in function.calls}
    return functions, programs


def deepest(functions, name):
    """Bytes along the way from NAME on that needs most, and that way."""
    function = functions[name]
    below, way = max((deepest(functions, call) for call in function.calls & functions.keys()),
                     default=(0, []))
    return (below + max(1, -(-function.frame // ROUND)) * ROUND,
            [f"{name} ({function.frame})"] + way)


def stack(functions, program):
    need, way = deepest(functions, program)
    if need > STACK:
        yield f"{need} bytes of stack: {' > '.join(way)}"


def floor(functions, program, seen=None):
    seen = set() if seen is None else seen
    if program in seen or program.startswith("tls_"):
        return
    seen.add(program)
    if program not in functions:
        yield f"the kernel's own {program}"
        return
    for what in functions[program].newer:
        yield f"{program}: {what}"
    for call in functions[program].calls:
        yield from floor(functions, call, seen)


def main():
    check = {"stack": stack, "floor": floor}[sys.argv[1]]
    wrong = False
    for path in sys.argv[2:]:
        functions, programs = read(path)
        problems = [line for program in programs for line in check(functions, program)]
        if not programs or not any(function.calls for function in functions.values()):
            problems = ["no programs and calls are found in it"]
        for line in problems:
            print(f"{path}: {line}")
            wrong = True
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
