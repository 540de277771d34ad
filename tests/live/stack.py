#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""stack.py OBJECT...: the stack that the functions of kernel programs need, along each way of calls.
Kernels before 6.13 refuse a program when that is more than 512 bytes, and the recorder falls back to
lesser programs there; newer ones don't."""
import re
import subprocess
import sys

LIMIT = 512  # MAX_BPF_STACK
ROUND = 32  # each frame is rounded up to it, before 6.9


def functions(path):
    """{function: [bytes of its frame, functions that it calls]}, and the programs among them."""
    listing = subprocess.run(["llvm-objdump", "-dr", "--no-show-raw-insn", path], check=True,
                             capture_output=True, text=True).stdout
    found, places, programs = {}, {}, []
    section = name = ""
    target = 0
    for line in listing.splitlines():
        if match := re.match(r"Disassembly of section (\S+):", line):
            section = match[1]
        elif (match := re.match(r"([0-9a-f]+) <(\w+)>:", line)) and not match[2].startswith("LBB"):
            name = match[2]
            found[name] = [0, set()]
            if section == ".text":
                places[int(match[1], 16) // 8] = name
            else:
                programs.append(name)
        elif match := re.search(r"\bcall (-?\d+)", line):
            target = int(match[1])
        elif match := re.search(r"R_BPF_64_32\s+(\S+)", line):
            # Static functions are numbers of instructions in their section.
            found[name][1].add(target + 1 if match[1] == ".text" else match[1])
        for match in re.finditer(r"r10 - (0x[0-9a-f]+|\d+)|r\d+ \+= -(0x[0-9a-f]+|\d+)\s*$", line):
            depth = int(match[1] or match[2], 0)
            if depth <= LIMIT:
                found[name][0] = max(found[name][0], depth)
    for function in found.values():
        function[1] = {places.get(call, call) for call in function[1]} & found.keys()
    return found, programs


def deepest(found, name):
    """Bytes along the way from NAME on that needs most, and that way."""
    depth, calls = found[name]
    below, way = max((deepest(found, call) for call in calls), default=(0, []))
    return below + max(1, -(-depth // ROUND)) * ROUND, [f"{name} ({depth})"] + way


def main():
    wrong = False
    for path in sys.argv[1:]:
        found, programs = functions(path)
        if not programs:
            print(f"{path}: there is no program in it")
            wrong = True
        for program in programs:
            need, way = deepest(found, program)
            if need > LIMIT:
                print(f"{path}: {need} bytes of stack: {' > '.join(way)}")
                wrong = True
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
